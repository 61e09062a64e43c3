"""What pages and reports read: each function is a bounded number of queries and no decision."""

from assessor.queries.answers import (
    ScoredAnswer,
    answers_of,
    by_question,
    evidence_in_force,
    given_answers,
    scored_answers,
)
from assessor.queries.assessments import assessment_in_scope, critical_workloads, reports_of, workloads_of
from assessor.queries.disputes import DisputeState, dispute_state, dispute_states, disputes_of, is_of_drill
from assessor.queries.scores import (
    SCENARIOS,
    Heeding,
    played_scenarios,
    probed_endpoints,
    scorecard,
    scorecards,
)
from assessor.queries.seen import (
    DRILL_MAX_AGE,
    PROBE_MAX_AGE,
    SEEN,
    drill_findings,
    drills_in_force,
    endpoints_with_runs,
    found_by_run,
    last_good_runs,
    roles_in_force,
)

__all__ = [
    "DRILL_MAX_AGE",
    "PROBE_MAX_AGE",
    "SCENARIOS",
    "SEEN",
    "DisputeState",
    "Heeding",
    "ScoredAnswer",
    "answers_of",
    "assessment_in_scope",
    "by_question",
    "critical_workloads",
    "dispute_state",
    "dispute_states",
    "disputes_of",
    "drill_findings",
    "drills_in_force",
    "endpoints_with_runs",
    "evidence_in_force",
    "found_by_run",
    "given_answers",
    "is_of_drill",
    "last_good_runs",
    "played_scenarios",
    "probed_endpoints",
    "reports_of",
    "roles_in_force",
    "scorecard",
    "scorecards",
    "scored_answers",
    "workloads_of",
]
