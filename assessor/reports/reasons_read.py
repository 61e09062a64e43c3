"""Reasons of records from before they were kept as data: read back from their sentence, whatever language it is in."""

import re
from collections.abc import Iterator
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from assessor.reports.scenario_words import IF_SO, REASONS, chain_sentence

Chain = tuple[tuple[str, str], ...]


def retold_reason(workload: str, sentence: str) -> str:
    """Return a reason in the reader's language; one that is not ours, or can be read in two ways, as it is."""
    found = _read(workload, sentence)
    return chain_sentence(workload, *found) if found else sentence


@lru_cache(maxsize=1024)
def _read(workload: str, sentence: str) -> tuple[Chain, bool] | None:
    for language, _name in settings.LANGUAGES:
        with override(language):
            for said, uncertain in _endings(sentence.removesuffix(".")):
                # A sentence begins with a capital, whatever its first word is.
                for spoken in (said, said[:1].lower() + said[1:]):
                    chain = _chain(workload, spoken)
                    # What does not give the very sentence was read wrongly.
                    if chain and chain_sentence(workload, chain, uncertain) == sentence:
                        return chain, uncertain
    return None


def _endings(sentence: str) -> Iterator[tuple[str, bool]]:
    ending = _(IF_SO).partition("{said}")[2]
    if ending and sentence.endswith(ending):
        yield sentence.removesuffix(ending), True
    yield sentence, False


def _chain(workload: str, said: str) -> Chain | None:
    """Return the steps of a sentence in the language that is active; None where one fits no reason, or several."""
    before, steps = workload, []
    for part in said.split("; "):
        fits = list(_fitting(before, part))
        if len(fits) != 1:
            return None
        steps.append(fits[0])
        before = steps[-1][1]
    return tuple(steps)


def _fitting(before: str, part: str) -> Iterator[tuple[str, str]]:
    for reason, source in REASONS.items():
        pattern = re.escape(_(source)).replace(r"\{here\}", "(?P<here>.+)").replace(r"\{before\}", re.escape(before))
        if (found := re.fullmatch(pattern, part)) is not None:
            yield reason, found["here"]
