"""Countries as people write them: by their two letters, or by their English or German name."""

from collections.abc import Iterable

NAMES = {
    "AE": "United Arab Emirates|UAE|Vereinigte Arabische Emirate",
    "AT": "Austria|Österreich",
    "AU": "Australia|Australien",
    "BE": "Belgium|Belgien",
    "BG": "Bulgaria|Bulgarien",
    "BR": "Brazil|Brasilien",
    "CA": "Canada|Kanada",
    "CH": "Switzerland|Schweiz",
    "CN": "China|People's Republic of China|Volksrepublik China",
    "CY": "Cyprus|Zypern",
    "CZ": "Czechia|Czech Republic|Tschechien",
    "DE": "Germany|Deutschland",
    "DK": "Denmark|Dänemark",
    "EE": "Estonia|Estland",
    "ES": "Spain|Spanien",
    "FI": "Finland|Finnland",
    "FR": "France|Frankreich",
    "GB": "United Kingdom|UK|Great Britain|England|Vereinigtes Königreich|Großbritannien",
    "GR": "Greece|Griechenland",
    "HK": "Hong Kong|Hongkong",
    "HR": "Croatia|Kroatien",
    "HU": "Hungary|Ungarn",
    "IE": "Ireland|Irland",
    "IL": "Israel",
    "IN": "India|Indien",
    "IS": "Iceland|Island",
    "IT": "Italy|Italien",
    "JP": "Japan",
    "KR": "South Korea|Korea|Südkorea",
    "LI": "Liechtenstein",
    "LT": "Lithuania|Litauen",
    "LU": "Luxembourg|Luxemburg",
    "LV": "Latvia|Lettland",
    "MT": "Malta",
    "MX": "Mexico|Mexiko",
    "NL": "Netherlands|The Netherlands|Niederlande",
    "NO": "Norway|Norwegen",
    "NZ": "New Zealand|Neuseeland",
    "PL": "Poland|Polen",
    "PT": "Portugal",
    "RO": "Romania|Rumänien",
    "RU": "Russia|Russland",
    "SA": "Saudi Arabia|Saudi-Arabien",
    "SE": "Sweden|Schweden",
    "SG": "Singapore|Singapur",
    "SI": "Slovenia|Slowenien",
    "SK": "Slovakia|Slowakei",
    "TR": "Türkiye|Turkey|Türkei",
    "TW": "Taiwan",
    "UA": "Ukraine",
    "US": "United States|United States of America|USA|Vereinigte Staaten",
    "ZA": "South Africa|Südafrika",
}
_BY_NAME = {name.casefold(): code for code, names in NAMES.items() for name in (code, *names.split("|"))}


def code_of(text: str) -> str:
    """Return the two letters of a country as somebody wrote it, an empty text where that is none of those known."""
    plain = text.strip()
    if plain.casefold() in _BY_NAME:
        return _BY_NAME[plain.casefold()]
    # Two letters that nobody else uses for an alliance are taken as a code.
    is_code = len(plain) == 2 and plain.isascii() and plain.isalpha() and plain.isupper() and plain != "EU"
    return plain if is_code else ""


def home_of(jurisdictions: Iterable[str]) -> tuple[str, ...]:
    """Return the countries among home jurisdictions; a union of states is none, and what is not known is left out."""
    return tuple(sorted({code for one in jurisdictions if (code := code_of(one))}))
