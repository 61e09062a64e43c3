"""Evidence as a person meets it: the kind first, what it counts as and why, confirming, removing, the register."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assessor.models import Attachment, AuditEvent, Dispute, Evidence, Membership, Role, User, Workload
from assessor.services import answers, disputes, evidence, workloads
from assessor.services.questionnaires import shipped
from tests.services.seen import bearing, endpoint_of, saw

TODAY = timezone.localdate()
QUESTION = next(one for one in shipped("ai-sovereignty").asked("quick") if one.gate and one.dimension == "data")
CONTRACT = {
    "kind": "contract",
    "shown_kind": "contract",
    "description": "Terms per model",
    "place": "clause 4",
    "document_version": "2",
    "taken_on": TODAY.isoformat(),
    "read": "on",
}
DRILL = {
    "kind": "drill",
    "description": "Egress closed",
    "place": "hall 2",
    "taken_on": TODAY.isoformat(),
    "minutes": "60",
    "share_of_load": "10",
    "pass_mark": "95 of 100",
    "result": "97 of 100",
    "passed": "on",
}


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def answered(inside, owner):
    """The quick scan with level 3 answered to one question."""
    answers.save_answer(inside, QUESTION.id, "answered", 3, "", owner)
    return inside


@pytest.fixture
def where(answered):
    return address("evidence", answered, QUESTION.id)


def attach(client, where, facts=CONTRACT, **more):
    response = client.post(where, facts | more)
    assert response.status_code == 302, text(response)
    return Evidence.objects.latest("added_at")


def test_the_kind_comes_first_and_its_fields_follow(client, where):
    first = text(client.get(where))
    assert 'href="?kind=drill#attach"' in first
    assert "id_pass_mark" not in first
    drill = text(client.get(where, {"kind": "drill"}))
    assert '<label class="field-label" for="id_pass_mark">' in drill
    assert 'for="id_document_version"' not in drill
    contract = text(client.get(where, {"kind": "contract"}))
    assert 'for="id_document_version"' in contract
    assert 'for="id_pass_mark"' not in contract


def test_changing_the_kind_keeps_everything_typed(client, where):
    typed = CONTRACT | {"kind": "drill", "change": "1", "description": "Switch of June"}
    page = client.post(where, typed)
    assert page.status_code == 200
    assert not Evidence.objects.exists()
    for kept in ('value="Switch of June"', 'value="clause 4"', 'value="2"'):
        assert kept in text(page)
    assert 'for="id_pass_mark"' in text(page)
    # Another kind chosen and sent at once asks for its fields instead of saving half of them.
    again = client.post(where, CONTRACT | {"kind": "drill"})
    assert again.status_code == 200
    assert not Evidence.objects.exists()


def test_an_error_names_its_field_and_loses_nothing(client, where):
    response = client.post(where, CONTRACT | {"taken_on": "yesterday", "place": "my <place>"})
    assert response.status_code == 422
    assert "Enter a valid date" in text(response)
    assert 'value="my &lt;place&gt;"' in text(response)
    future = client.post(where, CONTRACT | {"taken_on": (TODAY + timedelta(2)).isoformat()})
    assert "This day lies in the future" in text(future)
    assert not Evidence.objects.exists()


def test_the_tier_is_said_with_its_reason_and_its_last_day(client, where):
    attach(client, where)
    page = text(client.get(where))
    until = TODAY + timedelta(365)
    assert (
        f"documented: place, version and date are given, and somebody marked it as read; counts until {until.day} "
        in page
    )
    assert "verified level 3" in page


def test_the_tier_that_fully_proves_it_is_said_in_the_language_of_the_reader(client, where):
    english = text(client.get(where))
    assert "Fully proven by evidence that is observed." in english
    client.cookies["django_language"] = "de"
    german = text(client.get(where))
    assert "„beobachtet“" in german
    assert "„observed“" not in german


def test_what_is_missing_is_said_in_words(client, where):
    attach(client, where, document_version="", read="")
    page = text(client.get(where))
    assert "declared: missing for documented: the version, the mark that somebody has read it" in page
    assert "verified level 1" in page


def test_stale_evidence_says_since_when(client, where):
    attach(client, where, taken_on="2025-01-10")
    page = text(client.get(where))
    assert "stale: one tier lower" in page
    assert "stale since 10 Jan 2026, until then documented" in page


def test_a_failed_drill_holds_the_answer_at_the_rung_below(client, where):
    attach(client, where)
    attach(client, where, DRILL, passed="")
    page = text(client.get(where))
    assert "it failed, so it proves level 2, the rung below" in page
    assert "nothing carries this answer past level 2" in page
    assert "verified level 2" in page


def test_a_table_top_is_declared_where_the_question_does_not_let_it_count(client, where):
    attach(client, where, DRILL, kind="table-top")
    assert "a table-top proves only who decides" in text(client.get(where))


@pytest.mark.parametrize("kind", ["outage", "switch"])
def test_outages_and_switches_count_as_tested(client, where, kind):
    attach(client, where, DRILL, kind=kind)
    assert Evidence.objects.get().tier(timezone.localdate()) == "tested"


def test_a_changed_answer_asks_to_confirm_and_carries_the_old_level_until_then(client, answered, where, owner):
    looked = {"kind": "inspection", "description": "Terms per model", "place": "host 3", "taken_on": TODAY.isoformat()}
    row = attach(client, where, looked)
    response = client.post(
        address("save_answer", answered, QUESTION.id),
        {"answer": "4", "note": "", "expected_version": 1},
        HTTP_HX_REQUEST="true",
    )
    assert "1 piece of evidence was given for another answer" in text(response)
    dimension = text(client.get(address("dimension", answered, QUESTION.dimension)))
    assert "1 piece of evidence was given for another answer" in dimension
    page = text(client.get(where))
    assert "The answer has changed since 1 piece of evidence was given." in page
    assert "Answered level 4, verified level 3" in page
    assert "Terms per model" in text(client.get(address("evidence_register", answered), {"show": "confirm"}))
    client.post(address("confirm_evidence", answered, row.pk))
    page = text(client.get(where))
    assert "verified level 4" in page
    assert "The answer has changed" not in page


def test_removed_evidence_counts_no_more_stays_in_sight_and_comes_back(client, answered, where):
    row = attach(client, where)
    client.post(address("remove_evidence", answered, row.pk))
    page = text(client.get(where))
    assert "verified level 1" in page
    assert "<s>Terms per model</s>" in page
    assert "Removed by Local user on" in page
    client.post(address("restore_evidence", answered, row.pk))
    assert "verified level 3" in text(client.get(where))


@pytest.mark.parametrize(
    ("link", "clickable"),
    [("https://register.example/114", True), ("javascript:alert(1)", False), ("file:///etc/passwd", False)],
)
def test_a_link_is_text_and_only_a_web_address_can_be_followed(client, where, link, clickable):
    attach(client, where, link=link)
    page = text(client.get(where))
    assert (f'<a href="{link}" rel="noreferrer noopener nofollow">' in page) is clickable
    assert link in page


def test_attached_files_stand_in_the_audit_trail(client, answered, where):
    row = attach(client, where, file=SimpleUploadedFile("terms.pdf", b"%PDF-1.7 x"))
    evidence.add_file(row, SimpleUploadedFile("annex.pdf", b"%PDF-1.7 y"), row.added_by)
    told = [(one.facts["file"], one.subject_name) for one in AuditEvent.objects.filter(kind="file.attached")]
    assert sorted(told) == [("annex.pdf", answered.title), ("terms.pdf", answered.title)]


def test_a_file_is_attached_with_its_hash_and_handed_out(client, answered, where):
    attach(client, where, file=SimpleUploadedFile("terms.pdf", b"%PDF-1.7 x"))
    file = Attachment.objects.get()
    page = text(client.get(where))
    assert "terms.pdf" in page
    assert file.sha256 in page
    assert file.sha256 in text(client.get(address("report", answered)))
    assert client.get(address("attachment", answered, file.pk)).content == b"%PDF-1.7 x"


def test_a_bad_file_is_refused_at_its_field_and_the_rest_stays(client, where):
    response = client.post(where, CONTRACT | {"file": SimpleUploadedFile("terms.pdf", b"MZ\x90\x00")})
    assert response.status_code == 422
    assert "none of the types that are taken in" in text(response)
    assert 'value="Terms per model"' in text(response)
    assert "Choose it again before you attach" in text(response)
    assert not Evidence.objects.exists()


def test_a_file_past_the_limit_is_never_stored_and_the_rest_of_the_form_stays(client, answered, where, settings):
    settings.UPLOAD_MAX_BYTES = 100_000
    large = SimpleUploadedFile("terms.pdf", b"%PDF-" + b" " * 3_000_000)
    response = client.post(where, CONTRACT | {"file": large})
    assert response.status_code == 422
    assert "The file is larger than" in text(response)
    assert 'value="Terms per model"' in text(response)
    assert not Evidence.objects.exists()
    row = attach(client, where)
    large.seek(0)
    page = client.post(address("add_evidence_file", answered, row.pk), {"file": large}, follow=True)
    assert "The file is larger than" in text(page)
    assert not Attachment.objects.exists()


def test_a_probe_run_counts_as_observed_where_a_strong_finding_supports_the_level(client, inside, owner):
    question, one = bearing("supports", least=2)
    answers.save_answer(inside, question.id, "answered", 2, "", owner)
    endpoint = endpoint_of(inside).endpoint
    run = saw(endpoint, one.code)
    facts = {"kind": "probe", "description": "Seen at work", "probe_run": str(run.pk)}
    row = attach(client, address("evidence", inside, question.id), facts)
    assert row.tier(timezone.localdate()) == "observed"
    assert "a probe held in this installation saw it at work" in text(
        client.get(address("evidence", inside, question.id))
    )


def test_a_probe_run_that_came_as_a_file_is_unsigned(client, inside, owner):
    question, one = bearing("supports", least=2)
    answers.save_answer(inside, question.id, "answered", 2, "", owner)
    run = saw(endpoint_of(inside).endpoint, one.code, imported=True)
    facts = {"kind": "probe", "description": "Seen elsewhere", "probe_run": str(run.pk), "read": "on"}
    row = attach(client, address("evidence", inside, question.id), facts)
    assert row.tier(timezone.localdate()) == "documented"
    page = text(client.get(address("evidence", inside, question.id)))
    assert "unsigned" in page
    assert "unsigned" in text(client.get(address("report", inside)))


def test_a_run_of_another_endpoint_cannot_be_named(client, inside, answered, where, strangers_scan):
    response = client.post(where, {"kind": "probe", "description": "x", "probe_run": str(strangers_scan.pk)})
    assert response.status_code == 422
    assert not Evidence.objects.exists()


def test_evidence_of_one_workload_stays_with_it(client, answered, where, owner):
    other = workloads.add_workload(answered, Workload(name="Triage"))
    answers.save_answer(answered, QUESTION.id, "answered", 2, "", owner, workload=other)
    response = client.post(f"{where}?workload={other.pk}", CONTRACT)
    assert response.headers["Location"].endswith(f"?workload={other.pk}")
    assert Evidence.objects.get().answer.workload_id == other.pk
    assert "Terms per model" not in text(client.get(where))
    register = text(client.get(address("evidence_register", answered)))
    assert "Triage" in register
    assert f"?workload={other.pk}" in register


def test_the_register_shows_what_needs_a_look(client, answered, where):
    assert "above its proof" in text(client.get(address("evidence_register", answered), {"show": "missing"}))
    attach(client, where, taken_on="2025-01-10")
    assert "Terms per model" in text(client.get(address("evidence_register", answered), {"show": "stale"}))
    assert "Nothing here" in text(client.get(address("evidence_register", answered), {"show": "disputed"}))
    assert "Terms per model" in text(client.get(address("evidence_register", answered), {"show": "nonsense"}))


@pytest.fixture
def disputable(inside, owner):
    """A finding that caps an answer: the question, the endpoint, the address of the page about it."""
    question, one = bearing("caps")
    answers.save_answer(inside, question.id, "answered", question.top, "", owner)
    endpoint = endpoint_of(inside).endpoint
    saw(endpoint, one.code, days_ago=1)
    return question, endpoint, address("disputed_finding", inside, endpoint.pk, one.code)


def test_one_person_alone_is_told_that_a_second_is_needed(client, inside, disputable):
    question, _endpoint, page = disputable
    assert "A second person is needed." in text(client.get(page))
    after = client.post(page, {"reason": "It is our own gateway"}, follow=True)
    assert "A second person is needed." in text(after)
    dispute = Dispute.objects.get()
    refused = client.post(address("decide_dispute", inside, dispute.pk), {"decision": "accept"}, follow=True)
    assert "Whoever disputes a finding cannot decide about it." in text(refused)
    shown = text(client.get(address("evidence", inside, question.id)))
    assert "disputed, not decided: the finding still counts" in shown
    assert "Verified with what is disputed: level" in shown
    assert question.title in text(client.get(address("evidence_register", inside), {"show": "disputed"}))


def test_another_persons_dispute_is_decided_and_struck_out(client, inside, disputable):
    question, endpoint, page = disputable
    other = User.objects.create_user("other", first_name="Ada")
    Membership.objects.create(organisation=inside.organisation, user=other, role=Role.ASSESSOR)
    dispute = disputes.raise_dispute(inside, endpoint, page.rstrip("/").rpartition("/")[2], "Our own gateway", other)
    assert "Accept: the finding is wrong" in text(client.get(page))
    client.post(address("decide_dispute", inside, dispute.pk), {"decision": "accept", "note": "Looked at it"})
    shown = text(client.get(page))
    assert "dispute accepted: the finding does not count" in shown
    assert "accepted by Local user" in shown
    assert "<s>" in text(client.get(address("evidence", inside, question.id)))
    assert "<s>" in text(client.get(address("dimension", inside, question.dimension)))


def test_a_dispute_without_a_reason_is_refused_beside_the_field(client, disputable):
    response = client.post(disputable[2], {"reason": ""})
    assert response.status_code == 422
    assert "This field is required" in text(response)


NAMES = ["confirm_evidence", "remove_evidence", "restore_evidence", "add_evidence_file", "delete_evidence_files"]


@pytest.mark.parametrize("name", NAMES)
def test_evidence_of_another_organisation_is_not_found(client, answered, where, strangers_scan, name):
    row = attach(client, where)
    assert client.post(address(name, strangers_scan, row.pk)).status_code == 404
    mine = reverse(name, args=[answered.organisation_id, strangers_scan.pk, row.pk])
    assert client.post(mine).status_code == 404
    assert client.get(address(name, answered, row.pk)).status_code == 405


def test_disputes_and_registers_of_another_organisation_are_not_found(
    client, inside, disputable, strangers_scan, owner
):
    _question, endpoint, page = disputable
    code = page.rstrip("/").rpartition("/")[2]
    dispute = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    assert client.get(address("disputed_finding", strangers_scan, endpoint.pk, code)).status_code == 404
    assert client.get(address("evidence_register", strangers_scan)).status_code == 404
    for name in ("decide_dispute", "withdraw_dispute"):
        assert client.post(address(name, strangers_scan, dispute.pk)).status_code == 404


def test_pages_cost_a_bounded_number_of_queries_however_much_there_is(
    client, answered, where, disputable, owner, django_assert_max_num_queries
):
    disputes.raise_dispute(answered, disputable[1], disputable[2].rstrip("/").rpartition("/")[2], "Wrong", owner)
    for number in range(12):
        row = attach(client, where, description=f"Paper {number}", file=SimpleUploadedFile("a.pdf", b"%PDF-1"))
        if number % 3 == 0:
            evidence.remove_evidence(row, owner)
    with django_assert_max_num_queries(14):
        client.get(address("evidence_register", answered))
    with django_assert_max_num_queries(18):
        client.get(where)
    with django_assert_max_num_queries(12):
        client.get(address("dimension", answered, QUESTION.dimension))
    with django_assert_max_num_queries(20):
        client.get(disputable[2])
