"""The audit trail holds what was done, in chains that only grow; whoever changes one is named by place."""

import csv
import hashlib
import io
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django_scopes import scope, scopes_disabled

from assessor.models import AuditChain, AuditEvent, AuditStays, Organisation
from assessor.models.audit import INSTALLATION
from assessor.services import audit, audit_trail, health
from assessor.services.audit_kinds import FACTS, GROUPS, KINDS, VALUES
from assessor.services.audit_trail import Wanted, Words

TABLE = AuditEvent._meta.db_table


@pytest.fixture
def trail(owner):
    """An organisation with four events."""
    organisation = Organisation.objects.create(name="Nordhafen Clinic")
    for number in range(4):
        audit.record("brand.changed" if number else "organisation.founded", organisation=organisation, actor=owner)
    return organisation


def broken():
    return [(one.name, one.broken.sequence, str(one.broken)) for one in audit.follow_all() if one.broken]


def by_force(statement, *values):
    """Do what only somebody with the database in hand can do: take the guards away, and put them back."""
    triggers = ("audit_event_is_not_changed", "audit_event_is_not_deleted")
    triggers += ("audit_chain_only_grows", "audit_chain_is_not_deleted")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, values)
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        guards = [row[0] for row in cursor.fetchall()]
        for name in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement, values)
        for guard in guards:
            cursor.execute(guard)


def key(organisation):
    return organisation.pk.hex if connection.vendor == "sqlite" else organisation.pk


def test_an_event_says_who_did_what_about_what_and_when(trail, owner, inside):
    before = datetime.now(UTC)
    event = audit.record(
        "member.changed", organisation=trail, actor=owner, subject=inside, role="owner", until="", role_before="viewer"
    )
    with scopes_disabled():
        event = AuditEvent.objects.get(pk=event.pk)
    assert (event.sequence, event.actor_id, event.actor_name) == (5, owner.pk, "Local user")
    assert (event.subject_kind, event.subject_id, event.subject_name) == ("Assessment", str(inside.pk), inside.title)
    assert before <= event.at <= datetime.now(UTC)
    assert audit.digest(event) == event.digest
    assert Words().what(event) == "Changed a membership"
    assert Words().details(event) == "Role: Owner; Role before: Viewer"
    assert broken() == []


def test_every_kind_and_fact_has_words():
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)
    assert {fact for kind in KINDS.values() for fact in kind.facts} == set(FACTS)
    assert set(VALUES) <= set(FACTS)


@pytest.mark.parametrize(
    ("kind", "facts"), [("key.set", {"key": "sk-1"}), ("made.up", {}), ("key.set", {"value": "x"})]
)
def test_what_the_trail_does_not_know_is_never_written(trail, owner, kind, facts):
    with pytest.raises(audit.NotForTheTrail):
        audit.record(kind, organisation=trail, actor=owner, **facts)


def test_words_of_people_are_tidied_before_they_are_hashed(trail, owner):
    owner.first_name = "A\x00da\ud800\n" + "x" * 300
    event = audit.record("key.set", organisation=trail, actor=owner, field="\x00key\r\n" + "y" * 500)
    assert len(event.actor_name) == 200
    assert len(event.facts["field"]) == 200
    assert broken() == []


def test_nothing_changes_or_deletes_an_event(trail):
    with scope(organisation=trail):
        event = AuditEvent.objects.first()
        rows = AuditEvent.objects.all()
        for attempt in (
            event.save,
            event.delete,
            rows.delete,
            lambda: rows.update(kind="x"),
            lambda: rows.bulk_create([]),
        ):
            with pytest.raises(AuditStays, match="neither changed nor deleted"):
                attempt()


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET kind = 'x'",
        f"DELETE FROM {TABLE} WHERE sequence = 4",
        "UPDATE assessor_auditchain SET length = length - 1",
        "UPDATE assessor_auditchain SET head = ''",
        "DELETE FROM assessor_auditchain",
    ],
)
def test_the_database_refuses_too(trail, statement):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        connection.cursor().execute(statement)
    assert broken() == []


def test_an_event_that_was_changed_by_force_is_named(trail):
    by_force(f"UPDATE {TABLE} SET actor_name = 'Somebody else' WHERE chain_id = %s AND sequence = 2", key(trail))
    assert broken() == [("Nordhafen Clinic", 2, "Event 2 was changed after it was written.")]


def test_an_event_with_a_new_hash_is_missed_by_the_next(trail):
    with scopes_disabled():
        event = AuditEvent.objects.get(chain=trail.pk, sequence=2)
    event.actor_name = "Somebody else"
    by_force(
        f"UPDATE {TABLE} SET actor_name = %s, digest = %s WHERE chain_id = %s AND sequence = 2",
        *(event.actor_name, audit.digest(event), key(trail)),
    )
    assert broken() == [("Nordhafen Clinic", 3, "Event 3 does not follow the one before it.")]


def test_an_event_that_was_taken_out_is_missed(trail):
    by_force(f"DELETE FROM {TABLE} WHERE chain_id = %s AND sequence = 2", key(trail))
    assert broken() == [("Nordhafen Clinic", 2, "Event 2 is missing.")]


def test_the_last_events_are_missed_too(trail, capsys):
    by_force(f"DELETE FROM {TABLE} WHERE chain_id = %s AND sequence > 2", key(trail))
    assert broken() == [("Nordhafen Clinic", 3, "Event 3 and all after it are missing.")]
    assert {one.about: one.state for one in health.examine()}["Audit trail"] is health.State.WRONG
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert f"BROKEN  Nordhafen Clinic ({trail.pk}): Event 3 and all after it are missing." in said
    assert "The audit trail is broken." in said


def test_an_event_set_behind_the_end_is_found(trail):
    with scopes_disabled():
        last = AuditEvent.objects.get(chain=trail.pk, sequence=4)
        AuditEvent(
            chain_id=trail.pk,
            organisation=trail,
            sequence=5,
            at=last.at,
            kind="x",
            previous=last.digest,
            digest="0" * 64,
        ).save()
    assert broken() == [("Nordhafen Clinic", 5, "Event 5 stands after the end of the chain.")]


def test_a_chain_that_is_gone_as_a_whole_is_missed(trail):
    by_force(f"DELETE FROM {TABLE} WHERE chain_id = %s", key(trail))
    by_force("DELETE FROM assessor_auditchain WHERE id = %s", key(trail))
    assert broken() == [("Nordhafen Clinic", 1, "Event 1 and all after it are missing.")]


def test_the_last_events_and_the_end_of_the_chain_together_are_missed_by_an_older_export(trail, tmp_path, capsys):
    file = tmp_path / "trail.json"
    about = {"organisation": str(trail.pk)}
    file.write_text("".join(audit_trail.as_json(audit_trail.events(trail), about)), "utf-8")
    call_command("verify_audit", file)
    assert f"intact  {file}" in capsys.readouterr().out
    with scopes_disabled():
        second = AuditEvent.objects.get(chain=trail.pk, sequence=2)
    by_force(f"DELETE FROM {TABLE} WHERE chain_id = %s AND sequence > 2", key(trail))
    by_force("UPDATE assessor_auditchain SET length = 2, head = %s WHERE id = %s", second.digest, key(trail))
    assert broken() == []
    with pytest.raises(SystemExit):
        call_command("verify_audit", file)
    assert "event 3 is not there any more as it was then" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "sovereignty-assessor-audit-1", "organisation": 5}', "\x00"]
)
def test_what_is_no_exported_trail_is_refused_in_a_sentence(db, tmp_path, text):
    file = tmp_path / "trail.json"
    file.write_text(text)
    with pytest.raises(CommandError, match="is no audit trail exported as JSON"):
        call_command("verify_audit", file)


def test_an_organisation_goes_for_good_only_with_a_word_in_the_installations_chain(trail, owner):
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic(), scopes_disabled():
        trail.delete()
    ident = str(trail.pk)
    with transaction.atomic(), scopes_disabled():
        audit.end_trail(trail, owner)
        trail.delete()
    last = audit_trail.events(None).first()
    assert (last.kind, last.subject_id, last.subject_name) == ("organisation.deleted", ident, "Nordhafen Clinic")
    assert last.facts["events"] == 4
    assert audit_trail.events(None, Wanted(person=owner.pk)).count() == 1
    assert broken() == []


def test_an_organisation_that_comes_back_begins_a_new_chain(trail, owner):
    ident = trail.pk
    with transaction.atomic(), scopes_disabled():
        audit.end_trail(trail, owner)
        trail.delete()
    again = Organisation.objects.create(pk=ident, name="Nordhafen Clinic")
    assert audit.record("organisation.imported", organisation=again, actor=owner).sequence == 1
    assert broken() == []


def test_what_is_undone_leaves_no_event(trail, owner):
    with transaction.atomic():
        audit.record("brand.changed", organisation=trail, actor=owner)
        transaction.set_rollback(True)
    assert audit_trail.events(trail).count() == 4
    assert broken() == []


def test_one_organisation_never_sees_the_trail_of_another(trail, owner, strangers_scan):
    audit.record("brand.changed", organisation=strangers_scan.organisation, actor=owner)
    with scope(organisation=trail):
        assert {one.organisation_id for one in AuditEvent.objects.all()} == {trail.pk}
        assert [one.pk for one in AuditChain.objects.all()] == [trail.pk]
    assert {one.chain_id for one in audit_trail.events(trail)} == {trail.pk}
    assert {one.chain_id for one in audit_trail.events(None)} == {INSTALLATION}


def test_the_trail_is_filtered_by_kind_group_person_and_day(trail, owner, strangers_scan):
    other = strangers_scan.created_by
    audit.record("key.set", organisation=trail, actor=other, mode="once")
    today = datetime.now(UTC).date()

    def kinds(**wanted):
        return [one.kind for one in audit_trail.events(trail, Wanted(**wanted))]

    assert kinds(kind="keys") == kinds(kind="key.set") == kinds(person=other.pk) == ["key.set"]
    assert len(kinds(kind="settings", person=owner.pk)) == 4
    assert len(kinds(since=today, until=today)) == 5
    assert kinds(since=today + timedelta(days=1)) == kinds(until=today - timedelta(days=1)) == []
    assert audit_trail.people(trail) == [(owner.pk, "Local user"), (other.pk, "stranger")]


def test_the_file_for_spreadsheets_computes_nothing(trail, owner):
    owner.first_name = '=HYPERLINK("x")'
    audit.record("data.downloaded", organisation=trail, actor=owner, file="@x.csv")
    text = "".join(audit_trail.as_csv(audit_trail.events(trail), Words()))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows] == ["number", "1", "2", "3", "4", "5"]
    assert rows[-1][5] == '\'=HYPERLINK("x")'
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_the_file_with_hashes_can_be_followed_without_the_product(trail):
    data = json.loads("".join(audit_trail.as_json(audit_trail.events(trail), {"organisation": str(trail.pk)})))
    before = "0" * 64
    for event in data["events"]:
        content = {key: value for key, value in event.items() if key not in ("previous", "hash")}
        content["organisation"] = data["organisation"]
        line = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert event["previous"] == before
        before = hashlib.sha256(f"{before}\n{line}".encode()).hexdigest()
        assert event["hash"] == before


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain(owner):
    organisation = Organisation.objects.create(name="Busy")
    start, faults = threading.Barrier(8), []

    def write() -> None:
        try:
            start.wait(10)
            for _ in range(10):
                audit.record("brand.changed", organisation=organisation, actor=owner)
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert audit_trail.events(organisation).count() == 80
    assert broken() == []


def test_following_asks_the_database_few_questions(trail, owner, django_assert_max_num_queries):
    for _ in range(30):
        audit.record("brand.changed", organisation=trail, actor=owner)
    with django_assert_max_num_queries(5):
        assert all(one.broken is None for one in audit.follow_all())
    with django_assert_max_num_queries(6):
        audit.record("brand.changed", organisation=trail, actor=owner)
