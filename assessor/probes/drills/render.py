"""Plans and records of drills as calm lines of text for a terminal."""

import textwrap
from collections.abc import Iterable, Sequence

from assessor.errors import N_
from assessor.evidence import Finding
from assessor.probes.drills.disconnect_judge import closed_rounds, gaps, reasons, stops
from assessor.probes.drills.disconnect_plan import DisconnectPlan
from assessor.probes.drills.exit_judge import medians
from assessor.probes.drills.exit_plan import Call, ExitPlan, most_tokens
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.records import DisconnectRecord, ExitRecord, NamesRecord, Reply, Side
from assessor.probes.drills.wording import OUTCOMES, PROOFS, STATES, VERDICTS, Translate, clock, said, seconds
from assessor.probes.recognise import shown
from assessor.probes.words import finding_title
from assessor.retelling import retold

WIDTH = 96
MARKS = {"works": "+", "accepted": "+", "differs": "~", "breaks": "x", "absent": ".", "not-sent": " "}
STRIP = 70


def _wrapped(text: str, first: str = "  ", rest: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as columns; the last column is wrapped to what is left of the width."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        head = "  " + "".join(f"{cell:<{width + 2}}" for cell, width in zip(row, widths, strict=False))
        lines += textwrap.wrap(row[-1], max(20, WIDTH - len(head)), break_on_hyphens=False)[:1] or [""]
        lines[-1] = (head + lines[-1]).rstrip()
        for more in textwrap.wrap(row[-1], max(20, WIDTH - len(head)), break_on_hyphens=False)[1:]:
            lines.append(" " * len(head) + more)
    return lines


def _bullets(head: str, sentences: Iterable[str], translate: Translate) -> list[str]:
    lines = [line for text in sentences for line in _wrapped(translate(text), "  - ", "    ")]
    return ["", translate(head), *lines] if lines else []


def _side(letter: str, side: Side, translate: Translate) -> list[str]:
    name = f"{side.name}, " if side.name else ""
    lines = _wrapped(f"{letter}  {name}{side.url}", "  ", "     ")
    lines += _wrapped(f"{side.dialect}, {side.model}. {translate(side.why)}", "     ", "     ")
    return lines


def exit_plan_text(plan: ExitPlan, planned: tuple[Call, ...], translate: Translate = str) -> str:
    """Return the plan of an exit drill with what it costs at most."""
    lines = [translate(N_("Exit drill: does the same work run on the candidate?")), ""]
    lines += [*_side("A", plan.a, translate), *_side("B", plan.b, translate), ""]
    names = {one.id: translate(one.name) for one in FEATURES}
    rows = [[translate(N_("what")), "A", "B", translate(N_("tokens, about"))]]
    for about in dict.fromkeys(call.about for call in planned):
        pair = {call.side: call for call in planned if call.about == about}
        paths = [call.request.path if (call := pair[side]).request else "-" for side in ("a", "b")]
        why = next((translate(call.absent) for call in pair.values() if call.absent), "")
        most = max(call.most_tokens for call in pair.values())
        rows.append([names.get(about, shown(about)), *paths, f"{most}" if most else why])
    lines += _table(rows)
    sent = sum(call.request is not None for call in planned)
    told = translate(
        N_("{count} requests, about {tokens} tokens read and written on both sides together; it ends at {budget}.")
    )
    told = told.format(count=sent, tokens=most_tokens(planned), budget=plan.token_budget)
    lines += ["", *_wrapped(told)]
    if plan.cases:
        told = translate(N_("{count} own cases; the candidate passes with {mark} % of them."))
        lines += _wrapped(told.format(count=len(plan.cases), mark=plan.pass_mark))
    lines += _wrapped(translate(N_("Replies are judged and then forgotten: only length and sha256 are kept.")))
    return "\n".join(lines) + "\n"


def _cell(reply: Reply, translate: Translate) -> str:
    time = seconds(reply.ms)
    return f"{MARKS[reply.state]} {translate(STATES[reply.state])}" + (f" {time}" if time and reply.status else "")


def exit_text(record: ExitRecord, translate: Translate = str) -> str:
    """Return the record of an exit drill: a table, what breaks, the own cases, and what it does not show."""
    lines = [translate(N_("Exit drill")), *_wrapped(translate(OUTCOMES[record.outcome]))]
    lines += ["", *_side("A", record.a, translate), *_side("B", record.b, translate), ""]
    names = {one.id: translate(one.name) for one in FEATURES}
    rows = [[translate(N_("feature")), "A", "B", translate(N_("on moving from A to B"))]]
    for row in record.features:
        note = said(row.b.note, row.b.params, translate) or said(row.a.note, row.a.params, translate)
        verdict = translate(VERDICTS[row.verdict]) + (f": {note}" if note else "")
        rows.append([names[row.feature], _cell(row.a, translate), _cell(row.b, translate), verdict])
    lines += _table(rows)
    a, b = medians(record)
    if a and b:
        lines += ["", *_wrapped(translate(N_("Middle time: A {a}, B {b}.")).format(a=seconds(a), b=seconds(b)))]
    lines += _cases(record, translate)
    lines += _bullets(N_("What this does not show"), record.limits, translate)
    lines += _found(record.findings, translate)
    foot = translate(N_("{count} requests, {read} tokens read, {written} written, sha256 {hash}"))
    told = {"count": record.requests, "read": record.tokens_in, "written": record.tokens_out, "hash": record.sha256}
    return "\n".join([*lines, "", foot.format(**told)]) + "\n"


def _cases(record: ExitRecord, translate: Translate) -> list[str]:
    if not record.cases:
        return []
    yes, no = translate(N_("passed")), translate(N_("failed"))
    rows = [[translate(N_("own case")), "A", "B", ""]]
    for row in record.cases:
        cells = [f"+ {yes}" if passed else f"x {no}" for passed in (row.a_passed, row.b_passed)]
        rows.append([row.case, *cells, said(row.b.note, row.b.params, translate)])
    passed = sum(row.b_passed for row in record.cases)
    told = translate(N_("B passed {passed} of {count}; the mark was {mark} %."))
    told = told.format(passed=passed, count=len(record.cases), mark=record.pass_mark)
    if record.passed is not None:
        told += " " + translate(N_("Reached.") if record.passed else N_("Missed."))
    return ["", *_table(rows), "", *_wrapped(told)]


def disconnect_plan_text(plan: DisconnectPlan, translate: Translate = str) -> str:
    """Return the plan of a disconnection drill with what it costs at most."""
    lines = [translate(N_("Disconnection drill: does it go on with the way out closed?")), ""]
    lines += _wrapped(f"{plan.name or plan.url} · {plan.dialect} · {plan.model}")
    told = translate(N_("{minutes} minutes, a fresh prompt every {every} seconds; it passes with {mark} % answered."))
    lines += _wrapped(told.format(minutes=f"{plan.minutes:g}", every=f"{plan.every:g}", mark=plan.pass_mark))
    told = translate(N_("At most {count} requests, about {tokens} tokens read and written; it ends at {budget}."))
    lines += _wrapped(told.format(count=plan.most_requests, tokens=plan.most_tokens, budget=plan.token_budget))
    if plan.outside:
        told = translate(N_("Each round also tries whether these answer: {addresses}."))
        lines += _wrapped(told.format(addresses=", ".join(plan.outside)))
    else:
        told = translate(N_("Nothing outside is tried from here. To show the closing, run on the serving computer:"))
        lines += [*_wrapped(told), f"    assessor-probe drill canary URL … --drill {plan.drill}"]
    return "\n".join(lines) + "\n"


def strip(record: DisconnectRecord) -> str:
    """Return the closed time as one line of marks: + answered, x not, a blank where the prober was away."""
    held = closed_rounds(record.rounds)
    if not held:
        return ""
    total = max(record.planned_minutes * 60, held[-1].at + record.every)
    width = min(STRIP, max(1, round(total / record.every)))
    cells: list[list[bool]] = [[] for _place in range(width)]
    for one in held:
        cells[min(width - 1, int(one.at / total * width))].append(one.ok)
    return "".join(" " if not cell else "+" if all(cell) else "x" for cell in cells)


def disconnect_text(record: DisconnectRecord, translate: Translate = str) -> str:
    """Return the record of a disconnection drill: the line of time, what failed when, and what shows the closing."""
    lines = [translate(N_("Disconnection drill")), *_wrapped(translate(OUTCOMES[record.outcome]))]
    if record.error and record.error != OUTCOMES[record.outcome]:
        lines += _wrapped(retold(record.error, translate))
    lines += _wrapped(f"{record.name or record.url} · {record.dialect} · {record.model}")
    if line := strip(record):
        end = clock(record.planned_minutes * 60)
        lines += ["", f"  {clock(0)} {line} {end}", ""]
        told = translate(N_("{answered} of {asked} rounds answered in {minutes} min; the mark was {mark} %."))
        told = told.format(answered=record.answered, asked=record.asked, minutes=record.minutes, mark=record.pass_mark)
        lines += _wrapped(f"{told} {translate(N_('Passed.') if record.passed else N_('Not passed.'))}")
    for reason in reasons(record) if record.asked else ():
        lines += _wrapped(translate(reason))
    for start, until, rounds, why in stops(record):
        told = translate(N_("{start} to {until}: no answer, {rounds} rounds: {why}"))
        told = told.format(start=clock(start), until=clock(until), rounds=rounds, why=retold(why, translate) or "?")
        lines += _wrapped(told, "  x ", "    ")
    for start, until in gaps(record):
        told = translate(N_("{start} to {until}: the prober itself was away"))
        lines += _wrapped(told.format(start=clock(start), until=clock(until)), "    ", "    ")
    lines += ["", translate(N_("What shows that the way out was closed"))]
    for proof in record.proofs:
        words = N_("shows it") if proof.holds else N_("shows the contrary") if proof.leak else N_("shows nothing")
        told = f"{translate(PROOFS[proof.kind])}: {said(proof.because, proof.params, translate)}; {translate(words)}"
        lines += _wrapped(told + (f" ({translate(proof.said_by)})" if proof.said_by else ""))
    if not record.proofs:
        lines += _wrapped(translate(N_("Nothing yet.")))
    lines += _bullets(N_("What this does not show"), record.limits, translate)
    lines += _found(record.findings, translate)
    foot = translate(N_("drill {drill}, {count} requests, {tokens} tokens, sha256 {hash}"))
    told = foot.format(drill=record.drill, count=record.requests, tokens=record.tokens, hash=record.sha256)
    return "\n".join([*lines, "", told]) + "\n"


def _found(findings: tuple[Finding, ...], translate: Translate) -> list[str]:
    if not findings:
        return []
    lines = ["", translate(N_("Findings"))]
    for finding in findings:
        lines += _wrapped(f"{finding.strength.value:<2} {finding_title(finding, translate)}", "  ", "     ")
        lines += _wrapped(finding.code, "     ", "     ")
    return lines


def names_text(record: NamesRecord, translate: Translate = str) -> str:
    """Return the names that were asked for, in the order in which they first were."""
    lines = [translate(N_("Names asked for at {listen}")).format(listen=record.listen), ""]
    if record.names:
        head = [translate(word) for word in (N_("first"), N_("times"), N_("kinds"), N_("name"))]
        rows = [
            [clock(float(one["first"])), str(one["count"]), str(one["kinds"]), str(one["name"])] for one in record.names
        ]
        lines += _table([head, *rows])
    else:
        lines += _wrapped(translate(N_("None. Programs that carry addresses instead of names do not show here.")))
    lines += ["", f"sha256 {record.sha256}"]
    return "\n".join(lines) + "\n"
