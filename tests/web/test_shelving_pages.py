"""Putting aside and undoing on the pages; what is archived takes nothing; an organisation's data in its owner's hand."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from assessor.models import Assessment, EndpointRole, Organisation, OrganisationExport, PendingOrganisation, Retention
from assessor.services import shelving
from assessor.services.relocation import exports, removing
from assessor.services.uploads import ARCHIVE_FIELD
from tests.services.relocation import filled
from tests.web.test_who_may import address, patterns

# Asked of an archived assessment, these do what they are for.
OPEN_TO_ARCHIVED = {"archive_assessment", "unarchive_assessment", "duplicate_assessment", "delete_assessment"}
MOST_QUERIES = 12


@pytest.fixture
def demo(owner):
    call_command("demo", verbosity=0)
    organisation = Organisation.objects.get()
    with scope(organisation=organisation):
        return organisation, Assessment.objects.get()


def at(name, demo, *more):
    return reverse(name, args=[demo[0].pk, demo[1].pk, *more])


def test_delete_leads_to_undo_and_undo_brings_back_the_same(client, demo):
    overview = at("assessment", demo)
    before = client.get(overview).content
    assert b'action="' + at("delete_assessment", demo).encode() in before
    bin_page = client.post(at("delete_assessment", demo), follow=True)
    assert client.get(overview).status_code == 404
    assert str(demo[1].pk) not in client.get("/").content.decode()
    undo = re.search(r'<form method="post" action="([^"]+)">.*?Undo', bin_page.content.decode(), re.DOTALL)[1]
    assert client.post(undo, follow=True).redirect_chain[0][0] == overview
    assert client.get(overview).status_code == 200


def test_an_archived_assessment_is_out_of_the_list_and_offers_nothing_but_the_way_back(client, demo):
    client.post(at("archive_assessment", demo))
    assert at("assessment", demo) not in client.get("/").content.decode()
    page = client.get(reverse("listing", args=[demo[0].pk, demo[1].pk])).content.decode()
    assert "to read only" in page
    main = page.split("<main", 1)[1].split("</main>")[0]
    sent = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', main))
    assert sent == {at("unarchive_assessment", demo)}
    client.post(at("unarchive_assessment", demo))
    assert at("assessment", demo) in client.get("/").content.decode()


def test_nothing_can_be_sent_to_an_archived_assessment(client, demo, owner):
    organisation, assessment = demo
    with scope(organisation=organisation):
        shelving.archive(assessment, owner)
        role = EndpointRole.objects.filter(assessment=assessment).first()
        ids = {"organisation": organisation.pk, "assessment": assessment.pk, "role": role.pk}
        ids |= {"workload": role.workload_id, "endpoint": role.endpoint_id}
    taken, asked = [], 0
    for name, converters, _view in patterns():
        if "assessment" not in converters or name in OPEN_TO_ARCHIVED:
            continue
        asked += 1
        with transaction.atomic():
            answer = client.post(address(name, converters, ids), {"answer": "2"})
            transaction.set_rollback(True)
        if answer.status_code not in (403, 404, 405):
            taken.append((name, answer.status_code))
        elif answer.status_code == 403:
            assert "This assessment is archived" in answer.content.decode(), name
    assert taken == []
    assert asked > 80


def test_an_endpoint_is_taken_out_deleted_and_brought_back_on_the_pages(client, demo):
    with scope(organisation=demo[0]):
        role = EndpointRole.objects.filter(assessment=demo[1]).first()
    page = at("endpoint", demo, role.pk)
    client.post(at("remove_endpoint", demo, role.pk), {"reason": "Moved"})
    assert "Bring back" in client.get(at("endpoints", demo)).content.decode()
    client.post(at("bring_endpoint_back", demo, role.pk))
    assert "Start the probe" in client.get(page).content.decode()
    copy = client.post(at("duplicate_endpoint", demo, role.pk), follow=True)
    assert "(copy)" in copy.content.decode()
    in_bin = client.post(at("delete_endpoint", demo, role.pk), follow=True).content.decode()
    if "is evidence behind" in in_bin:
        assert client.get(page).status_code == 200
    else:
        assert client.get(page).status_code == 404
        client.post(reverse("restore_endpoint", args=[demo[0].pk, role.endpoint_id]))
        assert client.get(page).status_code == 200


def test_the_lists_cost_the_same_however_much_is_put_aside(client, demo, django_assert_max_num_queries, owner):
    with scope(organisation=demo[0]):
        for number in range(12):
            Assessment.objects.create(
                organisation=demo[0],
                questionnaire_version=demo[1].questionnaire_version,
                title=f"A{number}",
                scope="quick",
                created_by=owner,
            )
        for one in list(Assessment.objects.all())[:10]:
            shelving.delete_assessment(one, owner)
    for name in ("shelved", "organisation_data"):
        client.get(reverse(name, args=[demo[0].pk]))
        with django_assert_max_num_queries(MOST_QUERIES):
            assert client.get(reverse(name, args=[demo[0].pk])).status_code == 200


def test_periods_are_kept_and_a_wrong_one_is_said_beside_its_field(client, demo):
    page = reverse("organisation_data", args=[demo[0].pk])
    change = reverse("change_retention", args=[demo[0].pk])
    refused = client.post(change, {"drafts_days": "0", "exchanges_days": "x", "bin_days": "99999"})
    assert refused.status_code == 422
    said = refused.content.decode()
    assert said.count("Write a number of days from 1 to 3650.") >= 2
    assert 'value="99999"' in said
    client.post(change, {"drafts_days": "10", "exchanges_days": "", "archived_days": "", "bin_days": "5"})
    with scopes_disabled():
        row = Retention.objects.get()
    assert (row.drafts_days, row.exchanges_days, row.bin_days) == (10, None, 5)
    assert 'value="10"' in client.get(page).content.decode()


def test_everything_goes_out_and_comes_in_on_the_pages(client, owner, django_capture_on_commit_callbacks):
    organisation = filled.fill()
    asked = client.post(reverse("export_organisation", args=[organisation.pk]))
    assert "Waiting for the worker" in client.get(asked.url).content.decode()
    with scopes_disabled():
        made = OrganisationExport.objects.get()
        exports.carry_out(made.pk)
    assert "Download the file" in client.get(asked.url).content.decode()
    answer = client.get(reverse("organisation_export_file", args=[organisation.pk, made.pk]))
    content = b"".join(answer.streaming_content)
    assert 'filename="nordhafen-regional-hospital' in answer["Content-Disposition"]

    upload = {ARCHIVE_FIELD: SimpleUploadedFile("all.sovorg", content)}
    shown = client.post(reverse("bring_organisation"), upload, follow=True).content.decode()
    assert "It is here already" in shown
    client.post(reverse("bring_preview", args=[PendingOrganisation.objects.get().pk]), {"action": "discard"})
    assert "Bring it in" not in shown.split("<main", 1)[1].split('class="form-actions"')[1]
    refused = client.post(reverse("delete_organisation", args=[organisation.pk]), {"delete-name": "Nordhafen"})
    assert refused.status_code == 422
    assert "is not the name of this organisation" in refused.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("delete_organisation", args=[organisation.pk]), {"delete-name": organisation.name})
    assert not Organisation.objects.exists()
    assert not (Path(settings.DATA_DIR) / "exports" / str(organisation.pk)).exists()

    upload = {ARCHIVE_FIELD: SimpleUploadedFile("all.sovorg", content)}
    preview = client.post(reverse("bring_organisation"), upload)
    said = client.get(preview.url).content.decode()
    assert "colleague@example.org" in said
    assert not Organisation.objects.exists()
    client.post(preview.url, {"action": "confirm"})
    assert Organisation.objects.get().pk == organisation.pk
    assert not any(one.is_file() for one in (Path(settings.DATA_DIR) / "imports").rglob("*"))


def test_a_file_that_is_none_is_refused_on_the_page_and_not_kept(client, owner):
    upload = {ARCHIVE_FIELD: SimpleUploadedFile("all.sovorg", b"PK nothing")}
    answer = client.post(reverse("bring_organisation"), upload)
    assert answer.status_code == 422
    assert "This is not a whole archive" in answer.content.decode()
    assert not any(one.is_file() for one in (Path(settings.DATA_DIR) / "imports").rglob("*"))


def test_whoever_may_found_nothing_brings_nothing_in(served, owner, django_user_model):
    call_command("demo", verbosity=0)
    plain = django_user_model.objects.create_user("plain")
    client = Client()
    client.force_login(plain)
    assert client.get(reverse("bring_organisation")).status_code == 403


def stored_bytes():
    """Return everything that lies in the data directory and, where it has no file, in the database."""
    found = [path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]
    if connection.vendor == "sqlite":
        name = Path(str(connection.settings_dict["NAME"]))
        found += [path.read_bytes() for path in name.parent.glob(f"{name.name}*")]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [repr(row).encode() for row in cursor.fetchall()]
    return found


@pytest.mark.django_db(transaction=True)
def test_after_deleting_nothing_of_an_organisation_is_found_in_database_or_on_disc(client, strangers_scan):
    organisation = filled.fill()
    with scope(organisation=organisation):
        made = exports.ask(organisation, strangers_scan.created_by)
    exports.carry_out(made.pk)
    assert any(filled.CANARY.encode() in one for one in stored_bytes())
    client.post(reverse("delete_organisation", args=[organisation.pk]), {"delete-name": organisation.name})
    removing.scrub()
    hits = [one[:80] for one in stored_bytes() if filled.CANARY.encode() in one]
    assert hits == []
    with scopes_disabled():
        assert Assessment.objects.get() == strangers_scan
