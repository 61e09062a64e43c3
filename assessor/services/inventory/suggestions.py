"""What a form of the inventory suggests while one types: what stands in it already, and the shipped catalogue."""

from collections.abc import Iterable

from assessor.models import Component
from assessor.probes.attribution import operators
from assessor.probes.known_models import families

MOST = 400
# Where the operators of the catalogue sit is suggested with the members of the Union and its neighbours.
COUNTRIES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK CH GB IS LI NO UA "
    "AE AU BR CA CN HK IL IN JP KR MX SG TR TW US ZA"
).split()


def suggestions(components: Iterable[Component]) -> dict[str, list[str]]:
    """Return the words for each list, those of this inventory first; no query."""
    rows = list(components)
    known = operators()
    models = families()
    fates: dict[str, list[str]] = {"cloud": [], "site": [], "sign-in": [], "owner": []}
    for row in rows:
        for fate in row.fates or ():
            fates[fate["kind"]].append(fate["name"])
    used = [code for row in rows for code in (*(row.countries or ()), row.place, row.origin)]
    lists = {
        "products": [*(row.product for row in rows), *(one.name for one in models)],
        "makers": [
            *(name for row in rows for name in (row.maker, row.seller)),
            *(one.maker for one in models),
            *(one.name for one in known),
        ],
        "parents": [*(row.parent for row in rows), *(one.legal for one in known)],
        "licences": [row.licence for row in rows],
        "countries": [*used, *COUNTRIES, *(one.country for one in known)],
        "fate_cloud": [*fates["cloud"], *(one.name for one in known if one.kind == "cloud")],
        "fate_site": fates["site"],
        "fate_sign_in": fates["sign-in"],
        "fate_owner": fates["owner"],
    }
    return {name: [one for one in dict.fromkeys(words) if one][:MOST] for name, words in lists.items()}
