"""Forms of a whole organisation's data: how long things are kept, an archive to bring in, a name to type."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessor.models import Retention
from assessor.models.keeping import MOST_DAYS
from assessor.services.retention import Periods
from assessor.services.uploads import ARCHIVE_FIELD, TakenFile


class RetentionForm(forms.Form):
    """After how many days what goes; empty: it stays."""

    drafts_days = forms.IntegerField(
        label=_("Drafts of reports"), help_text=_("Days after a draft was made. Issued reports stay."), required=False
    )
    exchanges_days = forms.IntegerField(
        label=_("What probes saw, word by word"),
        help_text=_(
            "Days after the probe. Findings stay, and so does every probe that is evidence or the last of its endpoint."
        ),
        required=False,
    )
    archived_days = forms.IntegerField(
        label=_("Archived assessments"),
        help_text=_("Days in the archive before they go into the bin."),
        required=False,
    )
    bin_days = forms.IntegerField(label=_("What is in the bin"), help_text=_("Days before it goes for good."))

    def __init__(self, *args: Any, row: Retention, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: getattr(row, name) for name in self.base_fields}, **kwargs)
        for field in self.fields.values():
            field.min_value, field.max_value = 1, MOST_DAYS
            field.widget.attrs |= {"min": 1, "max": MOST_DAYS, "inputmode": "numeric"}

    def clean(self) -> dict[str, Any]:
        """Every period lies between a day and ten years."""
        for name in self.base_fields:
            value = self.cleaned_data.get(name)
            if value is not None and not 1 <= value <= MOST_DAYS:
                self.add_error(name, _("Write a number of days from 1 to %(most)s.") % {"most": MOST_DAYS})
        return self.cleaned_data

    def periods(self) -> Periods:
        """Return what was entered; call after `is_valid`."""
        return Periods(**{name: self.cleaned_data[name] for name in self.base_fields})


class BringForm(forms.Form):
    """An archive of a whole organisation."""

    file = TakenFile(
        label=_("Archive of an organisation"),
        help_text=_("A .sovorg file, made on the page “Data” of an organisation."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The name under which the gate takes in a large file.
        self.fields[ARCHIVE_FIELD] = self.fields.pop("file")


class NameForm(forms.Form):
    """The name of the organisation, typed to show that this very one is meant."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
