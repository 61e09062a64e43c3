"""What a person sees and does in the inventory: workloads, components, edges, templates, files."""

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from assessor.models import Component, Fallback, Requires, Workload
from assessor.services.inventory.rows import inventory_of
from tests.services.inventory.made import letters, part


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def lines(**filled):
    """Return the management forms of all lines, with what is filled in: needed_by=[{…}], …"""
    data = {}
    for name in ("needed_by", "requires", "fallbacks"):
        rows = filled.get(name, [])
        data |= {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": "0"}
        for number, row in enumerate(rows):
            data |= {f"{name}-{number}-{key}": value for key, value in row.items()}
    return data


def filled_in(page):
    """Return what a browser sends when the form of a component is saved as it is shown."""
    form, edges = page.context["form"], page.context["lines"]
    data = {name: form[name].value() for name in form.fields} | {"shown": page.context["shown"]}
    for name, rows in edges.sets.items():
        data |= {f"{name}-TOTAL_FORMS": rows.total_form_count(), f"{name}-INITIAL_FORMS": rows.initial_form_count()}
        for row in rows:
            data |= {row.add_prefix(field): row[field].value() for field in row.fields}
    return {
        name: value
        for name, value in data.items()
        if value is not None and value is not False and value not in ("", [])
    }


def test_an_empty_inventory_says_how_to_begin(client, quick):
    page = client.get(address("inventory", quick)).content.decode()
    assert "No component yet" in page
    assert "Hosted model behind a gateway" in page
    assert "requires nothing" in page


def test_a_component_is_added_by_its_name_and_kind_alone(client, inside):
    workload = inside.workloads.get()
    data = {"name": "Our gateway", "kind": "gateway", "needed_by": workload.name}
    page = client.post(address("inventory", inside), data, follow=True)
    assert "Our gateway" in page.content.decode()
    made = Component.objects.get()
    assert (made.key, made.kind) == ("our-gateway", "gateway")
    assert Requires.objects.get().workload == workload
    # The next one begins with the same kind, needed by the same.
    assert f'value="{workload.key}"' in page.content.decode()


def test_what_was_typed_stays_when_the_thing_that_needs_it_is_unknown(client, inside):
    data = {"name": "Our gateway", "kind": "gateway", "needed_by": "nowhere"}
    page = client.post(address("inventory", inside), data)
    assert page.status_code == 422
    text = page.content.decode()
    assert "“nowhere” is not in this inventory" in text
    assert 'value="Our gateway"' in text
    assert not Component.objects.exists()


def test_a_component_is_kept_with_its_edges(client, inside):
    letters(inside)
    data = {
        "name": "Fable at the cloud",
        "kind": "model",
        "countries": "us, ie",
        "capacity": "2,5",
        "suspend_days": "0",
        "triggers": "act of government; non-payment",
        "fate_cloud": "AWS eu-central-1",
        "sees_plain_text": "yes",
        **lines(
            needed_by=[{"other": "Gateway", "survives_for": "0,5"}],
            requires=[{"other": "check", "survives_for": "", "survives_restart": "no"}],
            fallbacks=[{"other": "own", "switch_hours": "4", "capacity_percent": "50", "safety_path": "Check"}],
        ),
    }
    assert client.post(address("new_component", inside), data).status_code == 302
    made = next(one for one in inventory_of(inside.organisation).components if one.id == "fable-at-the-cloud")
    assert (made.countries, made.capacity, made.notices.suspend_days) == (("IE", "US"), 2.5, 0)
    assert made.triggers == ("act of government", "non-payment")
    assert [(one.kind.value, one.name) for one in made.fates] == [("cloud", "AWS eu-central-1")]
    assert (made.sees_plain_text, made.needs_internet) == (True, None)
    edges = {(one.source, one.target): one for one in inventory_of(inside.organisation).requires}
    assert edges["gateway", "fable-at-the-cloud"].survives_for == 0.5
    assert edges["fable-at-the-cloud", "check"].survives_restart is False
    way = next(one for one in inventory_of(inside.organisation).fallbacks if one.source == "fable-at-the-cloud")
    assert (way.capacity_percent, way.safety_path) == (50, ("check",))


def test_what_is_saved_is_shown_again_and_saving_it_changes_nothing(client, inside):
    made = letters(inside)
    path = address("component", inside, made["fable"].pk)
    page = client.get(path)
    before = inventory_of(inside.organisation)
    assert client.post(path, filled_in(page)).status_code == 302
    assert inventory_of(inside.organisation) == before


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "This field is required"),
        ("countries", "Atlantis", "two letters"),
        ("suspend_days", "soon", "Enter a whole number"),
        ("capacity", "-1", "greater than or equal to 0"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(client, inside, field, typed, said):
    data = {"name": "Model X", "kind": "model", "maker": "Maker Y", **lines()} | {field: typed}
    page = client.post(address("new_component", inside), data)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert 'value="Maker Y"' in page.content.decode()
    assert not Component.objects.exists()


def test_a_fallback_to_itself_is_refused_with_everything_kept(client, inside):
    made = letters(inside)
    data = {"name": "Fable", "kind": "model", **lines(fallbacks=[{"other": "fable"}])}
    page = client.post(address("component", inside, made["fable"].pk), data)
    assert page.status_code == 422
    assert "Falls back to: “Fable” cannot stand in for itself." in page.content.decode()
    assert Fallback.objects.count() == 1


def test_a_fallback_without_checks_of_its_own_is_kept_and_shown(client, inside):
    made = letters(inside)
    data = {"name": "Check", "kind": "safety-check", **lines(fallbacks=[{"other": "own"}])}
    path = address("component", inside, made["check"].pk)
    assert client.post(path, data).status_code == 302
    assert client.get(path).context["lines"].sets["fallbacks"][0].initial["other"] == "own"
    assert {one.source: one.safety_path for one in inventory_of(inside.organisation).fallbacks}["check"] == ()


def test_more_lines_and_another_kind_keep_what_was_typed_and_save_nothing(client, inside):
    letters(inside)
    typed = {"name": "Half", "kind": "team", "people_needed": "3", **lines(requires=[{"other": "che"}])}
    for button in ({"more": "requires"}, {"redraw": "yes"}):
        page = client.post(address("new_component", inside), typed | button)
        text = page.content.decode()
        assert page.status_code == 200
        assert 'value="Half"' in text
        assert 'value="che"' in text
        assert "is not in this inventory" not in text
    assert Component.objects.count() == 4


def test_of_two_people_the_second_sees_both_and_nothing_is_lost(client, inside):
    made = letters(inside)
    path = address("component", inside, made["fable"].pk)
    shown = client.get(path).context["shown"]
    first = {"name": "Fable", "kind": "model", "maker": "First", "shown": shown, **lines()}
    assert client.post(path, first).status_code == 302
    second = client.post(path, first | {"maker": "Second"})
    text = second.content.decode()
    assert second.status_code == 409
    assert "Somebody changed this component" in text
    assert "First" in text
    assert 'value="Second"' in text
    made["fable"].refresh_from_db()
    assert made["fable"].maker == "First"
    again = client.post(path, first | {"maker": "Second", "shown": second.context["shown"]})
    assert again.status_code == 302
    made["fable"].refresh_from_db()
    assert made["fable"].maker == "Second"
    assert [one.data["maker"] for one in made["fable"].revisions.all()] == ["Second", "First"]


def test_a_change_of_an_edge_from_the_other_side_is_a_conflict_too(client, inside):
    made = letters(inside)
    path = address("component", inside, made["fable"].pk)
    shown = client.get(path).context["shown"]
    gateway = {"name": "Gateway", "kind": "gateway", **lines()}
    assert client.post(address("component", inside, made["gateway"].pk), gateway).status_code == 302
    data = {"name": "Fable", "kind": "model", "shown": shown, **lines(needed_by=[{"other": "gateway"}])}
    assert client.post(path, data).status_code == 409


def test_an_earlier_version_is_shown_first_and_comes_back_when_it_is_saved(client, inside):
    made = letters(inside)
    path = address("component", inside, made["fable"].pk)
    assert client.post(path, filled_in(client.get(path))).status_code == 302
    before = inventory_of(inside.organisation)
    changed = {"name": "Fable", "kind": "model", "maker": "Somebody else", **lines()}
    assert client.post(path, changed).status_code == 302
    assert inventory_of(inside.organisation) != before

    page = client.get(path)
    earlier = page.context["revisions"][1]
    assert f'href="{path}?version={earlier.version}"' in page.content.decode()
    older = client.get(f"{path}?version={earlier.version}")
    assert "Nothing is changed yet" in older.content.decode()
    assert inventory_of(inside.organisation) != before
    assert client.post(f"{path}?version={earlier.version}", filled_in(older)).status_code == 302
    assert inventory_of(inside.organisation) == before
    assert [one.data["maker"] for one in made["fable"].revisions.all()] == ["Anthropic", "Somebody else", "Anthropic"]


def test_an_earlier_version_does_not_overwrite_what_somebody_saved_meanwhile(client, inside):
    made = letters(inside)
    path = address("component", inside, made["fable"].pk)
    assert client.post(path, filled_in(client.get(path))).status_code == 302
    assert client.post(path, {"name": "Fable", "kind": "model", "maker": "Second", **lines()}).status_code == 302
    older = client.get(f"{path}?version={made['fable'].revisions.last().version}")
    assert client.post(path, {"name": "Fable", "kind": "model", "maker": "Third", **lines()}).status_code == 302

    refused = client.post(path, filled_in(older))
    assert refused.status_code == 409
    assert "Third" in refused.content.decode()
    made["fable"].refresh_from_db()
    assert made["fable"].maker == "Third"


@pytest.mark.parametrize("version", ["9", "x", "-1", "99999999999999999999", "²"])
def test_a_version_that_was_never_kept_is_not_found(client, inside, version):
    made = letters(inside)
    assert client.get(address("component", inside, made["fable"].pk), {"version": version}).status_code == 404


def test_a_copy_begins_with_everything_but_what_needs_it(client, inside):
    made = letters(inside)
    page = client.get(address("new_component", inside) + f"?like={made['fable'].pk}")
    assert 'value="Fable (copy)"' in page.content.decode()
    assert 'value="Anthropic"' in page.content.decode()
    assert page.context["lines"].sets["fallbacks"][0].initial["other"] == "own"
    assert not any(one.initial for one in page.context["lines"].sets["needed_by"])
    assert Component.objects.count() == 4


def test_what_is_taken_out_can_be_brought_back_with_its_edges(client, inside):
    made = letters(inside)
    before = inventory_of(inside.organisation)
    page = client.post(address("remove_component", inside, made["fable"].pk), follow=True)
    assert "Bring back" in page.content.decode()
    assert client.get(address("component", inside, made["fable"].pk)).status_code == 404
    # Somebody saves a neighbour meanwhile: the edges of what is out stay where they are.
    own = {"name": "Own", "kind": "model", "product": "Granite", **lines()}
    client.post(address("component", inside, made["own"].pk), own)
    client.post(address("restore_component", inside, made["fable"].pk))
    after = inventory_of(inside.organisation)
    assert after.requires == before.requires
    assert after.fallbacks == before.fallbacks


def test_a_template_makes_its_components_and_edges_at_once(client, inside):
    path = address("inventory_template", inside, "local-with-hosted-check")
    page = client.get(path)
    assert page.status_code == 200
    workload = inside.workloads.get()
    data = {one.html_name: one.value() or "" for one in page.context["form"]} | {"workload_key": workload.key}
    assert client.post(path, data | {"check-product": "Guard X"}).status_code == 302
    made = inventory_of(inside.organisation)
    assert {one.kind.value for one in made.components} == {
        "gateway",
        "model",
        "compute",
        "safety-check",
        "network-link",
    }
    assert (workload.key, "gateway") in {(one.source, one.target) for one in made.requires}
    assert next(one for one in made.components if one.kind == "safety-check").product == "Guard X"
    assert client.get(address("inventory_template", inside, "nothing")).status_code == 404


def test_a_workload_says_what_it_requires_and_its_load(client, inside):
    letters(inside)
    workload = inside.workloads.get()
    path = address("workload_needs", inside, workload.pk)
    shown = client.get(path).context["shown"]
    data = {"load": "120", "data_classes": "patient, staff", "shown": shown}
    data |= {"requires-TOTAL_FORMS": "1", "requires-INITIAL_FORMS": "0", "requires-0-other": "own"}
    assert client.post(path, data).status_code == 302
    node = inventory_of(inside.organisation).workloads[0]
    assert (node.load, node.data_classes) == (120, ("patient", "staff"))
    assert client.post(path, data).status_code == 409


def test_filters_find_by_words_kind_workload_and_what_is_not_known(client, inside):
    letters(inside)
    part(inside.organisation, "loner", "team", name="Loner")
    path = address("inventory", inside)

    def found(query):
        return [line.row.key for line in client.get(path + query).context["page"]]

    assert found("?q=anthropic") == ["fable"]
    assert found("?q=US") == ["fable"]
    assert found("?kind=gateway") == ["gateway"]
    assert found("?show=unneeded") == ["loner"]
    assert "loner" not in found(f"?workload={inside.workloads.get().key}")
    assert set(found("?show=unknown")) == {"check", "gateway", "own", "loner"}
    assert "No component fits that" in client.get(path + "?q=zzz").content.decode()


@pytest.fixture
def two_hundred(inside):
    """An inventory of 200 workloads and 500 components; every workload but the last ten requires something."""
    owner = inside.organisation
    tasks = Workload.objects.bulk_create(
        Workload(
            organisation=owner,
            name=f"Workload {number:03}",
            slug=f"task-{number:03}",
            owner="Head of care" if number % 2 else "",
            criticality="critical" if number < 60 else "supporting",
        )
        for number in range(199)
    )
    parts = Component.objects.bulk_create(
        Component(organisation=owner, key=f"part-{number:03}", name=f"Part {number:03}", kind="model")
        for number in range(500)
    )
    Requires.objects.bulk_create(
        Requires(organisation=owner, workload=task, target=parts[2 * number]) for number, task in enumerate(tasks[:189])
    )
    return inside


def test_two_hundred_workloads_are_paged_searched_and_filtered(client, two_hundred, django_assert_max_num_queries):
    path = address("inventory", two_hundred)

    def found(query):
        page = client.get(path + query)
        return page.context["loads"].paginator.count, [load.row.key for load in page.context["loads"]]

    with django_assert_max_num_queries(13):
        page = client.get(path)
    assert len(page.context["loads"]) == 50
    assert len(page.content) < 400_000
    assert found("?find=TASK-007") == (1, ["task-007"])
    assert found("?find=head of care")[0] == 99
    assert found("?criticality=critical&find=head of care")[0] == 30
    assert found("?criticality=bare")[0] == 11
    assert "No workload fits that" in client.get(path + "?find=zzz").content.decode()
    assert found("?loads=4")[1][-1] == "task-198"


def test_what_is_asked_of_one_list_stays_while_one_turns_the_pages_of_the_other(client, two_hundred):
    page = client.get(address("inventory", two_hundred) + "?find=workload&loads=2&show=unknown&q=part&page=3")
    text = page.content.decode()
    assert "?find=workload&amp;loads=3&amp;show=unknown&amp;q=part&amp;page=3#workloads" in text
    assert "?find=workload&amp;loads=2&amp;show=unknown&amp;q=part&amp;page=4#components" in text
    assert [line.row.key for line in page.context["page"]][:2] == ["part-200", "part-201"]
    for name, value in (("find", "workload"), ("q", "part")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in text


def test_after_a_component_the_next_begins_with_its_kind_and_the_list_stays_whole(client, inside):
    letters(inside)
    path = address("inventory", inside)
    page = client.post(path, {"name": "Rules", "kind": "safety-check", "needed_by": "own"}, follow=True)
    assert page.context["form"]["kind"].value() == "safety-check"
    assert page.context["form"]["needed_by"].value() == "own"
    assert page.context["shown"] == 5


def test_a_workload_is_added_from_the_inventory_and_says_at_once_what_it_requires(client, inside):
    path = address("new_workload", inside) + "?then=needs"
    assert path in client.get(address("inventory", inside)).content.decode()
    page = client.post(path, {"name": "Coding", "criticality": "important"}, follow=True)
    assert page.request["PATH_INFO"] == address("workload_needs", inside, Workload.objects.get(name="Coding").pk)


@pytest.mark.parametrize("count", [1, 60])
def test_the_overview_takes_the_same_queries_for_any_size(client, inside, django_assert_max_num_queries, count):
    letters(inside)
    for number in range(count):
        part(inside.organisation, f"more-{number}")
    client.get(address("inventory", inside))
    with django_assert_max_num_queries(13):
        client.get(address("inventory", inside))


def test_the_overview_of_ten_thousand_components_stays_one_page(client, inside, django_assert_max_num_queries):
    letters(inside)
    names = [f"more-{number}" for number in range(10_000)]
    Component.objects.bulk_create(
        Component(organisation=inside.organisation, key=name, name=name, kind="model", maker=f"Maker {name}")
        for name in names
    )
    with django_assert_max_num_queries(13):
        page = client.get(address("inventory", inside))
    assert len(page.content) < 400_000
    assert page.content.decode().count("/remove/") == 100
    assert "10004 components" in page.content.decode().replace(",", "")
    assert "more-9999" in client.get(address("inventory", inside) + "?q=more-9999").content.decode()


def test_the_page_of_a_component_takes_a_bounded_number_of_queries(client, inside, django_assert_max_num_queries):
    made = letters(inside)
    for number in range(30):
        other = part(inside.organisation, f"more-{number}")
        Requires.objects.create(organisation=inside.organisation, source=other, target=made["fable"])
    client.get(address("component", inside, made["fable"].pk))
    with django_assert_max_num_queries(22):
        client.get(address("component", inside, made["fable"].pk))


def test_hostile_names_are_shown_as_text(client, inside):
    bad = "<script>alert(1)</script>\"'{{7*7}}"
    row = part(inside.organisation, "bad", name=bad, product=bad, maker=bad, fates=[{"kind": "cloud", "name": bad}])
    for path in (
        address("inventory", inside),
        address("component", inside, row.pk),
        address("inventory_files", inside),
    ):
        assert "<script>alert" not in client.get(path).content.decode()


PAGES = ("inventory", "proposals", "inventory_files", "new_component")


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_none_of_it(client, owner, strangers_scan, name):
    assert client.get(address(name, strangers_scan)).status_code == 404
    assert client.post(address(name, strangers_scan), {"name": "x", "kind": "model"}).status_code == 404
    with scopes_disabled():
        assert not Component.objects.exists()


@pytest.mark.parametrize("name", ["component", "remove_component", "restore_component", "workload_needs"])
def test_anothers_rows_are_not_found_below_ones_own_address(client, quick, strangers_scan, name):
    with scopes_disabled():
        row = part(strangers_scan.organisation, "theirs")
        target = strangers_scan.workloads.get().pk if name == "workload_needs" else row.pk
    method = client.post if name.startswith(("remove", "restore")) else client.get
    assert method(address(name, quick, target)).status_code == 404
    with scopes_disabled():
        row.refresh_from_db()
        assert row.removed_at is None


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_anothers_inventory_is_not_handed_out(client, owner, strangers_scan, kind):
    assert client.get(address("export_inventory", strangers_scan, kind)).status_code == 404
    assert client.get(address("inventory_template", strangers_scan, "by-hand")).status_code == 404
