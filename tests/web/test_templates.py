"""Templates of assessments: what goes along, what never does, who sees them, and what begins from them."""

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.html import escape
from django_scopes import scope, scopes_disabled

from assessor.errors import AssessorError
from assessor.models import (
    Answer,
    Assessment,
    AssessmentTemplate,
    AuditEvent,
    Brand,
    BrandPicture,
    Component,
    Endpoint,
    Fallback,
    Membership,
    Organisation,
    ReportSettings,
    ReportWords,
    Requires,
    Role,
    User,
    Workload,
)
from assessor.reports.shaped import SUMMARY
from assessor.scenarios import graph
from assessor.services import branding, client_names, saved_templates, shaping
from assessor.services.answers import save_answer
from assessor.services.assessments import ScopeFacts, start_assessment
from assessor.services.branding import BrandFacts
from assessor.services.client_names import CLIENT
from assessor.services.inventory import taking_over
from assessor.services.inventory.editing import Draft, save_component
from assessor.services.inventory.rows import inventory_of
from assessor.services.questionnaires import shipped
from assessor.services.saved_templates import TemplateRefused
from assessor.services.shaping import Wishes
from assessor.views import templates
from tests.services.relocation.filled import picture

# Everything of the client that must be found nowhere else.
SECRETS = ("Falkenstein", "Letter writing", "Dora Falk", "falk.internal", "Quartz-9", "Nobody may know", "Peter Quell")
ALL = ("targets", "inventory", "settings", "look")


def told(response):
    return " ".join(response.content.decode().split())


def began(user, name, workload="Chat"):
    facts = ScopeFacts(organisation=name, home_jurisdictions=("EU",), workload=workload, workload_owner="Dora Falk")
    return start_assessment(user, shipped("ai-sovereignty"), facts)


@pytest.fixture
def client_of_theirs(owner):
    """A client's assessment with something of everything in it."""
    made = began(owner, "Falkenstein Bank", "Letter writing")
    organisation = made.organisation
    Membership.objects.create(
        organisation=organisation,
        user=User.objects.create_user("q", first_name="Peter", last_name="Quell"),
        role="viewer",
    )
    with scope(organisation=organisation):
        made.targets = {"data": 4}
        made.save(update_fields=["targets"])
        save_answer(made, "data.readers", "answered", 2, "Nobody may know", owner)
        Endpoint.objects.create(organisation=organisation, name="Quartz-9", url="https://falk.internal/v1")
        workload = made.workloads.get()
        one = save_component(organisation, None, Draft("Quartz-9 router", "gateway", {"maker": "Falkenstein"}), owner)
        two = save_component(organisation, None, Draft("Second", "model", note="Nobody may know"), owner)
        edges = {
            "needed_by": (graph.Requires(source=workload.key, target=one.key),),
            "requires": (graph.Requires(source=one.key, target=two.key),),
            "fallbacks": (graph.Fallback(source=one.key, target=two.key),),
        }
        save_component(organisation, one, Draft(one.name, one.kind, **edges), owner)
        shaping.keep_wishes(made, Wishes(language="de", date_style="dots", left_out=("roadmap",)), owner)
        facts = BrandFacts(accent="#aa0000", cover="band", consultancy="Elm & Partners", footer="For Falkenstein Bank")
        logo = picture(organisation, owner)
        branding.save_brand(organisation, made, facts, owner, {"consultancy_logo": logo, "logo": logo})
        ReportWords.objects.create(
            organisation=organisation,
            assessment=made,
            part=SUMMARY,
            language="en",
            source="The FALKENSTEIN  bank runs Quartz-9, says Dora Falk.",
            written_by=owner,
            written_at=made.created_at,
        )
    return made


@pytest.fixture
def consultancy(owner):
    made = Organisation.objects.create(name="Elm & Partners")
    Membership.objects.create(organisation=made, user=owner, role=Role.OWNER)
    return made


def saved(assessment, owner, keeper=None, **changed):
    with scope(organisation=assessment.organisation):
        texts = saved_templates.texts_of(assessment, owner)
        given = {"name": "Quick look", "take": ALL, "texts": texts} | changed
        return saved_templates.save(assessment, owner, keeper or assessment.organisation, **given)


def everything_of(organisation):
    """Return every text that the database holds of an organisation."""
    found = []
    with scopes_disabled():
        for model in apps.get_app_config("assessor").get_models():
            names = {field.name for field in model._meta.get_fields()}
            if "organisation" in names:
                rows = getattr(model, "everything", model._default_manager).filter(organisation=organisation)
                found += [str(row) for row in rows.values()]
    return " ".join(found)


def test_a_template_holds_the_frame_and_nothing_of_the_client(owner, client_of_theirs, consultancy):
    made = saved(client_of_theirs, owner, consultancy)
    assert made.organisation == consultancy
    assert made.targets == {"data": 4}
    content = saved_templates.content_of(made)
    assert sorted(one.id for one in content.inventory.components) == ["gateway-1", "model-1"]
    assert content.words[0].source == f"The {CLIENT} runs […], says […]."
    assert content.look.footer == f"For {CLIENT}"
    kept = everything_of(consultancy)
    assert "Quick look" in kept
    assert [one for one in SECRETS if one.casefold() in kept.casefold()] == []


def test_a_new_client_begins_with_it_and_sees_nothing_of_the_other(client, owner, client_of_theirs, consultancy):
    made = saved(client_of_theirs, owner, consultancy)
    address = f"{reverse('start')}?template={made.pk}"
    assert "It begins from the template “Quick look”" in told(client.get(address))
    data = {"organisation": "Birch Works", "home_jurisdictions": "EU", "workload": "Mail", "criticality": "critical"}
    chosen = {"questionnaire": shipped("ai-sovereignty").content_hash(), "kind": "quick"}
    assert client.post(address, data | chosen).status_code == 302
    organisation = Organisation.objects.get(name="Birch Works")
    with scope(organisation=organisation):
        begun = Assessment.objects.get()
        assert begun.targets == {"data": 4}
        assert not Answer.objects.exists()
        assert not Endpoint.objects.exists()
        assert ReportWords.objects.get().source == "The Birch Works runs […], says […]."
        brand = Brand.objects.get()
        assert (brand.consultancy, brand.footer, brand.cover) == ("Elm & Partners", "For Birch Works", "band")
        # Logo and colour are the client's own.
        assert (brand.logo, brand.accent) == (None, "")
        assert brand.consultancy_logo == BrandPicture.objects.get()
        assert ReportSettings.objects.get().left_out == ["roadmap"]
        shape = inventory_of(organisation)
        assert [one.name for one in shape.components] == ["Gateway 1", "Model 1"]
        assert len(shape.requires) == 2
        assert len(shape.fallbacks) == 1
        assert shape.requires[-1].source == Workload.objects.get().key
    all_of_it = everything_of(organisation)
    assert [one for one in SECRETS if one.casefold() in all_of_it.casefold()] == []


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("name", "Falkenstein bank"),
        ("description", "FALK.internal"),
        ("words.summary.en", "Peter  Quell"),
        # As it comes out of a word processor; it is kept as plain words.
        ("words.summary.en", "<p>Falkenstein&nbsp;Bank, <b>again</b></p>"),
        ("words.summary.en", "Falkenstein **Bank**"),
        ("look.footer", "quartz-9"),
    ],
)
def test_a_text_that_names_the_client_is_refused_at_its_field(client, owner, client_of_theirs, field, word):
    where = [client_of_theirs.organisation_id, client_of_theirs.pk]
    address = reverse("save_template", args=where)
    page = client.get(address)
    assert "cleaned of names" in told(page)
    data = {"name": "Quick look", "keeper": where[0], "take": ["look"], field: f"As for {word}, again"}
    answer = client.post(address, data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "is a name of this client" in told(answer)
    # What was typed is still there.
    assert escape(f"As for {word}, again") in answer.content.decode()
    with scopes_disabled():
        assert not AssessmentTemplate.objects.exists()


def test_the_pages_keep_rename_and_delete_a_template_and_the_trail_tells(client, owner, client_of_theirs, consultancy):
    where = [client_of_theirs.organisation_id, client_of_theirs.pk]
    data = {"name": "Quick look", "description": "For <b>banks</b>", "keeper": consultancy.pk, "take": ["targets"]}
    answer = client.post(reverse("save_template", args=where), data, follow=True)
    assert "For &lt;b&gt;banks&lt;/b&gt;" in answer.content.decode()
    with scopes_disabled():
        made = AssessmentTemplate.objects.get()
    assert made.content["inventory"] is None
    args = [consultancy.pk, made.pk]
    client.post(reverse("template", args=args), {"name": "Slow look", "description": ""})
    assert "Slow look" in told(client.get(reverse("templates")))
    assert "cannot be brought back" in told(client.get(reverse("delete_template", args=args)))
    client.post(reverse("delete_template", args=args))
    with scopes_disabled():
        assert not AssessmentTemplate.objects.exists()
        kinds = set(AuditEvent.objects.filter(organisation=consultancy).values_list("kind", flat=True))
        assert kinds >= {"template.saved", "template.changed", "template.deleted"}
        assert AuditEvent.objects.filter(organisation=where[0], kind="template.saved").exists()


def test_several_clients_begin_at_once_and_what_they_have_stays(client, owner, client_of_theirs, consultancy):
    made = saved(client_of_theirs, owner, consultancy)
    others = [began(owner, name) for name in ("Ash", "Oak")]
    bare = Organisation.objects.create(name="Bare")
    Membership.objects.create(organisation=bare, user=owner, role=Role.OWNER)
    strange = began(User.objects.create_user("s"), "Strange")
    with scope(organisation=others[1].organisation):
        save_component(others[1].organisation, None, Draft("Ours", "model"), owner)
    address = reverse("begin_from_template", args=[consultancy.pk, made.pk])
    page = told(client.get(address))
    assert "no workload yet" in page
    assert "Strange" not in page
    refused = client.post(address, {"client": [bare.pk]})
    assert refused.status_code == 422
    assert "No client was chosen" in told(refused)
    chosen = [one.organisation_id for one in (*others, strange)] + [bare.pk]
    assert client.post(address, {"client": chosen}).status_code == 302
    with scopes_disabled():
        number = {one.name: one.assessments.count() for one in Organisation.objects.all()}
        names = set(Component.objects.filter(organisation=others[1].organisation).values_list("name", flat=True))
        assert Requires.objects.filter(organisation=others[0].organisation).count() == 2
        assert Fallback.objects.filter(organisation=others[0].organisation).count() == 1
    assert number == {"Ash": 2, "Oak": 2, "Strange": 1, "Bare": 0, "Falkenstein Bank": 1, "Elm & Partners": 0}
    assert names == {"Ours"}


def test_what_was_ticked_stays_when_none_of_it_begins(client, owner, client_of_theirs, consultancy, monkeypatch):
    made = saved(client_of_theirs, owner, consultancy)
    ash, oak, _elm = (began(owner, name).organisation_id for name in ("Ash", "Oak", "Yew"))
    monkeypatch.setattr(taking_over, "MOST", 1)
    address = reverse("begin_from_template", args=[consultancy.pk, made.pk])
    refused = client.post(address, {"client": [ash, oak]})
    assert refused.status_code == 422
    assert "An inventory holds 1 components at most." in told(refused)
    for one in (ash, oak):
        assert f'value="{one}" checked' in told(refused)
    assert told(refused).count(" checked") == 2
    with scopes_disabled():
        assert Organisation.objects.get(pk=ash).assessments.count() == 1


def test_more_than_is_built_at_once_is_refused_and_stays_ticked(
    client, owner, client_of_theirs, consultancy, monkeypatch
):
    made = saved(client_of_theirs, owner, consultancy)
    chosen = [began(owner, name).organisation_id for name in ("Ash", "Oak")]
    monkeypatch.setattr(saved_templates, "MOST_AT_ONCE", 2 * (2 + saved_templates.BEGINNING) - 1)
    address = reverse("begin_from_template", args=[consultancy.pk, made.pk])
    refused = client.post(address, {"client": chosen})
    assert refused.status_code == 422
    assert "The shape of 2 components for each of 2 clients is more" in told(refused)
    assert "Tick 1 of them at most" in told(refused)
    assert told(refused).count(" checked") == 2
    assert client.post(address, {"client": chosen[:1]}).status_code == 302


def test_clients_beyond_what_one_page_offers_are_counted(client, owner, client_of_theirs, consultancy, monkeypatch):
    made = saved(client_of_theirs, owner, consultancy)
    monkeypatch.setattr(templates, "MOST_CLIENTS", 1)
    page = told(client.get(reverse("begin_from_template", args=[consultancy.pk, made.pk])))
    assert "1 further organisation is not offered here." in page


def test_where_a_shape_finds_no_room_nothing_else_of_the_template_is_taken(owner, client_of_theirs, monkeypatch):
    made = saved(client_of_theirs, owner)
    begun = began(owner, "Ash")
    monkeypatch.setattr(taking_over, "MOST", 1)
    with pytest.raises(AssessorError):
        saved_templates.follow(begun, made, owner)
    with scope(organisation=begun.organisation):
        assert not Brand.objects.exists()
        assert not ReportSettings.objects.exists()


def test_an_inventory_with_too_many_edges_is_refused_with_a_sentence(client, client_of_theirs, monkeypatch):
    monkeypatch.setattr(saved_templates, "MOST_EDGES", 1)
    where = [client_of_theirs.organisation_id, client_of_theirs.pk]
    data = {"name": "Quick look", "keeper": where[0], "take": ["inventory"]}
    answer = client.post(reverse("save_template", args=where), data)
    assert answer.status_code == 422
    assert "This inventory has more than 1 requirements." in told(answer)


def test_a_component_may_be_called_client_and_one_name_stand_within_another(owner, client_of_theirs):
    with scope(organisation=client_of_theirs.organisation):
        for name in ("Client", "Falkenstein Bank Intranet", "Straße 7"):
            save_component(client_of_theirs.organisation, None, Draft(name, "model"), owner)
        ours = client_of_theirs.organisation
        names = client_names.names_of(ours, owner)
    said = f"Falkenstein  Bank, {CLIENT} and the falkenstein bank intranet; clientele of STRASSE 7 or straße 7"
    told_of = f"{CLIENT}, {CLIENT} and the […]; clientele of STRASSE 7 or […]"
    assert client_names.cleaned(said, ours, names) == told_of
    assert list(client_names.found_in(told_of, names)) == []
    assert saved(client_of_theirs, owner).content["look"]["footer"] == f"For {CLIENT}"


@pytest.mark.parametrize("role", ["viewer", "contributor", None])
def test_who_does_not_assess_there_finds_no_template(client, owner, client_of_theirs, consultancy, role):
    made = saved(client_of_theirs, owner, consultancy)
    Membership.objects.filter(organisation=consultancy, user=owner).delete()
    if role:
        Membership.objects.create(organisation=consultancy, user=owner, role=role)
    assert "Quick look" not in told(client.get(reverse("templates")))
    for address in (reverse("start"), reverse("start_in", args=[client_of_theirs.organisation_id])):
        assert "Quick look" not in told(client.get(f"{address}?template={made.pk}"))
    assert client.get(reverse("begin_from_template", args=[consultancy.pk, made.pk])).status_code in (403, 404)


def test_a_questionnaire_of_ones_own_goes_to_nobody_else(client, owner, client_of_theirs, consultancy):
    version = client_of_theirs.questionnaire_version
    with scope(organisation=client_of_theirs.organisation):
        version.pk, version.organisation = None, client_of_theirs.organisation
        version._state.adding = True
        version.save()
        client_of_theirs.questionnaire_version = version
        client_of_theirs.save(update_fields=["questionnaire_version"])
    with pytest.raises(TemplateRefused, match="cannot keep"):
        saved(client_of_theirs, owner, consultancy)
    made = saved(client_of_theirs, owner)
    # No page offers what leads nowhere.
    offers = ((reverse("start"), False), (reverse("start_in", args=[made.organisation_id]), True))
    assert [("Quick look" in told(client.get(address))) is shown for address, shown in offers] == [True, True]
    assert saved_templates.find(owner, str(made.pk)) is None
    assert saved_templates.find(owner, str(made.pk), consultancy) is None
    assert saved_templates.find(owner, str(made.pk), client_of_theirs.organisation) == made
    other = began(owner, "Ash").organisation
    with pytest.raises(TemplateRefused, match="may not use the questionnaire"):
        saved_templates.begin(made, [other], owner)
    with scopes_disabled():
        assert other.assessments.count() == 1


def test_a_shape_that_leads_outside_itself_is_refused_before_anything_begins(owner, client_of_theirs):
    made = saved(client_of_theirs, owner)
    with scope(organisation=made.organisation):
        made.content["inventory"]["requires"].append({"source": "workload", "target": "elsewhere"})
        made.save()
        with pytest.raises(TemplateRefused, match="does not know"):
            saved_templates.begin(made, [made.organisation], owner)
        assert Assessment.objects.count() == 1
