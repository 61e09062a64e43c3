"""Facts decide what is asked; scores never do."""

from assessor.questionnaire.schema import Bearing, Condition, Item, Profile, Question
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer
from tests.scoring.builders import given, question, questionnaire, said, seen

FACT = Question(id="data.agents", dimension="data", kind="yes-no", title="Agents", text="t", why="w", quick=True)
TOOLS = question("tools", weight=2, bearings=(Bearing(code="tools", caps=2, because="b"),)).model_copy(
    update={"show_if": Condition.model_validate({"question": "data.agents", "is": "yes"})}
)
WHOLE = questionnaire(FACT, TOOLS, question("other"))


def fact(value):
    return {"data.agents": GivenAnswer(question="data.agents", state="answered", value=value)}


def test_a_known_fact_hides_a_question_which_then_takes_no_part():
    card = score(WHOLE, fact("no") | given(data__other=said(5)))
    assert card.question("data.tools").state == "hidden"
    assert card.dimension("data").claimed.level == 5
    assert card.coverage == 1
    assert card.provisional, "two of five parts of the weight were left out"


def test_an_unknown_fact_hides_nothing():
    unknown = {"data.agents": GivenAnswer(question="data.agents", state="unknown")}
    for answers in ({}, unknown, fact("yes")):
        card = score(WHOLE, answers | given(data__other=said(5)))
        assert card.question("data.tools").state == "not-asked"
        assert card.dimension("data").claimed.level == 0
        assert card.not_known == ()


def test_a_finding_that_shows_the_thing_exists_asks_the_question_all_the_same():
    card = score(WHOLE, fact("no") | given(data__other=said(5)), [seen("tools.mcp")])
    assert card.question("data.tools").state == "not-asked"


def test_a_fact_has_no_level_and_no_weight():
    one = score(WHOLE, fact("yes")).question("data.agents")
    assert (one.claimed, one.verified, one.weight) == (None, None, 0)


def test_a_profile_hides_what_is_asked_of_others_only():
    banks = question("trades").model_copy(update={"show_if": Condition(profile=("bank",))})
    profiles = tuple(Profile(id=name, name=name, because="b", targets={}) for name in ("bank", "school"))
    both = questionnaire(banks, question("other"), profiles=profiles)
    states = {name: score(both, {}, profile=name).question("data.trades").state for name in ("", "bank", "school")}
    assert states == {"": "not-asked", "bank": "not-asked", "school": "hidden"}


def test_the_lowest_of_the_critical_workloads_counts():
    high = GivenAnswer(question="data.other", state="answered", level=4)
    low = GivenAnswer(question="data.other", state="answered", level=2)
    card = score(WHOLE, fact("no") | {"data.other": high.model_copy(update={"others": (low,)})})
    assert card.question("data.other").claimed == 2


def test_items_that_are_not_so_name_who_can_act():
    items = (
        Item(id="a", level=1, text="t", controlled_by=({"party": "landlord", "by": "locking"},)),
        Item(id="b", level=3, text="t", controlled_by=({"party": "landlord", "by": "entering"},)),
    )
    listed = question("list").model_copy(update={"kind": "checklist", "choices": (), "items": items})
    whole = questionnaire(listed, parties=({"id": "landlord", "name": "Landlord"},))
    ticked = GivenAnswer(question="data.list", state="answered", level=1, value=("a",))
    assert [switch.by for switch in score(whole, {"data.list": ticked}).switches] == ["entering"]
