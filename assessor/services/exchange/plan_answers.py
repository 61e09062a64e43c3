"""Answers and evidence of a file beside those that stand."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from assessor.models import Answer, AnswerRevision, Attachment, Evidence, ProbeRun
from assessor.questionnaire.schema import Question
from assessor.services import answers, attachments
from assessor.services import evidence as evidence_service
from assessor.services.answer_file import FileAnswer, FileAttachment, FileEvidence
from assessor.services.exchange import gather, words
from assessor.services.exchange.gather import NO_ANSWER, Standing, mark
from assessor.services.exchange.plan import Change, Doing, Incoming, Kind, Said, as_uuid

Told = tuple[str, int | None, Any, str]


def answer_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for each answer of the file, those about single workloads after the others."""
    past = _Past(now)
    for name, given in _by_workload(incoming):
        for question_id, answer in given.items():
            question = now.questionnaire.question(question_id)
            if question is not None:
                change = _answer_change(now, past, question, name, answer)
                if change is not None:
                    yield change


def _by_workload(incoming: Incoming) -> Iterator[tuple[str, Mapping[str, FileAnswer]]]:
    """Yield the answers of the file by the workload's name, "" for all workloads."""
    yield "", incoming.file.answers
    for workload in incoming.file.workloads:
        yield workload.name, workload.answers


def _workload_id(now: Standing, name: str) -> object:
    """Return the id of a workload by its name, None for all; a name that is not here yet has no answers."""
    if not name:
        return None
    return next((one.pk for one in now.workloads if one.name.casefold() == name.casefold()), name)


def _told(question: Question, answer: FileAnswer) -> Told:
    level, value = answer.fitted(question)
    return (answer.answer_state, level, value, answer.note)


def _same(one: Told, other: Told) -> bool:
    """Tell whether two answers say the same; how a note's lines break says nothing."""
    return one[:3] == other[:3] and _plain(one[3]) == _plain(other[3])


def _plain(note: str) -> str:
    return "\n".join(note.splitlines()).strip()


class _Past:
    """The marks of everything that was ever answered here: one query, and only where an answer differs."""

    def __init__(self, now: Standing) -> None:
        self._now = now

    @cached_property
    def _marks(self) -> set[tuple[object, str]]:
        rows = AnswerRevision.objects.filter(answer__assessment=self._now.assessment)
        fields = rows.order_by().values_list("answer_id", "state", "level", "value", "note")
        return {(answer, mark(*said)) for answer, *said in fields}

    def holds(self, workload: object, question: str, said: str) -> bool:
        """Tell whether an answer of this mark stood here before."""
        row = self._now.answers.get((workload, question))
        return row is not None and (row.pk, said) in self._marks


def _answer_change(now: Standing, past: _Past, question: Question, name: str, answer: FileAnswer) -> Change | None:
    given = _told(question, answer)
    about = _workload_id(now, name)
    stands = now.said(about, question.id)
    if given == NO_ANSWER and (stands == NO_ANSWER or answer.was != mark(*stands)):
        return None
    stood = answer.was == mark(*given) and not _same(given, stands) and past.holds(about, question.id, answer.was)
    kind, why = _kind(given, stands, answer.was, stood)
    return Change(
        key=f"answer:{name}:{question.id}",
        group="answers",
        kind=kind,
        title=question.title,
        detail=name,
        before=words.said(question, *stands),
        after=words.said(question, *given),
        why=why,
        raw=[list(stands), list(given)],
        outside=now.assessment.scope == "quick" and not question.quick,
        do=_saver(question.id, name, given),
    )


def _kind(given: Told, stands: Told, was: str, stood: bool) -> tuple[Kind, str]:
    """Return what an answer of the file is to the one that stands; `stood` tells that it stood here before."""
    if _same(given, stands):
        return "unchanged", ""
    if stands == NO_ANSWER:
        return "new", ""
    if was == mark(*stands):
        return "changed", ""
    if stood:
        return "kept", _("It was changed here after the file was made, and not in the file.")
    if was and was != mark(*given):
        return "conflict", _("It was changed here after the file was made, and in the file too.")
    if was:
        return "conflict", _("It was answered otherwise where the file comes from.")
    return "conflict", _("The file does not say which answer it was to replace.")


def _saver(question: str, workload: str, given: Told) -> Callable[[Doing], None]:
    state, level, value, note = given

    def save(doing: Doing) -> None:
        about = doing.workloads[workload.casefold()]
        answers.save_answer(doing.now.assessment, question, state, level, note, doing.user, value=value, workload=about)

    return save


def evidence_changes(now: Standing, incoming: Incoming) -> Iterator[Change]:
    """Yield a row for each piece of evidence of the file, each followed by its files."""
    removed = _removed(now)
    for name, given in _by_workload(incoming):
        for question_id, answer in given.items():
            question = now.questionnaire.question(question_id)
            if question is None:
                continue
            row = now.answers.get((_workload_id(now, name), question_id))
            here = list(row.evidence.all()) if row is not None else []
            left = list(here)
            answered = answer.fitted(question)[0]
            for number, one in enumerate(answer.evidence):
                match = _match(one, left)
                if match is not None:
                    left.remove(match)
                gone = removed.get((row.pk, one.id)) if row is not None and match is None else None
                key = f"evidence:{name}:{question_id}:{number}"
                yield _evidence_change(key, question, name, one, match, gone, one.level_for(answered))
                yield from _file_changes(key, question, name, one, match, incoming)


def _removed(now: Standing) -> dict[tuple[object, str], Evidence]:
    """Return evidence that was taken out here, by its answer and its id in files: one query."""
    rows = Evidence.objects.filter(answer__assessment=now.assessment).exclude(removed_at=None)
    return {(row.answer_id, gather.evidence_id(row)): row for row in rows}


def _match(one: FileEvidence, here: list[Evidence]) -> Evidence | None:
    """Return the evidence that a row of the file is: of the same id, or without one of the same facts."""
    if one.id:
        return next((row for row in here if gather.evidence_id(row) == one.id), None)
    return next((row for row in here if gather.comparable(row) == gather.comparable(one)), None)


def _evidence_change(
    key: str,
    question: Question,
    workload: str,
    one: FileEvidence,
    match: Evidence | None,
    gone: Evidence | None,
    level: int | None,
) -> Change:
    kind: Kind = "new"
    before, why = Said(), ""
    if match is not None:
        same = gather.comparable(match) == gather.comparable(one)
        kind, before = "unchanged" if same else "changed", words.evidence_words(match)
    elif gone is not None:
        kind, before = "conflict", Said(_("Removed here"))
        why = _("It was removed here after the file was made.")
    return Change(
        key=key,
        group="evidence",
        kind=kind,
        title=question.title,
        detail=workload,
        before=before,
        after=words.evidence_words(one),
        why=why,
        raw=[match and gather.comparable(match), gather.comparable(one), level],
        do=_attacher(key, question.id, workload, one, match, level),
    )


def _attacher(
    key: str, question: str, workload: str, one: FileEvidence, match: Evidence | None, level: int | None
) -> Callable[[Doing], None]:
    def attach(doing: Doing) -> None:
        assessment, about = doing.now.assessment, doing.workloads[workload.casefold()]
        answer = Answer.objects.filter(assessment=assessment, question=question, workload=about).first()
        if answer is None:
            answers.save_answer(assessment, question, Answer.State.NOT_ASKED, None, "", doing.user, workload=about)
        row = evidence_service.add_evidence(
            assessment,
            question,
            one.facts,
            one.description,
            doing.user,
            workload=about,
            link=one.link,
            witness=one.witness,
            level=level,
            origin=as_uuid(one.id),
        )
        _bind_run(doing, row, gather.run_sha256(one))
        if match is not None:
            # What is replaced stays in the history; its files go with what replaces it.
            Attachment.objects.filter(evidence=match).update(evidence=row)
            evidence_service.remove_evidence(match, doing.user)
        doing.evidence[key] = row

    return attach


def _bind_run(doing: Doing, row: Evidence, sha256: str) -> None:
    """Bind evidence to the probe run it names, where that run is here; without one it proves nothing by itself."""
    if not sha256:
        return
    endpoints = [one.pk for one in doing.endpoints.values()]
    run = ProbeRun.objects.filter(endpoint__in=endpoints, result_sha256=sha256).order_by("imported").first()
    if run is not None:
        row.probe_run = run
        row.finding = evidence_service.supporting_code(doing.now.assessment, row.answer.question, run, row.level)
        row.save(update_fields=["probe_run", "finding"])


def _file_changes(
    key: str, question: Question, workload: str, one: FileEvidence, match: Evidence | None, incoming: Incoming
) -> Iterator[Change]:
    here = {file.sha256: file for file in match.attachments.all()} if match is not None else {}
    for file in one.files:
        stands = here.get(file.sha256)
        kind: Kind = "unchanged" if stands else "new" if file.sha256 in incoming.contents else "skipped"
        yield Change(
            key=f"file:{key}:{file.sha256[:16]}",
            group="files",
            kind=kind,
            title=question.title,
            detail=workload,
            before=Said(stands.name, _size(stands.size)) if stands else Said(),
            after=Said(file.name, _size(file.size)),
            why=_("The file is named and not included. Only an archive (.sovpack) brings files.")
            if kind == "skipped"
            else "",
            raw=file.sha256,
            do=_keeper(key, file, match),
        )


def _size(size: int) -> str:
    return _("%(size)s kB") % {"size": -(-size // 1000)}


def _keeper(key: str, file: FileAttachment, match: Evidence | None) -> Callable[[Doing], None]:
    def keep(doing: Doing) -> None:
        row = doing.evidence.get(key) or match
        if row is None:
            # Its evidence was left as it is here, so its files are left too.
            return
        upload = SimpleUploadedFile("file", doing.incoming.contents[file.sha256]())
        # The setter cuts names to what a folder allows; ours is only shown, and made safe where it is kept.
        upload._name = file.name
        kept = attachments.add_attachment(row, upload, doing.user)
        doing.written.append(attachments.path_of(kept))

    return keep
