"""Answers as a table (CSV) for a spreadsheet: a line for each question and workload, nothing that computes."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessor.questionnaire.schema import Question, Questionnaire
from assessor.reports.forms.tables import harmless
from assessor.services.exchange import labels, words

BYTE_ORDER_MARK = "\ufeff"


def write_csv(data: Mapping[str, Any], questionnaire: Questionnaire) -> bytes:
    """Return the table of an answer file's data, in UTF-8 with the mark by which spreadsheets know it."""
    stream = io.StringIO()
    table = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(
        (
            _("Question id"),
            _("Dimension"),
            _("Subject"),
            _("Question"),
            _("Workload"),
            _("State"),
            _("Level"),
            _("Answer"),
            _("Note"),
            _("Pieces of evidence"),
            _("Evidence"),
        )
    )
    dimensions = {one.id: one.title for one in questionnaire.dimensions}
    parts = [("", data["answers"])] + [(one["name"], one.get("answers", {})) for one in data.get("workloads", ())]
    asked = questionnaire.asked("full" if data["scope"] == "full" else "quick")
    for question in questionnaire.questions:
        for workload, answers in parts:
            answer = answers.get(question.id)
            if answer is None and (workload or question not in asked):
                continue
            row = (question.id, dimensions[question.dimension], question.title, question.text, workload)
            table.writerow([harmless(str(cell)) for cell in (*row, *_said(question, answer or {}))])
    return (BYTE_ORDER_MARK + stream.getvalue()).encode()


def _said(question: Question, answer: Mapping[str, Any]) -> tuple[object, ...]:
    evidence = answer.get("evidence", ())
    state = answer.get("state") or ("answered" if answer.keys() & {"level", "value"} else "not-asked")
    level = answer.get("level")
    if level is None and state == "answered":
        level = question.level_of(answer.get("value"))
    text = words.answer_words(question, state, level, answer.get("value")) if state == "answered" else ""
    label = labels.all_states().get(state) or _("Answered")
    shown = "\n".join(f"{labels.kinds()[one['kind']]}: {one['description']}" for one in evidence)
    return label, "" if level is None else level, text, answer.get("note", ""), len(evidence), shown
