"""A plan and a result as calm lines of text for a terminal."""

from collections.abc import Iterable, Iterator

from assessor.errors import N_
from assessor.probes import render_origins
from assessor.probes.drift import Change, Drift, title_of, values_in_words
from assessor.probes.plan import MAX_STAGE_2, common_plan, follow_up_plan, full_path
from assessor.probes.render_text import Translate, strength_text, wrapped
from assessor.probes.result import ProbeResult
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import Target
from assessor.probes.terminal import PLAIN, Paint
from assessor.probes.words import behind_words, finding_meaning, finding_title
from assessor.retelling import retold, retold_parts

KINDS = {
    "inference-server": N_("an inference server"),
    "gateway": N_("a gateway"),
    "hosted-api": N_("a hosted service"),
    "safety": N_("a guardrail program"),
    "tool-server": N_("a tool server"),
    "unknown": N_("unknown"),
}
PLACES = {"hosted": N_("in a vendor's cloud"), "local": N_("in the operator's own program"), "unknown": N_("not shown")}
OUTCOMES = {
    "completed": N_("Every request of the plan was answered."),
    "partly": N_("Some requests were not answered."),
    "unreachable": N_("The endpoint could not be reached."),
    "refused": N_("The policy forbids this target; nothing was sent to it."),
    "cancelled": N_("The run was stopped before its end."),
}


def plan_text(
    target: Target, common: Iterable[PlannedRequest], later: Iterable[PlannedRequest], translate: Translate = str
) -> str:
    """Return both stages of a plan, request by request."""
    lines = [translate(N_("Stage 1: sent to every endpoint")), ""]
    for request in common:
        lines += _request(target, request, translate)
    head = translate(N_("Stage 2: at most {limit} of these, by what stage 1 shows")).format(limit=MAX_STAGE_2)
    lines += ["", head, ""]
    for request in later:
        lines += _request(target, request, translate)
    lines += ["", translate(N_("Nothing was sent."))]
    return "\n".join(lines) + "\n"


def plan_of(target: Target, translate: Translate = str) -> str:
    """Return both stages of a target's plan."""
    return plan_text(target, common_plan(target), follow_up_plan(target), translate)


def _request(target: Target, request: PlannedRequest, translate: Translate) -> Iterator[str]:
    keyed = translate(N_(" (with the key)")) if request.with_key else ""
    yield f"  {request.method} {full_path(target, request) or '/'}{keyed}"
    told = " ".join(translate(text) for text in (request.purpose, request.only_if) if text)
    yield from wrapped(told, 6)


def result_text(result: ProbeResult, translate: Translate = str, paint: Paint = PLAIN) -> str:
    """Return a result: who answers, who is behind, where filters run, what stays open, and every finding."""
    answered = any(request.status for request in result.requests)
    judged = (_who, _behind, _filters, render_origins.origins, _spoken, render_origins.models) if answered else ()
    sections = [
        _head(result, translate, paint),
        *(_headed(section(result, translate), paint) for section in judged),
        _headed(_sentences(N_("What stays unknown"), result.unknown, translate), paint),
        _headed(_sentences(N_("What was not tried"), result.not_tested, translate), paint),
        _headed(_findings(result, translate, paint), paint),
    ]
    foot = translate(N_("{count} requests, sha256 {hash}")).format(count=len(result.requests), hash=result.sha256)
    versions = translate(N_("prober {prober}, catalogue {catalogue}, method {method}")).format(
        prober=result.prober_version, catalogue=result.catalogue_version, method=result.method_version
    )
    body = "\n\n".join("\n".join(section) for section in sections if section)
    return f"{body}\n\n{paint.soft(foot)}\n{paint.soft(versions)}\n"


def _headed(lines: list[str], paint: Paint) -> list[str]:
    return [paint.head(line) if line and not line.startswith(" ") else line for line in lines]


def outcome_line(result: ProbeResult, translate: Translate, paint: Paint) -> str:
    """Return how a run ended, with a mark before it."""
    sentence = translate(OUTCOMES[result.outcome])
    if result.outcome == "completed":
        return paint.good(f"✓ {sentence}")
    if result.outcome in {"partly", "cancelled"}:
        return paint.caution(f"! {sentence}")
    return paint.bad(f"✗ {sentence}")


def _head(result: ProbeResult, translate: Translate, paint: Paint) -> list[str]:
    lines = [paint.head(result.target_url), outcome_line(result, translate, paint)]
    if result.error:
        lines += wrapped(retold(result.error, translate))
    if result.tries > 1:
        lines += wrapped(translate(N_("It took {count} tries.")).format(count=result.tries))
    if result.plan:
        signed = translate(N_("By a plan that the installation {installation} signed."))
        lines += wrapped(signed.format(installation=result.plan.installation))
    return lines


def drift_text(drift: Drift, translate: Translate = str, paint: Paint = PLAIN) -> str:
    """Return what changed since an earlier run."""
    head = translate(N_("What changed since {moment}")).format(moment=drift.before)
    lines = [paint.head(head)]
    for change in drift.changes:
        lines += _change(change, translate, paint)
    if not drift.changes:
        lines.append("  " + paint.good(translate(N_("Nothing."))))
    lines += [line for note in drift.notes for line in wrapped(translate(note), 4, "  ! ")]
    return "\n".join(lines) + "\n"


def _change(change: Change, translate: Translate, paint: Paint) -> Iterator[str]:
    mark, word, colour = {
        "appeared": ("+", N_("new"), paint.good),
        "vanished": ("-", N_("gone"), paint.bad),
        "changed": ("~", N_("changed"), paint.caution),
    }[change.kind]
    yield colour(f"  {mark} {translate(word)}: {title_of(change, translate)}")
    if change.kind == "changed":
        yield from wrapped(f"{_compared(change.before, translate)} → {_compared(change.after, translate)}", 6)
    elif told := change.before or change.after:
        yield from wrapped(values_in_words(told, translate), 6)


def _compared(told: str, translate: Translate) -> str:
    return values_in_words(told, translate) or "–"


def _who(result: ProbeResult, translate: Translate) -> list[str]:
    identity = result.identity
    lines = [translate(N_("Who answers"))]
    if not identity.product:
        return [*lines, *wrapped(translate(N_("Unknown. Nothing in the replies is in the catalogue.")))]
    kind = translate(KINDS[identity.kind])
    version = next(
        (str(item.params["version"]) for item in result.findings if _is_identity(item.params, identity.product)), ""
    )
    name = " ".join(part for part in (identity.name or identity.product, version) if part)
    provider = f" ({identity.provider})" if identity.provider else ""
    lines += wrapped(f"{name}{provider}, {kind}; {strength_text(identity.confidence, translate)}")
    lines += [line for part in identity.because for line in wrapped(retold(part, translate), 6, "    - ")]
    return lines


def _is_identity(params: dict[str, str | int | float | bool], product: str) -> bool:
    return params.get("product") == product and bool(params.get("version"))


def _behind(result: ProbeResult, translate: Translate) -> list[str]:
    lines = [translate(N_("Who is behind it"))]
    for item in result.behind:
        place = f" ({item.host})" if item.host else ""
        lines += wrapped(f"{behind_words(item, translate)}{place}; {strength_text(item.strength, translate)}")
        lines += [line for part in item.because for line in wrapped(retold(part, translate), 6, "    - ")]
    if not result.behind:
        lines += wrapped(translate(N_("Nothing was told. That proves nothing.")))
    return lines


def _filters(result: ProbeResult, translate: Translate) -> list[str]:
    lines = [translate(N_("Where filters run"))]
    for item in result.safety:
        lines += wrapped(f"{item.name}: {translate(PLACES[item.place])}; {strength_text(item.strength, translate)}")
    if not result.safety:
        lines += wrapped(translate(N_("None was seen. That proves nothing.")))
    return lines


def _spoken(result: ProbeResult, translate: Translate) -> list[str]:
    spoken = ", ".join(item.name for item in result.dialects if item.state == "yes")
    lines = [translate(N_("Dialects")), *wrapped(spoken)] if spoken else []
    return lines


def _sentences(head: str, sentences: tuple[str, ...], translate: Translate) -> list[str]:
    if not sentences:
        return []
    return [translate(head), *(line for text in sentences for line in wrapped(retold(text, translate), 4, "  - "))]


def _findings(result: ProbeResult, translate: Translate, paint: Paint) -> list[str]:
    if not result.findings:
        return []
    lines = [translate(N_("Findings"))]
    for finding in result.findings:
        if finding.is_under("model.listed"):
            continue
        lines += ["", *wrapped(f"{finding.strength.value:<2} {finding_title(finding, translate)}", 5, "  ")]
        lines += wrapped(finding_meaning(finding, translate), 5)
        seen = retold_parts(str(finding.params.get("because") or ""), translate)
        where = ", ".join(finding.exchanges)
        lines += [paint.soft(line) for line in wrapped(f"{finding.code} [{where}]" + (f": {seen}" if seen else ""), 5)]
    return lines
