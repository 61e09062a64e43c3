"""The lines of edges in the forms of the inventory: what requires what, and what stands in."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from assessor.models import Fallback, Workload
from assessor.scenarios import graph
from assessor.services.inventory.attributes import BY_NAME
from assessor.services.inventory.editing import Draft
from assessor.views.inventory_forms import (
    FATE_FIELDS,
    NODE,
    NOT_KNOWN,
    YES_NO,
    ComponentForm,
    Decimal,
    id_of,
    initial_number,
    listed,
    number_field,
)

EXTRA = 2
MAX_LINES = 200

PART = {"autocomplete": "off", "list": "dl-parts"}


class _Edge(forms.Form):
    """A line of edges; `ids` leads from what was typed (an id or a name) to the id. An empty name takes it out."""

    def __init__(self, *args: Any, ids: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = ids

    def clean_other(self) -> str:
        """Return the id of what was named, by its id or its name."""
        return self._id(self.cleaned_data["other"])

    def _id(self, text: str) -> str:
        return id_of(self.ids, text)


class RequiresForm(_Edge):
    """One requirement: the other end, and how long one goes on without."""

    other = forms.CharField(label=_("Name or id"), max_length=140, required=False, widget=forms.TextInput(attrs=PART))
    survives_for = Decimal(
        label=_("Goes on without it for, in hours"),
        required=False,
        **number_field(1_000_000),
    )
    survives_restart = forms.ChoiceField(label=_("Also after a restart"), choices=YES_NO, required=False)

    def facts(self) -> dict[str, Any]:
        """Return what the edge says; call after `is_valid`."""
        said = self.cleaned_data
        restart = {"yes": True, "no": False}.get(said["survives_restart"])
        return {"survives_for": said["survives_for"], "survives_restart": restart}


class NeededByForm(RequiresForm):
    """The same from the other side: who stops without this component."""

    other = forms.CharField(label=_("Name or id"), max_length=240, required=False, widget=forms.TextInput(attrs=NODE))


class FallbackForm(_Edge):
    """One fallback, with what is known of it."""

    other = forms.CharField(label=_("Stands in"), max_length=140, required=False, widget=forms.TextInput(attrs=PART))
    workload = forms.ChoiceField(label=_("For"), required=False)
    switch_hours = Decimal(label=_("Ready after, in hours"), required=False, **number_field(1_000_000))
    capacity_percent = forms.IntegerField(
        label=_("Carries, in per cent of the load"), required=False, **number_field(100)
    )
    quality = forms.ChoiceField(label=_("Quality"), choices=[NOT_KNOWN, *Fallback.Quality.choices], required=False)
    data_classes = forms.CharField(
        label=_("Only for data of the classes"), max_length=300, required=False, help_text=_("Empty: any data.")
    )
    tested_on = forms.DateField(
        label=_("Tested on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    tested_share = forms.IntegerField(label=_("With per cent of the real load"), required=False, **number_field(100))
    safety_path = forms.CharField(
        label=_("Its own safety checks"),
        max_length=400,
        required=False,
        help_text=_("Names or ids, separated by commas. Leaving a hosted model leaves its built-in filter behind."),
    )

    def __init__(self, *args: Any, workloads: Sequence[Workload], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(one.key, one.name) for one in workloads]
        self.fields["workload"].choices = [("", _("Every workload")), *names]

    def clean_safety_path(self) -> tuple[str, ...]:
        """Return the ids of the checks."""
        return tuple(dict.fromkeys(self._id(one) for one in listed(self.cleaned_data["safety_path"], ",")))

    def facts(self) -> dict[str, Any]:
        """Return what the edge says; call after `is_valid`."""
        said = self.cleaned_data
        day = said["tested_on"]
        return {
            "workload": said["workload"] or None,
            "switch_hours": said["switch_hours"],
            "capacity_percent": said["capacity_percent"],
            "quality": said["quality"] or None,
            "data_classes": tuple(listed(said["data_classes"], ",")),
            "tested_on": day.isoformat() if day else None,
            "tested_share": said["tested_share"],
            "safety_path": said["safety_path"],
        }


def shown_edge(edge: Mapping[str, Any], end: str) -> dict[str, Any]:
    """Return an edge of a snapshot as what the fields of its line show; `end` names the other end."""
    shown = {name: "" if value is None else value for name, value in edge.items()} | {"other": edge[end]}
    if "survives_restart" in edge:
        shown["survives_restart"] = {True: "yes", False: "no"}.get(edge["survives_restart"], "")
    for name in ("data_classes", "safety_path"):
        if name in edge:
            shown[name] = ", ".join(edge[name])
    return {name: initial_number(value) for name, value in shown.items()}


def typed(data: QueryDict) -> dict[str, Any]:
    """Return what was typed so far as what a fresh form shows, its lines without the empty ones."""
    shown: dict[str, Any] = {name: data.get(name, "") for name in ComponentForm.base_fields}
    shown |= {name: data.get(name, "") for name in (*BY_NAME, *FATE_FIELDS)}
    shown |= {name: data.getlist(name) for name in ("questions", "endpoints")}
    shown["shares_nothing"] = bool(data.get("shares_nothing"))
    for name, form in (("needed_by", NeededByForm), ("requires", RequiresForm), ("fallbacks", FallbackForm)):
        lines = [
            {field: data.get(f"{name}-{number}-{field}", "") for field in form.base_fields}
            for number in range(MAX_LINES)
            if data.get(f"{name}-{number}-other", "").strip()
        ]
        shown[f"typed_{name}"] = lines
    return shown


class Lines:
    """The lines of all edges of a component, with two empty ones of each, more on demand."""

    def __init__(
        self,
        data: Any,
        said: Mapping[str, Any],
        ids: Mapping[str, str],
        workloads: Sequence[Workload],
        more: str = "",
    ) -> None:
        kinds: tuple[tuple[str, type[_Edge], str, dict[str, Any]], ...] = (
            ("needed_by", NeededByForm, "source", {"ids": ids}),
            ("requires", RequiresForm, "target", {"ids": ids}),
            ("fallbacks", FallbackForm, "target", {"ids": ids, "workloads": workloads}),
        )
        self.sets: dict[str, Any] = {}
        for name, form, end, kwargs in kinds:
            extra = (EXTRA if name != "fallbacks" else 1) + (EXTRA if name == more else 0)
            factory = forms.formset_factory(form, extra=extra, max_num=MAX_LINES)
            initial = said[f"typed_{name}"] if data is None and f"typed_{name}" in said else None
            if initial is None:
                initial = [shown_edge(one, end) for one in said.get(name, ())]
            self.sets[name] = factory(data, initial=initial, prefix=name, form_kwargs=kwargs)

    @property
    def is_bound(self) -> bool:
        """Whether somebody sent these lines."""
        return any(one.is_bound for one in self.sets.values())

    def is_valid(self) -> bool:
        """Tell whether every line can be read; all of them are looked at."""
        valid = [one.is_valid() for one in self.sets.values()]
        return all(valid)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """What is wrong, each with the id of its field."""
        found = []
        for lines in self.sets.values():
            for form in lines:
                for name, problems in form.errors.items():
                    found += [(form[name].id_for_label, str(problem)) for problem in problems]
            found += [("", str(problem)) for problem in lines.non_form_errors()]
        return found

    def _said(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        return [(one.cleaned_data["other"], one.facts()) for one in self.sets[name] if one.cleaned_data.get("other")]

    def draft(self, form: ComponentForm, key: str) -> Draft:
        """Return everything that was entered; call after both are valid. `key` is the component's own id, if any."""
        data = form.cleaned_data
        own = key or "new"
        return Draft(
            name=data["name"],
            kind=data["kind"],
            values=form.values(),
            note=data["note"],
            requires=tuple(graph.Requires(source=own, target=one, **said) for one, said in self._said("requires")),
            needed_by=tuple(graph.Requires(source=one, target=own, **said) for one, said in self._said("needed_by")),
            fallbacks=tuple(graph.Fallback(source=own, target=one, **said) for one, said in self._said("fallbacks")),
            questions=tuple(data["questions"]),
            endpoints=tuple(data.get("endpoints", ())),
        )


class NeedsForm(forms.Form):
    """What a workload says in the inventory beside its edges."""

    load = Decimal(
        label=_("Load"),
        help_text=_("In units of your own choice, the same for all workloads: requests an hour, or simply 1."),
        **number_field(1e12),
    )
    data_classes = forms.CharField(
        label=_("Classes of data"),
        max_length=400,
        required=False,
        help_text=_("As you call them, separated by commas. A fallback may be allowed for some of them only."),
    )

    def classes(self) -> list[str]:
        """Return the classes; call after `is_valid`."""
        return listed(self.cleaned_data["data_classes"], ",")


def needs_lines(data: Any, said: Mapping[str, Any], ids: Mapping[str, str], *, more: bool = False) -> Any:
    """Return the lines of what a workload requires."""
    factory = forms.formset_factory(RequiresForm, extra=EXTRA * (2 if more else 1), max_num=MAX_LINES)
    initial = said.get("typed_requires") if data is None and "typed_requires" in said else None
    if initial is None:
        initial = [shown_edge(one, "target") for one in said["requires"]]
    return factory(data, initial=initial, prefix="requires", form_kwargs={"ids": ids})


def edges_from(lines: Any, source: str) -> list[graph.Requires]:
    """Return the edges of such lines; call after they are valid."""
    return [
        graph.Requires(source=source, target=one.cleaned_data["other"], **one.facts())
        for one in lines
        if one.cleaned_data.get("other")
    ]
