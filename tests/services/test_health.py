"""What the doctor says of an installation that is well, and of one that is not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from assessor.models import JobStatus, Report, WorkerBeat
from assessor.services import health, workers
from assessor.services.health import State


def _states():
    return {one.about: one.state for one in health.examine()}


def test_a_new_installation_is_well_but_for_a_backup(db, tmp_path, capsys):
    assert {about for about, state in _states().items() if state is not State.WELL} <= {"Backups", "Disc", "Worker"}
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "backup-1.zip").touch()
    assert _states()["Backups"] is State.WELL


def test_a_job_that_nobody_takes_up_is_told_with_what_to_do(inside, capsys):
    waiting = Report.objects.create(
        organisation=inside.organisation,
        assessment=inside,
        kind=Report.Kind.DRAFT,
        version=1,
        content={},
        scorecard={},
        input_hash="",
    )
    assert _states()["Queue"] is State.WELL
    Report.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(hours=1))

    with pytest.raises(SystemExit) as ended:
        call_command("doctor")

    assert ended.value.code == 1
    assert "the oldest for 60 minutes" in capsys.readouterr().out
    Report.objects.filter(pk=waiting.pk).update(status=JobStatus.DONE)
    assert _states()["Queue"] is State.WELL


def test_a_damaged_key_and_a_clock_of_last_year_are_wrong(db, tmp_path, monkeypatch):
    (tmp_path / "sealing-key").write_bytes(b"short")
    (tmp_path / "sealing-key").chmod(0o600)
    monkeypatch.setattr(health, "catalogue_version", lambda: f"{timezone.localdate() + timedelta(days=9)} abc")

    states = _states()

    assert (states["Keys"], states["Clock"]) == (State.WRONG, State.WRONG)


def test_a_worker_that_lives_is_named_and_one_that_fell_silent_too(db):
    assert _states()["Worker"] is State.LOOK
    workers.beat("a" * 32)
    assert _states()["Worker"] is State.WELL
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
    assert _states()["Worker"] is State.WRONG
    assert "No worker has been heard since" in next(one for one in health.examine() if one.about == "Worker").says()
    workers.beat("a" * 32)
    workers.end("a" * 32)
    assert _states()["Worker"] is State.WRONG


def test_only_the_last_of_the_silent_workers_is_remembered(db):
    for name in ("a", "b", "c"):
        workers.beat(name)
    WorkerBeat.objects.filter(pk__in=["a", "b"]).update(seen_at=timezone.now() - timedelta(days=3))
    assert workers.forget() == 2
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(days=3))
    assert workers.forget() == 0


def test_a_database_with_another_clock_is_told(db, monkeypatch):
    monkeypatch.setattr(health, "_database_clock", lambda: datetime.now(UTC) - timedelta(seconds=9))
    assert _states()["Clock"] is State.LOOK
    monkeypatch.setattr(health, "_database_clock", lambda: datetime.now(UTC) + timedelta(minutes=9))
    assert _states()["Clock"] is State.WRONG


def test_every_sentence_of_the_doctor_can_be_translated(db):
    said = {one.words.reason for one in health.examine()}
    marked = []
    for one in health.examine():
        one.says(lambda text: marked.append(text) or text)
    assert said <= set(marked)


def test_the_doctor_asks_the_database_a_bounded_number_of_times(db, django_assert_max_num_queries):
    # One of them for each kind of sealed text, seeds of second steps among them.
    with django_assert_max_num_queries(24):
        health.examine()


def test_the_doctor_lists_packages_and_names_one_that_the_release_was_not_tested_with(db, settings, tmp_path, capsys):
    assert _states()["Packages"] is State.WELL
    settings.BASE_DIR = tmp_path
    (tmp_path / "requirements.txt").write_text(
        "django==1.0 \\\n    --hash=sha256:0\nnever-heard-of==2.0\npyyaml==0.1\n"
    )
    told = next(one for one in health.examine() if one.about == "Packages")
    assert told.state is State.LOOK
    assert re.search(r"django 5\.\S+ \(1\.0\), pyyaml \S+ \(0\.1\)\. Run: make install", told.says())
    call_command("doctor", packages=True)
    assert re.fullmatch(
        r"django==5\.\S+  # the release has 1\.0\npyyaml==\S+  # the release has 0\.1\n", capsys.readouterr().out
    )
