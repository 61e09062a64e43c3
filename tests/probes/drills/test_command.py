"""`assessor-probe drill …` as a person at a terminal sees it: text, JSON, exit codes, consent."""

import io
import json
import socket
import struct
import threading
import time

import pytest

from assessor.probes import cli
from assessor.probes.drills.records import CanaryRecord, DisconnectRecord, ExitRecord, NamesRecord
from tests.probes.drills.model import Model, served
from tests.probes.drills.test_disconnect import canary, nowhere, record


def drill(*words: str) -> int:
    """Run the command line; its own way out of an error is an exit code, too."""
    try:
        return cli.main(["drill", *words])
    except SystemExit as end:
        return int(end.code or 0)


def test_the_plan_shows_the_cost_and_asks_no_model(capsys):
    with served(Model()) as a, served(Model(name="other")) as b:
        assert drill("exit", a.url, b.url, "--plan") == 0
    told = capsys.readouterr().out
    for words in (
        "14 requests, about",
        "/v1/chat/completions",
        "no embedding model is listed",
        "only length and sha256",
    ):
        assert words in " ".join(told.split())
    assert a.asked == b.asked == []


def test_without_consent_nothing_is_sent(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with served(Model()) as a, served(Model()) as b:
        assert drill("exit", a.url, b.url, "--model-b", "tiny") == 2
    assert "Nothing was sent. Add --yes" in capsys.readouterr().err
    assert a.asked == b.asked == []


def test_an_exit_drill_prints_a_table_and_what_it_does_not_show(capsys, tmp_path):
    out = tmp_path / "exit.json"
    with served(Model()) as a, served(Model(refuses=("tools",))) as b:
        assert drill("exit", a.url, b.url, "--yes", "--out", str(out)) == 1
    told = capsys.readouterr().out
    assert "breaks on moving: refused with 400: tools is not supported here" in " ".join(told.split())
    assert "What this does not show" in told
    assert max(len(line) for line in told.splitlines() if "sha256" not in line) <= 96
    assert ExitRecord.model_validate_json(out.read_text()).is_whole


def test_json_is_printed_alone_and_the_exit_code_says_how_it_went(capsys, tmp_path):
    cases = tmp_path / "cases.csv"
    cases.write_text("id,prompt,contains\n" + "".join(f"c{n},Say word{n}.,word{n}\n" for n in range(5)))
    more = ["--cases", str(cases), "--pass-mark", "90", "--share", "5", "--share-source", "log", "--yes", "--json"]
    with served(Model()) as a, served(Model()) as b, served(Model(say="no")) as c:
        assert drill("exit", a.url, b.url, *more) == 0
        made = json.loads(capsys.readouterr().out)
        assert (made["passed"], made["qualifies"], made["pass_mark"]) == (True, True, 90)
        assert drill("exit", a.url, c.url, *more) == 1
        assert json.loads(capsys.readouterr().out)["passed"] is False


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["exit", "http://127.0.0.1:9"], 2, "B"),
        (["exit", "http://169.254.169.254", "http://127.0.0.1:9999", "--yes"], 3, "169.254.169.254"),
        (["exit", "A", "B", "--pass-mark", "200"], 2, "1 to 100"),
        (["exit", "A", "B", "--key-env-a", "NO_SUCH_VARIABLE"], 2, "empty or missing"),
        (["exit", "A", "B", "--cases", "/none.yaml"], 2, "/none.yaml: The file cannot be read"),
        (["exit", "A", "B", "--allow", "moon"], 2, "--allow takes"),
        (["exit", "A", "B", "--yes", "--upload", "http://127.0.0.1:9"], 2, "--upload needs a token"),
        (["exit", "A", "B", "--yes", "--token-file", "x"], 2, "belong to --upload"),
        (["disconnect", "A", "--minutes", "1", "--pass-mark", "9", "--token-file", "x"], 2, "belong to --upload"),
        (["join", "/none.json", "--cold-start", "none", "--token-file", "x"], 2, "belong to --upload"),
        (["disconnect", "http://127.0.0.1:9999", "--minutes", "1"], 2, "--pass-mark"),
        (["disconnect", "http://127.0.0.1:9999", "--minutes", "1", "--pass-mark", "0"], 2, "up to 100"),
        (["canary", "http://169.254.169.254", "--minutes", "1", "--drill", "d1d1"], 3, "169.254.169.254"),
        (["canary", "http://127.0.0.1:9999", "--minutes", "1", "--drill", "?"], 2, "--drill takes"),
        (["names", "--listen", "8.8.8.8:53"], 2, "loopback or a private address only"),
        (["names", "--listen", "here"], 2, "--listen takes"),
        (["join", "/none.json", "--cold-start", "none"], 2, "/none.json: The file cannot be read"),
        ([], 2, "exit | disconnect"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_own_exit_code(capsys, words, code, said):
    assert drill(*words) == code
    assert said in capsys.readouterr().err


def test_a_dead_endpoint_is_no_result(capsys):
    with served(Model()) as a:
        assert drill("exit", a.url, nowhere(), "--yes") == 2
    assert "The probe did not reach this endpoint" in capsys.readouterr().err


def test_a_disconnection_drill_on_the_host_shows_its_line_of_time(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("assessor.probes.drills.disconnect_plan.LEAST_EVERY", 0.2)
    monkeypatch.setattr("assessor.probes.drills.disconnect_plan.MOST_ROUNDS", 10_000)
    out = tmp_path / "d.json"
    with served(Model()) as model:
        words = ["disconnect", model.url, "--minutes", "1", "--every", "0.5", "--pass-mark", "100", "--on-host"]
        words += ["--outside", nowhere(), "--cold-start", "none", "--share", "100", "--drill", "d1d1d1"]
        assert drill(*words, "--plan") == 0
        assert "At most 121 requests" in capsys.readouterr().out
        stop = threading.Timer(2.0, signal_self)
        stop.start()
        assert drill(*words, "--yes", "--out", str(out)) == 1
    told = capsys.readouterr().out
    assert "The drill was stopped before its end." in told
    assert "+0:00:00 ++" in told
    made = DisconnectRecord.model_validate_json(out.read_text())
    assert (made.drill, made.outcome) == ("d1d1d1", "stopped")
    assert made.asked > 1


def signal_self() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGINT)


def test_proof_is_joined_from_files_and_the_new_record_says_so(capsys, tmp_path):
    drill_file, canary_file, out = tmp_path / "d.json", tmp_path / "c.json", tmp_path / "joined.json"
    drill_file.write_text(record().model_dump_json())
    canary_file.write_text(canary().model_dump_json())
    assert drill("join", str(drill_file), "--canary", str(canary_file), "--out", str(out)) == 0
    told = capsys.readouterr().out
    assert "0 with an answer from outside; open before: yes; shows it" in " ".join(told.split())
    assert DisconnectRecord.model_validate_json(out.read_text()).qualifies
    assert drill("join", str(drill_file), "--canary", str(drill_file)) == 2
    assert "not a record of the kind" in capsys.readouterr().err
    assert drill("join", str(drill_file)) == 2
    assert "name what is to be joined" in capsys.readouterr().err
    times = ["2026-11-21T11:59Z", "2026-11-21T13:01Z"]
    assert drill("join", str(drill_file), "--counters", "nft drop", "network team", "3", "9", *times) == 1
    assert "shows the contrary" in " ".join(capsys.readouterr().out.split())


def test_the_canary_writes_its_record(capsys, tmp_path):
    out = tmp_path / "canary.json"
    with served(Model()) as away:
        words = ["canary", away.url, "--minutes", "0.02", "--every", "1", "--drill", "d1d1", "--out", str(out)]
        assert drill(*words) == 0
    made = CanaryRecord.model_validate_json(out.read_text())
    assert made.is_whole
    assert {one.outside for one in made.rounds} == {("open",)}
    assert "Canary of drill d1d1" in capsys.readouterr().out


def test_names_are_written_down(capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    packet = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\x03hub\x07example\0\0\x01\0\x01"

    def ask() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for _try in range(8):
                time.sleep(0.15)
                client.sendto(packet, ("127.0.0.1", port))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert drill("names", "--listen", f"127.0.0.1:{port}", "--minutes", "0.03", "--json") == 0
    thread.join()
    made = NamesRecord.model_validate_json(capsys.readouterr().out)
    assert [row["name"] for row in made.names] == ["hub.example"]
    assert [finding.code for finding in made.findings] == ["drill.names.asked"]
