"""Words that a password may not be made of: the product's, those of the people's organisations, the operator's own."""

import logging
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from assessor.models import Brand, Organisation, User

logger = logging.getLogger("assessor.passwords")

PRODUCT = ("sovereignty", "assessor", "assessment")
# A shorter word stands in too many others by chance.
SHORTEST = 4
# So much has to be left of a password without these words: in a longer one a word of them does no harm.
LEFT = 8
# What people write for letters.
LOOKS_LIKE = str.maketrans("013457@$!", "oieastasi")


def folded(text: str) -> str:
    """Return a text as a guesser reads it: letters and digits alone, small, without accents, digits read as letters."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(LOOKS_LIKE))
    return "".join(sign for sign in plain if sign.isalnum())


def words_of(name: str) -> set[str]:
    """Return a name folded, whole and in its parts."""
    parts = (folded(part) for part in [name, *name.replace("-", " ").split()])
    return {part for part in parts if len(part) >= SHORTEST}


def of_person(user: User | None) -> set[str]:
    """Return the names of the organisations a person is a member of, and of the consultancies on their reports.

    Somebody who is joining brings the organisation of their invitation along as `joining`.
    """
    joining: Organisation | None = getattr(user, "joining", None)
    with scopes_disabled():
        organisations = list(Organisation.objects.filter(memberships__user=user)) if user and user.pk else []
        organisations += [joining] if joining else []
        brands = Brand.objects.filter(organisation__in=organisations).exclude(consultancy="")
        names = [one.name for one in organisations] + list(brands.values_list("consultancy", flat=True))
    return set().union(*map(words_of, names)) if names else set()


@lru_cache(maxsize=1)
def _read(file: Path, _changed: float) -> frozenset[str]:
    lines = (folded(line) for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    return frozenset(word for word in lines if len(word) >= SHORTEST)


def of_operator() -> frozenset[str]:
    """Return the operator's own words, none where they have no list, or one that is gone: the log says so then."""
    file = settings.PASSWORD_WORDS
    try:
        return _read(file, file.stat().st_mtime) if file else frozenset()
    except (OSError, UnicodeDecodeError) as error:
        logger.error("The words of ASSESSOR_PASSWORD_WORDS cannot be read (%s); passwords go on without them.", error)
        return frozenset()


def remainder(password: str, words: Iterable[str]) -> str:
    """Return what is left of a folded password once the words are taken out, the longest first."""
    left = folded(password)
    for word in sorted((one for one in words if one in left), key=len, reverse=True):
        left = left.replace(word, "")
    return left


class OwnWords:
    """Refuses a password that is little more than words which everybody here would try first."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` for such a password."""
        words = {*PRODUCT, *of_person(user), *of_operator()}
        if any(word in folded(password) for word in words) and len(remainder(password, words)) < LEFT:
            raise ValidationError(
                _(
                    "This password is little more than a name that people here would try first: of the organisation, "
                    "its consultancy, this product, or on the operator's list. Add other words."
                ),
                code="own_words",
            )

    def get_help_text(self) -> str:
        """Return what the rule is."""
        return _("Your password cannot be little more than the name of your organisation or of this product.")
