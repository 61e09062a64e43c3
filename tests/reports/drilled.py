"""Two drills as a report gets them: an exit drill that passed, and an hour with the link closed that leaked once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from assessor.probes.drills.cases import Case
from assessor.probes.drills.disconnect_judge import disconnect_record
from assessor.probes.drills.disconnect_plan import DisconnectPlan
from assessor.probes.drills.disconnect_run import State
from assessor.probes.drills.exit_judge import exit_record
from assessor.probes.drills.exit_plan import ExitPlan
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.records import DisconnectRecord, ExitRecord, Reply, Round, Side
from assessor.reports.inputs import DrillHeld
from assessor.services.drill_evidence import outcome, pass_mark

HELD = datetime(2026, 11, 14, 8, 0, tzinfo=UTC)
BREAKS = {"tools": "breaks", "json": "differs"}


def exit_drill() -> ExitRecord:
    """Return an exit drill with six own cases, of which the candidate passed five, and a share of real requests."""
    sides = [
        Side(
            url=f"http://{host}.clinic.example:4000",
            name=name,
            dialect="openai-chat",
            own_dialect="openai-chat",
            model=model,
        )
        for host, name, model in (
            ("llm-gateway", "Letters gateway", "letters-large"),
            ("spare", "Spare model server", "mistral-small"),
        )
    ]
    plan = ExitPlan(
        drill="d-exit",
        planned="2026-11-13T15:00:00Z",
        a=sides[0],
        b=sides[1],
        cases_name="Discharge letters",
        cases=tuple(
            Case.model_validate({"id": f"letter {number}", "prompt": "x", "real": True, "expect": {"contains": ["x"]}})
            for number in range(1, 7)
        ),
        pass_mark=80,
        share_of_load=10,
        token_budget=20_000,
    )
    works = Reply(state="works", status=200, ms=640)
    replies = {f"{side}:{one.id}": works for side in "ab" for one in FEATURES}
    replies |= {f"b:{name}": Reply(state=state, status=400, ms=80) for name, state in BREAKS.items()}  # type: ignore[arg-type]
    replies |= {f"{side}:case {case.id}": works for side in "ab" for case in plan.cases}
    replies["b:case letter 4"] = Reply(state="differs", status=200, ms=900)
    return exit_record(
        plan, (), replies, outcome="completed", error="", started=HELD, finished=HELD + timedelta(minutes=6)
        , vantage="demo",
    )  # fmt: skip


def disconnect_drill() -> DisconnectRecord:
    """Return an hour with the link closed: an outside address answered once, and five prompts went unanswered."""
    plan = DisconnectPlan(
        drill="d-cut",
        planned="2026-11-13T16:00:00Z",
        url="http://spare.clinic.example:8000",
        name="Spare model server",
        dialect="openai-chat",
        model="mistral-small",
        minutes=60,
        every=60,
        pass_mark=90,
        outside=("192.0.2.1:443",),
    )
    begun = HELD + timedelta(hours=2)
    rounds = tuple(
        Round(
            at=float(60 * number),
            ok=number not in range(31, 36),
            ms=700,
            status=200,
            text=f"{number:016x}",
            outside=("open" if number == 33 else "closed",),
        )
        for number in range(60)
    )
    state = State(
        phase="over",
        started=f"{begun - timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}",
        closed_from=f"{begun:%Y-%m-%dT%H:%M:%SZ}",
        ended=f"{begun + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        seen_open=(True,),
        rounds=rounds,
        requests=61,
    )
    return disconnect_record(plan, state, vantage="demo")


def drills(translate: Callable[[str], str] = str) -> tuple[DrillHeld, ...]:
    """Return both drills as the report reads them."""
    rows = ((disconnect_drill(), "endpoint-3", ()), (exit_drill(), "endpoint-1", ("lock-in.leaving",)))
    return tuple(
        DrillHeld(
            id=record.drill,
            endpoint=endpoint,
            record=record,
            pass_mark=pass_mark(record, translate),
            result=outcome(record, translate),
            questions=questions,
        )
        for record, endpoint, questions in rows
    )
