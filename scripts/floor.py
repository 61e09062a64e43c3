"""The floor that `make bench` stands its figures on: the least that Django does to change one row and answer.

No middleware, no template, no scope: one row read, one saved and committed, one short text sent. What a figure is in
multiples of this stays the same when the machine is slower than yesterday.
"""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django_scopes import scopes_disabled


def save(_request: HttpRequest, answer: str) -> HttpResponse:
    """Change the note of one answer."""
    from assessor.models import Answer

    with scopes_disabled(), transaction.atomic():
        row = Answer.objects.get(pk=answer)
        row.note = "a" if row.note == "b" else "b"
        row.save(update_fields=["note"])
    return HttpResponse("saved", content_type="text/plain")


urlpatterns: list[Any] = [path("<uuid:answer>/", save)]
