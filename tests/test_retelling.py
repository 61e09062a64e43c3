"""Stored sentences of ours are told in the reader's language; what is not ours is left as it was written."""

import ast
import re
from pathlib import Path

import pytest

from assessor import retelling
from assessor.probes import gaps, steps
from assessor.probes.attribution import phrases
from assessor.probes.products import server_of_owner
from assessor.probes.result import ProbeResult
from assessor.probes.words import behind_words, finding_title
from assessor.retelling import LOCAL_NAME, is_ours, named, retold, retold_parts
from tests.probes.test_detectors_recordings import EXPECTED, probe
from tests.pseudo import marked

PROBES = Path(retelling.__file__).parent / "probes"
# A phrase that is put together where it is said cannot be told in another language.
PHRASE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}| [a-z]{3,} ")


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("Who answers at this address.", "⟦Who answers at this address.⟧"),
        ("GET /v1/models shows keys id, meta", "⟦GET /v1/models shows keys id, meta⟧"),
        ("header x-served-by: a: b", "⟦header x-served-by: a: b⟧"),
        (
            "2 of 14 requests were not answered: Nothing answers at this address and port.",
            "⟦2 of 14 requests were not answered: ⟦Nothing answers at this address and port.⟧⟧",
        ),
        (
            "Port 22 is not allowed here. Allowed are: 80, 443.",
            "⟦Port 22 is not allowed here.⟧ ⟦Allowed are: 80, 443.⟧",
        ),
    ],
)
def test_a_sentence_is_told_anew_with_what_was_filled_in(stored: str, told: str) -> None:
    assert retold(stored, marked) == told
    assert retold(stored, str) == stored


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "We wrote this ourselves.",
        # Which of the two is the name cannot be told.
        "GET /v1/model/info lists a as b as c",
        # A server's own braces are no fields, and a sentence that it quotes stays a quotation.
        "{request} answers {status}",
        "x" * 5000,
    ],
)
def test_what_is_not_ours_or_can_be_read_in_two_ways_stays(stored: str) -> None:
    assert retold(stored, marked) == stored


def test_of_names_only_ours_is_told_in_another_language() -> None:
    assert named(LOCAL_NAME, marked) == f"⟦{LOCAL_NAME}⟧"
    assert named("Who answers at this address.", marked) == "Who answers at this address."


def test_what_a_server_said_is_neither_translated_nor_read_as_a_template() -> None:
    stored = "GET / says “{request} The run was stopped before its end.”"
    assert retold(stored, lambda source: source.replace("says", "sagt")) == stored.replace("says", "sagt")


def test_long_hostile_text_is_read_in_no_time() -> None:
    retelling._read.cache_clear()
    for text in ("GET / lists " + "as " * 600, ("a. " * 600).strip(), "host name " * 190):
        assert retold(text, str) == text
    # However many sentences somebody else wrote, they are not tried in every cut.
    assert retelling._read.cache_info().misses < 50


@pytest.mark.parametrize("name", EXPECTED)
def test_everything_that_a_probe_of_a_recorded_server_says_can_be_told(name: str) -> None:
    result, _recording = probe(name, chat=True)
    phrases = [part for one in result.findings for part in str(one.params.get("because") or "").split("; ") if part]
    said = [*phrases, *result.identity.because, *result.unknown, *result.not_tested]
    said += [part for one in result.behind for part in one.because]
    said += [text for one in result.requests for text in (one.purpose, one.error) if text]
    said += [one.because for one in result.dialects if one.because]
    assert [one for one in said if not is_ours(one)] == []


def test_every_gap_and_every_purpose_can_be_told() -> None:
    said = [text for name, text in vars(gaps).items() if name.isupper() and isinstance(text, str)]
    said += [text for one in (*steps.COMMON, *steps.FOLLOW_UPS) for text in (one.purpose, one.only_if) if text]
    assert len(said) > 60
    assert [one for one in said if not is_ours(one)] == []


@pytest.mark.parametrize(
    "path",
    sorted([*PROBES.glob("detectors/*.py"), *(PROBES / f"{one}.py" for one in ("recognise", "front", "engine"))]),
)
def test_no_phrase_of_a_detector_is_put_together_on_the_spot(path: Path) -> None:
    texts = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr)]
    plain = ["{}".join(str(part.value) for part in node.values if isinstance(part, ast.Constant)) for node in texts]
    assert [text for text in plain if PHRASE.search(text)] == []


def test_a_program_that_is_known_by_its_label_only_is_called_by_its_name() -> None:
    result, _recording = probe("nemoguardrails_live", chat=True)
    assert isinstance(result, ProbeResult)
    assert [one.provider for one in result.behind] == ["llamacpp"]
    assert [behind_words(one) for one in result.behind] == ["llama.cpp server"]
    forwards = next(one for one in result.findings if one.is_under("forwards.unknown"))
    assert "llamacpp" not in finding_title(forwards)
    assert server_of_owner("somebody") == "somebody"


def test_rows_of_the_catalogue_say_in_our_words_only_what_is_to_be_translated() -> None:
    assert "seat of the controlling company as generally known, not looked up for this row" in phrases()
    assert retold_parts("a; Who answers at this address.", marked) == "a; ⟦Who answers at this address.⟧"
