"""The few words that probes, questions and scores share: evidence tiers, signal strength, findings."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CODE_PATTERN = r"^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$"
Code = Annotated[str, Field(pattern=CODE_PATTERN, max_length=120)]


class Tier(StrEnum):
    """How well an answer is evidenced; derived from what is attached, never picked by a person."""

    DECLARED = "declared"
    DOCUMENTED = "documented"
    OBSERVED = "observed"
    TESTED = "tested"

    rank: int
    """Order of the tiers, 0 for declared to 3 for tested."""


class Strength(StrEnum):
    """How hard a signal is to produce by accident (the scale is explained in docs/probing.md)."""

    PROOF = "A+"
    STRONG = "A"
    DEFAULT = "B"
    WEAK = "C"

    rank: int
    """Order of the strengths, 0 for weak to 3 for proof."""


# Plain attributes: a score compares ranks hundreds of times, and a look-up by member would hash each one.
for _rank, _tier in enumerate(Tier):
    _tier.rank = _rank
for _rank, _strength in enumerate(reversed(Strength)):
    _strength.rank = _rank


class Finding(BaseModel):
    """One fact seen at an endpoint: a dotted code with parameters, and the exchanges it was read from.

    `code` names the outcome (`safety.hosted.azure-content-filter`); what it weighs is the questionnaire's affair.
    `params` hold short extracted facts (product, provider, host, region), never raw bodies. `exchanges` are ids of
    exchanges or network facts in the same probe result. Words for a code live in `probes/catalogue/findings.yaml`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    strength: Strength
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    exchanges: tuple[str, ...] = ()

    def is_under(self, prefix: str) -> bool:
        """Tell whether this code is `prefix` or lies below it (`hosted` covers `hosted.openai`)."""
        return self.code == prefix or self.code.startswith(prefix + ".")
