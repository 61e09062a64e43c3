"""The form that gives questions to a person."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessor.models import Membership


class AssignForm(forms.Form):
    """Who answers, and by when; what is ticked stands beside it and is read by the view."""

    NEW = "new"

    who = forms.ChoiceField(label=_("Who answers"))
    email = forms.EmailField(
        label=_("Mail address of somebody else"),
        max_length=150,
        required=False,
        help_text=_("Only for somebody who is no member yet: you get a link to hand over, which works once."),
    )
    ends_on = forms.DateField(
        label=_("Last day of their access"),
        required=False,
        help_text=_("Only for somebody who is no member yet; empty: until you end it."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    due_on = forms.DateField(
        label=_("Due on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, members: Sequence[Membership], by_link: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = {str(one.pk): one for one in members}
        names = [(key, str(one.user)) for key, one in self.members.items()]
        somebody_else = [(self.NEW, _("Somebody else, by a link"))] if by_link else []
        self.fields["who"].choices = [("", _("Choose a person")), *names, *somebody_else]
        if not by_link:
            del self.fields["email"], self.fields["ends_on"]

    def clean_due_on(self) -> date | None:
        """Refuse a day that is over."""
        return self._not_over("due_on")

    def clean_ends_on(self) -> date | None:
        """Refuse a day that is over."""
        return self._not_over("ends_on")

    def _not_over(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is over. Name today or a later day."))
        return day

    def clean(self) -> dict[str, Any]:
        """Ask for the mail address of somebody new, and only of them."""
        data = super().clean() or {}
        if data.get("who") == self.NEW and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("Name the mail address they sign in with."))
        if data.get("who") not in (None, self.NEW) and data.get("email"):
            self.add_error(
                "who", _("A member and a mail address are given. Choose “Somebody else”, or empty the address.")
            )
        return data

    def member(self) -> Membership:
        """Return the member who was chosen; call after `is_valid`."""
        return self.members[self.cleaned_data["who"]]
