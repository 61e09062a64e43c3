"""The organisation's own cases: read from YAML or CSV, refused with place and remedy, judged by plain rules.

Expectations are texts to be found or missed, never patterns: a file must not be able to keep a computer busy.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from assessor.content import Document, content_hash, read_yaml, validate
from assessor.errors import N_, ContentError, ContentErrors
from assessor.probes.drills.speech import Ask, Said
from assessor.probes.drills.streams import parsed
from assessor.probes.result import Facts

MAX_CASES = 100
MAX_FILE = 512 * 1024
MAX_PROMPT = 20_000
MAX_ALL = 200_000
DEFAULT_TOKENS, MOST_TOKENS = 256, 1000
# Fewer cases than this are an example and no test.
ENOUGH_CASES = 5
COLUMNS = ("id", "prompt", "system", "contains", "any_of", "lacks", "equals", "json_keys", "max_words", "max_tokens")
REAL = "real"
_LISTS = ("contains", "any_of", "lacks", "json_keys")


class Expect(Facts):
    """What a reply must be like; all that is given must hold. Letters count the same, large or small.

    contains: each of these texts; any_of: one of them at least; lacks: none of them; equals: this and nothing else;
    json_keys: a JSON object with these keys; max_words: no more words than that.
    """

    contains: tuple[str, ...] = Field(default=(), max_length=20)
    any_of: tuple[str, ...] = Field(default=(), max_length=20)
    lacks: tuple[str, ...] = Field(default=(), max_length=20)
    equals: str = Field(default="", max_length=2000)
    json_keys: tuple[str, ...] = Field(default=(), max_length=20)
    max_words: int | None = Field(default=None, ge=1, le=10_000)

    @model_validator(mode="after")
    def _asks_for_something(self) -> "Expect":
        if not any((self.contains, self.any_of, self.lacks, self.equals, self.json_keys, self.max_words)):
            raise ValueError("give at least one expectation, else every reply would pass")
        if any(not text.strip() for name in _LISTS for text in getattr(self, name)):
            raise ValueError("an empty text is found in every reply; take it out")
        return self

    def missed(self, said: Said) -> tuple[str, str]:
        """Return the first expectation that a reply misses and the text it is about; two empty texts for none."""
        text = said.text.casefold()
        for wanted in self.contains:
            if wanted.casefold() not in text:
                return N_("“{text}” is missing"), wanted
        if self.any_of and not any(wanted.casefold() in text for wanted in self.any_of):
            return N_("none of “{text}” is in it"), ", ".join(self.any_of)
        for unwanted in self.lacks:
            if unwanted.casefold() in text:
                return N_("“{text}” is in it"), unwanted
        if self.equals and said.text.strip().casefold() != self.equals.strip().casefold():
            return N_("it is not “{text}”"), self.equals
        if self.json_keys:
            found = parsed(said.text.strip())
            keys = found if isinstance(found, dict) else {}
            absent = [key for key in self.json_keys if key not in keys]
            if absent:
                return N_("it is no JSON with the key “{text}”"), absent[0]
        if self.max_words and len(said.text.split()) > self.max_words:
            return N_("it is longer than {text} words"), str(self.max_words)
        return "", ""


class Case(Facts):
    """One case: what is asked, and what the reply must be like. `real` marks one taken from real requests."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$")
    prompt: str = Field(min_length=1, max_length=MAX_PROMPT)
    system: str = Field(default="", max_length=MAX_PROMPT)
    max_tokens: int = Field(default=DEFAULT_TOKENS, ge=1, le=MOST_TOKENS)
    real: bool = False
    expect: Expect

    @property
    def ask(self) -> Ask:
        """The case as a question."""
        return Ask(self.prompt, system=self.system, max_tokens=self.max_tokens)


class _File(Facts):
    version: int = Field(ge=1, le=1)
    name: str = Field(default="", max_length=120)
    pass_mark: int | None = Field(default=None, ge=1, le=100)
    cases: tuple[Case, ...] = Field(min_length=1, max_length=MAX_CASES)


@dataclass(frozen=True)
class Cases:
    """A file of cases, and the hash by which a record names it. `pass_mark` is per cent, None where none is given."""

    cases: tuple[Case, ...] = ()
    name: str = ""
    pass_mark: int | None = None

    @property
    def sha256(self) -> str:
        """Return the hash of every case; empty without any."""
        if not self.cases:
            return ""
        return content_hash([case.model_dump(mode="json") for case in self.cases])

    def as_data(self) -> dict[str, Any]:
        """Return the cases as the data of a file; `from_data` reads it."""
        told = [case.model_dump(mode="json", exclude_defaults=True) for case in self.cases]
        return {"version": 1, "name": self.name, "pass_mark": self.pass_mark, "cases": told}


def from_data(data: dict[str, Any]) -> Cases:
    """Return the cases that `Cases.as_data` gave."""
    return _cases(_File.model_validate(data)) if data.get("cases") else Cases()


def read_file(path: Path) -> Cases:
    """Read a file of cases; raises `ContentError` or `ContentErrors` with line, reason and remedy."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise ContentError(
            N_("The file cannot be read: {why}."),
            source=str(path),
            remedy=N_("Check the name and the permissions."),
            why=error.strerror or str(error),
        ) from error
    return read(raw, path.name)


def read(raw: bytes, name: str) -> Cases:
    """Read cases from the bytes of a YAML or, by the ending of its name, a CSV file; raises as `read_file` does."""
    if len(raw) > MAX_FILE:
        raise ContentError(
            N_("The file is larger than {limit} bytes."),
            source=name,
            remedy=N_("Split it, or leave out what does not belong."),
            limit=MAX_FILE,
        )
    document = _from_csv(raw, name) if name.lower().endswith(".csv") else read_yaml(raw, name)
    file = validate(_File, document)
    faults = list(_faults(file, document))
    if faults:
        raise ContentErrors(faults)
    return _cases(file)


def _cases(file: _File) -> Cases:
    return Cases(file.cases, file.name, file.pass_mark)


def _faults(file: _File, document: Document) -> Any:
    seen: set[str] = set()
    total = 0
    for index, case in enumerate(file.cases):
        total += len(case.prompt) + len(case.system)
        if case.id.casefold() in seen:
            yield document.error(
                ("cases", index, "id"),
                N_("The case “{id}” is there twice."),
                N_("Give each case a name of its own."),
                id=case.id,
            )
        seen.add(case.id.casefold())
    if total > MAX_ALL:
        yield document.error(
            ("cases",),
            N_("The prompts have {count} characters together, and {limit} is the most."),
            N_("Take fewer cases, or shorter ones: every one of them is sent to both endpoints."),
            count=total,
            limit=MAX_ALL,
        )


def _from_csv(raw: bytes, name: str) -> Document:
    """Return the rows of a CSV file in the form of the YAML one; lists stand in one cell, parted by “|”."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(
            N_("The file is not UTF-8 text (byte {at})."), source=name, remedy=N_("Save it as UTF-8."), at=error.start
        ) from error
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        columns = [cell.strip().lower() for cell in next(rows, [])]
        _check_columns(columns, name)
        cases: list[dict[str, Any]] = []
        lines: dict[tuple[str | int, ...], int] = {("cases",): 1}
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            lines["cases", len(cases)] = rows.line_num
            cases.append(_csv_case(dict(zip(columns, row, strict=False)), name, rows.line_num))
    except csv.Error as error:
        raise ContentError(
            N_("This is not valid CSV: {why}."),
            source=name,
            line=rows.line_num,
            remedy=N_("Put quotation marks around texts with commas or line breaks."),
            why=str(error),
        ) from error
    return Document({"version": 1, "cases": cases}, name, lines)


def _check_columns(columns: list[str], name: str) -> None:
    known = (*COLUMNS, REAL)
    unknown = [column for column in columns if column not in known]
    missing = [column for column in ("id", "prompt") if column not in columns]
    twice = [column for column in columns if columns.count(column) > 1]
    if unknown or missing or twice:
        raise ContentError(
            N_("The first line names the columns, and “{wrong}” is unknown, missing or there twice."),
            source=name,
            line=1,
            remedy=N_("Columns are: {known}; id and prompt are needed."),
            wrong=(unknown or missing or twice)[0][:60],
            known=", ".join(known),
        )


def _csv_case(cells: dict[str, str], name: str, line: int) -> dict[str, Any]:
    given = {column: cell.strip() for column, cell in cells.items() if cell.strip()}
    expect: dict[str, Any] = {column: given[column].split("|") for column in _LISTS if column in given}
    expect |= {"equals": given["equals"]} if "equals" in given else {}
    case: dict[str, Any] = {key: given[key] for key in ("id", "prompt", "system") if key in given}
    for column, where in (("max_words", expect), ("max_tokens", case)):
        if column in given:
            if not given[column].isascii() or not given[column].isdigit() or len(given[column]) > 6:
                raise ContentError(
                    N_("“{text}” in the column {column} is no whole number."),
                    source=name,
                    line=line,
                    remedy=N_("Write a number, or leave the cell empty."),
                    text=given[column][:40],
                    column=column,
                )
            where[column] = int(given[column])
    if REAL in given:
        case[REAL] = given[REAL].lower() in {"yes", "true", "1", "x"}
    return case | {"expect": expect}
