"""Forms of people: an account, an invitation, a membership."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessor.forms import JurisdictionsField
from assessor.models import Organisation, Role
from assessor.services import accounts
from assessor.services.memberships import Terms


class AccountForm(forms.Form):
    """Name, mail address and password of a new account; the address is given where an invitation names it."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Mail address"),
        max_length=150,
        help_text=_("You sign in with it. No mail is sent to it now."),
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("Twelve characters at least. Three or four words that do not belong together are good."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str = "", joining: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joining = joining
        if email:
            self.fields["email"].disabled = True
            self.initial["email"] = email

    def clean(self) -> dict[str, Any]:
        """Refuse a password that is easily guessed, this person's name and address among them."""
        data = super().clean() or {}
        if data.get("password"):
            for fault in accounts.password_faults(
                data["password"], name=data.get("name", ""), email=data.get("email", ""), joining=self.joining
            ):
                self.add_error("password", fault)
        return data


class EmailForm(forms.Form):
    """Another mail address to sign in with."""

    email = forms.EmailField(
        label=_("New mail address"), max_length=150, widget=forms.EmailInput({"autocomplete": "email"})
    )


class TermsForm(forms.Form):
    """In which role somebody works, and until when."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        help_text=_(
            "A viewer reads; a contributor answers and brings evidence; an assessor probes, decides and reports; "
            "an owner has the members."
        ),
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("For guests: after this day they see nothing any more."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    only_assigned = forms.BooleanField(
        label=_("Only the questions assigned to them"),
        required=False,
        help_text=_("For a contributor who is to answer some questions and see nothing else of the organisation."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse the limit for a role that it does not fit."""
        data = super().clean() or {}
        if data.get("only_assigned") and data.get("role") not in (None, Role.CONTRIBUTOR):
            self.add_error("only_assigned", _("This goes with the role of a contributor only."))
        return data

    def clean_ends_on(self) -> date | None:
        """Refuse a day that is over: removing somebody is another button."""
        day: date | None = self.cleaned_data["ends_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is over. Name today or a later day, or remove the member."))
        return day

    def terms(self) -> Terms:
        """Return what was filled in."""
        data = self.cleaned_data
        return Terms(data["role"], data["ends_on"], data["only_assigned"])


class InvitationForm(TermsForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(label=_("Mail address"), max_length=150, help_text=_("They sign in with it."))
    field_order = ("email", "role", "only_assigned", "ends_on")


class NewOrganisationForm(forms.Form):
    """An organisation to begin for somebody else, and who will own it."""

    name = forms.CharField(label=_("Organisation"), max_length=200)
    home_jurisdictions = JurisdictionsField()
    email = forms.EmailField(
        label=_("Mail address of the owner"),
        max_length=150,
        help_text=_("They get a link that makes them its owner. You do not become a member."),
    )
