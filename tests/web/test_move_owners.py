"""Who sees to a move: named on the roadmap, printed in the report, kept through rounds, and frozen by a signature."""

from datetime import date, timedelta
from io import BytesIO

import pypdf
import pytest
from django.urls import reverse
from django.utils import timezone

from assessor.models import AuditEvent, Membership, MoveOwner, Role, User
from assessor.reports import viewmodel
from assessor.reports.forms import html_form, tables
from assessor.services import duplicating, move_owners, next_round, reporting, snapshots
from assessor.services.answers import save_answer
from assessor.services.move_owners import MoveOwnerRefused, Ownership
from assessor.services.questionnaires import shipped
from tests.services.signed import sign

# Without an answer every question is a move; the report says so, so one is answered.
ANSWERED, MOVE = "data.orders", "data.readers"
OWN = {"member": "", "name": "", "due_on": "", "state": ""}


@pytest.fixture
def begun(inside, owner):
    save_answer(inside, ANSWERED, "answered", 1, "", owner)
    return inside


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def page(client, assessment):
    return client.get(address("roadmap", assessment)).content.decode()


def say(client, assessment, **said):
    return client.post(address("move_owner", assessment, MOVE), OWN | said)


def test_an_owner_is_named_changed_and_taken_back(client, begun, owner):
    assert "nobody yet" in page(client, begun)
    due = timezone.localdate() + timedelta(days=40)
    saved = say(client, begun, name="Ada Lowe <procurement>", due_on=due.isoformat(), state="planned")
    assert saved.headers["Location"] == address("roadmap", begun)
    text = page(client, begun)
    assert "Ada Lowe &lt;procurement&gt;" in text
    assert f'datetime="{due}"' in text
    say(client, begun, member=str(owner.pk), state="done")
    text = page(client, begun)
    assert f"<strong data-content>{owner}</strong>" in text
    assert "Ada Lowe" not in text
    assert "The owner says that it is done." in text
    say(client, begun)
    assert not MoveOwner.objects.exists()
    told = AuditEvent.objects.filter(kind="move.owner_set").order_by("sequence").values_list("facts", flat=True)
    assert [one["who"] for one in told] == ["Ada Lowe <procurement>", str(owner), ""]
    assert told[0]["until"] == due.isoformat()


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ({"due_on": "2020-01-01"}, "This day is over."),
        ({"due_on": "soon"}, "Enter a valid date."),
        ({"member": "999"}, "Select a valid choice."),
        ({"state": "finished"}, "Select a valid choice."),
        ({"member": "OWNER", "name": "Ada"}, "A member and a name are given."),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(client, begun, owner, said, because):
    said = {key: str(owner.pk) if value == "OWNER" else value for key, value in said.items()}
    refused = say(client, begun, **{"name": "Ada"} | said)
    assert refused.status_code == 422
    assert because in refused.content.decode()
    assert 'value="Ada"' in refused.content.decode()
    assert not MoveOwner.objects.exists()


def test_a_day_that_has_passed_and_a_member_who_left_stay_until_they_are_changed(client, begun, owner):
    gone = User.objects.create_user("gone", first_name="Ida Gone")
    membership = Membership.objects.create(organisation=begun.organisation, user=gone, role=Role.VIEWER)
    question = shipped("ai-sovereignty").question(MOVE)
    over = timezone.localdate() - timedelta(days=3)
    move_owners.set_owner(begun, question, Ownership(gone, due_on=over), owner)
    membership.delete()
    text = page(client, begun)
    assert "Ida Gone" in text
    assert "overdue" in text
    say(client, begun, member=str(gone.pk), due_on=over.isoformat(), state="started")
    assert MoveOwner.objects.get().state == "started"
    say(client, begun)
    with pytest.raises(MoveOwnerRefused, match="no member here"):
        move_owners.set_owner(begun, question, Ownership(gone), owner)


def test_in_its_place_on_the_roadmap_only_the_line_is_drawn_again(client, begun):
    place = address("move_owner", begun, MOVE) + "?place=3"
    form = client.get(place, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in form
    assert 'id="id_3_name"' in form
    saved = client.post(place, OWN | {"name": "Ada"}, headers={"HX-Request": "true"})
    assert saved.headers["HX-Trigger-After-Settle"] == "owner-q-data-readers"
    assert "<strong data-content>Ada</strong>" in saved.content.decode()
    assert "<form" not in saved.content.decode()
    line = client.get(f"{place}&line=1", headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="owner-q-data-readers from:body"' in line
    # Who goes back is where they began; a line that is drawn again by itself takes nobody there.
    back = client.get(f"{place}&back=1", headers={"HX-Request": "true"}).content.decode()
    assert ["autofocus" in one for one in (line, back, saved.content.decode())] == [False, True, True]
    assert f"{address('move_owner', begun, MOVE)}?back=1&amp;place=3" in form


def test_who_was_named_stays_in_sight_where_the_roadmap_asks_for_nothing(client, begun):
    beyond = next(one.id for one in shipped("ai-sovereignty").questions if not one.quick)
    client.post(address("move_owner", begun, beyond), OWN | {"name": "Ada Lowe"})
    text = page(client, begun)
    assert "Ada Lowe" in text.split("Named, but no move any more")[1]


def test_every_form_of_the_report_says_who_and_by_when_or_that_nobody_is_named(begun, owner):
    given = Ownership(name="Ada =Lowe", due_on=date(2099, 3, 1), state="started")
    move_owners.set_owner(begun, shipped("ai-sovereignty").question(MOVE), given, owner)
    model = viewmodel.build(reporting.report_input(begun)[0])
    moves = {one.question: one for plan in model.plans for one in plan.moves}
    assert (moves[MOVE].owner, moves[MOVE].due_on, moves[MOVE].state) == ("Ada =Lowe", "2099-03-01", "started")
    words = html_form.html_bytes(model).decode()
    assert "Ada =Lowe, by 1 March 2099, started" in words
    assert "nobody yet" in words
    rows = next(tables.tables(model, ["roadmap"])).rows
    assert ("Ada =Lowe", "2099-03-01", "started") in [row[-3:] for row in rows]
    printed = "".join(one.extract_text() for one in pypdf.PdfReader(BytesIO(reporting.make_pdf(model))).pages)
    assert "Ada =Lowe, by" in " ".join(printed.split())


def test_a_copy_and_the_next_round_begin_with_the_owners_and_a_signature_freezes_them(begun, owner):
    question = shipped("ai-sovereignty").question(MOVE)
    move_owners.set_owner(begun, question, Ownership(owner, due_on=date(2099, 3, 1)), owner)
    sign(begun, owner)
    begun.refresh_from_db()
    # Names change, what was signed does not.
    User.objects.filter(pk=owner.pk).update(first_name="Somebody Else")
    assert snapshots.thawed(begun, "en")["owners"][MOVE].name == str(owner)
    for further in (duplicating.duplicate_assessment(begun, owner), next_round.begin(begun, owner)):
        kept = move_owners.owners_of(further)[MOVE]
        assert (kept.user_id, kept.due_on) == (owner.pk, date(2099, 3, 1))


def test_what_was_signed_before_owners_were_kept_is_still_told(begun, owner, monkeypatch):
    monkeypatch.setattr(snapshots, "PLAIN", tuple(one for one in snapshots.PLAIN if one != "owners"))
    sign(begun, owner)
    begun.refresh_from_db()
    model = viewmodel.build(reporting.report_input(begun)[0])
    assert {move.owner for plan in model.plans for move in plan.moves} == {""}
