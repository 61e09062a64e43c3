"""Errors a person can act on: each names the place, the reason and the remedy."""

from collections.abc import Callable


def N_(message: str) -> str:  # noqa: N802 - the gettext convention for "mark, do not translate yet"
    """Mark a message for translation without translating it (the entrances translate)."""
    return message


class AssessorError(Exception):
    """Something a person can put right.

    `reason` and `remedy` are English source messages with `{name}` fields; `params` fill the fields after
    translation, so that a message can be looked up before it is filled. `place` says where: a file and line, a form
    field, a URL. Only entrances (views, commands) turn this into a page, an exit code or a sentence.
    """

    def __init__(self, reason: str, *, place: str = "", remedy: str = "", **params: object) -> None:
        self.reason = reason
        self.place = place
        self.remedy = remedy
        self.params = params
        super().__init__(self.sentence())

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return "place: reason remedy" in the language of `translate` (identity gives English)."""
        parts = [translate(text).format(**self.params) for text in (self.reason, self.remedy) if text]
        text = " ".join(parts)
        return f"{self.place}: {text}" if self.place else text


class ContentError(AssessorError):
    """A content file (questionnaire, answers, catalogue) is wrong; `line` counts from 1, 0 when unknown."""

    def __init__(self, reason: str, *, source: str, line: int = 0, remedy: str = "", **params: object) -> None:
        self.source = source
        self.line = line
        place = f"{source}, line {line}" if line else source
        super().__init__(reason, place=place, remedy=remedy, **params)


class ContentErrors(AssessorError):
    """Every fault found in one content file, in the order of its lines."""

    def __init__(self, errors: list[ContentError]) -> None:
        self.errors = sorted(errors, key=lambda error: (error.source, error.line))
        super().__init__("{faults}", faults="\n".join(str(error) for error in self.errors))

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return one line for each fault."""
        return "\n".join(error.sentence(translate) for error in self.errors)
