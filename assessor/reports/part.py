"""What every part of the report model shares: it never changes, and knows no key that its schema does not."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the report model: immutable, and no key that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AboutQuestion(Part):
    """What speaks of one question: its id, its printed number, its words, and the dimension it belongs to."""

    question: str
    number: str
    title: str
    text: str
    dimension: str
    dimension_title: str
