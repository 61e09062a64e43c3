"""Result files that were changed, plans that were signed, and what differs between two runs."""

import copy
import json
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assessor.errors import AssessorError
from assessor.evidence import Finding, Strength
from assessor.probes import cli, drift, engine, patience, plan_file
from assessor.probes.integrity import ResultUnreadable, Tampered, read_result
from assessor.probes.plan_file import PlanFile, PlanRefused, installation_of, lines_of, method_version, signed_text
from assessor.probes.result import Address, ProbeResult
from assessor.probes.signature import is_signed
from assessor.probes.target import Policy, Target
from tests.probes.replay import ReplayServer

SIGNER = Ed25519PrivateKey.generate()
TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def seen() -> ProbeResult:
    with ReplayServer("litellm_proxy") as server:
        return engine.run(Target(server.url), Policy(), vantage="bench")


def written(result: ProbeResult) -> dict:
    return json.loads(json.dumps(result.model_dump(mode="json")))


def set_at(document, path, value):
    changed = copy.deepcopy(document)
    place = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


def test_a_result_that_nobody_touched_is_read(seen):
    assert read_result(written(seen), "r.json") == seen
    assert len({one.link for one in seen.requests}) == len(seen.requests)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("target_url",), "http://other:1", "head"),
        (("catalogue_version",), "2099-01-01+0", "head"),
        (("started",), "2020-01-01T00:00:00Z", "head"),
        (("plan",), {"id": "x"}, "head"),
        (("requests", 0, "status"), 200, "“root”"),
        (("requests", 3, "headers"), [], "“"),
        (("outcome",), "unreachable", "conclusions"),
        (("findings", 0, "code"), "network.address.public", "conclusions"),
        (("identity", "name"), "vLLM", "conclusions"),
        (("sha256",), "0" * 64, "conclusions"),
    ],
)
def test_a_changed_part_is_named(seen, path, value, named):
    document = set_at(written(seen), path, value)
    if document == written(seen):
        document = set_at(document, path, 418)
    with pytest.raises(Tampered, match=named) as caught:
        read_result(document, "r.json")
    assert "r.json" in str(caught.value)


def test_requests_taken_out_put_in_or_moved_are_named(seen):
    document = written(seen)
    second = document["requests"][1]["id"]
    for change in (lambda rows: rows.pop(0), lambda rows: rows.insert(1, rows[3]), lambda rows: rows.reverse()):
        changed = copy.deepcopy(document)
        change(changed["requests"])
        with pytest.raises(Tampered, match="The request"):
            read_result(changed, "r")
    gone = copy.deepcopy(document)
    gone["requests"].pop(0)
    with pytest.raises(Tampered, match=second):
        read_result(gone, "r")


def test_fields_of_later_versions_do_not_break_an_older_file(seen):
    document = written(seen)
    for name in ("method_version", "plan", "tries", "opening"):
        del document[name]
    for request in document["requests"]:
        del request["link"]
    from assessor.content import content_hash

    document["sha256"] = content_hash({name: value for name, value in document.items() if name != "sha256"})
    assert read_result(document, "old.json").findings == seen.findings


@pytest.mark.parametrize(
    "thing",
    [None, [], {}, "text", 3, {"sha256": 1, "target_url": 2}, {"sha256": "", "target_url": "", "schema_version": 99}],
)
def test_what_is_no_result_is_refused_with_a_sentence(thing):
    with pytest.raises((ResultUnreadable, Tampered)) as caught:
        read_result(thing, "x.json")
    assert str(caught.value).startswith("x.json: ")


def test_a_sealed_file_with_strange_content_is_refused(seen):
    odd = seen.model_copy(update={"outcome": "splendid"}).sealed()
    with pytest.raises(ResultUnreadable, match="no prober writes"):
        read_result(odd.model_dump(mode="json", warnings=False), "x")


def plan_for(url: str, **changes) -> PlanFile:
    target = Target(url, None, None, changes.get("root_paths", False), changes.get("allow_chat", False))
    public = SIGNER.public_key().public_bytes_raw().hex()
    facts = {
        "id": "p1", "endpoint": "e1", "name": "Gateway", "target_url": url, "authority": "I may.", "issued": "2026-11-20",
        "valid_until": "2026-12-01", "catalogue_version": "c", "method_version": method_version(),
        "lines": lines_of(target), "installation": installation_of(public), "public_key": public,
    }  # fmt: skip
    bare = PlanFile(**(facts | changes))
    bare = bare.model_copy(update={"sha256": bare.digest()})
    return bare.model_copy(update={"signature": SIGNER.sign(signed_text(bare.sha256)).hex()})


def raw(plan: PlanFile, **changes) -> bytes:
    return json.dumps(plan.model_dump(mode="json") | changes).encode()


def test_a_signed_plan_is_read_and_every_change_to_it_refused():
    plan = plan_for("http://127.0.0.1:8080")
    assert plan_file.read_plan(raw(plan), "p.json", TODAY) == plan
    for changes, named in (
        ({"target_url": "http://127.0.0.1:9090"}, "changed"),
        ({"authority": "Anybody may."}, "changed"),
        ({"installation": "0000 0000 0000 0000"}, "changed"),
        ({"lines": []}, "changed"),
        ({"signature": "00" * 64}, "signature"),
        ({"signature": "zz"}, "signature"),
        ({"more": 1}, "not a plan"),
        ({"kind": "other"}, "not a plan"),
    ):
        with pytest.raises(PlanRefused, match=named):
            plan_file.read_plan(raw(plan, **changes), "p.json", TODAY)
    # Somebody else's key over a hash that fits: named by its fingerprint, never taken for ours.
    other = plan.model_copy(update={"public_key": "11" * 32})
    other = other.model_copy(update={"sha256": other.digest()})
    with pytest.raises(PlanRefused, match="changed"):
        plan_file.read_plan(raw(other), "p.json", TODAY)


def test_a_plan_runs_out_and_nonsense_is_none():
    with pytest.raises(PlanRefused, match="2026-11-20"):
        plan_file.read_plan(raw(plan_for("http://127.0.0.1:8080", valid_until="2026-11-20")), "p", TODAY)
    for nonsense in (b"", b"[]", b"\xff", b"[" * 100_000, b"{}", b"x" * (plan_file.MAX_BYTES + 1)):
        with pytest.raises(PlanRefused, match="not a plan"):
            plan_file.read_plan(nonsense, "p", TODAY)


def test_a_prober_that_would_send_more_than_the_plan_refuses():
    plan = plan_for("http://127.0.0.1:8080")
    plan_file.check_lines(plan, Target(plan.target_url), "p")
    with pytest.raises(PlanRefused, match="POST /v1/chat/completions"):
        plan_file.check_lines(plan, Target(plan.target_url, allow_chat=True), "p")


def test_signatures_agree_with_the_complete_library():
    for number in range(12):
        key, message = Ed25519PrivateKey.generate(), bytes(range(number * 7))
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        assert is_signed(public, message, signature)
        assert not is_signed(public, message + b"x", signature)
        assert not is_signed(Ed25519PrivateKey.generate().public_key().public_bytes_raw(), message, signature)
        bent = bytearray(signature)
        bent[number * 5] ^= 1 << number % 8
        assert not is_signed(public, message, bytes(bent))
    assert not is_signed(b"", b"", b"")
    assert not is_signed(b"\xff" * 32, b"", b"\xff" * 64)


def test_nothing_changed_between_two_runs_of_one_server():
    with ReplayServer("litellm_proxy") as server:
        one, two = (engine.run(Target(server.url), Policy(), vantage="bench") for _run in range(2))
    assert drift.compare(one, two).changes == ()
    assert drift.compare(one, two).notes == ()


def test_what_appeared_vanished_and_changed_is_told(seen):
    new = Finding(code="safety.hosted.azure-content-filter", strength=Strength.STRONG, params={"name": "Azure AI"})
    gone, *rest = seen.findings
    gateway = next(one for one in rest if one.is_under("gateway"))
    newer = gateway.model_copy(update={"params": gateway.params | {"version": "9.9"}, "strength": Strength.WEAK})
    network = seen.network.model_copy(update={"addresses": (Address(address="10.0.0.9", kind="private"),)})
    status = seen.requests[1].model_copy(update={"status": 503})
    after = seen.model_copy(
        update={
            "findings": (*(newer if one is gateway else one for one in rest), new),
            "network": network,
            "requests": (seen.requests[0], status, *seen.requests[2:]),
            "catalogue_version": "2027-01-01+abc",
            "vantage": "elsewhere",
        }
    )
    found = drift.compare(seen, after)
    told = {(one.kind, one.code) for one in found.changes}
    assert told == {
        ("appeared", new.code), ("vanished", gone.code), ("changed", gateway.code), ("changed", "addresses"),
        ("changed", f"request.{status.id}"),
    }  # fmt: skip
    version = next(one for one in found.changes if one.code == gateway.code)
    assert "9.9" in version.after
    assert "strength C" in version.after
    assert found.notes == (drift.OTHER_CATALOGUE, drift.OTHER_VANTAGE)


def test_an_endpoint_that_comes_up_late_is_reached_and_one_that_does_not_is_asked_again(monkeypatch, seen):
    outcomes = ["unreachable", "unreachable", "completed", "never asked"]
    asked = []

    def run(*args, **facts):
        asked.append(1)
        return seen.model_copy(update={"outcome": outcomes[len(asked) - 1]})

    monkeypatch.setattr(engine, "run", run)
    told = []
    result = patience.run(Target("http://x"), Policy(), on_progress=told.append, pauses=(0, 0))
    assert (result.outcome, result.tries, len(asked)) == ("completed", 3, 3)
    assert [one.doing for one in told] == [patience.WAITING] * 2
    assert read_result(written(result), "r").tries == 3
    asked.clear()
    outcomes[:] = ["refused", "completed"]
    assert patience.run(Target("http://x"), Policy(), pauses=(0,)).outcome == "refused"
    assert len(asked) == 1


def test_every_refusal_here_is_a_sentence_for_people(seen):
    with pytest.raises(AssessorError) as caught:
        read_result(set_at(written(seen), ("outcome",), "cancelled"), "r.json")
    assert caught.value.sentence().endswith("probe again.")


def test_a_plan_without_a_certificate_is_the_file_it_was_before_plans_could_name_one():
    plan = plan_for("http://127.0.0.1:8080")
    document = plan.document()
    assert "client_certificate" not in document
    assert plan_file.read_plan(json.dumps(document).encode(), "p.json", TODAY) == plan
    named = plan_for("http://127.0.0.1:8080", client_certificate="ward/client.pem")
    assert named.sha256 != plan.sha256
    with pytest.raises(PlanRefused, match="changed"):
        plan_file.read_plan(raw(named, client_certificate="other.pem"), "p.json", TODAY)


def test_the_prober_says_which_certificate_a_plan_needs_and_sends_nothing_without_it(tmp_path, capsys):
    with ReplayServer("llama_server") as server:
        plan = plan_for(server.url, client_certificate="ward/client.pem", valid_until="2999-01-01")
        file = tmp_path / "plan.json"
        file.write_text(json.dumps(plan.document()))
        with pytest.raises(SystemExit) as ended:
            cli.main(["--follow", str(file), "--retries", "0"])
        assert ended.value.code == 2
        assert "which the installation calls “ward/client.pem”" in capsys.readouterr().err
        assert server.asked == []
        own = tmp_path / "own.pem"
        own.write_text("")
        assert cli.main(["--follow", str(file), "--retries", "0", "--client-cert", str(own)]) == 0
        assert server.asked != []
