"""Which tier a piece of evidence earns."""

from datetime import date

import pytest

from assessor.evidence import Tier
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind, derive_tier, missing_for_tier

TODAY = date(2026, 11, 21)
FULL = {"place": "clause 4", "version": "2", "taken_on": date(2026, 11, 1), "read": True}
DRILL = {
    "place": "hall 2",
    "taken_on": date(2026, 11, 1),
    "pass_mark": "all served",
    "minutes": 60,
    "passed": True,
    "share_of_load": 10,
    "result": "all served",
}


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ({"kind": "statement", **FULL}, Tier.DECLARED),
        ({"kind": "contract", **FULL}, Tier.DOCUMENTED),
        ({"kind": "contract", **FULL, "read": False}, Tier.DECLARED),
        ({"kind": "contract", **FULL, "place": " "}, Tier.DECLARED),
        ({"kind": "licence", **FULL, "version": ""}, Tier.DECLARED),
        ({"kind": "contract", **FULL, "expires_on": date(2026, 11, 20)}, Tier.DECLARED),
        ({"kind": "contract", **FULL, "taken_on": date(2025, 11, 1)}, Tier.DECLARED),
        ({"kind": "configuration", **FULL, "taken_on": date(2026, 5, 1)}, Tier.DECLARED),
        ({"kind": "configuration", **FULL, "taken_on": date(2026, 6, 1)}, Tier.DOCUMENTED),
        ({"kind": "inspection", "place": "host 3", "taken_on": date(2026, 11, 1)}, Tier.OBSERVED),
        ({"kind": "inspection", "place": "host 3", "taken_on": date(2026, 1, 1)}, Tier.DOCUMENTED),
        ({"kind": "inspection", "place": "host 3"}, Tier.DECLARED),
        ({"kind": "drill", **DRILL}, Tier.TESTED),
        ({"kind": "drill", **DRILL, "passed": False}, Tier.TESTED),
        ({"kind": "drill", **DRILL, "pass_mark": ""}, Tier.DECLARED),
        ({"kind": "drill", **DRILL, "taken_on": date(2025, 11, 1)}, Tier.OBSERVED),
        ({"kind": "drill", **DRILL, "taken_on": date(2026, 12, 1)}, Tier.OBSERVED),
    ],
)
def test_the_tier_follows_from_the_facts_and_their_age(facts, tier):
    assert derive_tier(EvidenceFacts(**facts | {"kind": EvidenceKind(facts["kind"])}), TODAY) is tier


def test_what_is_missing_is_named():
    assert missing_for_tier(EvidenceFacts(kind=EvidenceKind.CONTRACT, place="x")) == ("taken_on", "version", "read")
