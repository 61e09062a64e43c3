"""The form of an organisation's own scenario: whom an act hits, what it does, from when and until when."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessor.models import Component
from assessor.reports.scenario_words import CAUSES
from assessor.scenarios.scenario import Effect
from assessor.services.uploads import TakenFile

YES_NO = [("", _("does not matter")), ("yes", _("yes")), ("no", _("no"))]
EFFECTS = {
    Effect.REMOVED: _("It is gone"),
    Effect.DEGRADED: _("It gives less than usual"),
    Effect.CHANGED: _("It stays, and is not what was qualified"),
    Effect.BARRED: _("Your own rule forbids its use"),
    Effect.COMPELLED: _("What it sees or keeps can be ordered out"),
    Effect.PRICE: _("Its price is several times as high"),
    Effect.NO_NEW: _("It runs on, and nothing new arrives"),
    Effect.PEOPLE_GONE: _("Its people are gone"),
}
# Attributes that are typed as a list between commas, and whether they are countries.
LISTS = {"product": False, "maker": False, "seller": False, "parent": False}
COUNTRIES = ("country", "origin", "place")
FLAGS = ("licence_open", "needs_internet", "suspends_without_notice", "sees_plain_text")
COMMAS = _("Several between commas: any of them.")


def slug_of(title: str) -> str:
    """Return an id made from a title."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "scenario"


class ScenarioFileForm(forms.Form):
    """A scenario as a file."""

    file = TakenFile(label=_("Scenario as YAML"))


class ScenarioForm(forms.Form):
    """One act on all components that fit everything said; what is left empty does not matter."""

    title = forms.CharField(label=_("Title"), max_length=200)
    story = forms.CharField(label=_("What happens"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    causes = forms.MultipleChoiceField(
        label=_("What kind of act it is"),
        choices=[(key, _(word)) for key, word in CAUSES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    kind = forms.MultipleChoiceField(
        label=_("Kinds of component"),
        choices=Component.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all kinds."),
    )
    product = forms.CharField(label=_("Products"), max_length=500, required=False, help_text=COMMAS)
    maker = forms.CharField(label=_("Makers"), max_length=500, required=False, help_text=COMMAS)
    seller = forms.CharField(label=_("Sellers"), max_length=500, required=False, help_text=COMMAS)
    parent = forms.CharField(label=_("Final parents"), max_length=500, required=False, help_text=COMMAS)
    country = forms.CharField(
        label=_("Countries of control"),
        max_length=200,
        required=False,
        help_text=_("Two letters each, for example US, CN."),
    )
    origin = forms.CharField(label=_("Countries the weights come from"), max_length=200, required=False)
    place = forms.CharField(label=_("Countries it runs in"), max_length=200, required=False)
    hosting = forms.MultipleChoiceField(
        label=_("Forms of hosting"),
        choices=Component.Hosting.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    licence_open = forms.ChoiceField(label=_("Its licence is open"), choices=YES_NO, required=False)
    needs_internet = forms.ChoiceField(label=_("It needs the internet"), choices=YES_NO, required=False)
    suspends_without_notice = forms.ChoiceField(
        label=_("It may be suspended without notice"), choices=YES_NO, required=False
    )
    sees_plain_text = forms.ChoiceField(label=_("It sees plain text"), choices=YES_NO, required=False)
    effect = forms.ChoiceField(
        label=_("What is done to it"), choices=[(one.value, text) for one, text in EFFECTS.items()]
    )
    times = forms.FloatField(
        label=_("How many times the price"), required=False, help_text=_("Only where the price rises. Example: 5")
    )
    notice_hours = forms.FloatField(
        label=_("Notice in hours"), min_value=0, max_value=1_000_000, required=False, initial=0
    )
    until_hours = forms.FloatField(
        label=_("Over after how many hours"),
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text=_("Counted from the beginning. Empty: no known end."),
    )
    recourse = forms.CharField(
        label=_("What can be done against it, and how fast"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        """Say in words what the check of the whole would say of its parts."""
        said = super().clean() or self.cleaned_data
        for name in COUNTRIES:
            wrong = [one for one in _split(said.get(name, "")) if not re.fullmatch(r"[A-Za-z]{2}", one)]
            if wrong:
                self.add_error(
                    name,
                    _("“%(name)s” is no country code. Write two letters, for example DE.") % {"name": wrong[0]},
                )
        if not any(said.get(name) for name in (*LISTS, *COUNTRIES, *FLAGS, "kind", "hosting")):
            self.add_error(None, _("It hits nothing yet. Say at least one thing about whom it hits."))
        rises = said.get("effect") == Effect.PRICE.value
        if rises and (said.get("times") is None or not 1 < said["times"] <= 1000):
            self.add_error("times", _("Say how many times the price: more than 1, at most 1000."))
        if not rises and said.get("times") is not None:
            self.add_error("times", _("Only a rising price has this. Empty it, or choose that the price rises."))
        until = said.get("until_hours")
        if until is not None and until <= (said.get("notice_hours") or 0):
            self.add_error("until_hours", _("It must end after it begins, which is when the notice is over."))
        return said

    def data_of(self, identifier: str = "") -> dict[str, Any]:
        """Return the scenario as plain data; call after `is_valid`."""
        said = self.cleaned_data
        matcher: dict[str, Any] = {name: _split(said[name]) for name in LISTS}
        matcher |= {name: [one.upper() for one in _split(said[name])] for name in COUNTRIES}
        matcher |= {"kind": said["kind"], "hosting": said["hosting"]}
        matcher = {name: value for name, value in matcher.items() if value}
        matcher |= {name: said[name] == "yes" for name in FLAGS if said[name]}
        notice = said["notice_hours"] or 0
        act = {"matches": [matcher], "effect": said["effect"], "after_hours": notice}
        act |= {name: said[name] for name in ("times", "until_hours") if said[name] is not None}
        return {
            "id": identifier or slug_of(said["title"]),
            "version": "1",
            "title": said["title"],
            "story": said["story"],
            "causes": said["causes"],
            "recourse": said["recourse"],
            "notice_hours": notice,
            "acts": [act],
        }

    def refuse(self, fields: Mapping[str, str], sentence: str) -> None:
        """Show what the check of the whole found, at the fields where it can be put right."""
        shown = False
        for name, text in fields.items():
            if name in self.fields:
                self.add_error(name, text)
                shown = True
        if not shown:
            self.add_error(None, sentence)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def editable(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the form shows of a kept scenario; None where the scenario says more than the form can."""
    acts = content["acts"]
    if len(acts) != 1 or len(acts[0]["matches"]) != 1 or content["clock"] or content["ask"] or content["pick"]:
        return None
    act, matcher = acts[0], acts[0]["matches"][0]
    known = {*LISTS, *COUNTRIES, *FLAGS, "kind", "hosting"}
    if any(value for name, value in matcher.items() if name not in known) or act["capacity_percent"] is not None:
        return None
    if act["after_hours"] != content["notice_hours"]:
        return None
    found = {name: content[name] for name in ("title", "story", "causes", "recourse", "notice_hours")}
    found |= {name: ", ".join(matcher[name]) for name in (*LISTS, *COUNTRIES)}
    found |= {name: {True: "yes", False: "no", None: ""}[matcher[name]] for name in FLAGS}
    return (
        found
        | {"kind": matcher["kind"], "hosting": matcher["hosting"]}
        | {name: act[name] for name in ("effect", "times", "until_hours")}
    )
