"""What an assessment is worth: its answers, what was seen and what scenarios show, put together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from django.utils import timezone

from assessor.models import Answer, Assessment, Dispute, Simulation, signed_scorecards
from assessor.prepared import Prepared
from assessor.queries.answers import ScoredAnswer, given_answers, group_scored, scored_answers, scored_rows
from assessor.queries.disputes import dispute_rows, disputes_of, state_of
from assessor.queries.seen import (
    DRILLS,
    PROBE_MAX_AGE,
    ROLES,
    RUNS,
    counting,
    drill_rows,
    drills_at,
    finding_of,
    found_by,
    role_rows,
    run_rows,
    runs_at,
)
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.score import score
from assessor.scoring.scorecard import ProbedEndpoint, Scorecard

# Which disputes lift a finding from the score: only those another person accepted, unless two readings are compared.
Heeding = Literal["accepted", "all", "none"]
# Where findings of scenarios come from, beside the ids of endpoints.
SCENARIOS = "scenarios"
_PLAYED = Prepared(
    lambda assessment: Simulation.objects.filter(assessment=assessment).values_list("findings"), "assessment"
)


def probed_endpoints(
    assessment: Assessment, disputes: Iterable[Dispute] | None = None, *, heeding: Heeding = "accepted"
) -> tuple[ProbedEndpoint, ...]:
    """Return the endpoints in scope with the findings of their latest good probe and drills: six queries at most.

    A finding whose dispute was accepted does not count; with `heeding` "all" none that is disputed does, with "none"
    every finding does. `disputes` saves a query where they were read before.
    """
    roles = list(ROLES.run(assessment=assessment.pk))
    if not roles:
        return ()
    read = _Read(roles, lambda: RUNS.run(assessment=assessment.pk), lambda: DRILLS.run(assessment=assessment.pk))
    if heeding == "none" or not any(_disputed(role) for role in roles):
        disputes = ()
    return read.endpoints(roles, disputes_of(assessment) if disputes is None else disputes, heeding)


def _disputed(role: tuple[Any, ...]) -> bool:
    return role[6] is not None


class _Read:
    """What endpoints in scope were seen to do, of one assessment or of several: read once, weighed for each.

    `roles` are rows of `role_rows`; `runs` and `drills` are asked for the others where there can be any.
    """

    def __init__(
        self, roles: list[tuple[Any, ...]], runs: Callable[[], Iterable[Any]], drills: Callable[[], Iterable[Any]]
    ) -> None:
        urls = {role[2]: role[4] for role in roles}
        self.runs = runs_at(urls, runs(), only_last=not any(_disputed(role) for role in roles)) if urls else {}
        self.drills = drills_at(urls, drills()) if any(role[5] for role in roles) else {}
        self.counting = counting(self.drills)
        self.drill_found = found_by(one for rows in self.counting.values() for one in rows)

    def endpoints(
        self, roles: Iterable[tuple[Any, ...]], disputes: Iterable[Dispute], heeding: Heeding = "accepted"
    ) -> tuple[ProbedEndpoint, ...]:
        """Return the endpoints of these roles with the findings that no dispute lifts."""
        lifted: set[tuple[object, str]] = set()
        for one in disputes:
            state = state_of(one, self.runs, self.drills)
            if state == "accepted" or (heeding == "all" and state == "open"):
                lifted.add((one.endpoint_id, one.code))
        oldest = timezone.now() - PROBE_MAX_AGE
        probed = []
        # The join repeats a role for each disputed code; its place in the list stays.
        for _assessment, part, endpoint, name, _url in dict.fromkeys(role[:5] for role in roles):
            run = self.runs[endpoint][-1] if endpoint in self.runs else None
            findings = (run["findings"] if run else ()) + tuple(
                found for drill in self.counting.get(endpoint, ()) for found in self.drill_found[drill.id]
            )
            probed.append(
                ProbedEndpoint.model_construct(
                    id=str(endpoint),
                    name=name,
                    role=part,
                    stale=bool(run and run["finished_at"] and run["finished_at"] < oldest),
                    unsigned=bool(run and run["imported"]),
                    findings=tuple(one for one in findings if (endpoint, one.code) not in lifted),
                )
            )
        return tuple(probed)


def played_scenarios(assessment: Assessment) -> tuple[ProbedEndpoint, ...]:
    """Return what scenarios show, as one place beside the endpoints; nothing where none was played.

    One query, none where the assessment was read together with it.
    """
    if "simulation" in assessment._state.fields_cache:
        joined = assessment._state.fields_cache["simulation"]
        findings = joined.findings if joined is not None else ()
    else:
        findings = next(iter(_PLAYED.run(assessment=assessment.pk)), ((),))[0]
    if not findings:
        return ()
    return (
        ProbedEndpoint.model_construct(
            id=SCENARIOS,
            name=SCENARIOS,
            role="inventory",
            stale=False,
            unsigned=False,
            findings=tuple(finding_of(row) for row in findings),
        ),
    )


def scorecard(
    assessment: Assessment,
    questionnaire: Questionnaire,
    answers: Iterable[Answer | ScoredAnswer] | None = None,
    disputes: Iterable[Dispute] | None = None,
    *,
    heeding: Heeding = "accepted",
) -> Scorecard:
    """Score an assessment as it stands now: five queries, fewer when answers are given or nothing is disputed.

    A signed round is not scored again: it has the scorecard that was signed.

    `heeding` says which disputes lift a finding: those accepted (the score in force), all or none (for comparison).
    """
    if assessment.is_signed and (frozen := signed_scorecards([assessment])):
        return frozen[assessment.pk]
    if answers is None:
        answers = scored_answers(assessment)
    given = given_answers(answers, assessment, questionnaire, timezone.localdate())
    endpoints = (*probed_endpoints(assessment, disputes, heeding=heeding), *played_scenarios(assessment))
    return score(questionnaire, given, endpoints, assessment.scope, assessment.profile)


def scorecards(assessments: Sequence[tuple[Assessment, Questionnaire]]) -> list[Scorecard]:
    """Score several assessments, of any organisations in scope, as they stand: eight queries at most for all.

    They have to come with their simulation joined and their workloads prefetched, or each costs queries of its own.
    """
    ids = [assessment.pk for assessment, _questionnaire in assessments]
    answers, today = group_scored(scored_rows(assessment__in=ids)), timezone.localdate()
    roles: dict[object, list[tuple[Any, ...]]] = defaultdict(list)
    for role in role_rows(assessment__in=ids):
        roles[role[0]].append(role)
    every = [role for own in roles.values() for role in own]
    read = _Read(
        every,
        lambda: run_rows(endpoint__roles__assessment__in=ids),
        lambda: drill_rows(endpoint__roles__assessment__in=ids),
    )
    disputes: dict[object, list[Dispute]] = defaultdict(list)
    if any(_disputed(role) for role in every):
        for one in dispute_rows(assessment__in=ids):
            disputes[one.assessment_id].append(one)
    cards = []
    frozen = signed_scorecards([assessment for assessment, _questionnaire in assessments if assessment.is_signed])
    for assessment, questionnaire in assessments:
        if assessment.pk in frozen:
            cards.append(frozen[assessment.pk])
            continue
        given = given_answers(answers[assessment.pk], assessment, questionnaire, today)
        probed = read.endpoints(roles[assessment.pk], disputes[assessment.pk])
        endpoints = (*probed, *played_scenarios(assessment))
        cards.append(score(questionnaire, given, endpoints, assessment.scope, assessment.profile))
    return cards
