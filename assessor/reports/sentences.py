"""Every sentence the report writes from data; plurals and language come from gettext."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.evidence import Tier
from assessor.reports import clock
from assessor.reports.labels import NOT_STATED, capital, listed, number_word, percent, tier_label
from assessor.scoring.scorecard import AnswerState, Blocker, LevelReading


def verdict(organisation: str, workload: str, switches: int, claimed: str, verified: str, assessed: bool) -> str:
    """Return the one sentence that the board reads first."""
    if not assessed:
        return _(
            "Nothing has been answered yet, so who can switch off {workload} at {organisation} is not known."
        ).format(workload=workload, organisation=organisation)
    if switches:
        who = ngettext(
            "{count} outside party can switch off {workload} today",
            "{count} outside parties can switch off {workload} today",
            switches,
        )
    else:
        who = _("No answer names an outside party that can switch off {workload} today")
    lead = capital(who.format(count=number_word(switches), workload=workload))
    return _("{lead}; by its own answers {organisation} stands at {claimed}, {verified}.").format(
        lead=lead, organisation=organisation, claimed=claimed, verified=verified
    )


def verified_clause(level: int | None, claimed: int) -> str:
    """Return what the evidence says beside a claim; None when it says too little for a level."""
    if level is None:
        return _("which is not verified yet")
    if level < claimed:
        return _("while the evidence carries only Level {level}").format(level=level)
    return _("and the evidence carries that")


def held_by(level: int, levels: Sequence[tuple[str, int | None]], holders: Sequence[str]) -> str:
    """Return "Level 1 (data 1, models 4, …), held by safety"."""
    nothing = _("n/a")
    each = ", ".join(f"{short} {nothing if value is None else value}" for short, value in levels)
    return _("Level {level} ({each}), held by {holders}").format(level=level, each=each, holders=listed(holders))


def dimension_headline(title: str, claimed: str, contradicted: int, unknown: int, unasked: int, verified: str) -> str:
    """Return a heading that says what was found in a dimension."""
    if contradicted:
        found = ngettext(
            "{count} answer is contradicted by what was seen",
            "{count} answers are contradicted by what was seen",
            contradicted,
        ).format(count=number_word(contradicted))
    elif unknown:
        found = ngettext(
            "nobody could answer {count} question", "nobody could answer {count} questions", unknown
        ).format(count=number_word(unknown))
    elif unasked:
        found = ngettext(
            "{claimed} claimed, {count} question not asked yet",
            "{claimed} claimed, {count} questions not asked yet",
            unasked,
        ).format(claimed=claimed, count=number_word(unasked))
    else:
        found = _("{claimed} claimed, {verified}").format(claimed=claimed, verified=verified)
    return f"{title}: {found}"


def blocker_sentence(blocker: Blocker, share_reached: float, share_needed: float) -> str:
    """Return why a question keeps the next level away."""
    if blocker.kind == "gate":
        return _("a gate that stands at {level}; the next level needs it at {needed}.").format(
            level=blocker.level, needed=blocker.needed
        )
    if blocker.kind == "floor":
        return _("it stands at {level}; no question may lie below {needed} for the next level.").format(
            level=blocker.level, needed=blocker.needed
        )
    return _("it stands at {level}; {reached} of the weight has reached the next level, {needed} is needed.").format(
        level=blocker.level, reached=percent(share_reached), needed=percent(share_needed)
    )


def answer_because(
    state: AnswerState,
    claimed: int | None,
    verified: int | None,
    tier: Tier,
    needs: Tier | None,
    cap: int | None,
    seen: bool,
) -> str:
    """Return how the verified level of an answer came about; one sentence.

    `needs` is the weakest evidence that would carry what is claimed, None where that needs none.
    """
    if state == "hidden":
        return _("A fact about the workload leaves nothing to ask here; it takes no part in the score.")
    if state == "not-asked":
        return _("Not asked yet: it counts as 0 and lowers coverage.")
    if state == "unknown":
        return _("Nobody could say: it counts as 0, and not knowing is itself a result.")
    if claimed is None:
        if verified is not None:
            return _(
                "Set aside as not applicable, but a finding says otherwise: it counts as 0 in the verified reading."
            )
        return _("Set aside as not applicable; it leaves the score.")
    if verified is None or verified >= claimed:
        if seen:
            return _("What a probe saw supports the answer.")
        if claimed <= 1:
            return _("An answer this low needs no proof.")
        return _("The evidence ({tier}) carries the answer.").format(tier=tier_label(tier))
    if cap is not None and verified == cap:
        return _("A finding limits it to {level}.").format(level=cap)
    if needs is None or tier.rank >= needs.rank:
        return _("The evidence was given for another answer, so it counts as {level}.").format(level=verified)
    return _("The evidence is {tier}; level {claimed} needs {needs} or better, so it counts as {level}.").format(
        tier=tier_label(tier), claimed=claimed, needs=tier_label(needs), level=verified
    )


def statements(held: int, of: int) -> str:
    """Return how many statements of a list hold; one sentence, which stands for the list where room is short."""
    if not held:
        return _("None of {all} statements holds.").format(all=number_word(of))
    return capital(
        ngettext("{count} of {all} statements holds.", "{count} of {all} statements hold.", held).format(
            count=number_word(held), all=number_word(of)
        )
    )


def fact_because(state: AnswerState) -> str:
    """Return what a fact does to the score; one sentence."""
    if state == "answered":
        return _("A fact: it carries no score.")
    return _("A fact, not known here: it carries no score, and hides no question.")


def finding_weight(supports: int | None, caps: int | None) -> str:
    """Return what a finding does to an answer."""
    if caps is not None:
        return _("limits the answer to {level}").format(level=caps)
    return _("supports an answer up to {level}").format(level=supports)


def contradiction(said: int | None, seen: int, counted: int | None) -> str:
    """Return how a contradiction changes the level."""
    counted_as = NOT_STATED if counted is None else str(counted)
    if said is None:
        return _("Said: not applicable. Seen: it exists. It counts as {counted} in the verified reading.").format(
            counted=counted_as
        )
    return _("Said: level {said}. Seen: level {seen} at most. It counts as {counted} in the verified reading.").format(
        said=said, seen=seen, counted=counted_as
    )


def results_headline(levels: Sequence[int], lowest: int, assessed: bool) -> str:
    """Return the finding of the overview: how many dimensions lie at the lowest level."""
    if not assessed:
        return _("Results overview: not assessed yet")
    low = sum(1 for level in levels if level == lowest)
    return ngettext(
        "{count} of {all} dimensions holds the overall level at {level}",
        "{count} of {all} dimensions hold the overall level at {level}",
        low,
    ).format(count=capital(number_word(low)), all=number_word(len(levels)), level=lowest)


def minimum_label(minimum: int | None, *, missed: bool) -> str:
    """Return the minimum asked of a dimension and whether the claimed level misses it; "" where none is asked."""
    if minimum is None:
        return ""
    said = _("minimum {level}: missed") if missed else _("minimum {level}: reached")
    return said.format(level=minimum)


def minimums(missed: Sequence[str], asked: int) -> str:
    """Return which dimensions miss the minimum asked of them, as claimed; "" where none is asked of any."""
    if not asked:
        return ""
    if not missed:
        return _("As claimed, every dimension reaches the minimum asked of it.")
    return ngettext(
        "As claimed, {count} dimension misses the minimum asked of it: {names}.",
        "As claimed, {count} dimensions miss the minimum asked of them: {names}.",
        len(missed),
    ).format(count=number_word(len(missed)), names=listed(missed))


def index(claimed: float, verified: float | None) -> str:
    """Return the index in words; `verified` is None where too little is evidenced."""
    tail = (
        _("not verified yet") if verified is None else _("verified: {index}").format(index=number_format(verified, 1))
    )
    return _(
        "Index, as claimed: {index} of 100, {tail}. It adds up the share of points in each dimension by its weight; "
        "it stands beside the levels and makes up for none of them."
    ).format(index=number_format(claimed, 1), tail=tail)


def plan_headline(reading: str, to: int, moves: int) -> str:
    """Return the heading of a roadmap."""
    if reading == "claimed":
        return ngettext("{count} change reaches Level {to}", "{count} changes reach Level {to}", moves).format(
            count=capital(number_word(moves)), to=to
        )
    return ngettext("{count} move verifies Level {to}", "{count} moves verify Level {to}", moves).format(
        count=capital(number_word(moves)), to=to
    )


def target_headline(reading: str, moves: int) -> str:
    """Return the heading of the second stage of a roadmap."""
    if reading == "claimed":
        text = ngettext("{count} change reaches every target", "{count} changes reach every target", moves)
    else:
        text = ngettext("{count} move verifies every target", "{count} moves verify every target", moves)
    return capital(text.format(count=number_word(moves)))


def targets_headline(missed: int, wanted: bool) -> str:
    """Return how many dimensions stand below their target."""
    if not wanted:
        return _("No target is set, so the road ends at the next level.")
    if not missed:
        return _("Every dimension stands at its target, as claimed.")
    return capital(
        ngettext(
            "{count} dimension stands below its target, as claimed.",
            "{count} dimensions stand below their targets, as claimed.",
            missed,
        ).format(count=number_word(missed))
    )


def less_effort(moves: int, effort: str, named: str) -> str:
    """Return the way that takes less effort than the fewest moves."""
    return ngettext(
        "Less effort, but another way: {count} move ({named}), {effort}.",
        "Less effort, but another way: {count} moves ({named}), {effort}.",
        moves,
    ).format(count=number_word(moves), named=named, effort=effort)


def gain(short: str, level: int, others: Sequence[str]) -> str:
    """Return which level a dimension gains by a move; `others` are the moves that it needs beside it."""
    if others:
        return _("{dimension} to Level {level}, together with {others}").format(
            dimension=short, level=level, others=listed(others)
        )
    return _("{dimension} to Level {level}").format(dimension=short, level=level)


def heat_headline(open_at: Sequence[str], level: int) -> str:
    """Return what the heat map shows: in which dimensions less than half of the weight is at the next level."""
    if not open_at:
        return _("At least half of the weight of every dimension is claimed at Level {level}").format(level=level)
    return ngettext(
        "In {count} dimension less than half of the weight is claimed at Level {level}",
        "In {count} dimensions less than half of the weight is claimed at Level {level}",
        len(open_at),
    ).format(count=number_word(len(open_at)), level=level)


def gap_headline(claimed: float, verified: float) -> str:
    """Return how much of what is claimed the evidence carries, both in points of 100."""
    if claimed <= 0:
        return _("Nothing is claimed above Level 0, so there is nothing to show")
    share = percent(verified / claimed)
    return _("The evidence carries {share} of what is claimed").format(share=share)


def proof_needed(tier: Tier | None) -> str:
    """Return what evidence a move asks for."""
    return _("evidence: {tier} or better").format(tier=tier_label(tier)) if tier else ""


def said_in(number: str) -> str:
    """Return where somebody said it."""
    return _("said, question {number}").format(number=number)


def seen_at(place: str, number: str) -> str:
    """Return where a probe saw it."""
    return _("seen at {place}, question {number}").format(place=place, number=number)


def bare_move(reading: str, claimed: int, to: int) -> str:
    """Return what to do where the questionnaire names no step."""
    if reading == "verified" and claimed >= to:
        return _("Attach evidence for the answer as it stands.")
    return _("Bring this from {current} to {to}.").format(current=claimed, to=to)


def lift(title: str) -> str:
    """Return that a finding must go away first."""
    return _("must no longer be seen: {title}").format(title=title)


def level_reason(reading: str, level: int, reached: float, of: LevelReading, top: int) -> str:
    """Return why a dimension stands at a level and not one higher."""
    lead = _("Claimed Level {level}.") if reading == "claimed" else _("Verified Level {level}.")
    lead = lead.format(level=level)
    if level >= top:
        return _("{lead} This is the top of the scale.").format(lead=lead)
    gates = sum(blocker.kind == "gate" for blocker in of.blockers)
    reasons = []
    if gates:
        reasons.append(
            ngettext("{count} gate stands lower", "{count} gates stand lower", gates).format(count=number_word(gates))
        )
    if reached < of.share_needed:
        reasons.append(
            _("{reached} of the weight has reached it and {needed} is needed").format(
                reached=percent(reached), needed=percent(of.share_needed)
            )
        )
    floors = sum(blocker.kind == "floor" for blocker in of.blockers)
    if floors:
        reasons.append(
            ngettext("{count} question lies too far below", "{count} questions lie too far below", floors).format(
                count=number_word(floors)
            )
        )
    if not reasons:
        return lead
    return _("{lead} Level {next} is not reached: {reasons}.").format(
        lead=lead, next=level + 1, reasons="; ".join(reasons)
    )


def not_verified(confidence: float, needed: float) -> str:
    """Return why no verified level is printed."""
    return _(
        "Not verified yet: {share} of the weight has evidence, {needed} is needed before a level is printed."
    ).format(share=percent(confidence), needed=percent(needed))


def low_coverage(coverage: float, needed: float) -> str:
    """Return that too few questions were answered."""
    return _("Provisional: {share} of the weight is answered, under {needed}.").format(
        share=percent(coverage), needed=percent(needed)
    )


def much_set_aside(limit: float) -> str:
    """Return that too much was set aside as not applicable."""
    return _("Provisional: more than {limit} of the weight was set aside as not applicable.").format(
        limit=percent(limit)
    )


def best_case(level: int) -> str:
    """Return the level if every "I don't know" turned out well."""
    return _("If every “I don’t know” turned out at its best, it would be Level {level}.").format(level=level)


def said_but_seen(title: str) -> str:
    """Return the heading of a contradiction for the board."""
    return _("Said and seen differ: {title}").format(title=title)


def unknown_count(count: int) -> str:
    """Return how many questions nobody could answer."""
    return capital(
        ngettext(
            "{count} question could not be answered by anybody asked",
            "{count} questions could not be answered by anybody asked",
            count,
        ).format(count=number_word(count))
    )


def unknown_means(first: str) -> str:
    """Return what not knowing costs, and the first question concerned."""
    return _("Not knowing counts as level 0. First among them: {question}").format(question=first)


def strength(short: str, level: int) -> str:
    """Return what stands well, and is shown to."""
    return _("What holds: {dimension} stands at level {level}, with evidence").format(dimension=short, level=level)


def decide_to_answer() -> str:
    """Return what is asked of a board when nothing has been answered."""
    return _("Name who answers the questions, and by when.")


def decide_to_prove(to: int, proofs: int) -> str:
    """Return what is asked of a board so that a level can be verified."""
    return ngettext(
        "Have the evidence for {count} answer filed, so that Level {to} can be verified.",
        "Have the evidence for {count} answers filed, so that Level {to} can be verified.",
        proofs,
    ).format(count=number_word(proofs), to=to)


def indicative(questions: int) -> str:
    """Return that a quick scan is no full assessment."""
    return ngettext(
        "Indicative: a quick scan of {count} question.", "Indicative: a quick scan of {count} questions.", questions
    ).format(count=questions)


def level_rule(share: float, slack: int) -> str:
    """Return the level rule of a questionnaire in words."""
    return _(
        "A dimension reaches a level when every gate question is there, questions with at least {share} of the weight "
        "are there, and no question lies more than {slack} below it. The overall level is that of the lowest dimension."
    ).format(share=percent(share), slack=number_word(slack))


def unprobed(names: Sequence[str], count: int) -> str:
    """Return which endpoints no probe has seen."""
    return ngettext(
        "{count} endpoint was not probed: {names}.", "{count} endpoints were not probed: {names}.", count
    ).format(count=capital(number_word(count)), names=listed(names))


def left_out_endpoints(count: int) -> str:
    """Return how many endpoints are not printed."""
    return ngettext(
        "{count} further endpoint is not printed.", "{count} further endpoints are not printed.", count
    ).format(count=count)


def contradictions_heading(count: int, probed: bool) -> str:
    """Return the heading of the contradictions."""
    if not probed:
        return _("Contradictions: not assessed")
    return capital(
        ngettext(
            "{count} contradiction between what was said and what was seen",
            "{count} contradictions between what was said and what was seen",
            count,
        ).format(count=number_word(count))
    )


def switches_heading(parties: int, assessed: bool) -> str:
    """Return the heading of the list of those who can act."""
    if not assessed:
        return _("Who can switch you off today: not assessed")
    return ngettext(
        "Who can switch you off today: {count} outside party",
        "Who can switch you off today: {count} outside parties",
        parties,
    ).format(count=number_word(parties))


def evidence_heading(endpoints: int, probed: int) -> str:
    """Return the heading of the evidence log."""
    if not endpoints:
        return _("Evidence log of probes: not assessed")
    return ngettext(
        "Evidence log: {probed} of {count} endpoint was probed",
        "Evidence log: {probed} of {count} endpoints were probed",
        endpoints,
    ).format(count=number_word(endpoints), probed=number_word(probed) if probed else _("none"))


def log_heading(endpoints: int, probed: int, drills: Sequence[object]) -> str:
    """Return the heading of the evidence log, drills included."""
    told = evidence_heading(endpoints, probed)
    if not drills:
        return told
    held = ngettext("{count} drill was held", "{count} drills were held", len(drills)).format(
        count=number_word(len(drills))
    )
    return f"{told}, {held}" if endpoints else _("Evidence log: {held}").format(held=held)


def evidence_remarks(failed: bool, unsigned: bool, given_for: int | None) -> tuple[str, ...]:
    """Return what limits a piece of evidence; `given_for` is another level than the answer has now."""
    remarks = []
    if failed:
        remarks.append(_("failed: proves the rung below"))
    if unsigned:
        remarks.append(_("unsigned: the result came as a file"))
    if given_for is not None:
        remarks.append(_("given for level {level}, not confirmed since").format(level=given_for))
    return tuple(remarks)


def both_values(with_it: str, without: str) -> str:
    """Return the verified levels with and without what is disputed."""
    return _("Verified {with_it} with what is disputed, {without} without it.").format(with_it=with_it, without=without)


def by_at(who: str, at: datetime | None) -> str:
    """Return who did something and on which day, or an empty text."""
    if at is None:
        return ""
    return _("{who}, {day}").format(who=who or NOT_STATED, day=clock.day_words(clock.local(at)))
