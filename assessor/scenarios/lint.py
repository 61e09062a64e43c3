"""What makes a valid scenario a good one: rules that a schema cannot say, each with a remedy."""

from collections.abc import Callable, Iterator

from assessor.errors import N_
from assessor.questionnaire.lint import BANNED, LintFault
from assessor.scenarios.graph import Kind
from assessor.scenarios.scenario import GATE_KINDS, Act, Scenario

STORY_WORDS = (15, 120)
TITLE_CHARACTERS = 70


def lint(scenario: Scenario) -> list[LintFault]:
    """Return everything to mend in a scenario; [] when clean."""
    return [fault for rule in RULES for fault in rule(scenario)]


def _story_is_readable(scenario: Scenario) -> Iterator[LintFault]:
    words = len(scenario.story.split())
    least, most = STORY_WORDS
    if not least <= words <= most:
        yield LintFault(
            scenario.id,
            "length",
            N_("The story has {words} words."),
            N_("Tell it in {least} to {most}."),
            {"words": words, "least": least, "most": most},
        )
    if len(scenario.title) > TITLE_CHARACTERS:
        yield LintFault(
            scenario.id,
            "length",
            N_("The title has {count} characters."),
            N_("Tell it in {most} at most."),
            {"count": len(scenario.title), "most": TITLE_CHARACTERS},
        )


def _no_banned_word(scenario: Scenario) -> Iterator[LintFault]:
    told = (scenario.title, scenario.story, scenario.recourse, *scenario.ask, *[one.text for one in scenario.clock])
    for word in BANNED:
        if any(word in text.casefold() for text in told):
            yield LintFault(
                scenario.id,
                "banned-word",
                N_("“{word}” says nothing."),
                N_("Write a number or a state."),
                {"word": word},
            )


def _gates_can_be_hit(scenario: Scenario) -> Iterator[LintFault]:
    for gate in scenario.gates:
        if not any(GATE_KINDS[gate] & kinds(act) for act in scenario.acts):
            yield LintFault(
                scenario.id,
                "gate",
                N_("No act can hit the gate “{gate}”."),
                N_("Take the gate out, or let a matcher hit its kinds."),
                {"gate": gate.value},
            )


def _real_days_have_a_source(scenario: Scenario) -> Iterator[LintFault]:
    if scenario.begins is not None and not scenario.sources:
        yield LintFault(
            scenario.id, "source", N_("It tells of a real day and names no source."), N_("Name the source and its day.")
        )


def _clock_begins(scenario: Scenario) -> Iterator[LintFault]:
    if not scenario.clock or scenario.clock[0].at_hours:
        yield LintFault(
            scenario.id, "clock", N_("The line of time does not begin at hour 0."), N_("Say what happens at hour 0.")
        )


def kinds(act: Act) -> frozenset[Kind]:
    """Return the kinds of components that an act can hit."""
    found: set[Kind] = set()
    for matcher in act.matches:
        found |= set(matcher.kind or Kind)
    return frozenset(found)


RULES: tuple[Callable[[Scenario], Iterator[LintFault]], ...] = (
    _story_is_readable,
    _no_banned_word,
    _gates_can_be_hit,
    _real_days_have_a_source,
    _clock_begins,
)
