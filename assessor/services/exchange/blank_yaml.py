"""The empty answer file: every question with what can be answered as comments, valid as it stands."""

import textwrap
from typing import Literal

from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.tiers import EvidenceKind

# What stands in an empty file where a name is needed; brought back unchanged, it is no answer.
ORGANISATION = "Your organisation"
COUNTRY = "Your country"
WORKLOAD = "Your most critical workload"
PLACEHOLDERS = (ORGANISATION, COUNTRY, WORKLOAD)


def blank_file(questionnaire: Questionnaire, scope: Literal["quick", "full"] = "quick") -> str:
    """Return an answer file with every question and what can be answered as comments, valid as it stands."""
    lines = [
        *(line.strip() for line in comment(f"{questionnaire.title} ({questionnaire.id} {questionnaire.version})")),
        "# Write a level behind each question, or: unknown, not-applicable (with a note), not-asked.",
        f"questionnaire: {questionnaire.id}",
        f'questionnaire_version: "{questionnaire.version}"',
        f"scope: {scope}",
        'title: ""',
        'assessor: ""',
        "organisation:",
        f"  name: {ORGANISATION}",
        f"  home_jurisdictions: [{COUNTRY}]",
        "workload:",
        f"  name: {WORKLOAD}",
        '  owner: ""',
        "  criticality: critical  # critical, important, supporting",
        "  tolerance_hours: null  # the longest stop its owner has signed for",
        "# The long form of an answer, with evidence (the tier follows from the facts):",
        "#   data.example:",
        "#     level: 2",
        "#     note: why",
        "#     evidence:",
        f"#       - kind: contract  # {', '.join(kind.value for kind in EvidenceKind)}",
        "#         description: what it shows",
        "#         place: where it lies",
        '#         version: "1.0"',
        "#         taken_on: 2026-11-21",
        "#         read: true",
        "answers:",
    ]
    for question in questionnaire.asked(scope):
        lines += ["", *comment(f"{question.id}: {question.text}")]
        for line in _answers_to(question):
            lines += comment(line, "    ")
        lines.append(f"  {question.id}: not-asked")
    lines += [
        "",
        "# Endpoints that serve the workload; keys come from the environment, never from this file:",
        "#   - name: Gateway",
        "#     url: http://localhost:4000",
        "#     role: model  # model, safety, embedding, tools, fallback",
        "#     key_env: GATEWAY_KEY",
        "endpoints: []",
        "",
    ]
    return "\n".join(lines)


def _answers_to(question: Question) -> list[str]:
    """Return what can be written behind a question, a line each."""
    match question.kind:
        case "ladder":
            return [f"{choice.level} = {choice.text}" for choice in question.choices]
        case "checklist":
            return [
                "a list of what is so, such as [first, second], or [] for nothing:",
                *(f"{item.id} (level {item.level}) = {item.text}" for item in question.items),
            ]
        case "yes-no":
            sides = (("yes", question.if_yes), ("no", question.if_no))
            return [f"{name} = {side.text}" if side is not None else name for name, side in sides]
        case "number":
            return [f"a number{f' ({question.unit})' if question.unit else ''}"]
        case "date":
            return ["a day, written 2026-11-21"]
        case _:
            return ["a few words in quotes"]


def comment(text: str, indent: str = "") -> list[str]:
    """Return text as lines of a YAML comment inside the answers."""
    # YAML takes no control characters, in comments neither.
    plain = "".join(char if char.isprintable() else " " for char in text)
    folded = textwrap.wrap(" ".join(plain.split()), 110 - len(indent), subsequent_indent=indent)
    return [f"  # {indent}{line}" for line in folded]
