"""The forms of table-top exercises."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessor.models import ExerciseEntry, Workload
from assessor.services.exercises import ExerciseFacts

ROWS = {"rows": 3}
# Where both are on one page, the judgement goes along with what is written down at a step: nothing typed is lost.
STEP_FORM = "exercise-step"
TOGETHER = {"form": STEP_FORM}


class BeginForm(forms.Form):
    """What is said before the first step."""

    facilitator = forms.CharField(
        label=_("Who leads it"), max_length=200, help_text=_("A role is enough, for example “Continuity officer”.")
    )
    participants = forms.CharField(
        label=_("Who takes part"),
        max_length=2000,
        widget=forms.Textarea(attrs=ROWS),
        help_text=_("Roles, one on each line. No names with nationalities."),
    )
    pass_mark = forms.CharField(
        label=_("When has it been passed?"),
        max_length=300,
        help_text=_(
            "Set now, and fixed with the first step. Example: for every workload that goes dark somebody decides "
            "within 15 minutes and names the page of the runbook."
        ),
    )
    runbook = forms.CharField(
        label=_("Where the runbook lies"),
        max_length=500,
        required=False,
        help_text=_("A place or a document with its version."),
    )

    def facts(self) -> ExerciseFacts:
        """Return what was entered; call after `is_valid`."""
        return ExerciseFacts(**{name: self.cleaned_data[name] for name in self.fields})


class EntryForm(forms.Form):
    """One thing to write down at a step."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=ExerciseEntry.Kind.choices)
    text = forms.CharField(label=_("In a sentence or two"), max_length=2000, widget=forms.Textarea(attrs=ROWS))
    decided_by = forms.CharField(label=_("Which role decided"), max_length=200, required=False)
    runbook = forms.CharField(label=_("Page of the runbook"), max_length=500, required=False)
    workload = forms.ChoiceField(label=_("About which workload"), required=False)

    def __init__(self, *args: Any, workloads: Sequence[Workload], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._workloads = {str(one.pk): one for one in workloads}
        self.fields["workload"].choices = [
            ("", _("All of them")),
            *((key, one.name) for key, one in self._workloads.items()),
        ]

    def chosen(self) -> Workload | None:
        """Return the workload it is about, None for all of them."""
        return self._workloads.get(self.cleaned_data["workload"])


class EndForm(forms.Form):
    """The judgement."""

    passed = forms.ChoiceField(
        label=_("Was the mark met?"),
        choices=[("yes", _("Yes")), ("no", _("No")), ("", _("It could not be judged"))],
        required=False,
        widget=forms.Select(attrs=TOGETHER),
    )
    conclusion = forms.CharField(
        label=_("What came out"), max_length=2000, widget=forms.Textarea(attrs=ROWS | TOGETHER)
    )

    def verdict(self) -> bool | None:
        """Return whether it was passed, None where that could not be judged."""
        return {"yes": True, "no": False}.get(self.cleaned_data["passed"])
