"""Settings that others may change meanwhile: a form says what it showed, and an old one asks before it saves."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.forms import BoundField, Form, PasswordInput
from django.http import HttpRequest, HttpResponse

from assessor.content import content_hash
from assessor.models import Organisation

CONFLICT = 409


def one_at_a_time(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have a view read and save in one go: of two who save settings of an organisation at once, one sees the other's.

    Stands below `needs_role`; what the view only shows waits for nobody.
    """

    @wraps(view)
    def in_turn(request: HttpRequest, organisation: Organisation, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, organisation, *args, **kwargs)
        with transaction.atomic():
            Organisation.objects.select_for_update().get(pk=organisation.pk)
            # It was read before the turn came.
            organisation.refresh_from_db()
            return view(request, organisation, *args, **kwargs)

    return in_turn


class Fresh:
    """What a form of settings showed when it was opened, against what stands now.

    `shown` goes into the form. `conflict` is None unless the form that was sent had shown something else; then it is
    where the two differ, and saving again, with the new `shown`, is a choice that somebody made.
    """

    def __init__(self, request: HttpRequest, form: Form, page: str = "") -> None:
        # Where the form stands, if that is another address than the one it is sent to.
        self.page = page or request.get_full_path()
        self.shown = content_hash({name: str(form[name].initial) for name in form.fields})[:16]
        seen = request.POST.get("shown", "")
        is_old = form.is_bound and bool(seen) and seen != self.shown
        self.conflict = _differences(form) if is_old else None


def _differences(form: Form) -> list[dict[str, str]]:
    rows = []
    for field in (form[name] for name in form.fields):
        if isinstance(field.field.widget, PasswordInput):
            # What is secret is shown to nobody, not to who typed it either.
            continue
        here, typed = _words(field, field.initial), _words(field, field.value())
        if here != typed:
            rows.append({"label": str(field.label), "here": here, "typed": typed})
    return rows


def _words(field: BoundField, value: Any) -> str:
    """Return a value as a person reads it: the words of a choice, yes or no as a tick, the text itself."""
    choices = dict(getattr(field.field, "choices", ()))
    values = value if isinstance(value, list | tuple) else [value]
    words = [str(choices.get(one, choices.get(str(one), one))) for one in values if one not in (None, "")]
    if isinstance(value, bool):
        return "✓" if value else "–"
    return ", ".join(words) or "–"
