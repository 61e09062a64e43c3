"""The form that says who sees to a move of the roadmap."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessor.models import Membership, MoveOwner, User
from assessor.services.move_owners import Ownership


class MoveOwnerForm(forms.Form):
    """Who sees to it, a member or somebody outside; by when; how far it is. Everything may stay empty."""

    member = forms.ChoiceField(label=_("Owner"), required=False)
    name = forms.CharField(
        label=_("Somebody outside"),
        max_length=120,
        required=False,
        help_text=_("For an owner who is no member here: a name or a role, printed as it is written."),
    )
    due_on = forms.DateField(
        label=_("Due on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    state = forms.ChoiceField(
        label=_("How far it is"),
        required=False,
        choices=[("", _("Not said")), *((value, word) for value, word in MoveOwner.State.choices)],
        help_text=_("What the owner says. A level moves only with the answer and its evidence."),
    )

    def __init__(self, *args: Any, standing: MoveOwner | None, members: Sequence[Membership], **kwargs: Any) -> None:
        self.members: dict[str, User] = {str(one.user_id): one.user for one in members}
        gone = standing.user if standing is not None and standing.user is not None else None
        names = [(key, str(user)) for key, user in self.members.items()]
        if gone is not None and str(gone.pk) not in self.members:
            # Who left stays the owner until somebody else is named.
            self.members[str(gone.pk)] = gone
            names.append((str(gone.pk), _("%(who)s (no member any more)") % {"who": gone}))
        initial = {"member": "", "name": "", "due_on": None, "state": ""}
        if standing is not None:
            initial = {
                "member": str(gone.pk) if gone is not None else "",
                "name": "" if gone is not None else standing.name,
                "due_on": standing.due_on,
                "state": standing.state,
            }
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["member"].choices = [("", _("Nobody yet, or somebody outside")), *names]

    def clean_due_on(self) -> date | None:
        """Refuse a new day that is over; one that was given before may pass."""
        day: date | None = self.cleaned_data["due_on"]
        if day is not None and day < timezone.localdate() and day != self.initial["due_on"]:
            raise forms.ValidationError(_("This day is over. Name today or a later day."))
        return day

    def clean(self) -> dict[str, Any]:
        """Refuse a member and a name together."""
        data = super().clean() or {}
        if data.get("member") and data.get("name"):
            self.add_error("name", _("A member and a name are given. Empty the name, or choose “Nobody yet” above it."))
        return data

    def given(self) -> Ownership:
        """Return what was said; call after `is_valid`."""
        data = self.cleaned_data
        return Ownership(self.members.get(data["member"]), data["name"], data["due_on"], data["state"])
