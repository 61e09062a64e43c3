"""Every way to write to a part of an assessment goes through one door, which a signed round has shut."""

import ast
import importlib
import pkgutil
from functools import partial
from pathlib import Path
from types import FunctionType

import pytest
from django_scopes import scopes_disabled

import assessor
from assessor import models, services
from assessor.models import Answer, Assessment, Dispute, EndpointRole, Evidence, Workload
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import (
    answers,
    assessments,
    disputes,
    duplicating,
    endpoints,
    evidence,
    exercises,
    move_owners,
    newer_versions,
    summaries,
    targets,
    workloads,
)
from assessor.services.changing import RoundClosed
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS
from tests.services.signed import sign

ROOT = Path(assessor.__file__).parent
FROZEN = {
    *("Assessment", "Answer", "AnswerRevision", "Evidence", "Attachment", "Dispute", "EndpointRole"),
    *("Exercise", "ExerciseEntry", "MoveOwner"),
}
ALWAYS = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
ONLY_LINKS = {"add", "remove", "set", "clear"}
# Functions that write to such a table, or may be taken to, and need no door of their own: why.
EXCUSED = {
    "services.assessments.start_assessment": "begins an assessment",
    "services.assessments.follow": "of an assessment that begins",
    "services.duplicating.copied": "of an assessment that begins",
    "services.duplicating._copy_answers": "of an assessment that begins",
    "services.duplicating.duplicate_assessment": "begins an assessment",
    "services.relocation.bringing": "brings whole rounds in, signed ones with their signatures",
    "services.relocation.removing": "deletes the organisation",
    "services.retention": "is about periods, not about rounds",
    "services.shelving.archive": "where a round is kept, not what it says",
    "services.shelving.unarchive": "where a round is kept, not what it says",
    "services.shelving.delete_assessment": "where a round is kept, not what it says",
    "services.shelving.restore_assessment": "where a round is kept, not what it says",
    "services.shelving.erase_assessment": "deletes the round with its signature",
    "services.shelving.delete_endpoint": "goes through the doors of all its assessments at once",
    "services.shelving.restore_endpoint": "goes through the doors of all its assessments at once",
    "services.shelving.erase_endpoint": "what was signed keeps its own",
    "services.crosswalks.start_beside": "begins an assessment",
    "services.next_round.begin": "begins an assessment",
    "services.next_round._carry_endpoints": "of an assessment that begins",
    "services.next_round._carry_answers": "of an assessment that begins",
    "services.next_round._carry_evidence": "of an assessment that begins",
    "services.names_records.attach": "attaches through services.evidence, and forgets what waited",
    "services.attachments.add": "copies into an assessment that begins",
    "services.attachments.add_attachment": "called by services.evidence alone",
    "services.attachments.delete_files": "called by services.evidence alone",
    "services.changing.changing": "is the door",
    "services.rounds.submit": "is a step of the review, which looks itself",
    "services.rounds.send_back": "is a step of the review, which looks itself",
    "services.rounds.sign_off": "shuts the door",
    "services.summaries.refresh": "what lists say; a signed round keeps its scores",
    "services.targets._save": "called by the two guarded functions above it",
    "services.render_ahead.next_at_rest": "notes that a draft is made",
    "services.render_ahead.watcher": "notes that a draft is made",
    "services.render_ahead.watch": "notes that a draft is made",
    "services.wording.save_words": "the words of a report, each with its own date",
    "services.inventory.proposing.attach": "is about the inventory, whose rounds keep their own",
    "services.inventory.proposing.decide": "is about the inventory, whose rounds keep their own",
    "services.schedules._end": "is about probes, whose rounds keep their own",
    "services.schedules._start_locked": "is about probes, whose rounds keep their own",
    "services.schedules.thin_out": "is about probes, whose rounds keep their own",
    "services.exchange.plan_scope": "called by bringing_in.apply alone",
    "services.exchange.plan_answers": "called by bringing_in.apply alone",
    "services.exchange.plan_endpoints": "called by bringing_in.apply alone",
}


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def root_of(node):
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def writes(call, imported):
    """Tell whether a call may write to a row of an assessment, in a module that imports these models."""
    if not isinstance(call.func, ast.Attribute):
        return False
    name, root = call.func.attr, root_of(call.func.value)
    if root not in FROZEN and (root in vars(models) or not (imported - {"Assessment"} or root == "assessment")):
        # Another table; or a variable, where nothing of an assessment but the assessment itself is at hand.
        return False
    if name in ALWAYS:
        return True
    if name == "update":
        return bool(call.keywords)
    return name in ONLY_LINKS and ast.unparse(call.func).endswith(f"workloads.{name}")


def is_guarded(function):
    decorated = any("changes_assessment" in ast.unparse(one) for one in function.decorator_list)
    return decorated or "with changing(" in ast.unparse(function)


def write_paths():
    """Yield (module.function, guarded) for each function that may write to a part of an assessment."""
    for path in sorted(ROOT.rglob("*.py")):
        if "migrations" in path.parts or "models" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        imported = {
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assessor.models")
            for name in node.names
        }
        if not (imported := imported & FROZEN):
            continue
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                calls = [one for one in ast.walk(function) if isinstance(one, ast.Call) and writes(one, imported)]
                if calls:
                    yield f"{module_name(path)}.{function.name}", is_guarded(function)


def test_every_write_path_goes_through_the_door_or_says_why_not():
    unguarded = [
        name
        for name, guarded in write_paths()
        if not guarded and name not in EXCUSED and name.rpartition(".")[0] not in EXCUSED
    ]
    assert unguarded == [], "write inside services.changing (@changes_assessment), or say here why that is not needed"


@pytest.fixture
def whole(inside, owner, register):
    """A round with one of everything that can be changed."""
    answers.save_answer(inside, "data.readers", "answered", 3, "", owner)
    facts = EvidenceFacts(kind=EvidenceKind.STATEMENT)
    proof = evidence.add_evidence(inside, "data.readers", facts, "Said so", owner)
    role = register("http://127.0.0.1:8080/")
    dispute = Dispute.objects.create(
        organisation=inside.organisation,
        assessment=inside,
        endpoint=role.endpoint,
        code="x.y",
        reason="No",
        raised_by=owner,
    )
    facts = exercises.ExerciseFacts("Facilitator", "Role", "In an hour")
    exercise = exercises.begin(inside, {"id": "x", "title": "X"}, [{"when": "now"}], facts, owner)
    return inside, proof, role, dispute, exercise


def steps(whole, user):
    """Return every guarded function with arguments that it would take."""
    inside, proof, role, dispute, exercise = whole
    workload = inside.workloads.first()
    questionnaire = shipped("ai-sovereignty")
    facts = endpoints.EndpointFacts(name="Other", url="http://127.0.0.1:8080/", part="model")
    statement = EvidenceFacts(kind=EvidenceKind.STATEMENT)
    return {
        answers.save_answer: (inside, "data.readers", "answered", 1, "", user),
        evidence.add_evidence: (inside, "data.readers", statement, "More", user),
        evidence.confirm_evidence: (proof,),
        evidence.remove_evidence: (proof, user),
        evidence.restore_evidence: (proof,),
        evidence.delete_files: (proof,),
        evidence.add_file: (proof, None, user),
        disputes.raise_dispute: (inside, role.endpoint, "x.y", "No", user),
        partial(disputes.decide, accepted=True): (dispute, user),
        disputes.withdraw: (dispute, user),
        endpoints.register_endpoint: (inside, facts),
        endpoints.change_endpoint: (role, facts),
        endpoints.remove_endpoint: (role, "Gone", user),
        endpoints.bring_back: (role, user),
        duplicating.duplicate_endpoint: (role, user),
        workloads.add_workload: (inside, Workload(name="Further")),
        workloads.change_workload: (inside, workload),
        workloads.take_out_workload: (inside, workload),
        assessments.change_scope: (inside, FACTS),
        assessments.widen: (inside, {}),
        targets.choose_profile: (inside, questionnaire, ""),
        targets.edit_targets: (inside, questionnaire, {}),
        move_owners.set_owner: (
            inside,
            questionnaire.question("data.readers"),
            move_owners.Ownership(name="Ada"),
            user,
        ),
        newer_versions.carry_over: (inside, questionnaire),
        exercises.begin: (inside, {"id": "x"}, [{}], None, user),
        exercises.note: (exercise, "note", "x", user),
        exercises.go_to: (exercise, 0),
        exercises.keep_conclusion: (exercise, "So far"),
        exercises.end: (exercise, True, "Done"),
        exercises.attach: (exercise, "data.readers", "Held", user),
    }


def guarded_functions():
    for found in pkgutil.walk_packages(services.__path__, "assessor.services."):
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            if isinstance(one, FunctionType) and "changes_assessment" in vars(one) and one.__module__ == found.name:
                yield one


def rows():
    """Return every row that a signature is about, whatever organisation it is of."""
    kept = (Answer, models.AnswerRevision, Evidence, models.Attachment, Dispute, EndpointRole, Assessment)
    with scopes_disabled():
        return {
            model.__name__: sorted(map(str, model.objects.order_by("pk").values()))
            for model in (*kept, models.Exercise, models.ExerciseEntry, models.MoveOwner, models.Endpoint, Workload)
        }


def test_no_guarded_function_changes_a_signed_round(whole, owner):
    inside = whole[0]
    called = steps(whole, owner)
    assert set(guarded_functions()) == {getattr(one, "func", one) for one in called}, "add the new one to `steps`"
    sign(inside, owner)
    before = rows()
    for function, arguments in called.items():
        with pytest.raises(RoundClosed, match="Start a new round"):
            function(*arguments)
    assert rows() == before


def summary(assessment):
    assessment.refresh_from_db()
    names = ("level", "verified_level", "weakest", "dimension_levels", "coverage", "contradictions", "stale", "due")
    return {name: getattr(assessment, name) for name in names}


def test_every_guarded_function_leaves_the_summary_as_it_would_be_anew(
    whole, owner, django_capture_on_commit_callbacks
):
    refused = []
    for function, arguments in steps(whole, owner).items():
        try:
            with django_capture_on_commit_callbacks(execute=True):
                function(*arguments)
        except (assessor.errors.AssessorError, AttributeError) as refusal:
            refused.append((getattr(function, "__name__", "decide"), type(refusal).__name__))
            continue
        kept = summary(whole[0])
        summaries.refresh(Assessment.objects.select_related("questionnaire_version").get(pk=whole[0].pk))
        assert summary(whole[0]) == kept, function
    # Most of them did something.
    assert len(refused) < 10, refused
