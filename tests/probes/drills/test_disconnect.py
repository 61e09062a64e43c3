"""The disconnection drill on loopback: what is asked, when the way out counts as closed, what makes it a test."""

import socket
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest

from assessor.probes.drills import disconnect_judge, join
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.disconnect_judge import disconnect_record, judged, timeline
from assessor.probes.drills.disconnect_run import Drill, State
from assessor.probes.drills.hold import Canary, hold
from assessor.probes.drills.join import JoinRefused
from assessor.probes.drills.outside import check_outside, has_default_route, look
from assessor.probes.drills.records import CanaryRecord, CanaryRound, DisconnectRecord, Round
from assessor.probes.target import Key, Policy, Target
from tests.probes.drills.holding import NOW, Clock, codes, disconnect_planned
from tests.probes.drills.model import Model, served


@contextmanager
def outside():
    """Give an address outside that answers until it is closed."""
    with served(Model()) as there:
        yield there


def nowhere() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def drill(model: Model, plan, **more) -> Drill:
    return Drill(plan, Target(model.url), Policy(), **{"contact_seconds": 1.0} | more)


def record(**facts) -> DisconnectRecord:
    """Return a drill of an hour that answered every minute, held from elsewhere."""
    rounds = tuple(Round(at=60.0 * number, ok=True, ms=20, text=f"{number:016x}") for number in range(60))
    given = {
        "drill": "d1d1d1",
        "outcome": "completed",
        "planned": "2026-11-21T11:00:00Z",
        "started": "2026-11-21T11:59:00Z",
        "closed_from": "2026-11-21T12:00:00Z",
        "closed_until": "2026-11-21T13:00:00Z",
        "finished": "2026-11-21T13:00:00Z",
        "url": "http://127.0.0.1:8080",
        "dialect": "openai-chat",
        "model": "tiny",
        "planned_minutes": 60,
        "every": 60,
        "pass_mark": 95,
        "share_of_load": 100,
        "cold_start": "none",
        "rounds": rounds,
    }
    return judged(DisconnectRecord(**given | facts))


def canary(begin=NOW - timedelta(minutes=5), minutes=75, every=60.0, opened=(), **facts) -> CanaryRecord:
    """Return a canary's record: open before twelve o'clock, closed afterwards but in the minutes `opened`."""
    rounds = []
    for number in range(minutes):
        at = begin + timedelta(seconds=every * number)
        is_open = at < NOW or int((at - NOW).total_seconds() // 60) in opened
        rounds.append(CanaryRound(at=at.isoformat(), outside=("open" if is_open else "closed",), routes=True))
    given = {"drill": "d1d1d1", "host": "gpu-1", "started": "x", "finished": "y", "every": every}
    given |= {"outside": ("https://outside.example",), "rounds": tuple(rounds)}
    return CanaryRecord(**given | facts).sealed()


def test_a_drill_on_the_serving_host_waits_for_the_closing_and_passes():
    with served(Model()) as model, served(Model()) as away:
        plan = disconnect_planned(model, on_host=True, outside=(away.url,), cold_start="none", share_of_load=100)
        told = []

        def watch(state: State) -> None:
            told.append(state.phase)

        held = drill(model, plan)
        state = held.step(State())
        assert state.phase == "waiting"
        assert held.step(state).phase == "waiting"
        plan_outside = plan.model_copy(update={"outside": (nowhere(),)})
        # From here on nothing answers there any more.
        held.plan = plan_outside
        while not state.is_over:
            state = held.step(state)
            watch(state)
            time.sleep(max(0.0, (held.due(state) - held.now()).total_seconds()))
    made = disconnect_record(plan_outside, state, vantage="gpu-1")
    assert told[0] == "closed"
    assert (made.passed, made.qualifies, made.fresh, made.asked) == (True, True, True, plan.rounds)
    assert made.seen_open == (True,)
    assert [proof.kind for proof in made.proofs if proof.holds] == ["canary"]
    assert "drill.disconnect.passed.short" in codes(made)
    assert made.is_whole
    assert len(set(model.prompts())) == len(model.prompts()) == made.requests


def test_an_outside_that_answers_again_is_a_leak_whatever_was_answered():
    with served(Model()) as model, served(Model()) as away:
        plan = disconnect_planned(model, on_host=True, outside=(nowhere(),), share_of_load=100, cold_start="none")
        held = drill(model, plan)
        state = held.step(State())
        assert state.phase == "closed"
        held.plan = plan.model_copy(update={"outside": (away.url,)})
        while not state.is_over:
            state = held.step(state)
            time.sleep(max(0.0, (held.due(state) - held.now()).total_seconds()))
    made = disconnect_record(held.plan, state)
    assert (made.passed, made.qualifies) == (False, False)
    assert "drill.disconnect.leak" in codes(made)
    assert timeline(made)[0].kind == "open"


def test_held_from_elsewhere_it_passes_and_is_no_test():
    with served(Model()) as model:
        made = hold(drill(model, disconnect_planned(model, share_of_load=100, cold_start="none")))
    assert (made.passed, made.qualifies) == (True, False)
    assert made.proofs == ()
    assert codes(made) == {"drill.disconnect.answered"}
    assert next(iter(made.findings)).strength == "B"
    assert any("counts as observed at most" in line for line in made.limits)


def test_what_fails_is_listed_with_its_time_and_reason():
    with served(Model()) as model:
        plan = disconnect_planned(model, minutes=0.05)
        held = drill(model, plan)
        state = held.step(State())
        while not state.is_over:
            model.refuses = ("plain",) if 2 <= len(state.rounds) - 1 < 5 else ()
            model.speaks = () if 2 <= len(state.rounds) - 1 < 5 else ("openai-chat",)
            state = held.step(state)
            time.sleep(max(0.0, (held.due(state) - held.now()).total_seconds()))
    made = disconnect_record(plan, state)
    assert [one.kind for one in timeline(made)] == ["answered", "failed", "answered"]
    failed = timeline(made)[1]
    assert (failed.rounds, failed.why) == (3, "404 Not Found")
    assert disconnect_judge.stops(made)[0][2] == 3
    assert (made.passed, made.answered, made.asked) == (False, 7, 10)
    assert "drill.disconnect.failed" in codes(made)


def test_an_endpoint_that_is_dead_before_is_not_drilled():
    with served(Model()) as model:
        plan = disconnect_planned(model)
    made = hold(drill(model, plan))
    assert made.outcome == "unreachable"
    assert made.asked == 0
    assert not made.passed


def test_a_way_out_that_is_never_closed_ends_the_waiting():
    with served(Model()) as model, served(Model()) as away:
        plan = disconnect_planned(model, on_host=True, outside=(away.url,), wait_minutes=0)
        made = hold(drill(model, plan.model_copy(update={"wait_minutes": 0.0})))
    assert made.outcome == "out-of-time"
    assert "not closed while the drill waited" in made.error


@pytest.mark.parametrize("fault", [{"say": "pong"}, {"headers": {"x-cache": "HIT from edge"}}])
def test_answers_of_a_cache_or_a_fixed_reply_are_no_evidence(fault):
    with served(Model(**fault)) as model:
        made = hold(drill(model, disconnect_planned(model)))
    assert (made.fresh, made.passed) == (False, False)
    assert "drill.disconnect.not-fresh" in codes(made)


def test_a_stop_keeps_what_was_seen_and_decides_nothing():
    with served(Model()) as model:
        plan = disconnect_planned(model, minutes=10)
        begun = time.monotonic()
        stopping = begun + 1.0
        made = hold(drill(model, plan, cancelled=lambda: time.monotonic() > stopping))
        assert time.monotonic() - stopping < 2
    assert made.outcome == "stopped"
    assert made.asked > 0
    assert not made.passed
    assert "drill.disconnect.unfinished" in codes(made)


def test_a_stop_is_honoured_within_two_seconds_while_the_server_says_nothing():
    with served(Model()) as model:
        plan = disconnect_planned(model)
        model.delay_s = 4
        begun = time.monotonic()
        made = hold(drill(model, plan, cancelled=lambda: time.monotonic() - begun > 0.3))
        assert time.monotonic() - begun < 2
    assert made.outcome == "stopped"


def test_a_step_that_is_repeated_asks_nothing_twice_and_a_gap_is_not_made_up():
    clock = Clock()
    with served(Model()) as model:
        plan = disconnect_planned(model).model_copy(update={"minutes": 10.0, "every": 60.0})
        held = drill(model, plan, now=clock)
        state = held.step(held.step(State()))
        assert len(state.rounds) == 2
        assert held.step(state) == state
        assert held.due(state) == clock.at + timedelta(seconds=60)
        clock.at += timedelta(minutes=6)
        state = held.step(State.model_validate_json(state.model_dump_json()))
        while not state.is_over:
            clock.at = held.due(state)
            state = held.step(state)
    made = disconnect_record(plan, state)
    assert made.missed == 5
    assert (made.passed, made.answered, made.asked) == (False, 5, 5)
    assert "away" in [one.kind for one in timeline(made)]
    assert any("Rounds were missed" in line for line in made.limits)


def test_an_answer_that_takes_longer_than_a_round_is_slow_and_not_a_gap_and_a_hanging_one_fails_them_all():
    def rounds(*, ok: bool) -> tuple[Round, ...]:
        steady = [Round(at=60.0 * number, ok=True, text=f"{number:016x}") for number in (*range(10), *range(20, 60))]
        slow = Round(at=600.0, ok=ok, took=600.0, note="" if ok else "no answer in time", text="ff" if ok else "")
        return tuple(sorted([*steady, slow], key=lambda one: one.at))

    slow, hanging = record(rounds=rounds(ok=True)), record(rounds=rounds(ok=False))
    assert (slow.missed, slow.passed) == (0, True)
    assert (hanging.missed, hanging.passed, hanging.asked, hanging.answered) == (0, False, 60, 50)
    assert [one.kind for one in timeline(hanging)] == ["answered", "failed", "answered"]
    assert disconnect_judge.gaps(slow) == disconnect_judge.gaps(hanging) == ()
    assert disconnect_judge.BELOW_MARK in disconnect_judge.reasons(hanging)


def test_a_drill_ends_where_its_tokens_are_used_up():
    with served(Model()) as model:
        plan = disconnect_planned(model, minutes=5)
        held = drill(model, plan)
        state = held.step(State()).model_copy(update={"tokens": plan.token_budget})
        state = held.step(state)
    assert (state.phase, state.outcome, len(model.asked)) == ("over", "over-budget", 1)


def test_the_key_is_sent_and_not_kept():
    with served(Model()) as model:
        plan = disconnect_planned(model)
        made = hold(Drill(plan, Target(model.url, Key("sk-canary-d")), Policy()))
    assert set(model.keys) == {"Bearer sk-canary-d"}
    assert "sk-canary-d" not in made.model_dump_json()


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ({"outside": ("http://127.0.0.1:1",)}, "say nothing about the computer that serves"),
        ({"on_host": True}, "nothing to try is given"),
        ({"cold_start": "yesterday"}, "no time of a cold start"),
    ],
)
def test_a_plan_that_would_show_nothing_is_refused(wishes, why):
    with served(Model()) as model, pytest.raises(DrillRefused, match=why):
        disconnect_planned(model, **wishes)
    assert model.asked == []


def test_an_outside_address_obeys_the_policy_like_any_other():
    with pytest.raises(Exception, match=r"169\.254\.169\.254"):
        check_outside(["http://169.254.169.254"], Policy())
    with pytest.raises(DrillRefused, match="7 outside addresses"):
        check_outside([f"http://h{number}.example" for number in range(7)], Policy())


def test_anything_that_comes_back_is_an_open_way_out():
    with served(Model()) as there, socket.create_server(("127.0.0.1", 0)) as rude:
        refused, silent = nowhere(), f"http://127.0.0.1:{rude.getsockname()[1]}"
        assert look([there.url, refused, silent], Policy(), seconds=0.5) == ("open", "closed", "closed")
        # What policy forbids was not tried, and shows nothing either way.
        assert look([there.url], Policy(allow=frozenset({"public"})), seconds=0.5) == ("not-tried",)


def test_the_routing_table_tells_whether_there_is_a_way_out(tmp_path):
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    local = "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    default = "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    six = f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 00000001 00000000 00450003     eth0\n"
    dead = f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200       lo\n"
    four, other = tmp_path / "route", tmp_path / "ipv6_route"
    for text, more, told in (
        (head + local + default, "", True),
        (head + local, dead, False),
        (head + local, six, True),
    ):
        four.write_text(text)
        other.write_text(more)
        assert has_default_route([four, other]) is told
    assert has_default_route([tmp_path / "none"]) is None


def test_the_canary_watches_and_asks_no_model():
    with served(Model()) as away:
        seen = Canary("d1d1", (away.url,), 0.9, 0.3, Policy(), contact_seconds=0.5).run(host="gpu-1")
    assert seen.is_whole
    assert (seen.host, seen.drill) == ("gpu-1", "d1d1")
    assert {one.outside for one in seen.rounds} == {("open",)}
    assert away.asked == []
    assert set(away.gets) == {"/"}


def test_a_canary_that_saw_it_close_makes_the_drill_a_test():
    before = record()
    after = join.join_canary(before, canary())
    assert (before.qualifies, after.qualifies, after.passed) == (False, True, True)
    assert after.joined_from == before.sha256
    assert after.is_whole
    assert "drill.disconnect.passed.hour" in codes(after)
    assert after.rounds == before.rounds


def test_a_canary_that_was_never_open_shows_nothing_unless_there_was_no_route():
    closed = canary(begin=NOW + timedelta(seconds=1), minutes=62)
    assert join.join_canary(record(), closed).qualifies is False
    rounds = tuple(one.model_copy(update={"routes": False}) for one in closed.rounds)
    cut = closed.model_copy(update={"rounds": rounds}).sealed()
    assert join.join_canary(record(), cut).qualifies is True


def test_a_canary_that_saw_something_answer_is_a_leak():
    after = join.join_canary(record(), canary(opened=(30,)))
    assert (after.passed, after.qualifies) == (False, False)
    assert "drill.disconnect.leak" in codes(after)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (lambda: canary(drill="another"), "Start the canary with --drill d1d1d1"),
        (lambda: canary(minutes=20), "did not watch the whole closed time"),
        (lambda: canary(begin=NOW + timedelta(minutes=20)), "did not watch the whole closed time"),
        (lambda: canary().model_copy(update={"host": "x"}), "hash does not fit"),
        (lambda: canary(outside=()), "tried no outside address"),
        (
            lambda: canary().model_copy(update={"rounds": (canary().rounds[0], canary().rounds[-1])}).sealed(),
            "was silent",
        ),
    ],
)
def test_a_canary_of_another_drill_or_time_is_refused(other, why):
    with pytest.raises(JoinRefused, match=why):
        join.join_canary(record(), other())


def test_a_changed_record_takes_no_proof():
    bent = record().model_copy(update={"answered": 60, "pass_mark": 1})
    with pytest.raises(JoinRefused, match="hash does not fit"):
        join.join_canary(bent, canary())


TIMES = {"read_before": "2026-11-21T11:59:30Z", "read_after": "2026-11-21T13:00:30Z"}


def test_counters_that_stood_still_show_the_closing_and_moving_ones_the_contrary():
    said = {"rule": "nft forward drop", "read_by": "network team"} | TIMES
    still = join.join_counters(record(), before=7, after=7, **said)
    moved = join.join_counters(record(), before=7, after=9, **said)
    assert (still.qualifies, still.passed) == (True, True)
    assert (moved.qualifies, moved.passed) == (False, False)
    assert "drill.disconnect.leak" in codes(moved)
    with pytest.raises(JoinRefused, match="only grows"):
        join.join_counters(record(), before=9, after=7, **said)
    with pytest.raises(JoinRefused, match="do not enclose"):
        join.join_counters(record(), before=7, after=7, **said | {"read_after": "2026-11-21T12:30:00Z"})
    with pytest.raises(JoinRefused, match="is no time"):
        join.join_counters(record(), before=7, after=7, **said | {"read_after": "late"})


def test_a_witnessed_cable_pull_needs_who_and_what():
    said = {"pulled": "2026-11-21T12:00:00Z", "restored": "2026-11-21T13:05:00Z"}
    assert join.join_cable_pull(record(), witness="auditor", what="uplink of rack 4", **said).qualifies
    with pytest.raises(JoinRefused, match="Who saw it is not said"):
        join.join_cable_pull(record(), witness="  ", what="uplink", **said)


def test_the_cold_start_has_to_be_noted_and_a_day_needs_one():
    proven = join.join_canary(record(cold_start=""), canary())
    assert proven.qualifies is False
    assert join.note_cold_start(proven, "none").qualifies is True
    assert join.note_cold_start(proven, "2026-11-21T12:20Z").qualifies is True
    with pytest.raises(JoinRefused, match="outside of the closed time"):
        join.note_cold_start(proven, "2026-11-20T12:20Z")
    with pytest.raises(JoinRefused, match="is no time"):
        join.note_cold_start(proven, "2026-99-99T99:99Z")
    # A time set in the plan that turned out to lie elsewhere is no cold start of this drill.
    assert join.join_canary(record(cold_start="2026-11-20T12:20Z"), canary()).qualifies is False
    assert join.join_canary(record(cold_start="2026-99-99T99:99Z"), canary()).qualifies is False
    rounds = tuple(Round(at=600.0 * number, ok=True, text=f"{number:016x}") for number in range(145))
    day = {"planned_minutes": 1440, "every": 600, "rounds": rounds, "closed_until": "2026-11-22T12:00:00Z"}
    watched = canary(minutes=25 * 6, every=600.0)
    for cold, word in (("2026-11-21T14:00Z", "day"), ("none", "hour")):
        made = join.join_canary(record(cold_start=cold, **day), watched)
        assert f"drill.disconnect.passed.{word}" in codes(made)


def test_a_failed_drill_with_its_closing_shown_is_a_failed_test():
    rounds = tuple(Round(at=60.0 * number, ok=number < 30, text=f"{number:016x}") for number in range(60))
    made = join.join_canary(record(rounds=rounds), canary())
    assert (made.passed, made.qualifies) == (False, True)
    assert "drill.disconnect.failed" in codes(made)
