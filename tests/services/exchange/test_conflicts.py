"""What changed on both sides is for a person; what changed on one side alone is not asked about."""

import io

import pytest
from django_scopes import scope

from assessor.models import Answer, AnswerRevision, Attachment, Dispute, Endpoint, Evidence
from assessor.services import answers, evidence
from assessor.services.endpoints import EndpointFacts, register_endpoint
from assessor.services.exchange import bringing_in, reading
from assessor.services.exchange.bringing_in import PlanMoved
from assessor.services.questionnaires import shipped
from tests.services.exchange.filled import by_kind, empty, fill
from tests.services.exchange.test_round_trip import out, read


@pytest.fixture
def here(owner):
    found = empty(owner)
    with scope(organisation=found.organisation):
        answers.save_answer(found, by_kind("ladder").id, "answered", 2, "first", owner)
        yield found


def kinds(plan, group="answers"):
    return [one.kind for one in plan.changes if one.group == group]


def change(raw, old, new):
    assert old.encode() in raw
    return raw.replace(old.encode(), new.encode())


def test_what_was_changed_in_the_file_alone_is_taken_over(here, owner):
    raw = change(out(here, "yaml"), "level: 2", "level: 3")
    plan = bringing_in.apply(here, read(raw, "a.yaml"), owner)
    assert kinds(plan) == ["changed"]
    assert Answer.objects.get().level == 3
    assert [row.level for row in AnswerRevision.objects.order_by("version")] == [2, 3]


def test_what_was_changed_here_alone_is_kept(here, owner):
    raw = out(here, "yaml")
    answers.save_answer(here, by_kind("ladder").id, "answered", 4, "later", owner)
    plan = bringing_in.apply(here, read(raw, "a.yaml"), owner, take="*")
    assert kinds(plan) == ["kept"]
    assert Answer.objects.get().level == 4


def test_what_was_changed_on_both_sides_waits_for_a_choice(here, owner):
    raw = change(out(here, "yaml"), "level: 2", "level: 3")
    answers.save_answer(here, by_kind("ladder").id, "answered", 4, "later", owner)
    incoming = read(raw, "a.yaml")
    plan = bringing_in.apply(here, incoming, owner)
    assert kinds(plan) == ["conflict"]
    assert Answer.objects.get().level == 4
    key = next(one.mark for one in plan.changes if one.kind == "conflict")
    bringing_in.apply(here, incoming, owner, take={key})
    assert Answer.objects.get().level == 3


def test_a_newer_answer_from_another_installation_is_offered_and_not_taken_for_an_older_one_of_ours(here, owner):
    copy = empty(owner)
    with scope(organisation=copy.organisation):
        bringing_in.apply(copy, read(out(here, "yaml"), "a.yaml"), owner, take="*")
    answers.save_answer(here, by_kind("ladder").id, "answered", 3, "news", owner)
    incoming = read(out(here, "yaml"), "a.yaml")
    with scope(organisation=copy.organisation):
        assert kinds(bringing_in.apply(copy, incoming, owner)) == ["conflict"]
        bringing_in.apply(copy, incoming, owner, take="*")
        assert Answer.objects.get(assessment=copy).level == 3


def test_a_file_that_knows_nothing_of_what_stands_never_overwrites_it_by_itself(here, owner):
    text = "questionnaire: ai-sovereignty\norganisation: {name: Elsewhere, home_jurisdictions: [Norway]}\n"
    text += f"workload: {{name: Something}}\nanswers: {{{by_kind('ladder').id}: 5}}\n"
    plan = bringing_in.apply(here, read(text.encode(), "a.yaml"), owner)
    assert kinds(plan) == ["conflict"]
    assert Answer.objects.get().level == 2


def test_an_empty_file_says_nothing(here, owner):
    from assessor.services.exchange.blank_yaml import blank_file

    plan = bringing_in.preview(here, read(blank_file(shipped("ai-sovereignty"), "full").encode(), "a.yaml"))
    assert not plan.changes_something
    here.organisation.refresh_from_db()
    assert here.organisation.name == "Elsewhere"


def test_another_organisation_is_never_taken_over_by_itself(here, owner):
    raw = change(out(here, "yaml"), "name: Elsewhere", "name: Somebody else")
    plan = bringing_in.apply(here, read(raw, "a.yaml"), owner)
    assert "conflict" in kinds(plan, "scope")
    here.organisation.refresh_from_db()
    assert here.organisation.name == "Elsewhere"


def test_a_preview_that_is_out_of_date_changes_nothing(here, owner):
    incoming = read(change(out(here, "yaml"), "level: 2", "level: 3"), "a.yaml")
    shown = bringing_in.preview(here, incoming).fingerprint
    answers.save_answer(here, by_kind("ladder").id, "answered", 4, "later", owner)
    with pytest.raises(PlanMoved) as caught:
        bringing_in.apply(here, incoming, owner, take="*", shown=shown)
    assert kinds(caught.value.plan) == ["conflict"]
    assert Answer.objects.get().level == 4


def test_changed_evidence_replaces_the_old_which_stays_in_the_history_and_keeps_its_files(owner):
    whole = empty(owner, name="Nordhafen")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
        raw = change(out(whole, "yaml"), "+contract evidence", "the new order form")
        files = Attachment.objects.count()
        plan = bringing_in.apply(whole, read(raw, "a.yaml"), owner)
        assert kinds(plan, "evidence").count("changed") == 1
        new = Evidence.objects.get(description="the new order form")
        old = Evidence.objects.get(description="+contract evidence")
        assert new.removed_at is None
        assert old.removed_at is not None
        assert new.attachments.count() == 1
        assert Attachment.objects.count() == files


def test_evidence_that_was_removed_here_does_not_come_back_by_itself(owner):
    whole = empty(owner, name="Nordhafen")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
        raw = out(whole, "yaml")
        evidence.remove_evidence(Evidence.objects.get(description="+contract evidence"), owner)
        plan = bringing_in.apply(whole, read(raw, "a.yaml"), owner)
        assert kinds(plan, "evidence").count("conflict") == 1
        assert Evidence.objects.filter(description="+contract evidence", removed_at=None).count() == 0


def test_files_that_are_named_and_not_included_are_said(owner):
    whole = empty(owner, name="Nordhafen")
    with scope(organisation=whole.organisation):
        fill(whole, owner)
    import zipfile

    with zipfile.ZipFile(io.BytesIO(out(whole, "sovpack"))) as archive:
        raw = archive.read("answers.json")
    other = empty(owner)
    with scope(organisation=other.organisation):
        plan = bringing_in.apply(other, reading.read(io.BytesIO(raw), "a.json", shipped("ai-sovereignty")), owner)
        assert kinds(plan, "files") == ["skipped"] * 3
        assert kinds(plan, "probes") == ["skipped"]
        assert not Attachment.objects.filter(organisation=other.organisation).exists()


def test_no_endpoint_is_put_beside_another_of_the_same_address(here, owner):
    with scope(organisation=here.organisation):
        register_endpoint(here, EndpointFacts(name="Typed by hand", url="http://llm.example/v1", part="model"))
        raw = out(here, "yaml")
        said = "endpoints:\n"
        for name, url in (
            ("Renamed", "HTTP://LLM.example:80/v1/"),
            ("Spare", "http://b.example"),
            ("Twin", "http://b.example/"),
        ):
            said += f"  - {{name: {name}, url: '{url}', role: model}}\n"
        said += "  - {name: Checks, url: 'http://b.example', role: safety}\n"
        said += "disputes:\n  - {endpoint: Twin, url: 'http://b.example/', code: gateway.litellm, reason: Old, raised_at: 2026-11-01T08:00:00Z}\n"
        raw = raw[: raw.index(b"endpoints:")] + said.encode()
        for _again in range(2):
            plan = bringing_in.apply(here, read(raw, "a.yaml"), owner)
            # A second time nothing new comes of it either.
            assert [one.name for one in Endpoint.objects.order_by("name")] == ["Checks", "Spare", "Typed by hand"]
        skipped = [one for one in plan.changes if one.kind == "skipped"]
        assert [one.title for one in skipped if one.group == "endpoints"] == ["Renamed", "Twin"]
        assert skipped[0].why.startswith(
            "“Typed by hand” has this address already, for “Something” and in the same role"
        )
        assert skipped[1].why.startswith("“Spare” has this address already")
        assert Dispute.objects.get().endpoint.name == "Spare"
