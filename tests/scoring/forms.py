"""Random small questionnaires of every scored kind, with answers, evidence and findings, for property tests."""

from hypothesis import strategies as st

from assessor.evidence import Strength, Tier
from assessor.questionnaire.schema import Bearing, Condition, Question, Remedy
from assessor.scoring.scorecard import GivenAnswer, Proof
from tests.scoring.builders import checklist, question, questionnaire, seen, yes_no

tiers = st.sampled_from(list(Tier))
BEARINGS = (
    Bearing(code="hosted", caps=2, because="b"),
    Bearing(code="server", supports=3, because="b"),
)
FACT = Question(id="data.fact", dimension="data", kind="yes-no", title="Fact", text="t", why="w", quick=True)
IF_FACT = Condition.model_validate({"question": "data.fact", "is": "yes"})
STATES = ["answered", "answered", "answered", "unknown", "not-applicable", "not-asked"]


@st.composite
def scored_questions(draw, name, dimensions):
    """Draw a ladder (whole, ending early, or with gaps), a checklist or a yes-no, each step at its own effort."""
    common = {
        "dimension": draw(st.sampled_from(dimensions)),
        "weight": draw(st.integers(1, 3)),
        "gate": draw(st.booleans()),
        "proof": draw(tiers),
        "bearings": BEARINGS if draw(st.booleans()) else (),
    }
    levels = st.lists(st.integers(1, 5), min_size=1, max_size=4)
    match draw(st.sampled_from(["whole", "early", "gaps", "checklist", "yes-no"])):
        case "whole":
            one = question(name, **common)
        case "early":
            one = question(name, top=draw(st.integers(1, 4)), **common)
        case "gaps":
            one = question(name, rungs=(0, *sorted(set(draw(levels)))), **common)
        case "checklist":
            one = checklist(name, *draw(levels), **common)
        case _:
            one = yes_no(name, low := draw(st.integers(0, 2)), draw(st.integers(low + 1, 5)), **common)
    efforts = [(rung, draw(st.integers(1, 9)), draw(st.integers(0, 9))) for rung in one.levels if rung]
    remedies = tuple(Remedy(to=rung, text="do", effort=(least, least + more)) for rung, least, more in efforts)
    return one.model_copy(update={"remedies": remedies})


@st.composite
def cases(draw, most=7, dimensions=("data", "models", "safety")):
    """Draw a questionnaire, answers with proofs, and endpoints with findings."""
    asked = [draw(scored_questions(f"q{number}", dimensions)) for number in range(draw(st.integers(1, most)))]
    asked = [one.model_copy(update={"show_if": IF_FACT}) if draw(st.integers(0, 4)) == 0 else one for one in asked]
    answers = {}
    for one in asked:
        state = draw(st.sampled_from(STATES))
        level = draw(st.sampled_from(one.levels)) if state == "answered" else None
        proofs = tuple(Proof(tier=tier, level=5) for tier in draw(st.lists(tiers, max_size=2)))
        if state != "not-asked":
            answers[one.id] = GivenAnswer(question=one.id, state=state, level=level, proofs=proofs)
    fact = draw(st.sampled_from(["yes", "no", None]))
    if fact:
        answers["data.fact"] = GivenAnswer(question="data.fact", state="answered", value=fact)
    endpoints = [
        seen(code, at=code, strength=draw(st.sampled_from(list(Strength))))
        for code in draw(st.lists(st.sampled_from(["hosted.a", "server.b", "access.open"]), max_size=3, unique=True))
    ]
    return questionnaire(FACT, *asked), answers, endpoints
