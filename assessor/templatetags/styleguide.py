"""Example data for the page that shows every component; that page exists while developing only."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django import forms, template

from assessor.evidence import Finding, Strength, Tier
from assessor.questionnaire.schema import Choice, Question

register = template.Library()

LEVELS = (
    "not demonstrated",
    "Data residency",
    "Contained processing",
    "Portable control",
    "Operational independence",
    "Air-gapped autonomy",
)
RUNGS = (
    "Nobody here can say where prompts and answers are kept.",
    "The contract names the country. Copies for support and abuse checks may leave it.",
    "Prompts, answers and logs are in a store of yours; the supplier keeps none after 30 days.",
    "The same, and the keys to that store are held where no supplier can use them alone.",
    "Nothing that is said to the model leaves systems you operate.",
    "There is no link over which it could leave.",
)
DIMENSIONS = (
    ("data", "Data residency and jurisdiction", 2, 1),
    ("models", "Model control", 3, 3),
    ("infrastructure", "Infrastructure and control plane", 2, None),
    ("lock-in", "Vendor lock-in and escape velocity", 3, 2),
    ("safety", "AI safety architecture", 1, 1),
    ("air-gap", "Air-gap readiness", 2, None),
    ("governance", "Governance, identity and audit", 4, 3),
)
SEEN = Finding(
    code="safety.hosted.azure-content-filter",
    strength=Strength.STRONG,
    params={"provider": "Azure"},
    exchanges=("e1", "e4"),
)


class ExampleForm(forms.Form):
    """One field of each kind, some of them wrong."""

    name = forms.CharField(label="Name", help_text="As your colleagues call it.")
    url = forms.CharField(label="Base URL", help_text="Example: http://localhost:8080")
    part = forms.ChoiceField(label="What it does", choices=[("model", "Model"), ("guard", "Guard")])
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    authority = forms.BooleanField(label="I may test this endpoint", help_text="Ask its owner before you tick this.")

    def clean_url(self) -> str:
        """Refuse, so that the page shows what a refusal looks like."""
        raise forms.ValidationError(
            "169.254.169.254 is never asked: it hands out machine credentials. Use another URL."
        )


def _question() -> Question:
    return Question(
        id="data.stay",
        dimension="data",
        title="Where content lies",
        text="Where do prompts and answers lie an hour after they were sent, and who can read them?",
        why="Who can read can also be ordered to hand over.",
        find_out=("Ask for the list of stores.",),
        evidence=("The signed annex.",),
        rulings=("Encrypted with the supplier's key: 1.",),
        weight=3,
        gate=True,
        proof=Tier.DOCUMENTED,
        may_not_apply=True,
        choices=tuple(Choice(level=level, text=text) for level, text in enumerate(RUNGS)),
    )


def _row(question: Question) -> dict[str, Any]:
    """Return what `views.questions.question_row` would, of a question answered with level 2."""
    return {
        "question": question,
        "anchor": "q-data-stay",
        "choices": [
            {
                "value": one.level,
                "level": one.level,
                "name": LEVELS[one.level],
                "text": one.text,
                "chosen": one.level == 2,
            }
            for one in question.choices
        ],
        "chosen": "2",
        "note": "As the contract of March says.",
        "score": {"state": "answered"},
        "seen": [
            {"because": "A probe saw a filter that runs in the supplier's cloud.", "caps": 1, "codes": [SEEN["code"]]},
        ],
    }


def _panel() -> dict[str, Any]:
    """Return what `views.panel.level_panel` would."""
    return {
        "started": True,
        "claimed": 1,
        "claimed_name": LEVELS[1],
        "verified": None,
        "best": 2,
        "answered": 9,
        "asked": 14,
        "confidence": 22,
        "dimensions": [
            {
                "id": key,
                "title": title,
                "claimed": claimed,
                "verified": verified,
                "done": done,
                "asked": 2,
                "holds": claimed == 1,
                "url": f"#{key}",
            }
            for done, (key, title, claimed, verified) in zip((2, 2, 1, 2, 2, 0, 1), DIMENSIONS, strict=True)
        ],
        "switches": [{"name": "The host that serves the model", "seen": True}, {"name": "The maker of the model"}],
        "contradictions": 1,
    }


@register.simple_tag
def styleguide_examples() -> dict[str, Any]:
    """Return one example for each component and for each part of a page that is shown, of the kind they really show."""
    return {
        "levels": list(enumerate(LEVELS)),
        "tiers": list(Tier),
        "strengths": list(Strength),
        "row": _row(_question()),
        "panel": _panel(),
        "organisation": SimpleNamespace(pk=UUID(int=1), name="City works of Lindau"),
        "assessment": SimpleNamespace(pk=UUID(int=2)),
        "dimension": {"id": "lock-in"},
        "run": {"status": "running", "progress": {"stage": 1, "doing": "GET /v1/models", "done": 7, "total": 18}},
        "form": ExampleForm({"name": "Answers for customers", "url": "http://169.254.169.254"}),
        "facts": [
            ("Organisation", "City works of Lindau"),
            ("Workload", "Answers for customers"),
            ("Tolerance", "4 hours"),
        ],
        "endpoints": [
            ("Model in the cellar", "model", "21 November 2026", 4),
            ("Guard in the cloud", "guard", "never", 0),
        ],
        "finding": SEEN,
    }
