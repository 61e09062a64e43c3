"""The command line: says what it will send, keeps the key to itself, and tells by its exit code how it went."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assessor.probes import cli, command
from assessor.probes.result import ProbeResult, verify
from tests.probes.replay import ReplayServer

ROOT = Path(__file__).parents[2]
CANARY = "sk-canary-0d9f3b7e"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CANARY_KEY", CANARY)
    return "CANARY_KEY"


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def usage_error(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    return int(caught.value.code or 0)


def test_a_person_reads_who_answers_who_is_behind_and_what_stays_open(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplayServer("litellm_proxy") as server:
        assert cli.main([server.url, "--key-env", key, "--chat"]) == cli.DONE
        assert server.hazards == []
    text = capsys.readouterr().out
    heads = ["Who answers", "Who is behind it", "Where filters run", "What stays unknown", "Findings"]
    assert [head for head in heads if f"\n{head}\n" in text] == heads
    assert "LiteLLM 1.106.2, a gateway; A, hard to produce by accident" in text
    assert "Azure OpenAI" in text
    assert "None was seen. That proves nothing." in text
    assert max(len(line) for line in text.splitlines()) <= 110


def test_json_is_all_there_is_on_stdout_and_fits_its_hash(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("llama_server") as server:
        assert cli.main([server.url, "--key-env", key, "--json"]) == cli.DONE
    captured = capsys.readouterr()
    result = ProbeResult.model_validate_json(captured.out)
    assert verify(result)
    assert captured.err == ""
    document = json.loads(captured.out)
    assert document["identity"]["product"] == "llama-cpp"
    assert document["identity"]["kind"] == "inference-server"
    assert document["identity"]["confidence"] == "A"
    assert document["identity"]["provider"] == ""


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
@pytest.mark.parametrize("recording", ["llama_server", "litellm_proxy", "mcp_sdk_v2", "portkey_gateway"])
def test_the_key_appears_nowhere(
    recording: str, header: str, form: list[str], key: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "result.json"
    with ReplayServer(recording) as server:
        cli.main([server.url, "--key-env", key, "--key-header", header, "--chat", "--out", str(file), *form])
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err + file.read_text()
    assert verify(ProbeResult.model_validate_json(file.read_text()))


def test_the_plan_shows_both_stages_and_sends_nothing(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("llama_server") as server:
        assert cli.main([server.url, "--plan", "--key-env", key, "--chat"]) == cli.DONE
        assert server.asked == []
    text = capsys.readouterr().out
    assert "Stage 1" in text
    assert "Stage 2: at most 16 of these" in text
    assert "GET /v1/models (with the key)" in text
    assert "Only if it looks like LiteLLM." in text
    assert "POST /v1/chat/completions" in text
    assert text.endswith("Nothing was sent.\n")
    assert CANARY not in text


def test_without_leave_no_completion_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("llama_cpp_python") as server:
        cli.main([server.url])
        assert not [line for line in server.asked if line.startswith("POST")]
    assert "No completion was asked for" in " ".join(capsys.readouterr().out.split())


def test_a_client_certificate_that_is_not_there_or_no_good_is_said(
    tmp_path: Path, closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["https://127.0.0.1:8443", "--client-cert", str(tmp_path / "gone.pem")])
    assert ended.value.code == cli.USAGE
    assert "--client-cert cannot be read" in capsys.readouterr().err
    file = tmp_path / "client.pem"
    file.write_text("nothing")
    assert cli.main([f"https://127.0.0.1:{closed_port}", "--client-cert", str(file)]) == cli.NOT_ALL
    assert "client certificate cannot be used" in " ".join(capsys.readouterr().out.split())


def test_a_port_where_nothing_listens_ends_with_1(closed_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([f"http://127.0.0.1:{closed_port}", "--retries", "0"]) == cli.NOT_ALL
    text = capsys.readouterr().out
    assert "The endpoint could not be reached." in text
    assert "Who answers\n" not in text


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("http://127.0.0.1:8080", ["public"]),
        ("http://127.0.0.1:8080", ["10.0.0.0/8"]),
        ("http://169.254.169.254", []),
        ("http://user:secret@127.0.0.1", []),
        ("ftp://127.0.0.1", []),
    ],
)
@pytest.mark.parametrize("only_plan", [False, True])
def test_what_the_policy_forbids_ends_with_3_and_a_sentence(
    url: str, allow: list[str], only_plan: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [url, *(part for word in allow for part in ("--allow", word)), *(["--plan"] if only_plan else [])]
    assert cli.main(arguments) == cli.REFUSED
    captured = capsys.readouterr()
    assert captured.out or captured.err
    assert "secret" not in captured.out + captured.err


@pytest.mark.parametrize(
    "allow", [[], ["loopback"], ["private", "loopback"], ["127.0.0.0/8"], ["public", "127.0.0.1/32"]]
)
def test_what_is_allowed_is_probed(allow: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("llama_server") as server:
        assert cli.main([server.url, *(part for word in allow for part in ("--allow", word))]) == cli.DONE
    assert "llama.cpp server" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("http://localhost", "--allow", "everywhere"),
        ("http://localhost", "--key-env", "NO_SUCH_VARIABLE_HERE"),
        ("http://localhost", "--ca", "/no/such/file.pem"),
        ("http://localhost", "--out", "/no/such/folder/result.json"),
        ("http://localhost", "--nonsense"),
    ],
)
def test_a_command_line_that_cannot_be_used_ends_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage_error(*arguments) == cli.USAGE
    assert "error:" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_is_still_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("llama_server") as server:
        assert cli.main([server.url, "--out", str(tmp_path)]) == cli.USAGE
    captured = capsys.readouterr()
    assert "llama.cpp server" in captured.out
    assert "could not be written" in captured.err


def test_ctrl_c_stops_politely_and_keeps_what_was_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplayServer("llama_server") as server:
        reply = server.recording.reply

        def interrupted(method: str, path: str, headers: dict[str, str], body: bytes | None):  # type: ignore[no-untyped-def]
            if path == "/props":
                signal.raise_signal(signal.SIGINT)
            return reply(method, path, headers, body)

        monkeypatch.setattr(server.recording, "reply", interrupted)
        before = signal.getsignal(signal.SIGINT)
        assert cli.main([server.url]) == cli.NOT_ALL
        assert signal.getsignal(signal.SIGINT) is before
    text = capsys.readouterr().out
    assert "The run was stopped before its end." in text
    assert "llama.cpp server" in text


def test_help_documents_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage_error("--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "exit codes: 0 every request was answered" in text
    assert all(f"{code} " in text for code in range(5))


def test_the_documentation_names_every_option_and_exit_code() -> None:
    page = (ROOT / "docs" / "probing.md").read_text()
    options = [
        option for action in cli.parser()._actions for option in action.option_strings if option.startswith("--")
    ]
    assert [option for option in options if option not in page and option != "--help"] == []
    assert all(f"| {code} |" in page for code in (cli.DONE, cli.NOT_ALL, cli.USAGE, cli.REFUSED, command.CHANGED))


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--schema"]) == cli.DONE
    assert json.loads(capsys.readouterr().out)["title"] == "ProbeResult"


def test_the_prober_needs_no_django() -> None:
    code = "import sys, assessor.probes.cli; print([name for name in sys.modules if name.split('.')[0] == 'django'])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"


def test_the_module_runs_by_itself() -> None:
    command = [sys.executable, "-m", "assessor.probes", "--plan", "http://localhost:8080"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert ran.returncode == cli.DONE
    assert "Nothing was sent." in ran.stdout


def test_a_wrong_table_of_networks_is_refused_with_a_sentence(
    closed_port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "networks.tsv"
    file.write_text("1.2.3.4 to 1.2.3.5 is somebody's\n")
    assert cli.main([f"http://127.0.0.1:{closed_port}", "--networks", str(file)]) == cli.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "networks.tsv, line 1: This is not a row of a table of networks. Each line needs" in captured.err


def test_known_models_and_whose_law_are_told_with_source_and_date(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("litellm_proxy") as server:
        assert cli.main([server.url, "--key-env", key, "--chat"]) == cli.DONE
    text = capsys.readouterr().out
    assert "Whose law reaches the operator\n  stands behind: Microsoft (Microsoft Corporation), US\n" in text
    assert "Not shown. Neither an address nor an operator's seat tells." in text
