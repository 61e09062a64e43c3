"""Which tier a piece of evidence earns, how long, and what a failed test holds."""

from datetime import date

import pytest

from assessor.evidence import Tier
from assessor.scoring.proofs import Attached, failed_last, lower_rung, weigh
from assessor.scoring.tiers import (
    MAX_AGE,
    NEEDED,
    EvidenceFacts,
    EvidenceKind,
    counts_until,
    derive_tier,
    is_stale,
    missing_for_tier,
)
from tests.scoring.builders import question

TODAY = date(2026, 11, 21)
DAY = date(2026, 11, 1)
PAPER = {"place": "clause 4", "version": "2", "taken_on": DAY, "read": True}
LOOKED = {"place": "host 3", "taken_on": DAY}
TEST = {
    "place": "hall 2",
    "taken_on": DAY,
    "pass_mark": "all served",
    "minutes": 60,
    "passed": True,
    "share_of_load": 10,
    "result": "all served",
}
PROBE = {"taken_on": DAY, "supports": True}


def facts(kind, given, **more):
    return EvidenceFacts(**{"kind": EvidenceKind(kind)} | given | more)


@pytest.mark.parametrize(
    ("kind", "given", "tier"),
    [
        ("statement", PAPER, Tier.DECLARED),
        ("contract", PAPER, Tier.DOCUMENTED),
        ("licence", PAPER, Tier.DOCUMENTED),
        ("certificate", PAPER, Tier.DOCUMENTED),
        ("configuration", PAPER, Tier.DOCUMENTED),
        ("log", PAPER, Tier.DOCUMENTED),
        ("contract", PAPER | {"read": False}, Tier.DECLARED),
        ("contract", PAPER | {"place": " "}, Tier.DECLARED),
        ("licence", PAPER | {"version": ""}, Tier.DECLARED),
        ("log", PAPER | {"taken_on": None}, Tier.DECLARED),
        ("contract", PAPER | {"expires_on": date(2026, 11, 20)}, Tier.DECLARED),
        ("contract", PAPER | {"expires_on": TODAY}, Tier.DOCUMENTED),
        ("contract", PAPER | {"taken_on": date(2025, 11, 1)}, Tier.DECLARED),
        ("configuration", PAPER | {"taken_on": date(2026, 5, 1)}, Tier.DECLARED),
        ("configuration", PAPER | {"taken_on": date(2026, 6, 1)}, Tier.DOCUMENTED),
        ("inspection", LOOKED, Tier.OBSERVED),
        ("inspection", LOOKED | {"taken_on": date(2026, 1, 1)}, Tier.DOCUMENTED),
        ("inspection", {"place": "host 3"}, Tier.DECLARED),
        ("probe", PROBE, Tier.OBSERVED),
        ("probe", PROBE | {"taken_on": date(2026, 8, 1)}, Tier.DOCUMENTED),
        ("probe", PROBE | {"supports": False}, Tier.DECLARED),
        ("probe", PROBE | {"supports": False, "read": True}, Tier.DOCUMENTED),
        ("probe", PROBE | {"signed": False}, Tier.DECLARED),
        ("probe", PROBE | {"signed": False, "read": True}, Tier.DOCUMENTED),
        ("probe", {"supports": True, "read": True}, Tier.DECLARED),
        ("drill", TEST, Tier.TESTED),
        ("switch", TEST, Tier.TESTED),
        ("outage", TEST | {"pass_mark": ""}, Tier.TESTED),
        ("drill", TEST | {"passed": False}, Tier.TESTED),
        ("drill", TEST | {"pass_mark": ""}, Tier.DECLARED),
        ("drill", TEST | {"share_of_load": None}, Tier.DECLARED),
        ("switch", TEST | {"result": ""}, Tier.DECLARED),
        ("outage", TEST | {"minutes": 0}, Tier.DECLARED),
        ("drill", TEST | {"taken_on": date(2025, 11, 1)}, Tier.OBSERVED),
        ("drill", TEST | {"taken_on": date(2026, 12, 1)}, Tier.OBSERVED),
        ("table-top", TEST, Tier.DECLARED),
    ],
)
def test_the_tier_follows_from_the_facts_and_their_age(kind, given, tier):
    assert derive_tier(facts(kind, given), TODAY) is tier


def test_a_table_top_counts_only_where_the_question_lets_it():
    table_top = facts("table-top", TEST | {"minutes": 0, "share_of_load": None})
    assert derive_tier(table_top, TODAY) is Tier.DECLARED
    assert derive_tier(table_top, TODAY, ("table-top",)) is Tier.TESTED


@pytest.mark.parametrize("kind", EvidenceKind)
def test_with_any_one_fact_missing_no_kind_keeps_its_own_tier(kind):
    whole = facts(kind, PAPER | TEST | PROBE)
    assert missing_for_tier(whole, ("table-top",)) == ()
    empty = EvidenceFacts(kind=kind, signed=False, observed_only=True)
    assert missing_for_tier(empty) == NEEDED[kind]
    assert derive_tier(empty, TODAY) is Tier.DECLARED


@pytest.mark.parametrize("kind", ["drill", "switch"])
def test_a_drill_whose_record_lacks_what_a_test_needs_counts_as_observed(kind):
    assert derive_tier(facts(kind, TEST, observed_only=True), TODAY) is Tier.OBSERVED
    assert derive_tier(facts(kind, TEST, observed_only=True, pass_mark="", share_of_load=None), TODAY) is Tier.OBSERVED
    assert derive_tier(facts(kind, TEST, observed_only=True, result=""), TODAY) is Tier.DECLARED
    assert derive_tier(facts(kind, TEST, observed_only=True, taken_on=date(2025, 1, 1)), TODAY) is Tier.DOCUMENTED
    assert derive_tier(
        facts("contract", {"place": "x", "taken_on": DAY, "result": "y"}, observed_only=True), TODAY
    ) is (Tier.DECLARED)


def test_a_failed_drill_that_is_no_test_holds_no_answer():
    asked = question("q", proof="tested")
    weak = Attached(facts("drill", TEST | {"passed": False}, observed_only=True), 4)
    assert failed_last(asked, [weak]) is None
    assert failed_last(asked, [Attached(facts("drill", TEST | {"passed": False}), 4)]) is not None


def test_what_is_missing_is_named():
    assert missing_for_tier(EvidenceFacts(kind=EvidenceKind.CONTRACT, place="x")) == ("taken_on", "version", "read")


@pytest.mark.parametrize("kind", MAX_AGE)
def test_the_last_day_still_counts_and_the_next_does_not(kind):
    one = facts(kind, PAPER | TEST)
    until = counts_until(one)
    assert until is not None
    assert (until - DAY).days == MAX_AGE[kind]
    assert not is_stale(one, until)
    assert is_stale(one, date.fromordinal(until.toordinal() + 1))


def test_an_own_end_counts_where_it_comes_first():
    assert counts_until(facts("contract", PAPER, expires_on=date(2027, 5, 20))) == date(2027, 5, 20)
    assert counts_until(facts("contract", PAPER, expires_on=date(2030, 5, 20))) == date(2027, 11, 1)


def proofs(*attached, asked=None):
    return [(one.tier, one.level) for one in weigh(asked or question("q"), attached, TODAY)]


def test_a_failed_drill_proves_the_rung_below():
    assert proofs(Attached(facts("drill", TEST, passed=False), 3)) == [(Tier.TESTED, 2)]
    assert lower_rung(question("q"), 0) == 0


def test_no_document_carries_an_answer_past_a_failed_test():
    contract, failed = Attached(facts("contract", PAPER), 4), Attached(facts("drill", TEST, passed=False), 3)
    assert [level for _tier, level in proofs(contract, failed)] == [2, 2]


def test_a_later_test_that_passes_lifts_what_a_failed_one_held():
    failed = Attached(facts("drill", TEST, passed=False), 3)
    passed = Attached(facts("switch", TEST, taken_on=date(2026, 11, 10)), 3)
    assert failed_last(question("q"), [failed, passed]) is None
    assert (Tier.TESTED, 3) in proofs(failed, passed)
    earlier = Attached(facts("switch", TEST, taken_on=date(2026, 10, 10)), 3)
    assert [level for _tier, level in proofs(failed, earlier)] == [2, 2]


def test_half_a_record_of_a_failed_test_holds_nothing():
    half = Attached(facts("drill", TEST, passed=False, result=""), 3)
    contract = Attached(facts("contract", PAPER), 4)
    assert (Tier.DOCUMENTED, 4) in proofs(contract, half)
