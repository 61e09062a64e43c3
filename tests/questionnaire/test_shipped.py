"""The questionnaires that ship keep the promises of docs/method.md and questionnaires/README.md."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from assessor.evidence import Tier
from assessor.questionnaire.__main__ import main, schema_text
from assessor.questionnaire.crosswalks import lint_crosswalks
from assessor.questionnaire.lint import lint
from assessor.questionnaire.loader import find_questionnaires, load_questionnaire, read_questionnaire
from assessor.questionnaire.overlay import faults, languages, load_overlay
from assessor.questionnaire.schema import Questionnaire

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "questionnaires"
SHIPPED = find_questionnaires(FOLDER)
TRANSLATIONS = [(name, language) for name, path in SHIPPED.items() for language in languages(path.parent)]


@pytest.fixture(scope="module")
def sovereignty() -> Questionnaire:
    return load_questionnaire(SHIPPED["ai-sovereignty"])


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_questionnaire_is_valid_and_has_nothing_to_mend(name: str) -> None:
    questionnaire = load_questionnaire(SHIPPED[name])

    beside = {other: load_questionnaire(path) for other, path in SHIPPED.items()}

    assert [fault.sentence() for fault in (*lint(questionnaire), *lint_crosswalks(questionnaire, beside))] == []
    assert questionnaire.id == name


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_a_translation_of_a_shipped_questionnaire_is_whole_and_up_to_date(name: str, language: str) -> None:
    folder = SHIPPED[name].parent
    found = faults(load_questionnaire(SHIPPED[name]), load_overlay(folder, language))

    assert not found, "\n".join(one.sentence() for one in found)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_questionnaire_fits_the_published_schema(name: str) -> None:
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read_questionnaire(SHIPPED[name]).data, schema, cls=jsonschema.Draft202012Validator)


def test_the_published_schema_is_the_generated_one() -> None:
    published = (FOLDER / "schema.json").read_text(encoding="utf-8")

    assert published == schema_text(), "run: python -m assessor.questionnaire --schema > questionnaires/schema.json"


def test_the_example_in_the_readme_is_a_clean_questionnaire(tmp_path: Path) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", readme, flags=re.DOTALL)
    assert example is not None
    path = tmp_path / "example.yaml"
    path.write_text(example.group(1), encoding="utf-8")

    assert lint(load_questionnaire(path)) == []


def test_the_readme_explains_every_rule_of_the_lint() -> None:
    source = (ROOT / "assessor/questionnaire/lint.py").read_text(encoding="utf-8")
    rules = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)",\s+N_\(', source))
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert len(rules) > 10
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in readme] == []


def test_the_quick_scan_asks_fourteen_questions_two_of_each_dimension(sovereignty: Questionnaire) -> None:
    quick = sovereignty.asked("quick")

    assert len(quick) == 14
    assert [one.dimension for one in quick] == [one.id for one in sovereignty.dimensions for _ in range(2)]
    assert [one.gate for one in quick] == [True, False] * 7
    assert {one.id for one in sovereignty.dimensions if one.chapter} == {"lock-in", "safety", "air-gap"}


def test_every_ladder_of_the_quick_scan_has_all_six_rungs(sovereignty: Questionnaire) -> None:
    assert {tuple(rung.level for rung in one.choices) for one in sovereignty.asked("quick")} == {(0, 1, 2, 3, 4, 5)}


def test_no_probe_from_outside_lifts_an_answer_above_three(sovereignty: Questionnaire) -> None:
    supports = [b.supports for one in sovereignty.questions for b in one.findings if b.supports is not None]

    assert supports
    assert max(supports) <= 3


def test_a_hosted_service_disproves_operation_of_your_own_everywhere_it_matters(sovereignty: Questionnaire) -> None:
    caps = {one.id: b.caps for one in sovereignty.questions for b in one.findings if b.code == "hosted"}

    assert {id_.split(".")[0] for id_ in caps} >= {
        "data",
        "models",
        "infrastructure",
        "lock-in",
        "air-gap",
        "governance",
    }
    # Leaving for a second source of one's own is level 4 there, and a hosted service may still do today's work.
    beside = {"lock-in.leaving", "lock-in.qualified"}
    assert max(cap for id_, cap in caps.items() if cap is not None and id_ not in beside) == 3
    assert {caps[id_] for id_ in beside} == {4}
    assert caps["air-gap.drill"] == caps["models.silent-change"] == caps["infrastructure.remote-access"] == 2


def test_a_hosted_check_holds_safety_and_air_gap_back(sovereignty: Questionnaire) -> None:
    caps = {one.id: b.caps for one in sovereignty.questions for b in one.findings if b.code == "safety.hosted"}

    assert caps["safety.checks-lost"] == caps["safety.rules"] == 3
    assert caps["air-gap.drill"] == caps["air-gap.hold-over"] == 2


def test_a_hosted_check_disproves_that_content_stays_with_you(sovereignty: Questionnaire) -> None:
    caps = {one.id: b.caps for one in sovereignty.questions for b in one.findings if b.code == "safety.hosted"}

    for question in ("data.readers", "data.orders", "data.terms", "data.deletion", "data.by-products", "data.chain"):
        assert caps[question] == 3, question


def test_only_one_outsider_alone_counts_as_somebody_who_can_switch_you_off(sovereignty: Questionnaire) -> None:
    named = {rung.level for one in sovereignty.questions for rung in one.choices if rung.controlled_by}

    assert named == {0, 1, 2}, "from level 3 on no single outsider can stop the workload"
    assert not [
        one.id
        for one in sovereignty.questions
        if one.dimension == "data"
        for rung in one.choices[:1]
        if rung.controlled_by
    ]


def test_gates_ask_for_more_than_paper(sovereignty: Questionnaire) -> None:
    assert all(one.proof.rank >= Tier.OBSERVED.rank for one in sovereignty.questions if one.gate)


def test_the_introduction_tells_what_happened_when_and_by_whose_report(sovereignty: Questionnaire) -> None:
    for fact in ("12 June 2026", "17:21", "30 June", "1 July", "as reported by", "29 June 2026"):
        assert fact in sovereignty.introduction
    assert "not affiliated" in (sovereignty.inspired_by or "")
    assert "16 April 2026" in (sovereignty.inspired_by or "")


def test_the_method_page_has_a_cell_for_every_level_of_every_dimension(sovereignty: Questionnaire) -> None:
    page = (ROOT / "docs/method.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| **")]
    titles = [row.split("**")[1] for row in rows]

    assert titles == [one.title for one in sovereignty.dimensions]
    assert all(len([cell for cell in row.strip("|").split("|") if cell.strip()]) == 7 for row in rows)
    for level in sovereignty.scale.levels:
        assert f"{level.level} {level.name}" in page


def test_the_method_page_states_the_thresholds_of_the_scale(sovereignty: Questionnaire) -> None:
    page = (ROOT / "docs/method.md").read_text(encoding="utf-8")
    scale = sovereignty.scale

    for stated in (
        f"declared {scale.caps.declared}, documented {scale.caps.documented}, observed {scale.caps.observed}",
        f"more than {scale.slack} levels below",
        f"{scale.coverage:.0%}".replace("%", " %"),
        f"{scale.not_applicable_share:.0%}".replace("%", " %"),
        f"up to level {scale.needs_no_proof} need no proof",
    ):
        assert stated in page, stated


def test_authors_can_check_a_file_without_django(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("id: x\n", encoding="utf-8")

    assert main([str(SHIPPED["ai-sovereignty"])]) == 0
    assert " questions, 0 to mend" in capsys.readouterr().out
    assert main([str(wrong)]) == 1
    assert f"{wrong}, line 1: “version” is missing. Add it." in capsys.readouterr().out
    assert main(["--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Questionnaire"
    assert main([]) == 2
