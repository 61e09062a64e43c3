"""What the three chapters tell beyond their questions: from answers, probes and drills; unknown says so."""

from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Topic
from assessor.reports import labels
from assessor.reports.answers import Desk
from assessor.reports.inputs import EndpointRecord
from assessor.reports.model import AnswerEntry, FindingRow
from assessor.reports.text import NAME_LENGTH, clean, first_sentence
from assessor.reports.told import ChapterKind, DrillEntry, Table, TableRow

ANSWER_LENGTH = 320
ROWS_SHOWN = 40
HELD_KINDS = ("drill", "switch", "outage", "table-top")
FALLBACK = "fallback"


def tables(
    desk: Desk, kind: ChapterKind, answers: tuple[AnswerEntry, ...], found: tuple[FindingRow, ...],
    drills: tuple[DrillEntry, ...],
) -> tuple[Table, ...]:  # fmt: skip
    """Return the tables of a chapter of this kind; none where the chapter has no kind."""
    if kind == "leaving":
        own = tuple(one for one in drills if one.kind == "exit")
        return (_dialects(desk), _second_source(desk), _notice(desk), _held(desk, answers, own, "exit"))
    if kind == "closed-link":
        own = tuple(one for one in drills if one.kind == "disconnect")
        return (_breaks(desk, found), _held(desk, answers, own, "disconnect"))
    if kind == "checks":
        return (_checked(desk), _said_table(desk, "check-lost"), _left_behind(desk))
    return ()


def probed(desk: Desk) -> list[tuple[EndpointRecord, ProbeResult]]:
    """Return the endpoints in scope that a probe has reached, with what it saw."""
    return [
        (one, one.probe)
        for one in desk.source.endpoints
        if one.probe is not None and not one.removed_because and one.probe.outcome in ("completed", "partly")
    ]


def about(desk: Desk, topic: Topic) -> list[AnswerEntry]:
    """Return the questions in scope that tell something about a topic, whatever their dimension."""
    return [desk.entries[one.id] for one in desk.questions.values() if one.topic == topic and one.id in desk.entries]


def _name(endpoint: EndpointRecord) -> str:
    return clean(endpoint.name, NAME_LENGTH) or clean(endpoint.url, NAME_LENGTH)


def _table(
    ident: str, heading: str, columns: Sequence[str], rows: Iterable[TableRow], *, empty: str, caption: str,
    lead: str = "", assessed: bool = True,
) -> Table:  # fmt: skip
    kept = tuple(rows)[:ROWS_SHOWN]
    return Table(
        id=ident,
        heading=heading,
        lead=lead,
        caption=caption,
        columns=tuple(columns),
        rows=kept,
        assessed=assessed or bool(kept),
        empty=empty,
    )


def _answered(entries: Iterable[AnswerEntry]) -> list[TableRow]:
    """Return what was said, and on which evidence it stands; questions that were not asked are named as such."""
    return [
        TableRow(
            cells=(
                f"{one.number} {one.title}",
                first_sentence(one.answer, ANSWER_LENGTH),
                _counted(one),
                _evidence_until(one),
            ),
            question=one.id,
        )
        for one in entries
    ]


def _counted(entry: AnswerEntry) -> str:
    if entry.claimed is None:
        return labels.NOT_STATED
    return f"{entry.claimed_label} / {entry.verified_label}"


def _evidence_until(entry: AnswerEntry) -> str:
    if entry.state != "answered":
        return labels.NOT_STATED
    ends = min((one.counts_until for one in entry.evidence if one.counts_until), default="")
    return (
        _("{tier}, until {day}").format(tier=entry.tier_label, day=labels.day_words(ends)) if ends else entry.tier_label
    )


def _answer_columns() -> tuple[str, ...]:
    return (_("Question"), _("Answer"), _("Claimed / verified"), _("Evidence"))


def _nothing_answered(entries: Sequence[AnswerEntry]) -> bool:
    return all(one.state == "not-asked" for one in entries)


def _said_table(desk: Desk, topic: Topic) -> Table:
    entries = about(desk, topic)
    told: dict[Topic, tuple[Callable[[], str], Callable[[], str]]] = {
        "check-lost": (
            lambda: _("What happens to a request when a check is lost"),
            lambda: _("What was answered about losing a check"),
        ),
        "notice": (
            lambda: _("Notice periods and what the terms allow"),
            lambda: _("What contracts and terms let a supplier do, and how early it must say so"),
        ),
    }
    heading, caption = told[topic]
    return _table(
        topic,
        heading(),
        _answer_columns(),
        [] if _nothing_answered(entries) else _answered(entries),
        caption=caption(),
        assessed=False,
        empty=_("Not assessed: no question about this has been answered."),
    )


def _notice(desk: Desk) -> Table:
    return _said_table(desk, "notice")


def _dialects(desk: Desk) -> Table:
    """Return which dialects each endpoint speaks: what an application written for one of them finds elsewhere."""
    seen = probed(desk)
    spoken = [{one.name for one in probe.dialects if one.state == "yes"} for _endpoint, probe in seen]
    common = sorted(set.intersection(*spoken)) if spoken else []
    lead = ""
    if len(seen) > 1:
        lead = (
            ngettext(
                "{count} dialect is spoken by every endpoint that was probed: {names}.",
                "{count} dialects are spoken by every endpoint that was probed: {names}.",
                len(common),
            ).format(count=labels.capital(labels.number_word(len(common))), names=labels.listed(common))
            if common
            else _("No dialect is spoken by every endpoint that was probed.")
        )
    rows = []
    for endpoint, probe in seen:
        states = {
            state: [one.name for one in probe.dialects if one.state == state] for state in ("yes", "no", "unknown")
        }
        rows.append(
            TableRow(
                cells=(
                    _name(endpoint),
                    labels.role_label(clean(endpoint.role, NAME_LENGTH)),
                    *(clean(", ".join(states[state])) or labels.NOT_STATED for state in ("yes", "no", "unknown")),
                ),
                endpoint=clean(endpoint.id, NAME_LENGTH),
            )
        )
    return _table(
        "dialects",
        _("Dialects that are spoken"),
        (_("Endpoint"), _("Role"), _("Speaks"), _("Does not"), _("Not known")),
        rows,
        caption=_("Dialects of the endpoints in scope, as their latest probes saw them"),
        lead=lead,
        assessed=False,
        empty=_("Not assessed: no endpoint was probed, so nobody has seen which dialects are spoken."),
    )


def _second_source(desk: Desk) -> Table:
    standing_by = [one for one in desk.source.endpoints if one.role == FALLBACK and not one.removed_because]
    entries = about(desk, "second-source")
    rows = [
        TableRow(
            cells=(_name(one), _identity(one), labels.NOT_STATED, _("probe") if one.probe else _("not probed")),
            endpoint=clean(one.id, NAME_LENGTH),
        )
        for one in standing_by
    ]
    rows += [] if _nothing_answered(entries) else _answered(entries)
    if standing_by:
        lead = _shared(desk, standing_by)
    else:
        lead = _("No endpoint is registered as a second source; what follows rests on answers alone.") if rows else ""
    return _table(
        "second-source",
        _("The second source"),
        (_("Endpoint or question"), _("What is known"), _("Claimed / verified"), _("Known from")),
        rows,
        caption=_("What is known of a second source"),
        lead=lead,
        assessed=False,
        empty=_("Not assessed: no second source is registered, and no question about one has been answered."),
    )


def _identity(endpoint: EndpointRecord) -> str:
    if endpoint.probe is None:
        return _("Not assessed: this endpoint was not probed.")
    identity = endpoint.probe.identity
    behind = sorted(_suppliers(endpoint.probe))
    name = clean(identity.name or identity.product, NAME_LENGTH) or _("product not recognised")
    return _("{name}, with {behind} behind it").format(name=name, behind=labels.listed(behind)) if behind else name


def _suppliers(probe: ProbeResult) -> set[str]:
    named = {clean(one.provider, NAME_LENGTH) for one in probe.behind if one.provider}
    return named | ({clean(probe.identity.provider, NAME_LENGTH)} if probe.identity.provider else set())


def _shared(desk: Desk, standing_by: Sequence[EndpointRecord]) -> str:
    """Return whether probes saw one supplier behind the usual path and behind the second source."""
    usual = [probe for one, probe in probed(desk) if one.role == "model"]
    spare = [one.probe for one in standing_by if one.probe is not None]
    if not usual or not spare:
        return _("Whether it shares a supplier with the usual path is not assessed: not both were probed.")
    both = set().union(*map(_suppliers, usual)) & set().union(*map(_suppliers, spare))
    if both:
        return _("Usual path and second source lead to the same supplier: {names}. One order stops both.").format(
            names=labels.listed(sorted(both))
        )
    return _("The probes saw no supplier behind both paths. That is no proof that there is none.")


def _held(desk: Desk, answers: tuple[AnswerEntry, ...], drills: tuple[DrillEntry, ...], kind: str) -> Table:
    """Return drills held here, and drills, switches and outages that are attached to answers as evidence."""
    rows = [
        TableRow(
            cells=(
                labels.day_words(one.started),
                _("{id}, held here: {target}").format(id=one.id, target=one.target),
                " ".join(part for part in (one.pass_mark and f"{one.pass_mark}.", one.result) if part),
                one.counts,
            ),
            drill=one.id,
        )
        for one in drills
    ]
    own = {one.sha256 for one in drills}
    for entry in answers:
        for row in entry.evidence:
            if row.kind_id in HELD_KINDS and row.version.removeprefix("sha256 ") not in own:
                told = ", ".join(part for part in (row.description, row.place) if part)
                rows.append(
                    TableRow(
                        cells=(
                            labels.day_words(row.taken_on),
                            f"{row.kind}: {told} ({entry.number})",
                            row.result or labels.NOT_STATED,
                            _("counts as {tier}").format(tier=row.tier_label)
                            + (f"; {'; '.join(row.remarks)}" if row.remarks else ""),
                        ),
                        question=entry.id,
                    )
                )
    heading = _("Exit drills and switches") if kind == "exit" else _("Disconnection drills and outages")
    empty = (
        _("Not assessed: no exit drill was held here, and no record of a switch is attached to an answer.")
        if kind == "exit"
        else _("Not assessed: no disconnection drill was held here, and no record of one is attached to an answer.")
    )
    return _table(
        f"held-{kind}",
        heading,
        (_("Day"), _("What was held"), _("Mark and result"), _("As what it counts")),
        rows,
        caption=heading,
        lead=_last_closing(desk) if kind == "disconnect" else "",
        assessed=False,
        empty=empty,
    )


def _last_closing(desk: Desk) -> str:
    said = [one for one in about(desk, "last-closing") if one.state == "answered"]
    return _("Said: the link was last closed on {day}.").format(day=labels.day_words(said[0].answer)) if said else ""


def _breaks(desk: Desk, found: tuple[FindingRow, ...]) -> Table:
    """Return what stops, and when, once the link is closed: seen by probes, read from certificates, said."""
    rows: dict[tuple[str, ...], TableRow] = {}
    for row in (one for one in found if one.caps is not None):
        cells = (row.title, _("at once"), row.because, _("seen at {place}").format(place=row.endpoint_name))
        rows.setdefault((row.endpoint, row.code), TableRow(cells=cells, endpoint=row.endpoint))
    for endpoint, probe in probed(desk):
        if probe.tls is not None and probe.tls.not_after:
            cells = (
                _("Certificate of {name}").format(name=_name(endpoint)),
                _("on {day}").format(day=labels.day_words(probe.tls.not_after)),
                _("Clients refuse the connection, unless the authority that renews it works inside."),
                _("seen by the probe"),
            )
            rows[(endpoint.id, "certificate")] = TableRow(cells=cells, endpoint=clean(endpoint.id, NAME_LENGTH))
    for entry in about(desk, "runs-out"):
        if entry.state in ("answered", "unknown"):
            cells = (
                entry.title,
                _("not known") if entry.state == "unknown" else _("as answered"),
                first_sentence(entry.answer, ANSWER_LENGTH),
                _("said, question {number}").format(number=entry.number),
            )
            rows[(entry.id, "")] = TableRow(cells=cells, question=entry.id)
    for entry in about(desk, "reaches-out"):
        for text, ticked in items(desk, entry):
            if not ticked:
                cells = (
                    text,
                    _("not shown to be so"),
                    _("It may fail, hang or start differently."),
                    _("said, question {number}").format(number=entry.number),
                )
                rows[(entry.id, text)] = TableRow(cells=cells, question=entry.id)
    return _table(
        "breaks",
        _("What breaks when the link is closed"),
        (_("What"), _("When"), _("What follows"), _("Known from")),
        rows.values(),
        caption=_("What stops or runs out once the link is closed, as far as it is known"),
        assessed=False,
        empty=_("Not assessed: nothing was probed, and no question about what runs out has been answered."),
    )


def items(desk: Desk, entry: AnswerEntry) -> list[tuple[str, bool]]:
    """Return the items of a checklist and whether each was ticked; none where it was not answered."""
    record = desk.source.answers.get(entry.id)
    if entry.state != "answered" or record is None or not isinstance(record.value, tuple):
        return []
    return [(one.text, one.id in record.value) for one in desk.questions[entry.id].items]


def _checked(desk: Desk) -> Table:
    rows = [
        TableRow(
            cells=(
                clean(one.name, NAME_LENGTH),
                _("{name}: {role}").format(
                    name=_name(endpoint), role=labels.role_label(clean(endpoint.role, NAME_LENGTH))
                ),
                labels.place_label(one.place),
                _("seen, {strength}").format(strength=labels.strength_label(one.strength)),
            ),
            endpoint=clean(endpoint.id, NAME_LENGTH),
        )
        for endpoint, probe in probed(desk)
        for one in probe.safety
    ]
    hosted = sum(one.place == "hosted" for _endpoint, probe in probed(desk) for one in probe.safety)
    lead = ""
    if rows:
        lead = _("Checks that probes saw: {count}. Hosted by somebody else: {hosted}.").format(
            count=labels.number_word(len(rows)), hosted=labels.number_word(hosted) if hosted else _("none")
        )
    for entry in about(desk, "checked"):
        for text, ticked in items(desk, entry):
            cells = (
                text,
                _("every request and answer"),
                _("so") if ticked else _("not so"),
                _("said, question {number}").format(number=entry.number),
            )
            rows.append(TableRow(cells=cells, question=entry.id))
    return _table(
        "checked",
        _("What is checked where"),
        (_("Check"), _("On which path"), _("Where it runs, or whether it is so"), _("Known from")),
        rows,
        caption=_("Checks that probes saw, and checks that answers name"),
        lead=lead,
        assessed=False,
        empty=_("Not assessed: no probe saw a check, and no question about what is checked has been answered.")
        if not probed(desk)
        else _("No probe saw a check, and no question about what is checked has been answered. That is no proof."),
    )


def _left_behind(desk: Desk) -> Table:
    entries = about(desk, "left-behind")
    rows = [] if _nothing_answered(entries) else _answered(entries)
    for endpoint, probe in probed(desk):
        if endpoint.role != FALLBACK:
            continue
        seen = [f"{clean(one.name, NAME_LENGTH)} ({labels.place_label(one.place)})" for one in probe.safety]
        known = _("Checks seen: {names}.").format(names=labels.listed(seen)) if seen else _("No check was seen here.")
        cells = (_name(endpoint), known, labels.NOT_STATED, _("observed"))
        rows.append(TableRow(cells=cells, endpoint=clean(endpoint.id, NAME_LENGTH)))
    return _table(
        "left-behind",
        _("What is left when the hosted model is left"),
        (_("Question or endpoint"), _("What is known"), _("Claimed / verified"), _("Evidence")),
        rows,
        caption=_("Protection that stays when the model and its built-in filters are gone"),
        assessed=False,
        empty=_("Not assessed: nobody answered, and no second source was probed."),
    )
