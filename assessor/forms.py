"""Forms: each message names the field, the reason and the remedy."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessor.errors import N_
from assessor.models import Assessment, Endpoint, EndpointRole, Evidence, ProbeSchedule, Workload
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services.answers import AnswerRefused
from assessor.services.assessments import ScopeFacts
from assessor.services.endpoint_keys import MAX_KEY
from assessor.services.endpoints import EndpointFacts
from assessor.services.uploads import TakenFile

MAX_NOTE = 4000
MAX_VALUE = 2000
HEADER_NAME = r"^[A-Za-z0-9-]{1,80}$"


class JurisdictionsField(forms.CharField):
    """Under whose law an organisation stands: names between commas, one at least."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Home jurisdiction"),
            max_length=200,
            help_text=_(
                "The country or countries whose courts you answer to, separated by commas. Example: Germany, EU"
            ),
        )

    def clean(self, value: Any) -> tuple[str, ...]:
        """Return the names."""
        names = tuple(part.strip() for part in super().clean(value).split(",") if part.strip())
        if not names:
            raise forms.ValidationError(_("Name at least one country."))
        return names


class ScopeForm(forms.Form):
    """What an assessment is about; asked before the first question."""

    organisation = forms.CharField(label=_("Organisation"), max_length=200)
    home_jurisdictions = JurisdictionsField()
    workload = forms.CharField(
        label=_("Most critical workload"),
        max_length=200,
        help_text=_("The one whose stop tonight would hurt first. Every answer is about this one."),
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
    # The version that was shown beside one's own in a conflict, and is to be replaced knowingly.
    over = forms.IntegerField(min_value=1, required=False)

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
            # A form that does not say what it saw has seen nothing.
            "expected_version": self.cleaned_data["over"] or self.cleaned_data["expected_version"] or 0,
        }


# What each kind of evidence is asked for, in the order in which it is asked.
DOCUMENT = ("description", "place", "document_version", "taken_on", "expires_on", "link", "file", "read")
TAKEN = tuple(name for name in DOCUMENT if name != "expires_on")
TEST = ("description", "place", "taken_on", "minutes", "share_of_load", "pass_mark", "result", "passed", "witness")
ASKED_OF = {
    EvidenceKind.STATEMENT: ("description", "place", "taken_on", "link", "file"),
    EvidenceKind.CONTRACT: DOCUMENT,
    EvidenceKind.LICENCE: DOCUMENT,
    EvidenceKind.CERTIFICATE: DOCUMENT,
    EvidenceKind.CONFIGURATION: TAKEN,
    EvidenceKind.LOG: TAKEN,
    EvidenceKind.INSPECTION: ("description", "place", "taken_on", "witness", "result", "link", "file"),
    EvidenceKind.PROBE: ("description", "probe_run", "read"),
    EvidenceKind.DRILL: (*TEST, "link", "file"),
    EvidenceKind.SWITCH: (*TEST, "link", "file"),
    EvidenceKind.OUTAGE: (*(name for name in TEST if name != "pass_mark"), "link", "file"),
    EvidenceKind.TABLE_TOP: (
        *(name for name in TEST if name not in {"minutes", "share_of_load"}),
        "link",
        "file",
    ),
}
# Where a word fits one group of kinds and not the others.
OWN_LABELS = {
    EvidenceKind.INSPECTION: {"place": _("Host or configuration you looked at"), "result": _("What you saw")},
    **{
        kind: {"place": _("Scope: what took part"), "passed": _("It reached its pass mark")}
        for kind in (EvidenceKind.DRILL, EvidenceKind.SWITCH, EvidenceKind.TABLE_TOP)
    },
    EvidenceKind.OUTAGE: {
        "place": _("Scope: what failed, and what went on"),
        "share_of_load": _("Share of the requests that went on, in per cent"),
        "passed": _("The workload went on as the answer says"),
    },
}


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EvidenceForm(forms.Form):
    """One piece of evidence; which tier it earns follows from these facts and is not a field.

    Only what the kind needs is asked. What was typed for another kind is carried along unseen, so that changing the
    kind loses nothing; `shown_kind` tells for which one the fields were drawn.
    """

    kind = forms.ChoiceField(label=_("Kind"), choices=Evidence.Kind.choices)
    description = forms.CharField(label=_("What it shows"), max_length=300)
    place = forms.CharField(
        label=_("Where it lies"),
        max_length=300,
        required=False,
        help_text=_("File, register number, clause. Evidence without a place and a date counts as a statement."),
    )
    document_version = forms.CharField(
        label=_("Version"),
        max_length=100,
        required=False,
        help_text=_("Number, date of signature or commit. A document needs one to count as documented."),
    )
    probe_run = forms.ChoiceField(
        label=_("Probe run"),
        help_text=_("It counts as observed where a strong finding of it supports the level you answered."),
    )
    taken_on = forms.DateField(label=_("Date"), required=False, widget=_day_input())
    expires_on = forms.DateField(
        label=_("Ends on"),
        required=False,
        widget=_day_input(),
        help_text=_("From the day after, it counts one tier lower."),
    )
    minutes = forms.IntegerField(label=_("Length in minutes"), min_value=0, max_value=5_000_000, required=False)
    share_of_load = forms.IntegerField(
        label=_("Share of real requests, in per cent"), min_value=0, max_value=100, required=False
    )
    pass_mark = forms.CharField(
        label=_("Pass mark set beforehand"),
        max_length=300,
        required=False,
        help_text=_("The number that had to be reached, written down before it began."),
    )
    result = forms.CharField(
        label=_("Result"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    passed = forms.BooleanField(
        label=_("It passed"), required=False, help_text=_("A failed test is evidence too: it proves the rung below.")
    )
    witness = forms.CharField(
        label=_("Who looked"), max_length=200, required=False, help_text=_("A role is enough; no names are needed.")
    )
    link = forms.CharField(
        label=_("Link"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Kept as text; nothing is ever fetched from it."),
    )
    file = TakenFile(
        label=_("File"),
        required=False,
        help_text=_("PDF, picture, text, table or mail. It is kept as it is and handed out as a download only."),
    )
    read = forms.BooleanField(label=_("I have read it and it says so"), required=False)

    def __init__(self, *args: Any, kind: EvidenceKind, runs: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked_kind = kind
        asked = ASKED_OF[kind]
        self.fields["probe_run"].choices = runs
        for name in [name for name in self.fields if name not in {"kind", *asked}]:
            if name == "file":
                del self.fields[name]
            else:
                self.fields[name] = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput())
        self.fields["shown_kind"] = forms.CharField(initial=kind.value, required=False, widget=forms.HiddenInput())
        self.order_fields(["kind", *asked])
        for name, label in OWN_LABELS.get(kind, {}).items():
            self.fields[name].label = label
            if name == "place":
                self.fields[name].help_text = ""

    def clean_link(self) -> str:
        """A link is one line of text."""
        link = self.cleaned_data["link"].strip()
        if any(one.isspace() or not one.isprintable() for one in link):
            raise forms.ValidationError(_("A link holds no spaces and no control characters. Copy it again."))
        return link

    def clean_taken_on(self) -> Any:
        """Nothing is evidence before it happened."""
        day = self.cleaned_data["taken_on"]
        if isinstance(day, date) and day > timezone.localdate():
            raise forms.ValidationError(_("This day lies in the future. Give the day it was made or held."))
        return day

    def facts(self) -> EvidenceFacts:
        """Return the facts that decide the tier; call after `is_valid`. What the kind does not ask for is left out."""
        asked = ASKED_OF[self.asked_kind]
        data = {name: self.cleaned_data.get(name) for name in asked}
        return EvidenceFacts(
            kind=self.asked_kind,
            place=data.get("place") or "",
            version=data.get("document_version") or "",
            taken_on=data.get("taken_on"),
            expires_on=data.get("expires_on"),
            read=bool(data.get("read")),
            pass_mark=data.get("pass_mark") or "",
            minutes=data.get("minutes") or 0,
            passed=bool(data.get("passed")),
            share_of_load=data.get("share_of_load"),
            result=data.get("result") or "",
        )

    def beside(self) -> dict[str, str]:
        """Return what is kept beside the facts: link and witness, where the kind asks for them."""
        return {
            name: self.cleaned_data.get(name) or "" if name in ASKED_OF[self.asked_kind] else ""
            for name in ("link", "witness")
        }


class FileForm(forms.Form):
    """One more file behind evidence."""

    file = TakenFile(label=_("File"))


class DisputeForm(forms.Form):
    """Why a finding is wrong."""

    reason = forms.CharField(
        label=_("Why the finding is wrong"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is there instead, and how somebody else can check it. The report prints it."),
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
    key = forms.CharField(
        label=_("Key to store"),
        max_length=MAX_KEY,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Only for a key that is stored. It is sealed, sent to this endpoint alone, and never shown again."),
    )
    key_header = forms.RegexField(
        HEADER_NAME,
        label=_("Header of the key"),
        initial="Authorization",
        required=False,
        help_text=_("Authorization sends “Bearer …”; any other name, such as x-api-key, sends the key as it is."),
    )
    key_reference = forms.CharField(
        label=_("Where this server has the key"),
        max_length=120,
        required=False,
        help_text=_(
            "Only for a key read from this server: a variable whose name begins with ASSESSOR_KEY_, such as"
            " env:ASSESSOR_KEY_WARD, or a file of the operator's, such as file:ward/gateway.key."
        ),
    )
    ca_pem = forms.CharField(
        label=_("Own certificate authority (PEM)"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Only if the endpoint's certificate was issued by an authority of your own."),
    )
    client_certificate = forms.CharField(
        label=_("Client certificate of this server"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "Only if the endpoint asks for one: the name of a file below the folder that the operator set with"
            " ASSESSOR_CLIENT_CERTIFICATES, such as ward/client.pem. The file itself is never uploaded or stored."
        ),
    )
    root_paths = forms.BooleanField(label=_("Also ask well-known paths at the root of the host"), required=False)
    allow_chat = forms.BooleanField(
        label=_("Allow one chat request of one token (shows more, may be billed)"), required=False
    )

    def __init__(self, *args: Any, stored: Endpoint | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stored is not None and stored.sealed_key:
            self.fields["key"].help_text = _("A key is stored. Leave this empty to keep it; what you type replaces it.")

    def clean(self) -> dict[str, Any]:
        """Refuse a key that would be typed for nothing."""
        data = super().clean() or {}
        if data.get("key") and data.get("key_mode") != Endpoint.KeyMode.STORED:
            self.add_error(
                "key", _("A key was typed that is not to be stored. Choose “Store it, sealed”, or clear it.")
            )
        return data

    def facts(self) -> EndpointFacts:
        """Return what was entered; call after `is_valid`."""
        data = dict(self.cleaned_data)
        data["key_header"] = data["key_header"] or "Authorization"
        data["url"] = data["url"].strip()
        data["client_certificate"] = data["client_certificate"].strip()
        return EndpointFacts(**data)


class QuestionnaireForm(forms.Form):
    """A questionnaire of one's own."""

    file = TakenFile(
        label=_("Questionnaire file (YAML)"),
        max_length=200,
        allow_empty_file=False,
        help_text=_(
            "At most 1 MiB. It is checked first; a wrong file changes nothing. How to write one: the commented "
            "example in questionnaires/README.md."
        ),
    )


class ExchangeForm(forms.Form):
    """A file with answers that comes in."""

    exchange = TakenFile(
        label=_("File to bring in"),
        max_length=200,
        allow_empty_file=False,
        help_text=_(
            "YAML, JSON, a filled-in workbook (XLSX) or an archive (.sovpack). You see what it would change first."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.json,.xlsx,.sovpack"}),
    )


class ProfileForm(forms.Form):
    """Which kind of organisation the targets follow."""

    profile = forms.ChoiceField(label=_("Kind of organisation"), required=False)

    def __init__(self, *args: Any, questionnaire: Questionnaire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profiles = [(one.id, one.name) for one in questionnaire.profiles]
        self.fields["profile"].choices = [("", _("Not said")), *profiles]


class TargetsForm(forms.Form):
    """The level to reach in each dimension; 0 is no target."""

    def __init__(self, *args: Any, questionnaire: Questionnaire, targets: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = [(one.level, f"{one.level} · {one.name}") for one in questionnaire.scale.levels if one.level]
        for one in questionnaire.dimensions:
            self.fields[one.id] = forms.TypedChoiceField(
                label=one.title,
                choices=[(0, _("No target")), *levels],
                coerce=int,
                initial=targets.get(one.id, 0),
            )

    def levels(self) -> dict[str, int]:
        """Return the level wanted for each dimension; call after `is_valid`."""
        return dict(self.cleaned_data)


AUTHORITY = _("I own this endpoint or have its owner's permission to test it.")


class PlanForm(forms.Form):
    """A plan to carry: for how many days it may be followed, and the authority for it."""

    prefix = "plan"
    days = forms.IntegerField(
        label=_("Valid for how many days"), min_value=1, max_value=90, initial=14, help_text=_("At most 90.")
    )
    authority = forms.BooleanField(label=AUTHORITY)


class ScheduleForm(forms.Form):
    """Consent to probe again by itself: how often, until when."""

    prefix = "again"
    every = forms.TypedChoiceField(label=_("How often"), choices=ProbeSchedule.Every.choices, coerce=int)
    ends_on = forms.DateField(
        label=_("Last day"), widget=_day_input(), help_text=_("Your consent ends with this day, at most a year ahead.")
    )
    authority = forms.BooleanField(
        label=_("I own this endpoint or have its owner's permission to test it, again and again until that day.")
    )


class UploadTokenForm(forms.Form):
    """A new token with which a prober elsewhere sends results: what people call it."""

    prefix = "token"
    name = forms.CharField(
        label=_("Name of the token"),
        max_length=80,
        help_text=_("Say which computer will send results, such as “probe host, nightly”."),
    )


class ResultForm(forms.Form):
    """A result file from a prober elsewhere."""

    file = TakenFile(
        label=_("Result file (JSON)"),
        max_length=200,
        help_text=_(
            "What assessor-probe wrote with --out. It is checked first, and nothing is added before you say so."
        ),
    )


class EndpointListForm(forms.Form):
    """A list of endpoints."""

    file = TakenFile(
        label=_("List (YAML or CSV)"),
        max_length=200,
        help_text=_("At most 128 kB. It is shown first, and nothing is registered or sent before you say so."),
    )
