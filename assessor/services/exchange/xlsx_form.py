"""What a workbook of ours is made of, for its writer and its reader: marks, columns and where they stand."""

FORMAT = "sovereignty-assessor/1"
# The first row of each sheet is hidden: its first cell says what the sheet is, the others what each column holds.
ABOUT, ANSWERS, EVIDENCE, META = "about", "answers", "evidence", "meta"
ANSWER_COLUMNS = ("id", "was", "number", "title", "text", "choices", "answer", "note")
EVIDENCE_COLUMNS = (
    "id",
    "for_level",
    "workload",
    "question",
    "kind",
    "description",
    "place",
    "version",
    "taken_on",
    "expires_on",
    "read",
    "pass_mark",
    "minutes",
    "share_of_load",
    "passed",
    "result",
    "observed_only",
    "witness",
    "link",
)
DAYS = ("taken_on", "expires_on")
NUMBERS = ("minutes", "share_of_load", "for_level")
SIDES = ("read", "passed", "observed_only")
ABOUT_KEYS = (
    "organisation",
    "home_jurisdictions",
    "title",
    "workload",
    "owner",
    "criticality",
    "tolerance_hours",
)
# An item of a checklist is named by its question and itself.
ITEM_MARK = "#"


def mark(sheet: str) -> str:
    """Return what stands in the first cell of a sheet."""
    return f"{FORMAT}:{sheet}"
