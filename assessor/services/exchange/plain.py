"""Answers as YAML and as JSON: written the same for the same content, read with the line of every fault."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from assessor.content import Document, read_yaml
from assessor.questionnaire.schema import Questionnaire
from assessor.services.exchange.blank_yaml import comment
from assessor.services.exchange.json_reader import read_json

# The most an answer file may be: forty workloads with every note as long as it may be would still fit.
MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 100_000
WIDTH = 110


class _Dumper(yaml.CSafeDumper):
    """Writes texts of several lines as blocks, so that a person can read and change them."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # A block that ends in empty lines would be followed by the mark of the document's end.
    block = "\n" in text and text.replace("\n", "").isprintable() and text[:1] not in " \n" and text[-1] != "\n"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


_Dumper.add_representer(str, _text)


def write_yaml(data: Mapping[str, Any], questionnaire: Questionnaire) -> bytes:
    """Return an answer file with the title of each question above its answer."""
    title = f"{questionnaire.title} ({questionnaire.id} {questionnaire.version})"
    parts = ["".join(f"{line.strip()}\n" for line in comment(title))]
    for name, value in data.items():
        if name == "answers":
            parts.append("answers:\n" if value else "answers: {}\n")
            parts += [_answer(question, answer, questionnaire) for question, answer in value.items()]
        else:
            parts.append(_dump({name: value}))
    return "".join(parts).encode()


def _dump(data: Any) -> str:
    return str(
        yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH, default_flow_style=False)
    )


def _answer(question_id: str, answer: Mapping[str, Any], questionnaire: Questionnaire) -> str:
    question = questionnaire.question(question_id)
    lines = comment(question.title) if question else []
    lines += [f"  {line}" if line else "" for line in _dump({question_id: dict(answer)}).split("\n")[:-1]]
    return "\n".join(lines) + "\n"


def write_json(data: Mapping[str, Any]) -> bytes:
    """Return the same as JSON."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def read_yaml_answers(raw: bytes, source: str) -> Document:
    """Parse YAML answers; raises `ContentError`."""
    return read_yaml(raw, source, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)


def read_json_answers(raw: bytes, source: str) -> Document:
    """Parse JSON answers; raises `ContentError`."""
    return read_json(raw, source, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
