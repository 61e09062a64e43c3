"""Forms of what people shape in reports: brand, settings, words."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessor.models import Brand
from assessor.reports import clock, colour
from assessor.services.branding import (
    FACTS,
    MAX_DISCLAIMER,
    MAX_NAME_BLOCK,
    NAME_LINE_LENGTH,
    NAME_LINES,
    BrandFacts,
    state,
)
from assessor.services.shaping import Wishes
from assessor.services.uploads import TakenFile

LOGOS = ("logo", "consultancy_logo")
COVER_CHOICES = (
    ("rule", gettext_lazy("Rule: white, a line of the accent above the title")),
    ("band", gettext_lazy("Band: the title in white on the accent")),
    ("frame", gettext_lazy("Bar: a bar of the accent down the edge, the title low")),
)
DATE_CHOICES = (
    ("words", gettext_lazy("in words: 21 November 2026")),
    ("iso", gettext_lazy("year first: 2026-11-21")),
    ("dots", gettext_lazy("day first, with points: 21.11.2026")),
    ("slashes", gettext_lazy("day first, with slashes: 21/11/2026")),
)
_PICTURES = gettext_lazy("PNG, JPEG or WEBP, at most 2 MB; about 1,000 pixels in width print well. No SVG.")


class BrandForm(forms.Form):
    """The brand of an organisation's reports; with `general`, of one assessment's where they differ."""

    consultancy = forms.CharField(
        label=gettext_lazy("Name of the consultancy"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Who makes the report, if that is not the organisation itself."),
    )
    logo_use = forms.ChoiceField(label=gettext_lazy("Logo of the organisation"), required=False)
    logo = TakenFile(
        label=gettext_lazy("New logo of the organisation"), required=False, max_length=200, help_text=_PICTURES
    )
    consultancy_logo_use = forms.ChoiceField(label=gettext_lazy("Logo of the consultancy"), required=False)
    consultancy_logo = TakenFile(
        label=gettext_lazy("New logo of the consultancy"), required=False, max_length=200, help_text=_PICTURES
    )
    cover = forms.ChoiceField(label=gettext_lazy("Cover"), required=False)
    accent = forms.CharField(
        label=gettext_lazy("Accent colour"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Six digits, as in #0e626e. One that is too light for words on white is darkened."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}),
    )
    name_block = forms.CharField(
        label=gettext_lazy("Name and address on the cover"),
        max_length=MAX_NAME_BLOCK,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Up to six lines of 60 characters."),
    )
    classification = forms.CharField(
        label=gettext_lazy("Classification"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Stands on the cover and on every page. Left empty, “Confidential”."),
    )
    footer = forms.CharField(label=gettext_lazy("Words at the foot of every page"), max_length=60, required=False)
    # Which state of the brand the form was drawn from (`branding.state`).
    shown = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    disclaimer = forms.CharField(
        label=gettext_lazy("Disclaimer"),
        max_length=MAX_DISCLAIMER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Printed under the limits of the assessment, beside what always stands there."),
    )

    def __init__(self, *args: Any, override: bool, row: Brand | None, **kwargs: Any) -> None:
        initial = {name: getattr(row, name) for name in FACTS} if row else {}
        initial["shown"] = state(row)
        super().__init__(*args, initial=initial, **kwargs)
        covers = list(COVER_CHOICES)
        self.fields["cover"].choices = [("", _("As for all reports")), *covers] if override else covers
        self.fields["cover"].widget = forms.RadioSelect(choices=self.fields["cover"].choices)
        for name in LOGOS:
            has_one = getattr(row, name, None) is not None
            choices = [("inherit", _("As for all reports"))] if override else []
            choices += [("own", _("The one below"))] if has_one else []
            choices += [("none", _("No logo"))]
            self.fields[f"{name}_use"].choices = choices
            self.fields[f"{name}_use"].widget = forms.RadioSelect(choices=choices)
            if not override and not has_one:
                del self.fields[f"{name}_use"]
            self.fields[name].widget.attrs["accept"] = ".png,.jpg,.jpeg,.webp"
        if override:
            for name in ("consultancy", "accent", "name_block", "classification", "footer", "disclaimer"):
                self.fields[name].widget.attrs["placeholder"] = _("As for all reports")

    def clean_accent(self) -> str:
        """Return the colour as `#rrggbb`, as it was chosen; what is printed is darkened where need be."""
        typed = self.cleaned_data["accent"].strip()
        if not typed:
            return ""
        found = colour.normal(typed)
        if found is None:
            raise forms.ValidationError(
                _("“%(typed)s” is no colour. Write six digits from 0 to 9 and a to f, as in #0e626e."),
                params={"typed": typed},
            )
        return found

    def clean_name_block(self) -> str:
        """Return the block; more lines than a cover holds are refused, not cut."""
        typed = self.cleaned_data["name_block"].strip()
        if len([line for line in typed.splitlines() if line.strip()]) > NAME_LINES:
            raise forms.ValidationError(_("More than six lines do not fit on the cover. Join some, or leave some out."))
        if any(len(line.strip()) > NAME_LINE_LENGTH for line in typed.splitlines()):
            raise forms.ValidationError(
                _("A line of more than %(most)s characters does not fit beside the rest of the cover. Break it."),
                params={"most": NAME_LINE_LENGTH},
            )
        return str(typed)

    def over(self, theirs: Brand | None) -> list[tuple[str, str]]:
        """Let the form be saved over what somebody else saved; returns what they say differently, by label."""
        self.data = self.data.copy()
        self.data["shown"] = state(theirs)
        differing = []
        for name in FACTS:
            value = getattr(theirs, name, "") or ""
            if name in self.fields and name not in self.errors and value != (self.cleaned_data.get(name) or ""):
                choices = dict(getattr(self.fields[name], "choices", ()))
                differing.append((str(self.fields[name].label), str(choices.get(value, value)) or _("nothing")))
        return differing

    def facts(self) -> BrandFacts:
        """Return what was entered; call after `is_valid`."""
        data = self.cleaned_data
        uses = {f"{name}_use": data.get(f"{name}_use") or Brand.Use.INHERIT for name in LOGOS}
        return BrandFacts(**{name: data[name] for name in FACTS if name not in uses} | uses)


class SettingsForm(forms.Form):
    """Days and sections of one assessment's reports."""

    date_style = forms.ChoiceField(label=gettext_lazy("Days are written"), choices=DATE_CHOICES, required=False)
    time_zone = forms.ChoiceField(
        widget=forms.Select(attrs={"data-content": ""}),
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("For every time in the report but the evidence log, which stays in UTC."),
    )
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("Sections"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is not ticked is left out, and named under document control. The order is fixed."),
    )

    def __init__(self, *args: Any, wishes: Wishes, sections: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        initial = {
            "date_style": wishes.date_style,
            "time_zone": wishes.time_zone,
            "sections": [anchor for anchor, _title in sections if anchor not in wishes.left_out],
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.language = wishes.language
        self.anchors = [anchor for anchor, _title in sections]
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in clock.zones()]
        self.fields["sections"].choices = list(sections)

    def wishes(self) -> Wishes:
        """Return what was entered; call after `is_valid`."""
        data = self.cleaned_data
        return Wishes(
            language=self.language,
            time_zone=data["time_zone"] or "UTC",
            date_style=data["date_style"] or "words",
            left_out=tuple(one for one in self.anchors if one not in data["sections"]),
        )


class WordsForm(forms.Form):
    """A text for the report, in plain words with a few marks."""

    source = forms.CharField(
        label=gettext_lazy("Your words"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=gettext_lazy(
            "An empty line parts paragraphs. **Two stars** make bold, *one star* italic; a line beginning with “- ” or "
            "“1. ” is an item of a list; [words](https://address) is a link. Left empty, nothing is printed."
        ),
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
