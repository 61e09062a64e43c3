"""A small questionnaire whose every weight and gate a test can set."""

from typing import Any

from assessor.evidence import Finding, Strength, Tier
from assessor.questionnaire.schema import Bearing, Choice, Dimension, Item, Question, Questionnaire, Remedy, Scale
from assessor.scoring.scorecard import GivenAnswer, ProbedEndpoint, Proof

SCALE = Scale.model_validate(
    {
        "levels": [{"level": n, "name": f"L{n}", "meaning": "m", "horizon": "h"} for n in range(6)],
        "share": 0.6666,
        "slack": 2,
        "needs_no_proof": 1,
        "caps": {"declared": 1, "documented": 3, "observed": 4},
        "evidenced_share": 0.5,
        "coverage": 0.8,
        "not_applicable_share": 0.2,
    }
)


def question(
    name: str,
    *,
    dimension: str = "data",
    weight: int = 3,
    gate: bool = False,
    proof: Tier = Tier.DOCUMENTED,
    top: int = 5,
    bearings: tuple[Bearing, ...] = (),
    may_not_apply: bool = True,
    days: float = 2,
    rungs: tuple[int, ...] = (),
) -> Question:
    """Return a ladder from 0 to `top`, or of these rungs, whose every step costs `days` to twice as many."""
    rungs = rungs or tuple(range(top + 1))
    return Question(
        id=f"{dimension}.{name}",
        dimension=dimension,
        quick=True,
        title=name,
        text="t",
        why="w",
        find_out=("f",),
        evidence=("e",),
        rulings=("r",),
        weight=weight,  # type: ignore[arg-type]
        gate=gate,
        proof=proof,
        may_not_apply=may_not_apply,
        choices=tuple(Choice(level=n, text=f"rung {n}") for n in rungs),
        findings=bearings,
        remedies=tuple(Remedy(to=n, text="do", effort=(days, 2 * days)) for n in rungs if n),
    )


def checklist(name: str, *levels: int, **more: Any) -> Question:
    """Return a checklist with one item at each of these levels, `i0` first."""
    items = tuple(Item(id=f"i{place}", level=level, text="t") for place, level in enumerate(levels))
    same = question(name, rungs=(0, *sorted(set(levels))), **more)
    return same.model_copy(update={"kind": "checklist", "choices": (), "items": items})


def yes_no(name: str, no: int, yes: int, **more: Any) -> Question:
    """Return a yes-no whose sides have these levels."""
    same = question(name, rungs=tuple(sorted({no, yes})), **more)
    sides = {"if_no": Choice(level=no, text="no"), "if_yes": Choice(level=yes, text="yes")}
    return same.model_copy(update={"kind": "yes-no", "choices": (), **sides})


def wide(count: int) -> Questionnaire:
    """Return `count` ladders over seven dimensions, two gates in each, every third question read by findings."""
    bearings = (Bearing(code="hosted", caps=2, because="b"), Bearing(code="server", supports=3, because="b"))
    names = ("data", "models", "infrastructure", "lock-in", "safety", "air-gap", "governance")
    return questionnaire(
        *(
            question(
                f"q{place}",
                dimension=names[place % 7],
                weight=1 + place % 3,
                gate=place < 14,
                bearings=bearings if place % 3 == 0 else (),
                days=1 + place % 5,
            )
            for place in range(count)
        )
    )


def questionnaire(*questions: Question, **more: Any) -> Questionnaire:
    """Return a questionnaire of these questions, with the dimensions they name."""
    dimensions = dict.fromkeys(one.dimension for one in questions)
    return Questionnaire(
        id="small",
        version="2026.11",
        language="en",
        title="Small",
        introduction="i",
        scale=SCALE,
        dimensions=tuple(Dimension(id=one, title=one, short=one, asks="a") for one in dimensions),
        questions=questions,
        **more,
    )


def said(level: int | None, *proofs: Tier, state: str = "answered", given_for: int | None = None) -> dict[str, Any]:
    """Return the parts of an answer; `given_for` binds the proofs to another level than the answer's."""
    bound = given_for if given_for is not None else level or 0
    return {"state": state, "level": level, "proofs": tuple(Proof(tier=tier, level=bound) for tier in proofs)}


def given(**answers: dict[str, Any]) -> dict[str, GivenAnswer]:
    """Return answers keyed by question id; `data__a=said(3)` answers `data.a`."""
    return {(key := name.replace("__", ".")): GivenAnswer(question=key, **parts) for name, parts in answers.items()}


def seen(code: str, *, at: str = "one", role: str = "model", strength: Strength = Strength.STRONG) -> ProbedEndpoint:
    """Return an endpoint at which one finding was made."""
    return ProbedEndpoint(id=at, name=at, role=role, findings=(Finding(code=code, strength=strength),))
