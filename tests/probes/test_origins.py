"""Whose network, whose law, whose model: answered from files, dated, and kept apart."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assessor.content import content_hash
from assessor.errors import ContentError
from assessor.evidence import Finding
from assessor.probes import engine
from assessor.probes.attribution import country_of, country_of_region, operator, operators
from assessor.probes.detectors import judge
from assessor.probes.integrity import first_change, read_result
from assessor.probes.known_models import known, plain_name
from assessor.probes.networks import network_table, read_table
from assessor.probes.origins import attribution, model_facts, placed
from assessor.probes.products import FILES, catalogue
from assessor.probes.result import ProbeResult, verify
from assessor.probes.snapshot import Exchange, ResolvedAddress, Snapshot
from assessor.probes.target import LAPTOP, Key, Policy, Target
from tests.probes.replay import Recording, ReplayDoor
from tests.probes.shapes import exchange, models, reply, snapshot

ROW = "203.0.113.0\t203.0.113.255\t64500\tDE\tEXAMPLE-NET Example\n"


def public(*exchanges: Exchange, address: str, host: str = "api.example") -> Snapshot:
    return placed(snapshot(*exchanges, host=host, kind="public", address=address))


def found(seen: Snapshot) -> dict[str, Finding]:
    return {finding.code: finding for finding in judge(seen)}


@pytest.mark.parametrize(
    ("address", "name", "countries"),
    [
        ("160.79.104.10", "Anthropic", ("US",)),
        ("20.31.4.5", "Microsoft", ("US",)),
        ("104.18.6.192", "Cloudflare", ("US",)),
        ("2606:4700::6810:1", "Cloudflare", ("US",)),
        ("94.130.1.1", "Hetzner", ("DE",)),
        # Tables differ on this one, and both are kept.
        ("47.88.1.1", "Alibaba Cloud", ("CN", "US")),
    ],
)
def test_the_shipped_table_knows_the_providers_networks(address: str, name: str, countries: tuple[str, ...]) -> None:
    origin = network_table().find(address)
    assert origin is not None
    assert (origin.name, origin.countries) == (name, countries)
    assert origin.date == "2026-09-16"
    assert "ip-location-db" in origin.source


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "192.0.2.1", "::1", "not an address", ""])
def test_an_address_that_is_in_no_row_stays_unknown(address: str) -> None:
    assert network_table().find(address) is None


def test_the_shipped_table_states_its_date_source_and_licence() -> None:
    facts = network_table().facts
    assert facts.date >= "2026-09-16"
    assert facts.licence == "PDDL 1.0"


def test_every_network_in_the_shipped_table_belongs_to_an_operator_of_the_catalogue() -> None:
    table = network_table()
    named = {row.split(b"\t")[4].decode() for version in (4, 6) for row in table.rows[version]}
    assert named == {row.name for row in operators() if row.networks}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_operators_own_table_is_used_instead(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / "mine.tsv"
    text = f"# date: 2026-11-01\n# source: our own\n{ROW}2001:db8::\t2001:db8::ffff\t64501\tSE\tX\n".encode()
    file.write_bytes(gzip.compress(text) if packed else text)
    table = network_table(file)
    origin = table.find("203.0.113.77")
    assert origin is not None
    assert (origin.number, origin.countries, origin.date, origin.source) == (64500, ("DE",), "2026-11-01", "our own")
    assert table.find("2001:db8::5") is not None
    assert table.find("203.0.114.1") is None


def test_a_table_without_a_date_is_as_old_as_its_file(tmp_path: Path) -> None:
    file = tmp_path / "ip2asn.tsv"
    file.write_text("0.0.0.0\t0.255.255.255\t0\tNone\tNot routed\n" + ROW)
    table = read_table(file)
    assert table.facts.source == "ip2asn.tsv"
    assert table.facts.date.startswith("20")
    assert table.find("0.0.0.1") is None, "not routed is nobody's network"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# only a remark\n", 1),
        ("hello\n", 1),
        (ROW + "1.2.3.4\t1.2.3.5\tx\tDE\tN\n", 2),
        (ROW + "1.2.3.4\t1.2.3.5\t1\tDE\tN\n", 2),
        ("300.2.3.4\t1.2.3.5\t1\tDE\tN\n", 1),
    ],
)
def test_a_wrong_table_is_refused_with_file_line_and_remedy(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "wrong.tsv"
    file.write_text(text)
    with pytest.raises(ContentError) as caught:
        read_table(file)
    assert f"wrong.tsv, line {line}: This is not a row of a table of networks. Each line needs" in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\x1f\x8b\x08 broken", gzip.compress(ROW.encode(), mtime=0)[:-12]])
def test_a_table_that_cannot_be_read_is_refused_before_anything_is_sent(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "table.gz"
    if content is not None:
        file.write_bytes(content)
    recording = Recording.load("llama_server")

    def opened(target: Target, policy: Policy) -> Any:
        raise AssertionError("a door was opened")

    with pytest.raises(ContentError, match="table"):
        engine.run(Target("http://server.example"), LAPTOP, networks=file, open_door=opened)
    assert recording.asked == []


def test_a_result_keeps_law_processing_and_registration_apart() -> None:
    # An endpoint at Cloudflare's edge, behind which Azure says where it worked.
    seen = public(reply({"x-ms-region": "East US", "x-ms-rai-invoked": "true"}), address="104.18.6.192")
    facts = attribution(seen, judge(seen))
    assert facts is not None
    law = {(item.role, item.operator): item for item in facts.law}
    assert set(law) == {("behind", "Microsoft"), ("filters", "Microsoft"), ("network", "Cloudflare")}
    assert law["behind", "Microsoft"].controlled_by == "Microsoft Corporation"
    assert law["behind", "Microsoft"].country == "US"
    assert [(item.region, item.country, item.by) for item in facts.processing] == [("East US", "US", "Azure OpenAI")]
    assert [(item.network, item.edge) for item in facts.addresses] == [("Cloudflare", True)]
    assert facts.table_date == "2026-09-16"


def test_a_european_region_does_not_change_whose_law_reaches_the_operator() -> None:
    seen = public(exchange("models", 403, {}), address="3.120.0.1", host="bedrock-runtime.eu-central-1.amazonaws.com")
    facts = attribution(seen, judge(seen))
    assert facts is not None
    assert {item.country for item in facts.law} == {"US"}
    assert [item.country for item in facts.processing] == ["DE"]


def test_a_public_address_outside_the_table_is_said_to_be_unknown_with_the_tables_date() -> None:
    seen = public(models({"id": "m"}), address="203.0.113.9")
    facts = attribution(seen, judge(seen))
    assert facts is not None
    assert (facts.addresses, facts.unplaced, facts.table_date) == ((), ("203.0.113.9",), "2026-09-16")
    assert "network.operator.cloud" not in found(seen)


def test_the_network_of_an_address_is_a_finding_that_names_its_table() -> None:
    finding = found(public(models({"id": "m"}), address="94.130.1.1"))["network.operator.cloud"]
    assert finding.params["operator"] == "Hetzner"
    assert "2026-09-16" in str(finding.params["because"])
    assert found(public(models({"id": "m"}), address="104.18.6.192"))["network.operator.edge"]


def test_a_private_address_reads_no_table_and_claims_nothing() -> None:
    seen = placed(snapshot(models({"id": "m"})))
    assert seen.table_date == ""
    assert attribution(seen, judge(seen)) is None


class PublicDoor(ReplayDoor):
    """A replayed server that stands at a public address."""

    def __init__(self, recording: Recording, target: Target, address: str) -> None:
        super().__init__(recording, target)
        self.network = replace(self.network, addresses=(ResolvedAddress(address, "public"),), dialled=address)

    def __enter__(self) -> "PublicDoor":
        return self

    def __exit__(self, *error: object) -> None:
        return None


def test_a_whole_run_states_origins_and_its_hash_covers_them() -> None:
    target = Target("http://llm.example:4000", Key("sk-k"), allow_chat=True)
    result = engine.run(
        target,
        LAPTOP,
        open_door=lambda target, policy: PublicDoor(Recording.load("litellm_proxy"), target, "20.31.4.5"),
    )
    assert result.attribution is not None
    assert {item.role for item in result.attribution.law} >= {"behind", "network"}
    assert verify(ProbeResult.model_validate_json(result.model_dump_json()))
    assert not verify(result.model_copy(update={"attribution": None}))


def test_a_result_from_before_these_facts_keeps_its_hash() -> None:
    """A file is judged as it was written: fields that came later change nothing about an older one."""
    for file in sorted((Path(__file__).parents[2] / "examples").glob("*-probe-*.json")):
        document = json.loads(file.read_text())
        assert first_change(document) is None
        for name in ("attribution", "method_version", "plan", "tries", "opening"):
            del document[name]
        document["sha256"] = content_hash({name: value for name, value in document.items() if name != "sha256"})
        assert first_change(document) is None
        assert read_result(document, file.name).attribution == ProbeResult.model_fields["attribution"].default


def test_every_operator_that_the_catalogue_names_has_a_seat_with_source_and_date() -> None:
    named = {row.operator for group in FILES for row in catalogue(group).products if row.operator}
    for name in named:
        row = operator(name)
        assert row is not None, name
        assert len(row.source) > 20
    assert country_of("nobody") == ""


@pytest.mark.parametrize(
    ("region", "country"),
    [
        ("East US", "US"),
        ("eu-central-1", "DE"),
        ("europe-west4", "NL"),
        ("swedencentral", "SE"),
        ("eu-de", "DE"),
        ("global", ""),
        ("x", ""),
    ],
)
def test_a_region_of_a_cloud_lies_in_a_country(region: str, country: str) -> None:
    assert country_of_region(region) == country


# The models of 2026's news by names that servers use: maker, origin, weights, terms, and whether memory is told.
NEWS = {
    "claude-fable-5": ("Anthropic", "US", "closed", "contract", False),
    "us.anthropic.claude-fable-5": ("Anthropic", "US", "closed", "contract", False),
    "anthropic/claude-mythos-5": ("Anthropic", "US", "closed", "contract", False),
    "gpt-5.5": ("OpenAI", "US", "closed", "contract", False),
    "openai/gpt-5.5-pro": ("OpenAI", "US", "closed", "contract", False),
    "moonshotai/Kimi-K2.6": ("Moonshot AI", "CN", "open", "free", True),
    "kimi-k2.6": ("Moonshot AI", "CN", "open", "free", True),
    "deepseek-ai/DeepSeek-V3": ("DeepSeek", "CN", "open", "free", True),
    "deepseek-r1:671b": ("DeepSeek", "CN", "open", "free", True),
    "deepseek-ai/DeepSeek-V4-Pro": ("DeepSeek", "CN", "open", "free", True),
    "deepseek-v4-flash": ("DeepSeek", "CN", "open", "free", True),
    "Qwen/Qwen3.5-397B-A17B": ("Alibaba Cloud", "CN", "open", "free", True),
    "Qwen/Qwen3.6-35B-A3B": ("Alibaba Cloud", "CN", "open", "free", True),
    "qwen3.6-plus": ("Alibaba Cloud", "CN", "closed", "contract", False),
    "zai-org/GLM-5.2-FP8": ("Zhipu AI", "CN", "open", "free", True),
    "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16": ("NVIDIA", "US", "open", "free", True),
    "MiniMaxAI/MiniMax-M2.7": ("MiniMax", "CN", "open", "restricted", True),
    "minimax-m3": ("MiniMax", "CN", "open", "unknown", False),
}


@pytest.mark.parametrize("name", NEWS)
def test_a_model_of_the_news_is_known_by_the_name_that_servers_use(name: str) -> None:
    facts = model_facts(name)
    assert facts is not None
    maker, origin, weights, terms, sized = NEWS[name]
    assert (facts.maker, facts.origin, facts.weights, facts.terms) == (maker, origin, weights, terms)
    assert (facts.memory_gb is not None) is sized
    assert facts.source
    assert facts.date


def test_five_facts_of_openness_are_kept_apart() -> None:
    facts = model_facts("nvidia/nemotron-3-ultra-550b-a55b")
    assert facts is not None
    assert (facts.weights, facts.data, facts.recipe, facts.code) == ("open", "partly", "open", "partly")
    assert facts.licence == "OpenMDW-1.1"
    restricted = model_facts("minimax-m2.7")
    assert restricted is not None
    assert (restricted.weights, restricted.terms) == ("open", "restricted"), "open weights, and still not free to use"


@pytest.mark.parametrize("name", ["tiny", "house-model", "my-gpt-4-like", "assistant", "", "::::", "x" * 5000, "模型"])
def test_an_unknown_name_stays_unknown(name: str) -> None:
    assert known(name) is None


def test_a_name_on_which_lists_differ_is_said_to_be_disputed() -> None:
    facts = model_facts("mimo-v2-pro")
    assert facts is not None
    assert facts.weights == "disputed"
    assert facts.said_open
    assert facts.said_closed
    assert facts.lists_date == "2026-08-18"


@pytest.mark.parametrize(
    ("name", "plain", "memory"),
    [
        ("llama3.1:8b", "llama3-1-8b", (4, 21)),
        ("/models/Qwen3.6-27B-Q4_K_M.gguf", "qwen3-6-27b-q4-k-m", (15, 70)),
        ("gpt-oss:20b", "gpt-oss-20b", (11, 52)),
        ("deepseek-r1:70b", "deepseek-r1-70b", (38, 182)),
        ("qwen/qwen3.6-27b:free", "qwen3-6-27b", (15, 70)),
    ],
)
def test_the_size_in_a_name_gives_the_memory_it_needs(name: str, plain: str, memory: tuple[int, int]) -> None:
    assert plain_name(name) == plain
    one = known(name)
    assert one is not None
    assert one.memory == memory


def test_the_path_of_the_weights_is_believed_before_the_name() -> None:
    seen = snapshot(models({"id": "house-model", "root": "/data/DeepSeek-V4-Flash"}))
    finding = {one.code: one for one in judge(seen)}["model.weights.open"]
    assert finding.params["name"] == "DeepSeek V4 Flash"
    assert finding.strength.value == "B", "a path is a claim of the server, too"


def test_many_names_of_one_family_are_one_finding() -> None:
    names = [{"id": f"qwen3.6-{size}b"} for size in (4, 9, 27, 35, 72)]
    told = [one for one in judge(snapshot(models(*names))) if one.is_under("model.weights")]
    assert len(told) == 1
    assert "…" in str(told[0].params["id"])


def test_a_licence_that_restricts_is_a_finding_of_its_own() -> None:
    seen = {one.code for one in judge(snapshot(models({"id": "MiniMaxAI/MiniMax-M2.7"})))}
    assert {"model.weights.open", "model.licence.restricted"} <= seen


def test_names_are_matched_quickly_however_long_they_are() -> None:
    entries = [{"id": "qwen3-6-" + "9b-" * 30_000}, *({"id": f"claude-{n}-" + "a-" * 2000} for n in range(99))]
    seen = snapshot(models(*entries))
    assert judge(seen)
