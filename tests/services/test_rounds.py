"""A round is submitted, reviewed and signed off; what was signed stays as it was, and the next round begins with it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django_scopes import scopes_disabled

from assessor import queries
from assessor.content import content_hash
from assessor.models import (
    Answer,
    AppendOnly,
    AuditChain,
    Brand,
    Evidence,
    Membership,
    Remark,
    Report,
    ReportWords,
    ReviewStep,
    Role,
    SignOff,
    User,
)
from assessor.reports import stored
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import branding, evidence, next_round, reporting, rounds, snapshots, wording
from assessor.services.answers import save_answer
from assessor.services.changing import RoundClosed
from assessor.services.comparisons import comparison
from assessor.services.rounds import MovedOn, ReviewRefused
from tests.services.signed import sign


def member(assessment, name, role=Role.ASSESSOR, **terms) -> User:
    user = User.objects.create_user(name)
    Membership.objects.create(organisation=assessment.organisation, user=user, role=role, **terms)
    return user


@pytest.fixture
def answered(inside, owner):
    """Two answers by the owner, one of them with evidence."""
    save_answer(inside, "data.readers", "answered", 3, "Checked.", owner)
    save_answer(inside, "models.custody", "answered", 1, "", owner)
    facts = EvidenceFacts(
        kind=EvidenceKind.CONTRACT,
        place="Clause 4",
        version="2",
        taken_on=timezone.localdate() - timedelta(days=100),
        read=True,
    )
    evidence.add_evidence(inside, "data.readers", facts, "Signed contract", owner)
    return inside


def submitted(assessment, user):
    rounds.submit(assessment, user)
    assessment.refresh_from_db()
    return assessment


def test_nothing_answered_is_nothing_to_submit(inside, owner):
    with pytest.raises(ReviewRefused, match="No question is answered yet"):
        rounds.submit(inside, owner)


def test_the_only_person_here_signs_alone_and_the_record_says_so(answered, owner):
    signed = sign(answered, owner)
    assert (signed.alone, signed.signer, signed.role) == (True, str(owner), "owner")
    assert signed.snapshot["signature"]["alone"] is True
    assert signed.sha256 == content_hash(signed.snapshot)
    assert answered.is_signed
    assert [one.kind for one in ReviewStep.objects.filter(assessment=answered)] == ["submitted", "signed"]


def test_the_only_author_does_not_sign_where_another_could(answered, owner):
    other = member(answered, "second")
    submitted(answered, owner)
    with pytest.raises(ReviewRefused, match=r"another person signs this round off.*second"):
        rounds.sign_off(answered, owner, rounds.seen(answered))
    signed = rounds.sign_off(answered, other, rounds.seen(answered))
    assert not signed.alone


def test_somebody_whose_membership_is_over_is_nobody_who_could_sign(answered, owner):
    member(answered, "gone", ends_on=timezone.localdate() - timedelta(days=1))
    assert sign(answered, owner).alone


def test_one_of_two_authors_may_sign(answered, owner):
    other = member(answered, "second")
    save_answer(answered, "data.orders", "unknown", None, "", other)
    assert not sign(answered, owner).alone


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.VIEWER])
def test_neither_contributor_nor_viewer_signs(answered, owner, role):
    other = member(answered, "second", role)
    submitted(answered, owner)
    with pytest.raises(ReviewRefused, match="Only an owner or an assessor"):
        rounds.sign_off(answered, other, rounds.seen(answered))


def test_what_was_not_submitted_is_not_signed(answered, owner):
    with pytest.raises(ReviewRefused, match="not submitted"):
        rounds.sign_off(answered, owner, rounds.seen(answered))


def test_nobody_signs_what_changed_since_it_was_shown(answered, owner):
    submitted(answered, owner)
    shown = rounds.seen(answered)
    save_answer(answered, "data.orders", "unknown", None, "", owner)
    with pytest.raises(MovedOn, match="changed since you looked"):
        rounds.sign_off(answered, owner, shown)
    assert not SignOff.objects.filter(assessment=answered).exists()


def test_what_is_shown_is_the_same_in_every_language(answered):
    with override("de"):
        german = rounds.seen(answered)
    assert german == rounds.seen(answered)


def test_an_open_remark_holds_the_signature_until_it_is_settled(answered, owner):
    submitted(answered, owner)
    made = rounds.remark(answered, owner, "data.readers", "  Which contract?  ")
    assert (made.text, made.about) == ("Which contract?", "data.readers")
    with pytest.raises(ReviewRefused, match="Remarks are still open: 1"):
        rounds.sign_off(answered, owner, rounds.seen(answered))
    rounds.settle(made, owner)
    assert rounds.sign_off(answered, owner, rounds.seen(answered)).pk


@pytest.mark.parametrize(
    ("about", "text", "said"),
    [("data.nothing", "x", "no question or dimension"), ("", " ", "empty"), ("", "x" * 2001, "2001")],
)
def test_a_remark_needs_a_subject_and_words(answered, owner, about, text, said):
    submitted(answered, owner)
    with pytest.raises(ReviewRefused, match=said):
        rounds.remark(answered, owner, about, text)
    assert not Remark.objects.exists()


def test_remarks_are_for_rounds_under_review(answered, owner):
    with pytest.raises(ReviewRefused, match="under review"):
        rounds.remark(answered, owner, "", "Hm.")


def test_sending_back_says_why(answered, owner):
    submitted(answered, owner)
    with pytest.raises(ReviewRefused, match="must learn why"):
        rounds.send_back(answered, owner)
    rounds.send_back(answered, owner, "Evidence is missing.")
    answered.refresh_from_db()
    assert answered.status == "draft"
    with pytest.raises(ReviewRefused, match="not submitted"):
        rounds.send_back(answered, owner, "Again.")


def test_a_signature_is_written_once(answered, owner):
    signed = sign(answered, owner)
    with pytest.raises(AppendOnly):
        signed.save()
    with pytest.raises(AppendOnly):
        signed.delete()
    with pytest.raises(AppendOnly):
        SignOff.objects.filter(pk=signed.pk).update(signer="Somebody")
    with pytest.raises(AppendOnly):
        SignOff.objects.all().delete()
    with pytest.raises(RoundClosed):
        rounds.submit(answered, owner)


def test_a_signature_goes_with_its_organisation(answered, owner):
    sign(answered, owner)
    AuditChain.objects.filter(organisation=answered.organisation).update(ended=True)
    answered.organisation.delete()
    with scopes_disabled():
        assert not SignOff.objects.exists()


def test_a_signed_round_keeps_its_scorecard(answered, owner):
    before = queries.scorecard(answered, reporting.questionnaire_of(answered.questionnaire_version.content_hash))
    sign(answered, owner)
    # Behind the back of the services, as a repair in the database would.
    Answer.objects.filter(assessment=answered).update(level=0)
    after = queries.scorecard(answered, reporting.questionnaire_of(answered.questionnaire_version.content_hash))
    assert after == before


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_report_of_a_signed_round_says_what_was_signed(answered, owner, language):
    before, _card = reporting.report_input(answered, language=language)
    sign(answered, owner)
    Answer.objects.filter(assessment=answered).update(level=0, note="Changed behind the back")
    answered.organisation.name = "Renamed"
    answered.organisation.save()
    after, _card = reporting.report_input(answered, language=language)
    changing = {"made_at", "signed", "since"}
    differing = [
        name
        for name in before.__dataclass_fields__
        if name not in changing and getattr(before, name) != getattr(after, name)
    ]
    assert differing == []


def test_only_the_report_of_a_signed_round_loses_its_mark(answered, owner):
    unsigned = stored.read(reporting.request_report(answered, owner, Report.Kind.ISSUED).content)
    signed = sign(answered, owner)
    draft = stored.read(reporting.request_report(answered, owner, Report.Kind.DRAFT).content)
    issued = stored.read(reporting.request_report(answered, owner, Report.Kind.ISSUED).content)
    assert [one.cover.draft for one in (unsigned, draft, issued)] == [True, True, False]
    facts = {one.label: one.value for one in issued.control}
    assert facts["Signed off by"] == f"{owner} (Owner)"
    assert facts["Second person"] == "none: whoever signed gave all the answers"
    assert signed.sha256 in [one.value for one in issued.integrity]
    assert issued.signed is not None
    assert issued.signed.sha256 == signed.sha256
    assert unsigned.signed is None


def test_a_snapshot_that_was_changed_is_not_reported(answered, owner):
    signed = sign(answered, owner)
    with connection.cursor() as cursor:
        cursor.execute("update assessor_signoff set sha256 = %s", ["0" * 64])
    signed.refresh_from_db()
    assert not snapshots.fits(signed)
    with pytest.raises(snapshots.SnapshotChanged, match="does not fit its hash"):
        reporting.report_input(answered, language="en")


def test_the_next_round_begins_with_what_was_signed(answered, owner):
    sign(answered, owner)
    begun = next_round.begin(answered, owner)
    assert (begun.predecessor, begun.status, begun.title) == (answered, "draft", answered.title)
    carried = {one.question: one for one in Answer.objects.filter(assessment=begun)}
    old = Answer.objects.get(assessment=answered, question="data.readers")
    assert set(carried) == {"data.readers", "models.custody"}
    new = carried["data.readers"]
    assert (new.level, new.note, new.answered_by, new.answered_at) == (3, "Checked.", owner, old.answered_at)
    proof = Evidence.objects.get(answer=new)
    assert (proof.description, proof.place, proof.taken_on) == (
        "Signed contract",
        "Clause 4",
        timezone.localdate() - timedelta(days=100),
    )
    assert list(begun.workloads.all()) == list(answered.workloads.all())
    save_answer(begun, "data.readers", "answered", 1, "", owner)
    moved = comparison(begun, f"assessment:{answered.pk}", "now", "en")
    assert moved is not None
    assert Answer.objects.get(assessment=answered, question="data.readers").level == 3


def test_one_next_round_at_a_time(answered, owner):
    with pytest.raises(next_round.RoundRefused, match="not signed off"):
        next_round.begin(answered, owner)
    sign(answered, owner)
    begun = next_round.begin(answered, owner)
    with pytest.raises(next_round.RoundRefused, match="has begun already"):
        next_round.begin(answered, owner)
    sign(begun, owner)
    assert next_round.begin(answered, owner).predecessor == answered


def test_the_next_round_wears_the_brand_of_the_signed_one(answered, owner):
    Brand.objects.create(organisation=answered.organisation, assessment=answered, accent="#b3123c", footer="Ours")
    sign(answered, owner)
    begun = next_round.begin(answered, owner)
    worn, _classification = branding.worn(begun.organisation, begun)
    assert (worn.accent, worn.footer) == ("#b3123c", "Ours")


def test_words_of_the_round_before_wait_as_a_draft_and_are_printed_once_saved(client, answered, owner):
    card = reporting.report_input(answered)[1]
    wording.save_words(answered, "summary", "en", "Last year <we> asked for two decisions.", owner, card)
    wording.save_words(answered, "data", "en", "A contract was shown.", owner, card)
    sign(answered, owner)
    begun = next_round.begin(answered, owner)

    def printed():
        return {one.part for one in reporting.report_input(begun, language="en")[0].words}

    def place(name, *more):
        return reverse(name, args=[begun.organisation_id, begun.pk, *more])

    assert printed() == set()
    index = client.get(place("reports")).content.decode()
    assert "Words of the round before are not printed yet." in index
    assert index.count("draft of the round before") == 2
    page = client.get(place("report_words", "summary"))
    assert "These are words of the round before." in page.content.decode()
    assert page.context["form"].initial == {"source": "Last year <we> asked for two decisions.", "expected_version": 0}
    typed = {"source": "This year we ask for one.", "expected_version": "0"}
    assert client.post(place("report_words", "summary"), typed).status_code == 302
    client.post(place("report_words", "data"), {"source": "", "expected_version": "0"})
    assert printed() == {"summary"}
    assert "of the round before" not in client.get(place("reports")).content.decode()
    kept = ReportWords.objects.get(assessment=answered, part="summary")
    assert kept.source == "Last year <we> asked for two decisions."
