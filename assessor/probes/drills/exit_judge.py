"""From the replies of an exit drill to its record: what works on both, what breaks, and what that does not show."""

from collections.abc import Mapping
from datetime import datetime
from statistics import median

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.assemble import stamp
from assessor.probes.detectors.base import params
from assessor.probes.drills.cases import ENOUGH_CASES, Cases
from assessor.probes.drills.exit_plan import Call, ExitPlan
from assessor.probes.drills.features import FEATURES, GOOD
from assessor.probes.drills.records import CaseRow, DrillOutcome, ExitRecord, FeatureRow, Reply

NOT_REACHED = N_("not sent: the drill ended before")
FIXED = N_(
    "The fixed prompts show which dialect is understood. They do not show whether the answers are good enough for"
    " your work."
)
NO_CASES = N_("No cases of your own were tried, so nothing here says whether the candidate can take over.")
FEW = N_("There were fewer than five own cases: an example, not a test.")
NO_SHARE = N_("No share of real requests is recorded, so this counts as seen, not as tested.")
UNFINISHED = N_("The drill did not reach its end, so its own cases decide nothing.")
VECTORS = N_("Vectors of two models do not mix: changing the model means computing every stored vector anew.")
TIMES = N_("Each time was measured once, from one place, without load.")
FRONT = N_("Both endpoints are fronts: whether they share a cloud or a supplier behind it is not shown here.")


def verdict(a: Reply, b: Reply) -> str:
    """Return what a feature's two replies mean for a move from A to B."""
    if "not-sent" in (a.state, b.state):
        return "unknown"
    here, there = a.state in GOOD, b.state in GOOD
    return {(True, True): "same", (True, False): "breaks", (False, True): "gains"}.get((here, there), "neither")


def exit_record(
    plan: ExitPlan,
    planned: tuple[Call, ...],
    replies: Mapping[str, Reply],
    *,
    outcome: DrillOutcome,
    error: str,
    started: datetime,
    finished: datetime,
    vantage: str,
) -> ExitRecord:
    """Return the sealed record of a drill."""
    missing = Reply(state="not-sent", note=NOT_REACHED)

    def pair(about: str) -> tuple[Reply, Reply]:
        return replies.get(f"a:{about}", missing), replies.get(f"b:{about}", missing)

    features = []
    for one in FEATURES:
        a, b = pair(one.id)
        features.append(FeatureRow.model_validate({"feature": one.id, "a": a, "b": b, "verdict": verdict(a, b)}))
    cases = []
    for case in plan.cases:
        a, b = pair(f"case {case.id}")
        passed = (a.state == "works", b.state == "works")
        cases.append(CaseRow(case=case.id, real=case.real, a=a, b=b, a_passed=passed[0], b_passed=passed[1]))
    sent = [reply for reply in replies.values() if reply.state not in {"absent", "not-sent"}]
    return judged(
        ExitRecord(
            drill=plan.drill,
            outcome=outcome,
            error=error,
            planned=plan.planned,
            started=stamp(started),
            finished=stamp(finished),
            vantage=vantage,
            a=plan.a,
            b=plan.b,
            features=tuple(features),
            cases_name=plan.cases_name,
            cases_sha256=Cases(plan.cases).sha256,
            cases=tuple(cases),
            pass_mark=plan.pass_mark,
            share_of_load=plan.share_of_load,
            share_source=plan.share_source,
            requests=len(sent),
            tokens_in=sum(reply.tokens_in for reply in sent),
            tokens_out=sum(reply.tokens_out for reply in sent),
            token_budget=plan.token_budget,
        )
    )


def judged(record: ExitRecord) -> ExitRecord:
    """Return a record with everything that follows from its replies worked out anew, and sealed."""
    features = tuple(row.model_copy(update={"verdict": verdict(row.a, row.b)}) for row in record.features)
    cases = tuple(
        row.model_copy(update={"a_passed": row.a.state == "works", "b_passed": row.b.state == "works"})
        for row in record.cases
    )
    decided = record.outcome == "completed" and bool(cases)
    reached = sum(row.b_passed for row in cases) * 100 >= (record.pass_mark or 100) * len(cases)
    qualifies = decided and len(cases) >= ENOUGH_CASES and record.share_of_load > 0 and record.pass_mark is not None
    update = {"features": features, "cases": cases, "passed": reached if decided else None, "qualifies": qualifies}
    record = record.model_copy(update=update)
    record = record.model_copy(update={"limits": _limits(record), "findings": _findings(record)})
    sealed: ExitRecord = record.sealed()
    return sealed


def _limits(record: ExitRecord) -> tuple[str, ...]:
    count = len(record.cases)
    vectors = [row for row in record.features if row.feature == "embeddings" and row.verdict == "same"]
    held = [
        (UNFINISHED, record.outcome != "completed"),
        (FIXED, True),
        (NO_CASES, not count),
        (FEW, 0 < count < ENOUGH_CASES),
        (NO_SHARE, bool(count) and not record.share_of_load),
        (VECTORS, bool(vectors)),
        (FRONT, True),
        (TIMES, True),
    ]
    return tuple(sentence for sentence, holds in held if holds)


def _findings(record: ExitRecord) -> tuple[Finding, ...]:
    found: list[Finding] = []

    def add(code: str, strength: Strength, at: tuple[str, ...] = (), /, **facts: object) -> None:
        found.append(Finding(code=f"drill.exit.{code}", strength=strength, params=params(**facts), exchanges=at))

    both = {"candidate": record.b.name or record.b.url, "a": record.a.dialect, "b": record.b.dialect}
    heard = [row for row in record.features if row.b.status]
    plain = next(row for row in record.features if row.feature == "plain")
    if record.a.dialect != record.b.dialect:
        if heard:
            add("dialect-changes", Strength.STRONG, ("b:plain",), **both)
    elif plain.b.state in GOOD:
        add("dialect-carried", Strength.STRONG, ("b:plain",), **both)
    elif plain.b.status in {404, 405, 501}:
        add("dialect-changes", Strength.STRONG, ("b:plain",), **both)
    for row in record.features:
        at = (f"a:{row.feature}", f"b:{row.feature}")
        if row.verdict == "same":
            add(f"works.{row.feature}", Strength.STRONG, at, candidate=both["candidate"])
        elif row.verdict == "breaks":
            add(f"breaks.{row.feature}", Strength.STRONG, at, candidate=both["candidate"], why=row.b.state)
    if not record.cases:
        add("fixed-only", Strength.STRONG)
    elif record.passed is not None:
        told = {"passed": sum(row.b_passed for row in record.cases), "count": len(record.cases)}
        facts = told | {"mark": record.pass_mark, "share": record.share_of_load, "candidate": both["candidate"]}
        if record.passed:
            add("cases.passed", Strength.STRONG if record.qualifies else Strength.DEFAULT, **facts)
        else:
            add("cases.failed", Strength.STRONG, **facts)
    if record.outcome != "completed":
        add("unfinished", Strength.STRONG, why=record.error)
    return tuple(found)


def medians(record: ExitRecord) -> tuple[float, float]:
    """Return the middle time of each side in milliseconds, over what both answered well; 0 where there is nothing."""
    rows = [(row.a, row.b) for row in record.features] + [(row.a, row.b) for row in record.cases]
    both = [(a.ms, b.ms) for a, b in rows if a.state in GOOD and b.state in GOOD]
    return (median(a for a, _b in both), median(b for _a, b in both)) if both else (0.0, 0.0)
