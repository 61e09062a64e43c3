"""Sixteen people saving answers at once: nobody meets a lock, and every save that was acknowledged is kept."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django_scopes import scope

from assessor.models import Answer, AnswerRevision
from assessor.questionnaire.schema import Question
from assessor.services.answers import AnswerConflict, save_answer
from assessor.services.questionnaires import shipped

WRITERS, SECONDS = 16, 15.0


@dataclass
class Writer:
    """One person: what was acknowledged, what was refused as a conflict, what went wrong."""

    number: int
    kept: list[tuple[str, int, str]] = field(default_factory=list)
    conflicts: int = 0
    faults: list[str] = field(default_factory=list)

    def write(self, assessment, start: threading.Barrier) -> None:
        """Save answers until the time is over."""
        dice = random.Random(self.number)
        questions = [question for question in shipped("ai-sovereignty").questions if question.kind == "ladder"]
        user = get_user_model().objects.get(username=f"writer-{self.number}")
        start.wait(30)
        end = time.monotonic() + SECONDS
        try:
            with scope(organisation=assessment.organisation):
                while time.monotonic() < end:
                    self._save(assessment, dice, dice.choice(questions), user)
        finally:
            connection.close()

    def _save(self, assessment, dice: random.Random, asked: Question, user) -> None:
        note, question = f"{self.number}:{len(self.kept)}", asked.id
        seen = None
        if dice.random() < 0.5:
            # As the page does it: the form carries the version that the person saw.
            seen = Answer.objects.filter(question=question).values_list("version", flat=True).first() or 0
        try:
            answer = save_answer(assessment, question, "answered", dice.choice(asked.levels), note, user, seen)
        except AnswerConflict:
            self.conflicts += 1
        except DatabaseError as error:
            self.faults.append(f"{type(error).__name__}: {error}")
        else:
            self.kept.append((question, answer.version, note))


@pytest.fixture
def writers(transactional_db) -> list[Writer]:
    """Sixteen users."""
    for number in range(WRITERS):
        get_user_model().objects.create_user(f"writer-{number}")
    return [Writer(number) for number in range(WRITERS)]


def test_sixteen_writers_meet_no_lock_and_lose_nothing(writers, quick):
    start = threading.Barrier(WRITERS)
    threads = [threading.Thread(target=writer.write, args=(quick, start)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 60)
    kept = [save for writer in writers for save in writer.kept]
    assert Counter(fault for writer in writers for fault in writer.faults) == {}
    assert all(writer.kept for writer in writers)
    # Forms that saw an older version were refused, as they should be: the writers did meet.
    assert sum(writer.conflicts for writer in writers)
    with scope(organisation=quick.organisation):
        rows = AnswerRevision.objects.values_list("answer__question", "version", "note")
        assert sorted(rows) == sorted(kept)
        for answer in Answer.objects.all():
            versions = list(answer.revisions.order_by("version").values_list("version", flat=True))
            assert versions == list(range(1, answer.version + 1))
            last = answer.revisions.get(version=answer.version)
            assert (answer.state, answer.level, answer.note) == (last.state, last.level, last.note)
            assert answer.answered_by_id == last.changed_by_id
