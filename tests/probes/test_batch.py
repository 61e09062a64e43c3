"""Lists of endpoints: every fault is named with its line, before anything is sent."""

import json

import pytest
from jsonschema import Draft202012Validator

from assessor.errors import AssessorError, ContentErrors
from assessor.probes import cli, command, drift, plan_file
from assessor.probes.batch import MAX_BYTES, file_name, read_list
from assessor.probes.integrity import read_result
from assessor.probes.target import SERVED, Policy
from tests.probes.replay import ReplayServer
from tests.probes.test_results_kept import plan_for, raw

YAML = b"""\
endpoints:
  - name: Gateway
    url: http://10.1.2.3:4000
    key_env: GATEWAY_KEY
    allow_chat: yes
  - name: Guard
    url: https://guard.example/v1
    role: safety
"""
CSV = 'name;url;role;key env;allow-chat\nGateway;http://10.1.2.3:4000;;GATEWAY_KEY;yes\n\n"Guard";https://guard.example/v1;safety;;\n'


def faults(raw_: bytes | str, name: str, policy: Policy = Policy()) -> list[tuple[int, str]]:  # noqa: B008 - frozen
    with pytest.raises(AssessorError) as caught:
        read_list(raw_.encode() if isinstance(raw_, str) else raw_, name, policy)
    found = caught.value.errors if isinstance(caught.value, ContentErrors) else [caught.value]
    return [(one.line, str(one)) for one in found]


def test_yaml_and_table_say_the_same():
    known = read_list(YAML, "l.yaml", Policy())
    assert [(one.name, one.role, one.key_env, one.allow_chat) for one in known] == [
        ("Gateway", "model", "GATEWAY_KEY", True),
        ("Guard", "safety", "", False),
    ]
    for mark, name in ((";", "l.csv"), (",", "l.CSV"), ("\t", "l.tsv")):
        assert read_list(b"\xef\xbb\xbf" + CSV.replace(";", mark).encode(), name, Policy()) == known


@pytest.mark.parametrize(
    ("text", "name", "line", "word"),
    [
        (YAML.replace(b"role: safety", b"role: guard"), "l.yaml", 8, "role"),
        (YAML.replace(b"allow_chat", b"chat"), "l.yaml", 5, "“chat” is not a known key"),
        (YAML.replace(b"http://10.1.2.3:4000", b"http://169.254.169.254"), "l.yaml", 3, "169.254.169.254"),
        (YAML.replace(b"    url: https://guard.example/v1\n", b""), "l.yaml", 6, "“url” is missing"),
        (YAML.replace(b"Guard", b"gateway"), "l.yaml", 6, "line 2 already"),
        (b"endpoints: []", "l.yaml", 1, "endpoints"),
        (b"- just\n- a list\n", "l.yaml", 1, "l.yaml"),
        (b"endpoints: [&a x, *a]", "l.yaml", 1, "anchor"),
        (CSV.replace("https://guard.example/v1", "ftp://guard.example"), "l.csv", 4, "Only http"),
        (CSV.replace("yes", "maybe"), "l.csv", 2, "neither yes nor no"),
        (CSV.replace("safety;;", "safety;;;;x"), "l.csv", 4, "7 cells"),
        (CSV.replace(";url;", ";address;"), "l.csv", 1, "no column “url”"),
        (CSV.replace(";role;", ";rank;"), "l.csv", 1, "“rank”"),
        ("name,url,url\na,b,c\n", "l.csv", 1, "twice"),
        ("name,url\n", "l.csv", 1, "endpoints"),
        ("", "l.csv", 1, "endpoints"),
        ('name,url\n"never closed,http://x\n', "l.csv", 2, "quotation mark"),
        ('name,url\n"two\nlines",http://a.example\nb,gopher://x\n', "l.csv", 4, "Only http"),
        (b"name,url\n\xff,x\n", "l.csv", 0, "UTF-8"),
        (b"name,url\n,http://a.example\n", "l.csv", 2, "name"),
        (b"x" * (MAX_BYTES + 1), "l.csv", 0, "128 kB"),
    ],
)
def test_every_fault_is_named_with_its_line(text, name, line, word):
    found = faults(text, name)
    assert any(at == line and word in sentence for at, sentence in found), found


def test_all_faults_come_at_once_and_the_policy_counts():
    two = CSV.replace("http://10.1.2.3:4000", "http://x y").replace("https://guard.example/v1", "http://127.1")
    assert [at for at, _sentence in faults(two, "l.csv")] == [2, 4]
    assert "10.1.2.3" in faults(CSV, "l.csv", SERVED)[0][1]


def test_names_become_file_names_that_no_system_refuses():
    entry = read_list(b'endpoints: [{name: "../../etc/\\u00e4 B", url: "http://a.example"}]', "l.yaml", Policy())[0]
    assert file_name(entry, 7) == "007-etc-b.json"


def test_a_list_is_probed_and_compared_with_the_night_before(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LIST_KEY", "sk-canary-list")
    with ReplayServer("litellm_proxy") as one, ReplayServer("llama_server") as two:
        table = tmp_path / "list.csv"
        table.write_text(f"name,url,key_env\nFirst,{one.url},LIST_KEY\nSecond,{two.url},\n")
        night = tmp_path / "night"
        night.mkdir()
        assert cli.main(["--list", str(table), "--out", str(night)]) == command.DONE
        text = capsys.readouterr().out
        assert "LiteLLM" in text
        assert "llama.cpp server" in text
        files = sorted(night.iterdir())
        assert [file.name for file in files] == ["001-first.json", "002-second.json"]
        assert cli.main(["--list", str(table), "--baseline", str(night)]) == command.DONE
        assert capsys.readouterr().out.count("Nothing.") == 2
        # The second endpoint answers as another program from now on.
        two.recording.exchanges[:] = one.recording.exchanges
        assert cli.main(["--list", str(table), "--baseline", str(night), "--json"]) == command.CHANGED
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == ["First", "Second"]
    assert rows[0]["changes"]["changes"] == []
    who = next(one for one in rows[1]["changes"]["changes"] if one["code"] == "identity")
    assert (who["before"], who["after"]) == ("llama.cpp server", "LiteLLM")
    Draft202012Validator(drift.schema()).validate(rows[1]["changes"])
    assert "sk-canary" not in json.dumps(rows) + text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--list", "gone.csv"],
        ["--list", "LIST", "http://127.0.0.1:8080"],
        ["--list", "LIST", "--out", "no-such-folder"],
        ["--list", "LIST", "--key-env", "HOME"],
        ["--follow", "gone.json"],
        ["--follow", "LIST"],
        ["http://127.0.0.1:8080", "--baseline", "gone.json"],
        ["http://127.0.0.1:8080", "--baseline", "LIST"],
        ["--list", "NOKEY"],
    ],
)
def test_what_cannot_be_used_ends_with_2_before_anything_is_sent(arguments, tmp_path, capsys):
    (tmp_path / "list.csv").write_text("name,url\nA,http://127.0.0.1:9999\n")
    (tmp_path / "nokey.csv").write_text("name,url,key_env\nA,http://127.0.0.1:9999,NO_SUCH_VARIABLE\n")
    places = {"LIST": str(tmp_path / "list.csv"), "NOKEY": str(tmp_path / "nokey.csv")}
    with pytest.raises(SystemExit) as caught:
        cli.main([places.get(one, one) for one in arguments])
    assert caught.value.code == command.USAGE
    assert "error:" in capsys.readouterr().err


def test_the_command_line_tells_by_its_code_what_changed(tmp_path, capsys):
    last, bent = tmp_path / "last.json", tmp_path / "bent.json"
    with ReplayServer("llama_server") as server:
        assert cli.main([server.url, "--out", str(last)]) == command.DONE
        assert cli.main([server.url, "--baseline", str(last)]) == command.DONE
        assert capsys.readouterr().out.endswith("Nothing.\n")
        for one in server.recording.exchanges:
            if one["request"]["path"] == "/v1/models":
                one["response"]["status"] = 503
        assert cli.main([server.url, "--baseline", str(last), "--json"]) == command.CHANGED
        told = json.loads(capsys.readouterr().out)
        row = {
            "kind": "changed",
            "code": "request.models",
            "title": "GET /v1/models",
            "params": {},
            "before": "401",
            "after": "503",
        }
        assert row in told["changes"]["changes"]
        assert read_result(told["result"], "x").outcome == "completed"
        bent.write_text(last.read_text().replace('"llama-cpp"', '"vllm"'))
        with pytest.raises(SystemExit):
            cli.main([server.url, "--baseline", str(bent)])
        assert "conclusions" in capsys.readouterr().err
        with pytest.raises(SystemExit):
            cli.main(["http://127.0.0.1:9999", "--baseline", str(last)])
        assert server.url in capsys.readouterr().err
        url = server.url
    assert cli.main([url, "--baseline", str(last), "--retries", "0"]) == command.NOT_ALL
    assert "Nothing was compared" in capsys.readouterr().out


def test_a_signed_plan_is_followed_and_its_mark_kept(tmp_path, capsys):
    file, out = tmp_path / "plan.json", tmp_path / "result.json"
    with ReplayServer("llama_server") as server:
        plan = plan_for(server.url, valid_until="2999-01-01")
        file.write_bytes(raw(plan))
        assert cli.main(["--follow", str(file), "--out", str(out)]) == command.DONE
        assert server.hazards == []
    captured = capsys.readouterr()
    assert f"signed by the installation {plan.installation}: I may." in captured.err
    assert read_result(json.loads(out.read_text()), "r").plan == plan.mark
    for more in (["http://127.0.0.1:1"], ["--chat"], ["--root-paths"]):
        with pytest.raises(SystemExit):
            cli.main(["--follow", str(file), *more])
    file.write_bytes(raw(plan_for("http://127.0.0.1:9999", wants_key=True, valid_until="2999-01-01")))
    with pytest.raises(SystemExit):
        cli.main(["--follow", str(file)])
    assert "--key-env" in capsys.readouterr().err
    Draft202012Validator(plan_file.schema()).validate(json.loads(file.read_text()))
