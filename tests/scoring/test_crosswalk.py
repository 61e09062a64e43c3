"""What one questionnaire's answers say about another: the lowest row counts, and what is missing gives a range."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.evidence import Tier
from assessor.questionnaire.loader import find_questionnaires, load_questionnaire
from assessor.questionnaire.schema import Bearing, Crosswalk, CrosswalkRow, Dimension, Scale
from assessor.scoring.crosswalk import derive
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer
from tests.scoring.builders import SCALE, given, question, questionnaire, said, seen
from tests.scoring.forms import cases

# Another scale than that of the answers, so that no level is taken for one of the other.
OTHER_SCALE = Scale.model_validate(SCALE.model_dump() | {"levels": SCALE.model_dump()["levels"][:5]})


def row(name, levels, *about, up_to=()):
    about = tuple(f"goal.{one}" for one in about)
    return CrosswalkRow(question=name, levels=levels, says="s", about=about, up_to=up_to)


def framework(*rows, minimum=None, questions=("a", "b", "c")):
    """Return a questionnaire with one dimension and these rows from the answered one, `small`."""
    crosswalk = (Crosswalk(dimension="goal", questionnaire="small", rows=rows),) if rows else ()
    made = questionnaire(*(question(one, dimension="goal", top=4) for one in questions))
    goal = Dimension(id="goal", title="Goal", short="Goal", asks="a", minimum=minimum, weight=15)
    update = {"id": "framework", "scale": OTHER_SCALE, "crosswalk": crosswalk, "dimensions": (goal,)}
    return made.model_copy(update=update)


FORM = questionnaire(question("a"), question("b"), question("c", top=3))
STEPS = (0, 1, 1, 2, 3, 4)


def goal(other, answers, form=FORM, endpoints=()):
    return derive(other, form, score(form, answers, endpoints), answers).dimension("goal")


def test_the_lowest_row_counts_and_is_named_as_what_holds_it():
    found = goal(
        framework(row("data.a", STEPS, "a"), row("data.b", STEPS, "b")), given(data__a=said(4), data__b=said(3))
    )
    assert (found.worst, found.best, found.is_range) == (2, 2, False)
    assert [(one.question, one.worst, one.holds) for one in found.rows] == [("data.a", 3, False), ("data.b", 2, True)]


@pytest.mark.parametrize("missing", [{}, {"data__b": said(None, state="unknown")}])
def test_what_is_unknown_or_was_not_asked_gives_a_range_up_to_what_its_question_could_show(missing):
    other = framework(row("data.a", STEPS), row("data.b", (0, 1, 1, 2, 2, 2)))
    found = goal(other, given(data__a=said(5), **missing))
    assert (found.worst, found.best, found.is_range) == (0, 2, True)
    assert [one.missing for one in found.rows] == [False, True]


def test_a_question_that_ends_early_can_show_no_more_than_its_end_amounts_to():
    found = goal(framework(row("data.c", STEPS), row("data.a", STEPS)), given(data__a=said(5)))
    assert (found.best, found.ceiling) == (2, 2)


def test_a_workload_that_knows_bounds_what_the_other_may_turn_out():
    unsure = GivenAnswer(
        question="data.a", state="unknown", others=(GivenAnswer(question="data.a", state="answered", level=3),)
    )
    found = goal(framework(row("data.a", STEPS), row("data.b", STEPS)), {"data.a": unsure} | given(data__b=said(5)))
    assert (found.worst, found.best) == (0, 2)


def test_a_question_that_does_not_apply_takes_no_part():
    other = framework(row("data.a", STEPS), row("data.b", STEPS))
    found = goal(other, given(data__a=said(4), data__b=said(None, state="not-applicable")))
    assert (found.worst, found.best, found.rows[1].worst) == (3, 3, None)


@pytest.mark.parametrize(
    "answers", [{}, given(data__a=said(None, state="unknown")), given(data__a=said(None, state="not-applicable"))]
)
def test_where_no_answer_says_anything_there_is_no_level(answers):
    found = goal(framework(row("data.a", STEPS, "a"), minimum=0), answers)
    assert (found.worst, found.best, found.verified, found.standing) == (None, None, None, "not-said")
    assert (found.covered, found.silent) == ((), ("goal.a", "goal.b", "goal.c"))


def test_a_row_from_a_question_the_answered_version_lacks_is_missing():
    found = goal(framework(row("data.a", STEPS), row("data.gone", STEPS)), given(data__a=said(5)))
    assert (found.worst, found.best, found.rows[1].state) == (0, 4, "absent")


def test_a_dimension_without_rows_is_not_said():
    found = goal(framework(minimum=2), given(data__a=said(5)))
    assert (found.worst, found.standing, found.rows) == (None, "not-said", ())


def test_how_far_the_questions_are_covered_counts_only_what_is_answered():
    other = framework(row("data.a", STEPS, "a", "b"), row("data.b", STEPS, "b", "c"))
    found = goal(other, given(data__a=said(3)))
    assert (found.covered, found.silent, found.share) == (("goal.a", "goal.b"), ("goal.c",), 0.6667)
    assert [one.question for one in found.about("goal.b")] == ["data.a", "data.b"]


@pytest.mark.parametrize(
    ("levels", "minimum", "standing"),
    [
        ({"a": 5, "b": 5}, 3, "met"),
        ({"a": 4, "b": 5}, 3, "met"),
        ({"a": 5, "b": 3}, 3, "not-met"),
        ({"a": 5}, 3, "not-said"),
        ({"a": 3}, 3, "not-met"),
        ({"a": 5, "b": 5}, None, "no-minimum"),
        ({}, 0, "not-said"),
    ],
)
def test_a_minimum_is_met_not_met_or_left_open(levels, minimum, standing):
    other = framework(row("data.a", STEPS), row("data.b", STEPS), minimum=minimum)
    assert goal(other, given(**{f"data__{name}": said(level) for name, level in levels.items()})).standing == standing


@pytest.mark.parametrize("level", [0, 3, 5])
def test_a_row_that_could_never_show_the_minimum_does_not_deny_it(level):
    other = framework(row("data.a", (0, 1, 1, 1, 1, 1)), minimum=2)
    found = goal(other, given(data__a=said(level)))
    assert (found.standing, found.ceiling) == ("not-said", 1)


def test_what_the_other_questionnaire_does_not_ask_stays_open_whatever_is_answered():
    found = goal(framework(row("data.a", STEPS, up_to=(0, 3, 3, 3, 4, 4)), minimum=2), given(data__a=said(2)))
    assert (found.worst, found.best, found.standing) == (1, 3, "not-said")
    assert [(one.holds, one.missing) for one in found.rows] == [(True, False)]


def test_an_answer_denies_a_minimum_only_where_nothing_it_leaves_open_reaches_it():
    other = framework(row("data.a", STEPS, up_to=(1, 3, 3, 3, 4, 4)), minimum=2)
    assert goal(other, given(data__a=said(0))).standing == "not-met"
    assert goal(other, given(data__a=said(5))).standing == "met"


def test_evidence_carries_the_verified_level_and_a_cap_lowers_it():
    other = framework(row("data.a", STEPS), row("data.b", STEPS))
    proven = given(data__a=said(4, Tier.DOCUMENTED), data__b=said(4))
    assert (goal(other, proven).worst, goal(other, proven).verified) == (3, 1)
    capped = questionnaire(question("a", bearings=(Bearing(code="hosted", caps=2, because="b"),)), question("b"))
    proven = given(data__a=said(4, Tier.DOCUMENTED), data__b=said(4, Tier.DOCUMENTED))
    assert goal(other, proven, capped, [seen("hosted.a")]).verified == 1


def test_with_too_little_evidence_no_verified_level_is_given():
    form = questionnaire(question("a", weight=1), question("b"))
    found = goal(
        framework(row("data.a", STEPS), row("data.b", STEPS)),
        given(data__a=said(3, Tier.TESTED), data__b=said(3)),
        form,
    )
    assert (found.worst, found.verified, found.evidenced_share) == (2, None, 0.25)


def test_the_quick_scan_says_less_than_the_same_answers_in_full():
    form = questionnaire(question("a"), question("b").model_copy(update={"quick": False}))
    other, answers = framework(row("data.a", STEPS), row("data.b", STEPS)), given(data__a=said(5), data__b=said(4))
    quick = derive(other, form, score(form, answers, scope="quick"), answers)
    assert (quick.scope, quick.dimension("goal").worst, quick.dimension("goal").best) == ("quick", 0, 4)
    assert goal(other, answers, form).worst == 3


def test_both_versions_are_named():
    found = derive(framework(row("data.a", STEPS)), FORM, score(FORM, {}), {})
    assert (found.questionnaire, found.answered) == ("framework", "small")
    assert (found.answered_hash, found.questionnaire_hash) == (
        FORM.content_hash(),
        framework(row("data.a", STEPS)).content_hash(),
    )


# Properties, on random questionnaires of every kind of question, with evidence, findings and facts that hide.


@st.composite
def crossed(draw):
    """Draw a case and a framework with ascending rows from some of its questions, one of them possibly gone."""
    form, answers, endpoints = draw(cases(most=4))
    names = draw(
        st.lists(
            st.sampled_from([*(one.id for one in form.questions if one.scored), "data.gone"]),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    steps = st.lists(st.integers(0, 4), min_size=2, max_size=6).map(sorted).map(tuple)
    rows = []
    for name in names:
        levels, more = draw(steps), draw(st.none() | st.integers(0, 2))
        up_to = () if more is None else tuple(min(4, level + more) for level in levels)
        rows.append(row(name, levels, *draw(st.lists(st.sampled_from("abc"), max_size=2, unique=True)), up_to=up_to))
    return framework(*rows, minimum=draw(st.sampled_from([None, 0, 1, 2, 3]))), form, answers, endpoints


def derived(other, form, answers, endpoints):
    return goal(other, answers, form, endpoints)


def span(found):
    """Return the range as numbers; where nothing is said, everything is possible."""
    return (0, OTHER_SCALE.top) if found.worst is None else (found.worst, found.best)


ORDER = {"not-met": 0, "not-said": 1, "no-minimum": 1, "met": 2}


@for_all(crossed(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_better_answer_never_lowers_a_derived_level(case, data):
    other, form, answers, endpoints = case
    raisable = [
        one for one in form.questions if (a := answers.get(one.id)) and a.level is not None and a.level < one.top
    ]
    if not raisable:
        return
    one = data.draw(st.sampled_from(raisable))
    higher = next(level for level in one.levels if level > answers[one.id].level)
    before = derived(other, form, answers, endpoints)
    after = derived(other, form, answers | {one.id: answers[one.id].model_copy(update={"level": higher})}, endpoints)
    assert (before.worst is None) == (after.worst is None)
    assert all(new >= old for old, new in zip(span(before), span(after), strict=True))
    assert ORDER[after.standing] >= ORDER[before.standing]
    if before.verified is not None and after.verified is not None:
        assert after.verified >= before.verified


@for_all(crossed(), st.data(), st.sampled_from(["unknown", "gone"]))
@settings(max_examples=100, deadline=None)
def test_a_missing_answer_only_widens_the_range(case, data, how):
    other, form, answers, endpoints = case
    known = [name for name, one in answers.items() if one.state == "answered" and one.level is not None]
    if not known:
        return
    name = data.draw(st.sampled_from(known))
    fewer = {key: one for key, one in answers.items() if key != name}
    if how == "unknown":
        fewer[name] = answers[name].model_copy(update={"state": "unknown", "level": None})
    before, after = derived(other, form, answers, endpoints), derived(other, form, fewer, endpoints)
    assert span(after)[0] <= span(before)[0]
    assert span(after)[1] >= span(before)[1]
    assert set(after.covered) <= set(before.covered)
    # What was left open is never settled by knowing less.
    assert after.standing in {before.standing, "not-said"}


@for_all(crossed(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_order_of_rows_answers_and_endpoints_does_not_matter(case, random):
    other, form, answers, endpoints = case
    rows, names = list(other.crosswalk[0].rows), list(answers)
    random.shuffle(rows)
    random.shuffle(names)
    mixed = other.model_copy(update={"crosswalk": (other.crosswalk[0].model_copy(update={"rows": tuple(rows)}),)})
    before = derived(other, form, answers, endpoints)
    after = derived(mixed, form, {name: answers[name] for name in names}, endpoints[::-1])
    assert after.model_dump(exclude={"rows"}) == before.model_dump(exclude={"rows"})
    assert {one.question: one for one in after.rows} == {one.question: one for one in before.rows}


@for_all(crossed())
@settings(max_examples=80, deadline=None)
def test_verified_never_exceeds_derived_and_a_derived_level_lies_on_the_scale(case):
    found = derived(*case)
    if found.worst is not None:
        assert 0 <= found.worst <= found.best <= found.ceiling <= OTHER_SCALE.top
        assert found.verified is None or found.verified <= found.worst
        assert found.is_range or any(one.holds for one in found.rows)
        assert all(one.best == found.best and not one.missing for one in found.rows if one.holds)


def completions(other, form, answers, card):
    """Yield the derived level for each way in which the missing answers can turn out; the rule, as plainly as can be."""
    rows = other.crosswalk[0].rows
    options = []
    for one in rows:
        asked, answer = form.question(one.question), answers.get(one.question)
        state = "gone" if asked is None else card.question(one.question).state
        if state in {"hidden", "not-applicable"}:
            options.append([None])
        else:
            levels = range(len(one.levels)) if state == "gone" else asked.levels
            places = [min(level, len(one.levels) - 1) for level in ([answer.level] if state == "answered" else levels)]
            most = one.up_to or one.levels
            options.append([level for place in places for level in range(one.levels[place], most[place] + 1)])
    for chosen in product(*options):
        yield min((level for level in chosen if level is not None), default=None)


@for_all(crossed())
@settings(max_examples=100, deadline=None)
def test_the_range_is_what_every_way_of_completing_the_answers_gives(case):
    other, form, answers, endpoints = case
    card = score(form, answers, endpoints)
    found = derived(*case)
    if not any(
        form.question(one.question) and card.question(one.question).state == "answered"
        for one in other.crosswalk[0].rows
    ):
        assert found.worst is None
        return
    possible = list(completions(other, form, answers, card))
    assert (found.worst, found.best) == (min(possible), max(possible))
    if found.minimum is not None and found.standing == "met":
        assert all(level >= found.minimum for level in possible)
    if found.standing == "not-met":
        assert all(level < found.minimum for level in possible)


def test_the_method_page_states_these_rules():
    page = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
    rules = " ".join(page.split("## Crosswalks")[1].split("\n## ")[0].split())
    for stated in (
        "never stored as an answer, never evidence",
        "the lowest row counts",
        "span from the lowest to the highest level of their question",
        "Where no row has an answer, nothing is said.",
        "Not applicable and hidden questions take no part",
        "when the lower end reaches it",
        "when a row that could show it stays below even at its best",
        "less than half of the weight",
    ):
        assert stated in rules, stated
    shipped = find_questionnaires(Path(__file__).parents[2] / "questionnaires")
    assert {load_questionnaire(path).scale.evidenced_share for path in shipped.values()} == {0.5}
