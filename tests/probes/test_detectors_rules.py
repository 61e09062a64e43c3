"""Rules that hold for every detector: pure, declared, worded, and unmoved by hostile replies."""

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessor.content import ContentErrors, read_yaml, validate
from assessor.evidence import Finding, Strength
from assessor.probes import detectors, words
from assessor.probes.detectors import DETECTORS, judge
from assessor.probes.detectors.base import merged
from assessor.probes.detectors.dialects import ROUTES
from assessor.probes.plan import common_plan, follow_up_plan
from assessor.probes.products import FILES, Catalogue, catalogue
from assessor.probes.target import Key, Target
from assessor.probes.version import catalogue_version
from tests.probes.shapes import exchange, snapshot

FOLDER = Path(detectors.__file__).parent
ALL = Target("http://server.example", Key("k"), root_paths=True, allow_chat=True)
PLANNED = {request.id for request in (*common_plan(ALL), *follow_up_plan(ALL))}


def possible_codes() -> set[str]:
    """Every code that a detector can emit: fixed ones, and one for each product of the catalogue."""
    fixed = {
        "identity.unknown", "network.plain-http", "network.redirect", "forwards.local", "forwards.unknown",
        "access.open", "access.key-required", "model.listed", "model.alias", "region.processing", "tools.mcp",
        "tools.foreign-identity", "exposure.properties", "exposure.metrics", "exposure.ollama-cloud",
        "conflict.identity", "conflict.filter", "model.licence.restricted",
        "safety.unplaced.something-new", "safety.unplaced.litellm-guardrail",
    }  # fmt: skip
    fixed |= {f"network.address.{kind}" for kind in ("loopback", "private", "public")}
    fixed |= {f"network.tls.{state}" for state in ("trusted", "self-signed", "untrusted")}
    kinds = ("cloud", "edge", "carrier", "model", "relay", "safety", "other")
    fixed |= {f"network.{what}.{kind}" for what in ("operator", "alias") for kind in kinds} | {"network.alias.hosted"}
    fixed |= {f"network.certificate.authority.{state}" for state in ("public", "cloud", "unlisted")}
    fixed |= {f"network.certificate.{fault}" for fault in ("expired", "ends-soon", "weak-key", "weak-signature")}
    fixed |= {f"model.weights.{state}" for state in ("open", "partly", "closed", "disputed")}
    for group in ("server", "gateway", "hosted"):
        fixed |= {f"{group}.{row.id}" for row in catalogue(group).products}
        fixed |= {f"dialect.{name}" for row in catalogue(group).products for name in row.dialects}
    fixed |= {f"dialect.{name}" for name, _ in ROUTES}
    fixed |= {
        f"safety.{place}.{row.id}" for row in catalogue("safety").products for place in ("hosted", "local", "unplaced")
    }
    return fixed


def test_every_module_of_the_folder_is_in_the_tuple_or_shared() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    listed = {detector.__name__.rpartition(".")[2] for detector in DETECTORS}  # type: ignore[attr-defined]
    assert modules - listed == {"base", "upstreams"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_detector_opens_no_socket(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    forbidden = ("socket", "ssl", "http", "urllib.request", "httpx2", "httpcore2", "assessor.probes.collect", "django")
    assert not [name for name in imported if name.startswith(forbidden)]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.__name__.rpartition(".")[2])
def test_what_a_detector_needs_is_planned(detector: Any) -> None:
    assert set(detector.NEEDS) <= PLANNED


def test_nothing_is_asked_that_no_detector_needs() -> None:
    assert {name for detector in DETECTORS for name in detector.NEEDS} == PLANNED


@pytest.mark.parametrize("code", sorted(possible_codes()))
def test_every_code_has_words(code: str) -> None:
    finding = Finding(code=code, strength=Strength.STRONG)
    title, meaning = words.finding_title(finding), words.finding_meaning(finding)
    assert title
    assert title != code
    assert len(meaning) > 20
    assert not set("{}|") & set(title + meaning)


def test_a_servers_words_are_never_read_as_a_template() -> None:
    params: dict[str, str | int | float | bool] = {"name": "{operator}{0.__class__}\x1b[31m\n%s", "operator": "X"}
    finding = Finding(code="hosted.openai", strength=Strength.STRONG, params=params)
    assert words.finding_title(finding) == "{operator}{0.__class__} [31m %s serves requests"


def test_every_row_is_sourced_and_dated_and_says_something() -> None:
    for group in FILES:
        for row in catalogue(group).products:
            assert len(row.source) > 5, row.id
            assert row.signals or row.hosts or row.types or row.plugins or row.models or row.silent, row.id
    assert catalogue_version().startswith("2026-")


def test_what_was_not_verified_never_identifies() -> None:
    signals = [signal for group in FILES for row in catalogue(group).products for signal in row.signals]
    general = [signal for signal in signals if signal.general]
    assert general
    assert all(signal.weight is Strength.WEAK for signal in general)


def test_a_wrong_row_is_refused_with_file_and_line() -> None:
    raw = b"group: server\nproducts:\n  - id: x\n    name: X\n    source: s\n    date: today\n    sign: []\n"
    with pytest.raises(ContentErrors) as caught:
        validate(Catalogue, read_yaml(raw, "servers.yaml"))
    assert "servers.yaml, line 6" in str(caught.value)
    assert "servers.yaml, line 7: “sign” is not a known key here." in str(caught.value)


def test_findings_about_the_same_thing_are_put_together() -> None:
    def one(strength: Strength, because: str, exchange_id: str) -> Finding:
        return Finding(code="hosted.x", strength=strength, params={"because": because}, exchanges=(exchange_id,))

    (finding,) = merged([one(Strength.STRONG, "a", "1"), one(Strength.PROOF, "b; a", "2")])
    assert (finding.strength, finding.params["because"], finding.exchanges) == (Strength.PROOF, "b; a", ("1", "2"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["data", "id", "owned_by", "root", "models", "error", "message", "code", "cloud", "guardrails", "result",
             "litellm_params", "model_name", "api_base", "model", "providers", "choices", "provider", "usage",
             "version",
             "tools", "_meta", "authorization_servers", "model_path", "model_alias", "remote_host", "name"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=JSON_VALUES,
    status=st.sampled_from([200, 401, 404, 405, 406]),
    headers=st.dictionaries(
        st.sampled_from(
            ["location", "x-litellm-model-api-base", "x-portkey-provider", "www-authenticate", "mcp-session-id"]
        ),
        st.text(max_size=12),
        max_size=3,
    ),
)
def test_no_reply_makes_a_detector_raise(body: Any, status: int, headers: dict[str, str]) -> None:
    seen = snapshot(*(exchange(name, status, body, headers) for name in sorted(PLANNED)))
    findings = judge(seen)
    assert judge(seen) == findings, "pure: the same snapshot, the same findings"
    for finding in findings:
        assert all(len(str(value)) <= 400 for value in finding.params.values())
        assert words.finding_title(finding)
    assert json.dumps([finding.model_dump(mode="json") for finding in findings])


@pytest.mark.parametrize("body", ["[" * 100_000, '{"data":' * 50_000, "\x00\xff", "data: {", ""])
def test_a_body_that_cannot_be_read_is_no_evidence(body: str) -> None:
    findings = judge(snapshot(*(exchange(name, 200, body) for name in sorted(PLANNED))))
    assert not [finding for finding in findings if finding.code.startswith(("server", "gateway", "hosted", "model"))]


def test_a_reply_made_to_be_slow_to_search_is_judged_quickly() -> None:
    bodies = ["Ping http" * 100_000, json.dumps({"data": [{"id": "nemotron" * 100_000}]}), "sglang:" * 100_000]
    seen = snapshot(
        *(exchange(name, 404 if name == "missing" else 200, body) for body in bodies for name in sorted(PLANNED)[:9])
    )
    begun = time.monotonic()
    judge(seen)
    assert time.monotonic() - begun < 10
