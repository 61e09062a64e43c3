"""Forms: each message names the field, the reason and the remedy."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from assessor.errors import N_
from assessor.models import Assessment, Endpoint, EndpointRole, Evidence, Workload
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services.answers import AnswerRefused
from assessor.services.assessments import ScopeFacts
from assessor.services.endpoints import EndpointFacts

MAX_NOTE = 4000
MAX_VALUE = 2000
HEADER_NAME = r"^[A-Za-z0-9-]{1,80}$"


class ScopeForm(forms.Form):
    """What an assessment is about; asked before the first question."""

    organisation = forms.CharField(label=_("Organisation"), max_length=200)
    home_jurisdictions = forms.CharField(
        label=_("Home jurisdiction"),
        max_length=200,
        help_text=_("The country or countries whose courts you answer to, separated by commas. Example: Germany, EU"),
    )
    workload = forms.CharField(
        label=_("Most critical AI workload"),
        max_length=200,
        help_text=_("The one use of AI that would hurt first if it stopped tonight. Every answer is about this one."),
    )
    workload_owner = forms.CharField(
        label=_("Owner of the workload"),
        max_length=200,
        required=False,
        help_text=_("A role is enough, for example “Head of customer service”."),
    )
    criticality = forms.ChoiceField(
        label=_("Criticality"), choices=Workload.Criticality.choices, initial=Workload.Criticality.CRITICAL
    )
    tolerance_hours = forms.FloatField(
        label=_("Tolerance in hours"),
        min_value=0,
        max_value=100_000,
        required=False,
        help_text=_("The longest stop the owner has signed for. Leave it empty if nobody has."),
    )

    profile = forms.ChoiceField(
        label=_("Kind of organisation"),
        required=False,
        help_text=_("Sets the target to compare with; you can change the target later. Some questions depend on it."),
    )

    def __init__(self, *args: Any, questionnaires: Sequence[Questionnaire], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profiles = {one.id: one.name for questionnaire in questionnaires for one in questionnaire.profiles}
        if profiles:
            self.fields["profile"].choices = [("", _("Not said")), *profiles.items()]
        else:
            del self.fields["profile"]

    def clean_home_jurisdictions(self) -> tuple[str, ...]:
        """Return the names between the commas."""
        names = tuple(part.strip() for part in self.cleaned_data["home_jurisdictions"].split(",") if part.strip())
        if not names:
            raise forms.ValidationError(_("Name at least one country."))
        return names

    def facts(self) -> ScopeFacts:
        """Return what was entered; call after `is_valid`."""
        data = self.cleaned_data
        return ScopeFacts(
            organisation=data["organisation"],
            home_jurisdictions=data["home_jurisdictions"],
            workload=data["workload"],
            workload_owner=data["workload_owner"],
            criticality=data["criticality"],
            tolerance_hours=data["tolerance_hours"],
            profile=data.get("profile", ""),
        )


class StartForm(ScopeForm):
    """The scope, and which questionnaire to begin with, whole or as its quick scan."""

    field_order = ["questionnaire", "kind"]

    questionnaire = forms.ChoiceField(label=_("Questionnaire"), required=False)
    kind = forms.ChoiceField(
        label=_("How much to ask"), choices=Assessment.Scope.choices, initial=Assessment.Scope.QUICK, required=False
    )

    def __init__(self, *args: Any, questionnaires: Sequence[Questionnaire], **kwargs: Any) -> None:
        super().__init__(*args, questionnaires=questionnaires, **kwargs)
        self.questionnaires = questionnaires
        self.fields["questionnaire"].choices = [(one.content_hash(), one.title) for one in questionnaires]
        if len(questionnaires) == 1:
            del self.fields["questionnaire"]

    def chosen(self) -> tuple[Questionnaire, str]:
        """Return the questionnaire and the scope; one without a quick scan is asked in full. Call after `is_valid`."""
        wanted = self.cleaned_data.get("questionnaire") or self.questionnaires[0].content_hash()
        questionnaire = next(one for one in self.questionnaires if one.content_hash() == wanted)
        quick = self.cleaned_data["kind"] != Assessment.Scope.FULL and questionnaire.asked("quick")
        return questionnaire, Assessment.Scope.QUICK if quick else Assessment.Scope.FULL


class WorkloadForm(forms.ModelForm):
    """One more workload in scope."""

    class Meta:
        model = Workload
        fields = ["name", "owner", "criticality", "tolerance_hours"]
        labels = {
            "name": _("Workload"),
            "owner": _("Owner of the workload"),
            "criticality": _("Criticality"),
            "tolerance_hours": _("Tolerance in hours"),
        }
        help_texts = {
            "name": _("One use of AI, as your colleagues call it."),
            "owner": _("A role is enough, for example “Head of customer service”."),
            "tolerance_hours": _("The longest stop the owner has signed for. Leave it empty if nobody has."),
        }

    tolerance_hours = forms.FloatField(
        label=_("Tolerance in hours"),
        min_value=0,
        max_value=100_000,
        required=False,
        help_text=_("The longest stop the owner has signed for. Leave it empty if nobody has."),
    )


class AnswerForm(forms.Form):
    """One answer: what was chosen, ticked or typed, or why there is none, and a note."""

    answer = forms.RegexField(r"^(?:\d|yes|no|answered|unknown|not-applicable|not-asked)$", required=False)
    value = forms.CharField(max_length=MAX_VALUE, required=False)
    note = forms.CharField(max_length=MAX_NOTE, required=False)
    expected_version = forms.IntegerField(min_value=0, required=False)

    def said(self, question: Question, sent: QueryDict) -> dict[str, Any]:
        """Return the answer as the service wants it; an empty choice is "not asked yet".

        Raises `AnswerRefused` where something was typed and "I don't know" was chosen: neither is thrown away.
        """
        answer = self.cleaned_data["answer"] or "not-asked"
        typed, level, value = self.cleaned_data["value"].strip(), None, None
        state = "answered" if answer.isdigit() or answer in ("yes", "no") else answer
        if question.kind == "ladder":
            level = int(answer) if answer.isdigit() else None
        elif question.kind == "yes-no":
            value = answer
        elif question.kind == "checklist":
            value = sent.getlist("item")
            state = "answered" if value and state == "not-asked" else state
        else:
            if typed and state == "unknown":
                raise AnswerRefused(
                    N_("Something is entered, and “I don't know” is ticked."),
                    remedy=N_("Empty the field, or take the tick out."),
                )
            value, state = typed, "answered" if typed else "unknown" if state == "unknown" else "not-asked"
        return {
            "state": state,
            "level": level,
            "value": value,
            "note": self.cleaned_data["note"],
            "expected_version": self.cleaned_data["expected_version"],
        }


class EvidenceForm(forms.ModelForm):
    """One piece of evidence; which tier it earns follows from these facts and is not a field."""

    class Meta:
        model = Evidence
        fields = [
            "kind",
            "description",
            "place",
            "document_version",
            "taken_on",
            "expires_on",
            "read",
            "pass_mark",
            "minutes",
            "passed",
        ]
        labels = {
            "kind": _("Kind"),
            "description": _("What it shows"),
            "place": _("Where it lies, or where you looked"),
            "document_version": _("Version"),
            "taken_on": _("Date"),
            "expires_on": _("Ends on"),
            "read": _("I have read it and it says so"),
            "pass_mark": _("Pass mark set beforehand (drills)"),
            "minutes": _("Length in minutes (drills)"),
            "passed": _("The drill passed its mark"),
        }
        help_texts = {
            "place": _("File, clause, host or link. Evidence without a place and a date counts as a statement."),
            "document_version": _("A document needs one to count as documented."),
        }
        widgets = {
            "taken_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["minutes"].required = False

    def clean_minutes(self) -> int:
        """An empty length is none."""
        return self.cleaned_data.get("minutes") or 0

    def facts(self) -> EvidenceFacts:
        """Return the facts that decide the tier; call after `is_valid`."""
        data = self.cleaned_data
        return EvidenceFacts(
            kind=EvidenceKind(data["kind"]),
            place=data["place"],
            version=data["document_version"],
            taken_on=data["taken_on"],
            expires_on=data["expires_on"],
            read=data["read"],
            pass_mark=data["pass_mark"],
            minutes=data["minutes"],
            passed=data["passed"],
        )


class EndpointForm(forms.Form):
    """An endpoint and its role; whether the policy allows its URL is judged when it is saved and again at each run."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As your colleagues call it."))
    url = forms.CharField(
        label=_("Base URL"),
        max_length=500,
        help_text=_("Paths such as /v1/models are asked below it. Example: http://localhost:8080"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    part = forms.ChoiceField(
        label=_("What it does for the workload"),
        choices=EndpointRole.Part.choices,
        initial=EndpointRole.Part.MODEL,
    )
    key_mode = forms.ChoiceField(label=_("Key"), choices=Endpoint.KeyMode.choices, initial=Endpoint.KeyMode.NONE)
    key_header = forms.RegexField(
        HEADER_NAME,
        label=_("Header of the key"),
        initial="Authorization",
        required=False,
        help_text=_("Authorization sends “Bearer …”; any other name, such as x-api-key, sends the key as it is."),
    )
    key_reference = forms.CharField(
        label=_("Name of the environment variable"),
        max_length=120,
        required=False,
        help_text=_("Only for a key read from the server's environment; it must begin with ASSESSOR_KEY_."),
    )
    ca_pem = forms.CharField(
        label=_("Own certificate authority (PEM)"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Only if the endpoint's certificate was issued by an authority of your own."),
    )
    root_paths = forms.BooleanField(label=_("Also ask well-known paths at the root of the host"), required=False)
    allow_chat = forms.BooleanField(
        label=_("Allow one chat request of one token (shows more, may be billed)"), required=False
    )

    def facts(self) -> EndpointFacts:
        """Return what was entered; call after `is_valid`."""
        data = dict(self.cleaned_data)
        data["key_header"] = data["key_header"] or "Authorization"
        data["url"] = data["url"].strip()
        return EndpointFacts(**data)


class QuestionnaireForm(forms.Form):
    """A questionnaire of one's own."""

    file = forms.FileField(
        label=_("Questionnaire file (YAML)"),
        max_length=200,
        allow_empty_file=False,
        help_text=_(
            "At most 1 MiB. It is checked first; a wrong file changes nothing. How to write one: the commented "
            "example in questionnaires/README.md."
        ),
    )
