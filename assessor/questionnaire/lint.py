"""What makes a valid questionnaire a good one: rules that a schema cannot say, each with a remedy."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from assessor.errors import N_
from assessor.questionnaire.schema import Question, Questionnaire

BANNED = (
    "robust",
    "adequate",
    "inadequate",
    "appropriate",
    "mature",
    "comprehensive",
    "regularly",
    "largely",
    "where possible",
    "best practice",
)
_BANNED = re.compile(r"\b(" + "|".join(word.replace(" ", r"\s+") for word in BANNED) + r")\w*", re.IGNORECASE)

# Words in a text, fewest and most; longer rungs are not read, shorter ones do not say enough to be observed.
CHOICE_WORDS = (15, 70)
QUESTION_WORDS = (8, 60)
SENTENCE_WORDS = (3, 70)
BY_CHARACTERS = 90
RULINGS = (2, 4)
# Person-days: a step that may take this much more than its low end, or this long, says nothing to a planner.
EFFORT_SPREAD = 8
EFFORT_MOST = 400


@dataclass(frozen=True)
class LintFault:
    """One thing to mend: where (question and level), which rule, why it matters and what to do.

    `reason` and `remedy` are English source messages with `{name}` fields that `params` fill after translation.
    """

    place: str
    rule: str
    reason: str
    remedy: str
    params: dict[str, object] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return "place: reason remedy" in the language of `translate` (identity gives English)."""
        reason, remedy = (translate(text).format(**self.params) for text in (self.reason, self.remedy))
        return f"{self.place}: {reason} {remedy}"


def lint(questionnaire: Questionnaire) -> list[LintFault]:
    """Return everything that the rules of docs/method.md object to, in the order of the questions; [] when clean."""
    faults = [fault for rule in QUESTIONNAIRE_RULES for fault in rule(questionnaire)]
    for question in questionnaire.questions:
        faults += [fault for rule in QUESTION_RULES for fault in rule(questionnaire, question)]
    return faults


def _weight_reaches_the_top(questionnaire: Questionnaire) -> Iterator[LintFault]:
    """In every scope, enough weight of each dimension must be able to reach the top, or nobody ever can."""
    for scope in ("quick", "full") if any(question.quick for question in questionnaire.questions) else ("full",):
        for dimension in questionnaire.dimensions:
            asked = [one for one in questionnaire.asked(scope) if one.dimension == dimension.id]
            whole = sum(one.weight for one in asked)
            reaching = sum(one.weight for one in asked if one.top == questionnaire.scale.top)
            if whole and reaching / whole < questionnaire.scale.share:
                yield LintFault(
                    dimension.id,
                    "top-weight",
                    N_("In the {scope} scope only {reaching} of {whole} weight can reach the top level."),
                    N_("Let further ladders reach the top, or lower the weight of those that end early."),
                    {"scope": scope, "reaching": reaching, "whole": whole},
                )


def _quick_scan_is_two_each(questionnaire: Questionnaire) -> Iterator[LintFault]:
    if not any(question.quick for question in questionnaire.questions):
        return
    for dimension in questionnaire.dimensions:
        count = sum(one.quick for one in questionnaire.questions if one.dimension == dimension.id)
        if count != 2:
            yield LintFault(
                dimension.id,
                "quick-scan",
                N_("The quick scan has {count} questions here, not two."),
                N_("Mark two questions of each dimension as quick."),
                {"count": count},
            )


def _every_party_acts(questionnaire: Questionnaire) -> Iterator[LintFault]:
    named = {
        control.party
        for one in questionnaire.questions
        for part in (*one.choices, *one.items, one.if_yes, one.if_no)
        if part is not None
        for control in part.controlled_by
    }
    named |= {
        bearing.controlled_by.party
        for one in questionnaire.questions
        for bearing in one.findings
        if bearing.controlled_by is not None
    }
    for party in questionnaire.parties:
        if party.id not in named:
            yield LintFault(
                party.id, "unused-party", N_("No rung and no finding names this party."), N_("Use it, or take it out.")
            )


def _no_text_twice(questionnaire: Questionnaire) -> Iterator[LintFault]:
    seen: dict[str, str] = {}
    for question in questionnaire.questions:
        for place, text in _texts(question):
            if not place.startswith(("text", "level")):
                continue
            first = seen.setdefault(text.casefold(), f"{question.id}, {place}")
            if first != f"{question.id}, {place}":
                yield LintFault(
                    f"{question.id}, {place}",
                    "same-text",
                    N_("The same words stand at {first}."),
                    N_("Ask each fact in one place only."),
                    {"first": first},
                )


def _no_banned_word_around(questionnaire: Questionnaire) -> Iterator[LintFault]:
    texts = {"introduction": questionnaire.introduction}
    texts |= {f"level {level.level}": level.meaning for level in questionnaire.scale.levels}
    texts |= {dimension.id: dimension.asks for dimension in questionnaire.dimensions}
    texts |= {
        f"crosswalk {one.dimension}, {row.question}": row.says for one in questionnaire.crosswalk for row in one.rows
    }
    for place, text in texts.items():
        yield from _banned_in(text, place)


def _no_banned_word(_: Questionnaire, question: Question) -> Iterator[LintFault]:
    for place, text in _texts(question):
        yield from _banned_in(text, f"{question.id}, {place}")


def _banned_in(text: str, place: str) -> Iterator[LintFault]:
    for match in _BANNED.finditer(text):
        yield LintFault(
            place,
            "banned-word",
            N_("“{word}” cannot be observed: two people will read it differently."),
            N_("Say what is the case, with a number where there is one."),
            {"word": match.group()},
        )


def _gate_is_whole(questionnaire: Questionnaire, question: Question) -> Iterator[LintFault]:
    if not question.gate:
        return
    missing = [level for level in range(questionnaire.scale.top + 1) if level not in question.levels]
    if missing:
        yield LintFault(
            question.id,
            "gate-ladder",
            N_("This gate has no rung for level {missing}."),
            N_("Give a gate every level of the scale, or make it no gate."),
            {"missing": ", ".join(str(level) for level in missing)},
        )
    if question.may_not_apply:
        yield LintFault(
            question.id,
            "gate-not-applicable",
            N_("A gate that may be left out is no gate."),
            N_("Take may_not_apply out; say in a ruling what counts when the thing does not exist."),
        )


def _events_part_the_rungs(_: Questionnaire, question: Question) -> Iterator[LintFault]:
    for choice in question.choices[:-1]:
        if choice.event is None:
            yield LintFault(
                f"{question.id}, level {choice.level}",
                "event",
                N_("No event parts this rung from the next."),
                N_("Name what hurts here and no longer hurts one rung up, or merge the two."),
            )
    if question.choices and question.choices[-1].event is not None:
        yield LintFault(
            f"{question.id}, level {question.choices[-1].level}",
            "event",
            N_("The last rung has an event, but no rung above on which it would no longer hurt."),
            N_("Take the event out."),
        )


def _every_step_has_a_remedy(_: Questionnaire, question: Question) -> Iterator[LintFault]:
    for level in question.levels[1:]:
        if question.remedy(level) is None:
            yield LintFault(
                f"{question.id}, level {level}",
                "remedy",
                N_("No remedy leads to this rung."),
                N_("Add one with its effort in person-days."),
            )
    for remedy in question.remedies:
        low, high = remedy.effort
        if high > low * EFFORT_SPREAD or high > EFFORT_MOST:
            yield LintFault(
                f"{question.id}, remedy to {remedy.to}",
                "effort",
                N_("{low:g} to {high:g} person-days is no estimate."),
                N_("Narrow the range, or split the step."),
                {"low": low, "high": high},
            )


def _findings_stay_in_bounds(questionnaire: Questionnaire, question: Question) -> Iterator[LintFault]:
    scale = questionnaire.scale
    for bearing in question.findings:
        place = f"{question.id}, finding {bearing.code}"
        if bearing.supports is not None and not scale.needs_no_proof < bearing.supports <= scale.caps.documented:
            yield LintFault(
                place,
                "finding",
                N_("A probe from outside cannot support level {level}."),
                N_("Support a level above {free} and at most {most}; what runs inside takes an inspection or a drill."),
                {"level": bearing.supports, "free": scale.needs_no_proof, "most": scale.caps.documented},
            )
        if bearing.caps is not None and bearing.caps >= question.top:
            yield LintFault(
                place,
                "finding",
                N_("A cap at level {level} holds nothing back."),
                N_("Cap below the last rung, or take the line out."),
                {"level": bearing.caps},
            )


def _switches_are_named_throughout(_: Questionnaire, question: Question) -> Iterator[LintFault]:
    named = [choice.level for choice in question.choices if choice.controlled_by]
    for choice in question.choices:
        if named and choice.level < named[-1] and not choice.controlled_by:
            yield LintFault(
                f"{question.id}, level {choice.level}",
                "controlled-by",
                N_("A higher rung names who holds the switch, this one does not."),
                N_("Name a party here too: who can act above can act here."),
            )
    for bearing in question.findings:
        if named and bearing.caps is not None and bearing.controlled_by is None:
            yield LintFault(
                f"{question.id}, finding {bearing.code}",
                "controlled-by",
                N_("The finding lowers this answer, and does not say whose switch was seen."),
                N_("Add controlled_by."),
            )


def _texts_have_a_length(_: Questionnaire, question: Question) -> Iterator[LintFault]:
    for place, text in _texts(question):
        bounds = CHOICE_WORDS if place.startswith("level") and "event" not in place else SENTENCE_WORDS
        least, most = QUESTION_WORDS if place == "text" else bounds
        count = len(text.split())
        if not least <= count <= most:
            yield LintFault(
                f"{question.id}, {place}",
                "length",
                N_("The text has {count} words."),
                N_("Write between {least} and {most} words."),
                {"count": count, "least": least, "most": most},
            )
    for choice in question.choices:
        for control in choice.controlled_by:
            if len(control.by) > BY_CHARACTERS:
                yield LintFault(
                    f"{question.id}, level {choice.level}",
                    "length",
                    N_("“{by}” does not fit the board page."),
                    N_("Write at most {most} characters."),
                    {"by": control.by, "most": BY_CHARACTERS},
                )
    if question.scored and not RULINGS[0] <= len(question.rulings) <= RULINGS[1]:
        yield LintFault(
            question.id,
            "rulings",
            N_("There are {count} rulings."),
            N_("Give {least} to {most}, for the cases people will really meet."),
            {"count": len(question.rulings), "least": RULINGS[0], "most": RULINGS[1]},
        )


def _checks_have_a_day(_: Questionnaire, question: Question) -> Iterator[LintFault]:
    for reference in question.references:
        try:
            date.fromisoformat(reference.checked)
        except ValueError:
            yield LintFault(
                f"{question.id}, {reference.id}",
                "reference",
                N_("{day} is no day of the calendar."),
                N_("Write the day on which the reference was compared with its text."),
                {"day": reference.checked},
            )


def _texts(question: Question) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of everything an author wrote for a reader."""
    yield "text", question.text
    yield "why", question.why
    for name, texts in (("find_out", question.find_out), ("evidence", question.evidence), ("ruling", question.rulings)):
        yield from ((f"{name} {number}", text) for number, text in enumerate(texts, 1))
    yield from ((f"item {item.id}", item.text) for item in question.items)
    for name, side in (("yes", question.if_yes), ("no", question.if_no)):
        if side is not None:
            yield f"if {name}", side.text
    for choice in question.choices:
        yield f"level {choice.level}", choice.text
        if choice.event is not None:
            yield f"level {choice.level} event", choice.event
    yield from ((f"remedy to {remedy.to}", remedy.text) for remedy in question.remedies)
    yield from ((f"finding {bearing.code}", bearing.because) for bearing in question.findings)


QUESTIONNAIRE_RULES: tuple[Callable[[Questionnaire], Iterator[LintFault]], ...] = (
    _weight_reaches_the_top,
    _quick_scan_is_two_each,
    _every_party_acts,
    _no_text_twice,
    _no_banned_word_around,
)
QUESTION_RULES: tuple[Callable[[Questionnaire, Question], Iterator[LintFault]], ...] = (
    _no_banned_word,
    _gate_is_whole,
    _events_part_the_rungs,
    _every_step_has_a_remedy,
    _findings_stay_in_bounds,
    _switches_are_named_throughout,
    _texts_have_a_length,
    _checks_have_a_day,
)
