"""A German reader finds no English sentence of the product: not in the report, not on the pages of what was stored."""

import html
import json
import re
from dataclasses import asdict, replace

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse
from django.utils.translation import gettext
from django_scopes import scope, scopes_disabled

from assessor import models
from assessor.management.commands.demo import CONCLUSION, EXAMPLE, EXERCISE, FACTS, INVENTORY
from assessor.reports import viewmodel
from assessor.services import reporting
from tests.pseudo import english, every_message_marked
from tests.reports.drilled import drills

pytestmark = pytest.mark.django_db
# What servers answered, and documents by their titles.
QUOTED = ("I'm alive!", "The maker's statement", "Trade press")
CODES = {"id", "anchor", "code", "endpoint", "question", "exchanges", "sha256", "known", "standing", "kind"}


def the_demo(language: str) -> models.Assessment:
    """Return the demo's assessment, with its people writing in a language."""
    call_command("demo", language=language, verbosity=0)
    with scopes_disabled():
        return models.Assessment.objects.select_related("organisation", "questionnaire_version", "created_by").get()


def written() -> list[str]:
    """Return everything that the demo's people wrote in English, the longest first."""
    documents = [yaml.safe_load(path.read_text()) for path in (EXAMPLE, INVENTORY)]
    lines = [one.splitlines() for one in asdict(FACTS).values()]
    found = {one for _path, one in texts([*documents, EXERCISE, lines, CONCLUSION, QUOTED]) if len(one) > 2}
    return sorted(found, key=lambda one: -len(one))


def texts(value, path=""):
    """Yield every text of nested data with its path, codes left out."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in CODES:
                yield from texts(one, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one, path)
    elif isinstance(value, str):
        yield path, value


def test_the_report_in_german_holds_no_english_sentence():
    demo = the_demo("de")
    with scope(organisation=demo.organisation), every_message_marked():
        source = replace(reporting.report_input(demo, language="de")[0], drills=drills(gettext))
        model = json.loads(viewmodel.build(source).json_text())
    found = [f"{path}: {left}" for path, text in texts(model) if (left := english(text, QUOTED))]
    assert found == []


def test_pages_of_what_was_stored_hold_no_english_sentence_of_ours(client):
    demo, people = the_demo("en"), written()
    here = (demo.organisation_id, demo.pk)
    with scope(organisation=demo.organisation):
        roles = list(models.EndpointRole.objects.filter(assessment=demo))
        runs = {role.pk: models.ProbeRun.objects.get(endpoint=role.endpoint_id).pk for role in roles}
        held = models.Exercise.objects.get().pk
    addresses = [
        *(reverse("endpoint", args=(*here, role)) for role in runs),
        *(reverse("probe", args=(*here, role, run)) for role, run in runs.items()),
        *(reverse(name, args=here) for name in ("endpoints", "proposals", "exercises")),
        reverse("exercise", args=(*here, held)),
    ]
    found = []
    with every_message_marked():
        for address in addresses:
            page = client.get(address, headers={"accept-language": "de"})
            assert page.status_code == 200, address
            found += [f"{address}: {left}" for one in seen(page.content.decode()) if (left := english(one, people))]
    assert found == []


def seen(page: str) -> list[str]:
    """Return the texts of a page's content, without what is written as code."""
    body = re.sub(r"(?s)<(script|style|svg|textarea|code)\b.*?</\1>", "\n", page.partition("<main")[2])
    return [" ".join(html.unescape(one).split()) for one in re.split(r"<[^>]+>", body)]
