"""The exit drill against servers on loopback: what goes over, what breaks, what it costs, what it never does."""

import json
import time

import pytest

from assessor.probes.drills import exit_run
from assessor.probes.drills.calls import harm, request_of
from assessor.probes.drills.cases import Case, Cases, Expect
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.exit_plan import calls, most_tokens
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.others import DIALECTS
from assessor.probes.drills.records import Reply
from assessor.probes.target import Key, Policy, Target
from tests.probes.drills.holding import codes, drilled, planned, states
from tests.probes.drills.model import Model, served

CHAT_ONLY = ("openai-chat",)
FIVE = tuple(
    Case(id=f"c{number}", prompt=f"Say {word}.", expect=Expect(contains=(word,)))
    for number, word in enumerate(("amber", "birch", "cedar", "dune", "elm"))
)


def test_what_both_do_goes_over_and_the_result_says_that_it_shows_no_fitness():
    with served(Model()) as a, served(Model()) as b:
        record = drilled(a, b)
    rows = states(record)
    for name in ("plain", "system", "stop", "tools", "json", "streaming", "long-input"):
        assert rows[name] == ("works", "works", "same"), name
    assert rows["embeddings"] == ("not-sent", "not-sent", "unknown")
    assert record.is_whole
    assert {"drill.exit.dialect-carried", "drill.exit.fixed-only", "drill.exit.works.tools"} <= codes(record)
    assert (record.passed, record.qualifies) == (None, False)
    assert any("do not show whether the answers are good enough" in line for line in record.limits)


@pytest.mark.parametrize("feature", ["system", "stop", "tools", "json", "streaming", "long-input"])
def test_a_feature_that_the_candidate_refuses_breaks_with_the_servers_own_words(feature):
    with served(Model()) as a, served(Model(refuses=(feature,))) as b:
        record = drilled(a, b)
    row = next(row for row in record.features if row.feature == feature)
    assert (row.a.state, row.b.state, row.verdict) == ("works", "breaks", "breaks")
    assert row.b.params == {"status": "400", "why": f"{feature} is not supported here"}
    assert f"drill.exit.breaks.{feature}" in codes(record)


@pytest.mark.parametrize("feature", ["stop", "tools", "json", "streaming"])
def test_a_feature_that_is_taken_and_not_done_differs(feature):
    with served(Model()) as a, served(Model(ignores=(feature,))) as b:
        record = drilled(a, b)
    assert states(record)[feature] == ("works", "differs", "breaks")


def test_a_stream_without_an_end_differs():
    with served(Model()) as a, served(Model(ignores=("end",))) as b:
        assert states(drilled(a, b))["streaming"][1] == "differs"


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses", "anthropic-messages", "ollama"])
def test_every_dialect_is_spoken_and_read(dialect):
    chosen = {"dialects": (dialect, dialect), "embedding_models": ("embed-1", "embed-1")}
    with served(Model(name="embed-1")) as a, served(Model(name="embed-1")) as b:
        plan = planned(a, b, chosen=chosen | {"models": ("embed-1", "embed-1")})
        record = drilled(a, b, plan)
    rows = states(record)
    absent = {"openai-responses": {"stop"}, "anthropic-messages": {"json", "embeddings"}}.get(dialect, set())
    for name, row in rows.items():
        assert row[0] == ("absent" if name in absent else "works"), (name, row)
    assert record.tokens_in > 0
    assert all(
        reply.counted
        for row in record.features
        for reply in (row.a, row.b)
        if reply.status and row.feature != "streaming"
    )


def test_a_candidate_that_was_seen_not_to_speak_the_dialect_is_asked_in_its_own():
    with served(Model()) as a, served(Model(speaks=("anthropic-messages",))) as b:
        # A server tells missing routes from existing ones only where the chat route answers 405.
        seen_not = planned(a, b, chosen={"dialects": ("", "anthropic-messages")})
        record = drilled(a, b, seen_not)
    assert (record.a.dialect, record.b.dialect) == ("openai-chat", "anthropic-messages")
    assert "drill.exit.dialect-changes" in codes(record)
    assert states(record)["plain"][1] == "works"


def test_a_candidate_without_the_route_breaks_on_everything_and_says_why():
    with served(Model(speaks=CHAT_ONLY)) as a, served(Model(speaks=())) as b:
        record = drilled(a, b, planned(a, b, chosen={"dialects": ("", "openai-chat")}))
    assert states(record)["plain"] == ("works", "breaks", "breaks")
    assert "drill.exit.dialect-changes" in codes(record)
    assert record.features[0].b.params["why"] == "Not Found"


def test_a_dead_candidate_is_asked_twice_and_no_more():
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b)
        b.alive = False
        record = drilled(a, b, plan)
    assert len(b.asked) == 2
    assert [row.b.state for row in record.features].count("not-sent") == len(FEATURES) - 2
    assert record.outcome == "completed"
    assert states(record)["json"][2] == "unknown"


def test_own_cases_decide_by_the_mark_that_was_set_before():
    answers = {case.prompt: case.expect.contains[0].upper() for case in FIVE}
    with served(Model(answers=answers)) as a, served(Model(answers=dict(list(answers.items())[:4]), say="no")) as b:
        for mark, passed in ((80, True), (81, False)):
            plan = planned(a, b, cases=Cases(FIVE), pass_mark=mark, share_of_load=10, share_source="gateway log")
            record = drilled(a, b, plan)
            assert (record.passed, record.qualifies) == (passed, True)
            assert [row.a_passed for row in record.cases] == [True] * 5
            assert [row.b_passed for row in record.cases] == [True] * 4 + [False]
            assert f"drill.exit.cases.{'passed' if passed else 'failed'}" in codes(record)


@pytest.mark.parametrize(("count", "share"), [(4, 10), (5, 0)])
def test_without_enough_cases_or_a_share_of_real_requests_it_is_no_test(count, share):
    answers = {case.prompt: case.expect.contains[0] for case in FIVE}
    with served(Model(answers=answers)) as a, served(Model(answers=answers)) as b:
        source = "log" if share else ""
        plan = planned(a, b, cases=Cases(FIVE[:count]), pass_mark=90, share_of_load=share, share_source=source)
        record = drilled(a, b, plan)
    assert (record.passed, record.qualifies) == (True, False)
    found = next(one for one in record.findings if one.code == "drill.exit.cases.passed")
    assert found.strength == "B"


def test_no_reply_and_no_prompt_is_kept():
    secret = "The patient is called Wiebke"
    case = Case(id="one", prompt=secret, expect=Expect(lacks=("x",)))
    with served(Model(say="Her file says aspirin")) as a, served(Model(say="Her file says aspirin")) as b:
        record = drilled(a, b, planned(a, b, cases=Cases((case,)), pass_mark=50))
    kept = record.model_dump_json()
    assert "Wiebke" not in kept
    assert "aspirin" not in kept
    assert record.cases[0].a.sha256


def test_the_budget_ends_the_drill_before_it_is_passed():
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b, token_budget=400)
        record = drilled(a, b, plan)
    assert record.outcome == "over-budget"
    assert record.tokens_in + record.tokens_out <= 400
    assert "drill.exit.unfinished" in codes(record)
    assert 0 < len(a.asked) < len(FEATURES)


def test_what_a_server_does_not_count_is_estimated_upward():
    with served(Model(usage=False)) as a, served(Model()) as b:
        record = drilled(a, b)
    row = record.features[0]
    assert (row.a.counted, row.b.counted) == (False, True)
    assert row.a.tokens_in + row.a.tokens_out >= row.b.tokens_in + row.b.tokens_out


def test_a_model_that_wants_another_name_for_the_cap_is_asked_once_more_and_then_always_so():
    with served(Model()) as a, served(Model(wants_completion_tokens=True)) as b:
        record = drilled(a, b)
    assert states(record)["plain"] == ("works", "works", "same")
    assert ["max_tokens" in body for body in b.asked[:3]] == [True, False, False]


def test_a_stop_is_honoured_within_two_seconds_while_a_server_says_nothing():
    begun = time.monotonic()
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b)
        a.delay_s = 4
        begun = time.monotonic()
        record = drilled(a, b, plan, cancelled=lambda: time.monotonic() - begun > 0.5)
        assert time.monotonic() - begun < 2
    assert record.outcome == "stopped"
    assert len(b.asked) == 0


def test_what_an_earlier_attempt_heard_is_not_asked_again():
    kept: dict[str, Reply] = {}
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b)
        first = drilled(a, b, plan, on_done=kept.__setitem__, cancelled=lambda: len(kept) >= 5)
        assert first.outcome == "stopped"
        asked = len(a.asked) + len(b.asked)
        second = drilled(a, b, plan, done=kept)
        assert len(a.asked) + len(b.asked) - asked == 14 - 5
    assert second.outcome == "completed"
    assert states(second)["plain"] == ("works", "works", "same")


def test_every_request_of_every_dialect_names_a_model_and_caps_its_answer():
    target = Target("http://127.0.0.1:9999")
    for spoken in DIALECTS:
        for one in FEATURES:
            try:
                request = request_of(target, spoken, one.ask, "tiny", one.id, one.name)
            except ValueError:
                continue
            assert harm(request) == "", (spoken.id, one.id)
            assert json.loads(request.body or b"")["model"] == "tiny"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"messages": [], "max_tokens": 5}, "no model"),
        ({"model": "m", "messages": []}, "not capped"),
        ({"model": "m", "messages": [], "max_tokens": 10**6}, "not capped"),
        ({"model": "m", "messages": [], "max_tokens": 5, "n": 9}, "more than one"),
    ],
)
def test_a_request_that_could_cost_without_end_is_refused(body, why):
    spoken = DIALECTS[0]
    request = request_of(Target("http://127.0.0.1:9"), spoken, FEATURES[0].ask, "m", "x", "")
    assert why in harm(type(request)(**{**vars(request), "body": json.dumps(body).encode()}))


def test_the_plan_says_beforehand_what_is_sent_and_the_drill_sends_no_more():
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b)
        targets = (Target(a.url), Target(b.url))
        promised = [call for call in calls(plan, targets) if call.request]
        record = drilled(a, b, plan)
    assert record.requests == len(promised) == len(a.asked) + len(b.asked)
    assert record.tokens_in + record.tokens_out <= most_tokens(calls(plan, targets)) <= plan.token_budget


def test_below_a_versioned_base_path_the_version_is_not_repeated():
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b)
        asked = calls(plan, (Target(a.url + "/v1"), Target(b.url)))
    assert next(call for call in asked if call.id == "a:plain").request.path == "/chat/completions"


def test_the_key_goes_to_its_own_side_and_is_not_in_the_record():
    with served(Model()) as a, served(Model()) as b:
        targets = Target(a.url, Key("sk-canary-a")), Target(b.url)
        record = exit_run.run(planned(a, b), targets, Policy())
    assert set(a.keys) == {"Bearer sk-canary-a"}
    assert set(b.keys) == {""}
    assert "sk-canary-a" not in record.model_dump_json()


def test_only_a_listed_model_is_named():
    with served(Model()) as a, served(Model()) as b, pytest.raises(DrillRefused, match="not in the list"):
        planned(a, b, chosen={"models": ("llama-900b", "")})
    assert a.asked == b.asked == []


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ({"cases": Cases(FIVE)}, "has to be set before"),
        ({"pass_mark": 50}, "there are none"),
        ({"share_of_load": 10}, "looked up"),
    ],
)
def test_a_plan_that_would_show_nothing_is_refused(wishes, why):
    with served(Model()) as a, served(Model()) as b, pytest.raises(DrillRefused, match=why):
        planned(a, b, **wishes)


def test_an_endpoint_is_not_its_own_candidate():
    with served(Model()) as a, pytest.raises(DrillRefused, match="same endpoint"):
        planned(a, a)


def test_a_forbidden_candidate_gets_nothing():
    with served(Model()) as a, served(Model()) as b:
        plan = planned(a, b)
        record = exit_run.run(plan, (Target(a.url), Target(b.url)), Policy(allow=frozenset({"public"})))
    assert record.outcome == "refused"
    assert a.asked == b.asked == []
