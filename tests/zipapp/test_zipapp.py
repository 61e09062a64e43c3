"""The prober in one file runs where nothing is installed, and says word for word what the installed one says."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django_scopes import scope, scopes_disabled

from assessor.middleware import local_user
from assessor.models import Assessment, ProbeImport, ProbeRun
from assessor.probes import cli, engine
from assessor.probes.integrity import read_result
from assessor.probes.target import Key, Policy, Target
from assessor.services import upload_tokens
from assessor.services.endpoints import EndpointFacts, register_endpoint
from tests.probes.drills.model import Model, served
from tests.probes.replay import ReplayServer
from tests.probes.test_results_kept import plan_for, raw

ROOT = Path(__file__).parents[2]
# Every recorded server; the cassettes are loose exchanges of many hosts.
RECORDINGS = sorted(
    path.stem for path in (ROOT / "tests" / "recordings").glob("*.json") if "cassettes" not in path.stem
)
CANARY = "sk-canary-7c41"
# What differs between any two runs.
CHANGING = {"started", "finished", "elapsed_ms", "sha256", "opening", "link", "vantage"}


def steady(value):
    """Take out what differs between any two runs of one prober; hashes of bodies stay."""
    if isinstance(value, dict):
        body = "elapsed_ms" in value
        return {k: steady(v) for k, v in value.items() if k not in CHANGING or (k == "sha256" and body)}
    return [steady(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("recording", RECORDINGS)
def test_it_finds_what_the_installed_prober_finds(recording, in_closed_room):
    with ReplayServer(recording) as server:
        ran = in_closed_room(server.url, "--json", "--chat", "--key-env", "KEY", KEY=CANARY)
        target = Target(server.url, Key(CANARY), allow_chat=True)
        full = engine.run(target, Policy()).model_dump(mode="json")
        assert server.hazards == []
    assert ran.stderr == ""
    assert steady(json.loads(ran.stdout)) == steady(full)
    assert read_result(json.loads(ran.stdout), "result").sha256
    assert CANARY not in ran.stdout
    assert full["outcome"] in {"completed", "partly"}


def test_plan_and_words_are_the_same_in_english_and_in_german(in_closed_room, monkeypatch, capsys):
    for language, word in (("C", "Nothing was sent."), ("de_DE.UTF-8", "gesendet")):
        for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", language)
        assert cli.main(["http://127.0.0.1:8080", "--plan", "--chat"]) == cli.DONE
        ran = in_closed_room("http://127.0.0.1:8080", "--plan", "--chat", LANG=language)
        assert ran.stdout == capsys.readouterr().out
        assert word in ran.stdout


def test_exit_codes_and_the_schema_are_the_same(in_closed_room, capsys):
    assert in_closed_room("http://169.254.169.254").returncode == cli.REFUSED
    assert in_closed_room("http://127.0.0.1:65531", "--retries", "0").returncode == cli.NOT_ALL
    assert in_closed_room("--nonsense").returncode == cli.USAGE
    cli.main(["--schema"])
    assert json.loads(in_closed_room("--schema").stdout) == json.loads(capsys.readouterr().out)


def test_the_same_sources_give_the_same_bytes(pyz, tmp_path):
    again = tmp_path / "again.pyz"
    subprocess.run([sys.executable, str(ROOT / "scripts/zipapp/build.py"), str(again)], check=True, capture_output=True)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(pyz.read_bytes()).hexdigest()


def test_nothing_compiled_and_no_django_is_carried_and_every_licence_is(pyz):
    names = zipfile.ZipFile(pyz).namelist()
    assert [
        name
        for name in names
        if not name.endswith((".py", ".json", ".mo", ".typed", ".tsv", ".gz")) and "info/" not in name
    ] == ["LICENSE"]
    assert not [name for name in names if "django/" in name or "pydantic_core" in name or "cryptography" in name]
    licences = {name.partition("-")[0] for name in names if "licen" in name.lower() and "info/" in name}
    assert licences == {"h11", "httpcore2", "pyyaml", "truststore"}


def test_a_signed_plan_and_a_list_are_read_there_as_here(in_closed_room, tmp_path):
    """The signature is checked without a compiled library, the YAML without its C parser."""
    with ReplayServer("llama_server") as server:
        plan = plan_for(server.url, valid_until="2999-01-01")
        (tmp_path / "plan.json").write_bytes(raw(plan))
        ran = in_closed_room("--follow", "plan.json", "--json", "--out", "result.json")
        assert ran.returncode == cli.DONE, ran.stderr
        (tmp_path / "list.yaml").write_text(f"endpoints:\n  - name: One\n    url: {server.url}\n")
        listed = in_closed_room("--list", "list.yaml", "--json")
    assert read_result(json.loads((tmp_path / "result.json").read_bytes()), "result").plan == plan.mark
    assert json.loads(listed.stdout)["result"]["identity"]["product"] == "llama-cpp"
    (tmp_path / "plan.json").write_bytes(raw(plan, authority="Anybody may."))
    refused = in_closed_room("--follow", "plan.json")
    assert (refused.returncode, "changed" in refused.stderr) == (cli.USAGE, True)
    (tmp_path / "list.yaml").write_text("endpoints:\n  - name: One\n    url: http://x\n    colour: blue\n")
    wrong = in_closed_room("--list", "list.yaml")
    assert (wrong.returncode, "list.yaml, line 4: “colour” is not a known key" in wrong.stderr) == (cli.USAGE, True)


@pytest.mark.django_db(transaction=True)
def test_it_hands_its_result_in_with_a_token(in_closed_room, live_server, inside_scan):
    with ReplayServer("llama_server") as server, scopes_disabled():
        scan = Assessment.objects.get()
        with scope(organisation=scan.organisation):
            role = register_endpoint(scan, EndpointFacts(name="Ward", url=server.url, part="model"))
            _row, token = upload_tokens.make(role.endpoint, local_user(), "Closed room")
            address = f"{live_server.url}/upload/{role.endpoint_id}/"
            ran = in_closed_room(server.url, "--json", "--upload", address, ASSESSOR_UPLOAD_TOKEN=token)
            assert (ran.returncode, ran.stderr[:28]) == (0, "Sent: The result was added. ")
            assert ProbeRun.objects.get().result == json.loads(ran.stdout)


@pytest.mark.django_db(transaction=True)
def test_it_hands_in_which_names_were_asked_for(in_closed_room, live_server, inside_scan):
    watch = ("drill", "names", "--listen", "127.0.0.1:5399", "--minutes", "0.003", "--json")
    with scopes_disabled():
        scan = Assessment.objects.get()
        with scope(organisation=scan.organisation):
            role = register_endpoint(scan, EndpointFacts(name="Ward", url="http://127.0.0.1:9999", part="model"))
            _row, token = upload_tokens.make(role.endpoint, local_user(), "Closed room")
            address = f"{live_server.url}/upload/{role.endpoint_id}/"
            ran = in_closed_room(*watch, "--upload", address, ASSESSOR_UPLOAD_TOKEN=token)
            assert (ran.returncode, "waits on the endpoint's page" in ran.stderr) == (0, True)
            assert json.loads(ProbeImport.objects.get().text) == json.loads(ran.stdout)
            # The record is made and printed, whatever becomes of it.
            refused = in_closed_room(*watch, "--upload", address, ASSESSOR_UPLOAD_TOKEN="x" + token)
            assert (refused.returncode, json.loads(refused.stdout)["kind"]) == (5, "names")
    assert in_closed_room(*watch, "--upload", address).returncode == 2
    assert in_closed_room(*watch, "--token-file", "x").returncode == 2


@pytest.mark.django_db(transaction=True)
def test_it_hands_in_the_record_of_a_drill(in_closed_room, live_server, inside_scan):
    with served(Model()) as a, served(Model(refuses=("tools",))) as b, scopes_disabled():
        scan = Assessment.objects.get()
        with scope(organisation=scan.organisation):
            role = register_endpoint(scan, EndpointFacts(name="Ward", url=a.url, part="model"))
            _row, token = upload_tokens.make(role.endpoint, local_user(), "Closed room")
            address = f"{live_server.url}/upload/{role.endpoint_id}/"
            ran = in_closed_room(
                "drill", "exit", a.url, b.url, "--yes", "--json", "--upload", address, ASSESSOR_UPLOAD_TOKEN=token
            )
            # It was taken, and tools break on moving: that is the exit code of the drill.
            assert (ran.returncode, "waits on the endpoint's page" in ran.stderr) == (1, True), ran.stderr
            assert json.loads(ProbeImport.objects.get().text) == json.loads(ran.stdout)
