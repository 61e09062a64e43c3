"""Translations: tied to the English they were made from, never in the way of a score, every gap named."""

import pytest

from assessor.errors import ContentErrors
from assessor.questionnaire.__main__ import main
from assessor.questionnaire.overlay import (
    Overlay,
    Translation,
    faults,
    languages,
    load_overlay,
    source_hash,
    texts,
    translate,
)
from tests.questionnaire.sample import SAMPLE, changed, sample, write
from tests.questionnaire.test_kinds import CELLAR, LIST


def overlay(**translated: str) -> Overlay:
    source = texts(sample())
    entries = {key: Translation(of=source_hash(source[key]), text=text) for key, text in translated.items()}
    return Overlay("xx", entries, {})


def whole(mark: str = "¤") -> Overlay:
    return overlay(**{key: f"{mark}{text}" for key, text in texts(sample()).items()})


def test_every_text_a_reader_sees_can_be_translated_and_nothing_else():
    translated = translate(sample(), whole())
    left = {value for value in texts(translated).values() if not value.startswith("¤")}
    assert (left, translated.foreign) == (set(), {})
    kept = translated
    assert kept.content_hash() == sample().content_hash()
    assert [one.id for one in kept.questions] == [one.id for one in sample().questions]
    assert kept.questions[0].references == sample().questions[0].references
    assert kept.questions[0].findings[0].code == "door.open"
    assert (kept.scale.share, kept.questions[0].weight) == (sample().scale.share, 3)


def test_a_complete_overlay_has_no_fault():
    assert faults(sample(), whole()) == []


def test_what_is_missing_stale_or_unknown_is_named():
    source = texts(sample())
    entries = dict(whole().texts)
    del entries["questions.keys.front.title"]
    entries["questions.keys.front.text"] = Translation(of="0" * 12, text="Vom alten Text")
    entries["questions.keys.roof.title"] = Translation(of="0" * 12, text="Dach")
    found = {(fault.key, fault.kind) for fault in faults(sample(), Overlay("xx", entries, {}))}
    assert found == {
        ("questions.keys.front.title", "missing"),
        ("questions.keys.front.text", "stale"),
        ("questions.keys.roof.title", "unknown"),
    }
    translated = translate(sample(), Overlay("xx", entries, {}))
    assert translated.foreign == {"keys.front": "en"}
    assert translated.questions[0].text == source["questions.keys.front.text"]
    assert translated.questions[0].why == source["questions.keys.front.why"]
    assert translated.questions[1].title == f"¤{source['questions.keys.cellar.title']}"


def test_a_changed_source_makes_its_translation_stale():
    other = sample(("Who outside can lock the front door", "Who outside can open the front door"))
    assert [fault.key for fault in faults(other, whole())] == ["questions.keys.front.text"]


def test_items_and_rungs_keep_their_keys_when_another_is_put_before_them():
    keys = texts(sample((CELLAR, LIST + CELLAR)))
    assert "questions.keys.list.items.gate.text" in keys
    assert "questions.keys.cellar.choices.2.text" in keys


def folder_with(tmp_path, *files):
    path = write(tmp_path, SAMPLE)
    for name, text in files:
        target = path.parent / "i18n" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return path


ENTRY = 'questions.keys.front.title: {{of: {hash}, text: "Die Haustür"}}\n'.format(hash=source_hash("The front door"))


def test_translations_lie_in_one_file_or_in_several(tmp_path):
    cellar = f'questions.keys.cellar.title: {{of: {source_hash("The cellar")}, text: "Der Keller"}}\n'
    path = folder_with(tmp_path, ("de.yaml", ENTRY), ("de/cellar.yaml", cellar))
    assert languages(path.parent) == ["de"]
    assert len(load_overlay(path.parent, "de").texts) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ENTRY.replace("of:", "from:"), "“from” is not a known key here"),
        ("questions.keys.front.title: Die Haustür\n", "de.yaml, line 1"),
        (ENTRY + ENTRY, "is given twice"),
        ("- a list\n", "de.yaml, line 1"),
    ],
)
def test_a_wrong_translation_file_is_refused_with_its_line(tmp_path, text, sentence):
    path = folder_with(tmp_path, ("de.yaml", text))
    with pytest.raises(ContentErrors) as refused:
        load_overlay(path.parent, "de")
    assert sentence in str(refused.value)


def test_a_key_in_two_files_is_refused(tmp_path):
    path = folder_with(tmp_path, ("de.yaml", ENTRY), ("de/keys.yaml", ENTRY))
    with pytest.raises(ContentErrors, match=r"is translated in .* already"):
        load_overlay(path.parent, "de")


def test_an_author_gets_what_is_missing_as_a_file_to_fill_in(tmp_path, capsys):
    path = folder_with(tmp_path, ("de.yaml", ENTRY))
    assert main(["--missing", "de", "--prefix", "questions.keys.front", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "questions.keys.front.title" not in printed
    assert (
        f'questions.keys.front.why: {{of: "{source_hash("A locked door is the shortest way to stop somebody.")}"'
        in printed
    )
    assert "# A locked door is the shortest way to stop somebody." in printed


def test_an_overlay_for_another_version_fails_the_check(tmp_path, capsys):
    path = folder_with(tmp_path, ("de.yaml", ENTRY))
    path.write_text(changed(("title: The front door", "title: The main door")))
    assert main([str(path)]) == 1
    assert "de.yaml, line 1: questions.keys.front.title was made from another English text" in capsys.readouterr().out
