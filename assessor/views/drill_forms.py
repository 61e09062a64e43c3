"""The forms of drills: what is to be tried, how long, and which mark has to be reached."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessor.models import EndpointRole
from assessor.probes.drills.cases import MAX_FILE
from assessor.probes.drills.disconnect_plan import COLD
from assessor.probes.drills.others import DIALECTS
from assessor.services.drill_plans import DisconnectWishes, ExitWishes
from assessor.services.uploads import TakenFile

SEEN_DIALECT = [("", _("As the probe saw it")), *((one.id, one.name) for one in DIALECTS)]


class ExitForm(forms.Form):
    """What an exit drill tries, and on which candidate."""

    candidate = forms.ChoiceField(
        label=_("Candidate"), help_text=_("A registered endpoint that could take over. Probe it first.")
    )
    model_a = forms.CharField(
        label=_("Model on this endpoint"),
        max_length=200,
        required=False,
        help_text=_("A listed name. Left empty, the first listed model that can chat is asked."),
    )
    model_b = forms.CharField(label=_("Model on the candidate"), max_length=200, required=False)
    embedding_model_a = forms.CharField(
        label=_("Embedding model on this endpoint"),
        max_length=200,
        required=False,
        help_text=_("Left empty, a model listed under such a name is asked, or none."),
    )
    embedding_model_b = forms.CharField(label=_("Embedding model on the candidate"), max_length=200, required=False)
    dialect_a = forms.ChoiceField(label=_("Dialect of this endpoint"), choices=SEEN_DIALECT, required=False)
    dialect_b = forms.ChoiceField(label=_("Dialect of the candidate"), choices=SEEN_DIALECT, required=False)
    cases = TakenFile(
        label=_("Own cases"),
        required=False,
        help_text=_("YAML or CSV, up to 100 cases. Without them the drill shows the dialect and nothing else."),
    )
    pass_mark = forms.IntegerField(
        label=_("Pass mark, in per cent of own cases"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=_("Set now, before anything is tried. A mark in the file serves when this is empty."),
    )
    share_of_load = forms.IntegerField(
        label=_("Share of real requests that the candidate carries, in per cent"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_("Without such a share the drill counts as observed, not as tested."),
    )
    share_source = forms.CharField(
        label=_("Where that share can be looked up"),
        max_length=200,
        required=False,
        help_text=_("For example the gateway's log and its date."),
    )
    token_budget = forms.IntegerField(
        label=_("End when so many tokens are used"),
        min_value=100,
        max_value=500_000,
        required=False,
        help_text=_("Left empty, it ends at twice the estimate that the plan shows."),
    )

    def __init__(self, *args: Any, candidates: Sequence[EndpointRole], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._candidates = {str(role.pk): role for role in candidates}
        self.fields["candidate"].choices = [(pk, role.endpoint.name) for pk, role in self._candidates.items()]

    def clean_cases(self) -> Any:
        """A file of cases is small."""
        file = self.cleaned_data["cases"]
        if file is not None and file.size > MAX_FILE:
            raise forms.ValidationError(_("The file is larger than 512 kB. Split it: each case is sent twice."))
        return file

    def chosen(self) -> EndpointRole:
        """Return the candidate; call after `is_valid`."""
        return self._candidates[self.cleaned_data["candidate"]]

    def wishes(self) -> ExitWishes:
        """Return what was entered; call after `is_valid`."""
        data = self.cleaned_data
        file = data["cases"]
        return ExitWishes(
            pass_mark=data["pass_mark"],
            share_of_load=data["share_of_load"] or 0,
            share_source=data["share_source"],
            token_budget=data["token_budget"] or 0,
            models=(data["model_a"], data["model_b"]),
            embedding_models=(data["embedding_model_a"], data["embedding_model_b"]),
            dialects=(data["dialect_a"], data["dialect_b"]),
            file=(file.name, file.read()) if file else None,
        )


class DisconnectForm(forms.Form):
    """How long a disconnection drill lasts, how often it asks, and what it must reach."""

    minutes = forms.IntegerField(
        label=_("Length of the closed time, in minutes"),
        min_value=1,
        max_value=7 * 24 * 60,
        initial=60,
        help_text=_("An hour shows what fails at once; a day with a cold start in it shows much more."),
    )
    pass_mark = forms.IntegerField(
        label=_("Pass mark, in per cent of prompts answered"), min_value=1, max_value=100, initial=99
    )
    every = forms.IntegerField(label=_("A fresh prompt every … seconds"), min_value=5, max_value=900, initial=30)
    share_of_load = forms.IntegerField(
        label=_("Share of real requests that this endpoint serves meanwhile, in per cent"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_("Without such a share the drill counts as observed, not as tested."),
    )
    on_host = forms.BooleanField(
        label=_("This application runs on the computer that serves the endpoint"),
        required=False,
        help_text=_("Then it can show itself that the way out is closed, with the addresses below."),
    )
    outside = forms.CharField(
        label=_("Addresses outside that answer today"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line, up to six. Each is asked for its front page once a round, nothing else."),
    )
    cold_start = forms.RegexField(
        COLD,
        label=_("Start from cold within that time"),
        max_length=40,
        required=False,
        help_text=_("Its time in UTC, like 2026-11-21T14:30Z, or “none”. It can be noted afterwards, too."),
        error_messages={"invalid": _("Write it like 2026-11-21T14:30Z, or “none” when nothing is restarted.")},
    )
    model = forms.CharField(
        label=_("Model"),
        max_length=200,
        required=False,
        help_text=_("A listed name. Left empty, the first listed model that can chat is asked."),
    )
    dialect = forms.ChoiceField(label=_("Dialect"), choices=SEEN_DIALECT, required=False)

    def wishes(self) -> DisconnectWishes:
        """Return what was entered; call after `is_valid`."""
        data = self.cleaned_data
        return DisconnectWishes(
            minutes=data["minutes"],
            pass_mark=data["pass_mark"],
            every=data["every"],
            share_of_load=data["share_of_load"] or 0,
            cold_start=data["cold_start"],
            on_host=data["on_host"],
            outside=tuple(line.strip() for line in data["outside"].splitlines() if line.strip()),
            model=data["model"],
            dialect=data["dialect"],
        )


class CanaryForm(forms.Form):
    """The canary's record, as it wrote it."""

    canary = TakenFile(
        label=_("Record of the canary"), help_text=_("The file that the canary wrote on the serving computer.")
    )


class CountersForm(forms.Form):
    """Two readings of the firewall's counter of packets let out."""

    rule = forms.CharField(label=_("Rule"), max_length=200, help_text=_("The rule whose counter was read, and where."))
    read_by = forms.CharField(label=_("Who read it"), max_length=200, help_text=_("A role is enough."))
    before = forms.IntegerField(label=_("Packets let out, first reading"), min_value=0)
    after = forms.IntegerField(label=_("Packets let out, second reading"), min_value=0)
    read_before = forms.CharField(label=_("Time of the first reading (UTC)"), max_length=40)
    read_after = forms.CharField(label=_("Time of the second reading (UTC)"), max_length=40)


class CablePullForm(forms.Form):
    """A witnessed cable pull."""

    witness = forms.CharField(label=_("Who saw it"), max_length=200, help_text=_("A role is enough."))
    what = forms.CharField(label=_("What was pulled"), max_length=200)
    pulled = forms.CharField(label=_("Pulled at (UTC)"), max_length=40)
    restored = forms.CharField(label=_("Back at (UTC)"), max_length=40)


class ColdStartForm(forms.Form):
    """A cold start, noted afterwards."""

    when = forms.CharField(
        label=_("Started from cold at (UTC)"), max_length=40, help_text=_("Like 2026-11-21T14:30Z, or “none”.")
    )


JOINS: dict[str, type[forms.Form]] = {
    "canary": CanaryForm,
    "counters": CountersForm,
    "cable-pull": CablePullForm,
    "cold-start": ColdStartForm,
}
