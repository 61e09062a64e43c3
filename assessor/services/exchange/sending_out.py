"""The files that leave: an assessment in each format, and the empty questionnaire in each."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Literal

from assessor.models import Assessment
from assessor.questionnaire.schema import Questionnaire
from assessor.services import file_types
from assessor.services.exchange import blank_yaml, csv_out, pack, plain
from assessor.services.exchange.gather import answer_data, standing

# What each kind of file is called where it is handed out.
TYPES = {
    "yaml": file_types.YAML,
    "json": file_types.JSON,
    "csv": file_types.CSV,
    "xlsx": file_types.XLSX,
    "pdf": file_types.PDF,
    "sovpack": "application/vnd.sovereignty-assessor.pack+zip",
}
FORMATS = ("yaml", "json", "xlsx", "csv", "sovpack")
BLANK_FORMATS = ("pdf", "xlsx", "yaml")


def write(assessment: Assessment, kind: str, stream: BinaryIO) -> None:
    """Write an assessment in one of `FORMATS`; raises `AttachmentMissing` where an archive lacks a stored file."""
    now = standing(assessment, with_runs=kind == "sovpack")
    if kind == "sovpack":
        pack.write_pack(now, stream)
        return
    data, questionnaire = answer_data(now), now.questionnaire
    match kind:
        case "json":
            stream.write(plain.write_json(data))
        case "csv":
            stream.write(csv_out.write_csv(data, questionnaire))
        case "xlsx":
            stream.write(_workbook(data, questionnaire, [one.name for one in now.workloads[1:]]))
        case _:
            stream.write(plain.write_yaml(data, questionnaire))


def blank(questionnaire: Questionnaire, scope: Literal["quick", "full"], kind: str) -> bytes:
    """Return the empty questionnaire as `yaml` or `xlsx` (the PDF is `blank_pdf.blank_pdf`)."""
    if kind == "xlsx":
        return _workbook(_empty(questionnaire, scope), questionnaire)
    return blank_yaml.blank_file(questionnaire, scope).encode()


def _workbook(data: Mapping[str, Any], questionnaire: Questionnaire, names: Sequence[str] = ()) -> bytes:
    # The library for workbooks is loaded when one is made, and not by every process at its start.
    from assessor.services.exchange.xlsx_out import write_xlsx

    return write_xlsx(data, questionnaire, names=names)


def _empty(questionnaire: Questionnaire, scope: Literal["quick", "full"]) -> Mapping[str, Any]:
    return {
        "questionnaire": questionnaire.id,
        "questionnaire_version": questionnaire.version,
        "questionnaire_content": questionnaire.content_hash(),
        "scope": scope,
        "title": "",
        "organisation": {"name": "", "home_jurisdictions": []},
        "workload": {"name": "", "owner": "", "criticality": "", "tolerance_hours": None},
        "answers": {},
    }
