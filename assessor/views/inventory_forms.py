"""The forms of the inventory: a component with its edges, all of it in one form, every field with its why."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessor.errors import AssessorError
from assessor.models import Component, Workload
from assessor.services.inventory.attributes import BY_NAME, GROUPS, Attribute, asked_first
from assessor.services.inventory.countries import code_of
from assessor.services.inventory.templates import Said, Template

NOT_KNOWN = ("", _("Not known"))
YES_NO = [NOT_KNOWN, ("yes", _("Yes")), ("no", _("No"))]
FATES = {
    "cloud": _("Cloud or region it runs in"),
    "site": _("Site or building"),
    "sign-in": _("Sign-in it hangs on"),
    "owner": _("Owner it shares with others"),
}
FATE_FIELDS = tuple(f"fate_{kind.replace('-', '_')}" for kind in FATES)
# Which fields suggest what was entered before or is in the catalogue; the lists stand in the page once.
SUGGESTED = {
    "product": "products",
    "maker": "makers",
    "seller": "makers",
    "parent": "parents",
    "licence": "licences",
    "countries": "countries",
    "origin": "countries",
    "place": "countries",
    **{name: name for name in FATE_FIELDS},
}
NODE = {"autocomplete": "off", "list": "dl-nodes"}


class Decimal(forms.FloatField):
    """A number that may be written with a point or a comma."""

    def to_python(self, value: Any) -> Any:
        """Read a comma as a point."""
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


def _text(attribute: Attribute, **more: Any) -> dict[str, Any]:
    extra = {"list": f"dl-{SUGGESTED[attribute.name]}"} if attribute.name in SUGGESTED else {}
    return {"widget": forms.TextInput(attrs={"autocomplete": "off", **extra}), **more}


def number_field(largest: float, **more: Any) -> dict[str, Any]:
    return {"min_value": 0, "max_value": largest, "widget": forms.TextInput(attrs={"inputmode": "decimal"}), **more}


def field_of(attribute: Attribute) -> forms.Field:
    """Return the form field of an attribute; its hint is why it is asked."""
    said: dict[str, Any] = {"label": attribute.label, "help_text": attribute.why, "required": False}
    if attribute.type == "choice":
        column: Any = Component._meta.get_field(attribute.name)
        return forms.ChoiceField(choices=[NOT_KNOWN, *column.choices], **said)
    if attribute.type == "yes-no":
        return forms.ChoiceField(choices=YES_NO, **said)
    if attribute.type == "days" or attribute.name == "people_needed":
        largest = 10_000 if attribute.name == "people_needed" else 100_000
        return forms.IntegerField(**number_field(largest), **said)
    if attribute.type in {"number", "hours"}:
        return Decimal(**number_field(1e12 if attribute.type == "number" else 100_000), **said)
    if attribute.type == "day":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **said)
    longest = {"countries": 120, "country": 60, "list": 400}.get(attribute.type, 120)
    return forms.CharField(**_text(attribute), max_length=longest, **said)


def _codes(text: str) -> list[str]:
    """Return country codes; raises `ValidationError` for anything but two letters each."""
    parts = [one.strip() for one in text.replace(";", ",").split(",") if one.strip()]
    if len(parts) == 1 and " " in parts[0] and not code_of(parts[0]):
        parts = parts[0].split()
    codes = [code_of(one) or code_of(one.upper()) for one in parts]
    if not all(codes):
        raise forms.ValidationError(_("Write countries by their two letters (ISO 3166), such as DE or US."))
    return sorted(dict.fromkeys(codes))


class ComponentForm(forms.Form):
    """One component. Empty means that nobody knows it yet; what is asked of its kind at once stands first."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As your colleagues call it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Component.Kind.choices)
    shares_nothing = forms.BooleanField(label=_("It shares none of these with another component"), required=False)
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    questions = forms.MultipleChoiceField(
        label=_("Questions it bears on"),
        required=False,
        help_text=_("They then show this component."),
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    endpoints = forms.MultipleChoiceField(
        label=_("Endpoints it stands at or behind"),
        required=False,
        help_text=_("What is probed there is compared with what is said here."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        questions: Sequence[tuple[str, str]] = (),
        endpoints: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for attribute in BY_NAME.values():
            if attribute.type == "fates":
                for name, label in zip(FATE_FIELDS, FATES.values(), strict=True):
                    widget = forms.TextInput(attrs={"autocomplete": "off", "list": f"dl-{name}"})
                    self.fields[name] = forms.CharField(label=label, max_length=300, required=False, widget=widget)
            else:
                self.fields[attribute.name] = field_of(attribute)
        self.fields["questions"].choices = questions
        self.fields["endpoints"].choices = endpoints
        if not endpoints:
            del self.fields["endpoints"]

    @property
    def kind_shown(self) -> str:
        """The kind for which the form is drawn."""
        said = str(self["kind"].value() or "")
        return said if said in Component.Kind.values else Component.Kind.MODEL.value

    @property
    def first(self) -> list[forms.BoundField]:
        """What is asked of this kind at once."""
        return [self[one.name] for one in asked_first(self.kind_shown)]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The rest by group, with how many of its fields hold something; what is unusual for the kind comes last."""
        first = {one.name for one in asked_first(self.kind_shown)}
        drawn, unusual = [], []
        for group in GROUPS:
            fields: list[forms.BoundField] = []
            for one in group.attributes:
                if one.name in first:
                    continue
                own = [self[name] for name in FATE_FIELDS] + [self["shares_nothing"]] if one.type == "fates" else None
                (fields if self.kind_shown in one.kinds else unusual).extend(own or [self[one.name]])
            if fields:
                drawn.append(_drawn(group.title, fields))
        return [*drawn, _drawn(_("Not usual for this kind"), unusual)] if unusual else drawn

    def clean_countries(self) -> list[str] | None:
        """Return the codes, None where nothing is said."""
        return _codes(self.cleaned_data["countries"]) or None

    def _one_code(self, name: str) -> str:
        codes = _codes(self.cleaned_data[name])
        if len(codes) > 1:
            raise forms.ValidationError(_("Name one country."))
        return codes[0] if codes else ""

    def clean_origin(self) -> str:
        """Return one code or nothing."""
        return self._one_code("origin")

    def clean_place(self) -> str:
        """Return one code or nothing."""
        return self._one_code("place")

    def values(self) -> dict[str, Any]:
        """Return the attributes by their columns; call after `is_valid`."""
        found: dict[str, Any] = {}
        for attribute in BY_NAME.values():
            said = self.cleaned_data.get(attribute.name)
            if attribute.type == "yes-no":
                said = {"yes": True, "no": False}.get(said or "")
            elif attribute.type == "list":
                said = listed(said, ";")
            elif attribute.type == "fates":
                said = self._fates()
            found[attribute.name] = said
        return found

    def _fates(self) -> list[dict[str, str]] | None:
        fates = [
            {"kind": kind, "name": name}
            for kind, field in zip(FATES, FATE_FIELDS, strict=True)
            for name in listed(self.cleaned_data.get(field), ",")
        ]
        return fates or ([] if self.cleaned_data.get("shares_nothing") else None)


def _drawn(title: Any, fields: list[forms.BoundField]) -> dict[str, Any]:
    known = sum(1 for one in fields if one.value() not in (None, "", False, []))
    return {
        "title": title,
        "fields": fields,
        "known": known,
        "total": len(fields),
        "open": any(one.errors for one in fields),
    }


def listed(text: Any, separator: str) -> list[str]:
    return list(dict.fromkeys(one.strip()[:200] for one in str(text or "").split(separator) if one.strip()))


def initial_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a snapshot, or attributes by column, as what the fields show."""
    shown: dict[str, Any] = {name: said.get(name, "") for name in ("name", "kind", "note", "questions", "endpoints")}
    for attribute in BY_NAME.values():
        value = said.get(attribute.name)
        if attribute.type == "yes-no":
            value = {True: "yes", False: "no"}.get(value, "") if value is not None else ""
        elif attribute.type == "countries":
            value = ", ".join(value or ())
        elif attribute.type == "list":
            value = "; ".join(value or ())
        elif attribute.type == "fates":
            for kind, field in zip(FATES, FATE_FIELDS, strict=True):
                shown[field] = ", ".join(one["name"] for one in value or () if one["kind"] == kind)
            shown["shares_nothing"] = value == []
            continue
        shown[attribute.name] = "" if value is None else initial_number(value)
    return shown


def initial_number(value: Any) -> Any:
    """Return a number as one writes it: without a fraction of nothing."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def id_of(ids: Mapping[str, str], text: str) -> str:
    """Return the id of what was typed, by its id or its name; raises `ValidationError` where that is not one thing."""
    name = text.strip()
    found = ids.get(name.casefold()) if name else ""
    if found is None:
        raise forms.ValidationError(
            _("“%(name)s” is not in this inventory. Check the spelling, or add it first and come back."),
            params={"name": name},
        )
    if name and not found:
        raise forms.ValidationError(
            _("Several are called “%(name)s”. Write the id of the one you mean."), params={"name": name}
        )
    return found


def ids_of(nodes: Mapping[str, Workload | Component]) -> dict[str, str]:
    """Return the id for each id and each name in lower case; an empty text for a name that several have."""
    found: dict[str, str] = {}
    for key, one in nodes.items():
        name = one.name.casefold()
        found[name] = "" if name in found and found[name] != key else key
    return found | {key.casefold(): key for key in nodes}


class QuickForm(forms.Form):
    """A component by name and kind, in one line; everything else can follow later."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=Component.Kind.choices)
    product = forms.CharField(
        label=_("Product"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "dl-products"}),
    )
    needed_by = forms.CharField(
        label=_("Needed by"), max_length=240, required=False, widget=forms.TextInput(attrs=NODE)
    )

    def __init__(self, *args: Any, ids: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = ids

    def clean_needed_by(self) -> str:
        """Return the id of what was named."""
        return id_of(self.ids, self.cleaned_data["needed_by"])


class TemplateForm(forms.Form):
    """The components of a template: their names, and what differs from house to house."""

    workload_key = forms.ChoiceField(label=_("For the workload"), required=False)

    def __init__(self, *args: Any, template: Template, workloads: Sequence[Workload], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        self.workloads = {one.key: one for one in workloads}
        self.fields["workload_key"].initial = workloads[0].key if workloads else ""
        self.fields["workload_key"].choices = [
            *((one.key, one.name) for one in workloads),
            ("", _("None yet")),
        ]
        for part in template.components:
            name = forms.CharField(label=_("Name"), max_length=120, initial=part.name)
            self.fields[f"{part.id}-name"] = name
            for attribute in part.ask:
                self.fields[f"{part.id}-{attribute}"] = field_of(BY_NAME[attribute])

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The fields of each component."""
        return [
            {
                "part": part,
                "kind": Component.Kind(part.kind.value).label,
                "fields": [self[f"{part.id}-{name}"] for name in ("name", *part.ask)],
            }
            for part in self.template.components
        ]

    def clean(self) -> dict[str, Any]:
        """Hold countries to their two letters."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, said in data.items():
            if name.endswith(("-place", "-origin")) and said:
                try:
                    data[name] = _codes(said)[0]
                except forms.ValidationError as fault:
                    self.add_error(name, fault)
                    break
        return data

    def workload(self) -> Workload | None:
        """Return the workload that was chosen, if any."""
        return self.workloads.get(self.cleaned_data["workload_key"])

    def said(self) -> dict[str, Said]:
        """Return what was entered for each component; call after `is_valid`."""
        data = self.cleaned_data
        return {
            part.id: Said(data[f"{part.id}-name"], {name: data[f"{part.id}-{name}"] for name in part.ask})
            for part in self.template.components
        }


PLACES = {"needed_by": _("Needed by"), "requires": _("Requires"), "fallbacks": _("Falls back to")}


def refused_words(refusal: AssessorError) -> str:
    """Return a refusal in the reader's language, its place as the page calls it."""
    said = AssessorError(
        refusal.reason,
        place=str(PLACES.get(refusal.place, refusal.place)),
        remedy=refusal.remedy,
        **refusal.params,
    )
    return said.sentence(gettext)
