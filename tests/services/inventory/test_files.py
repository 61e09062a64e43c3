"""Inventory files: what they would change is shown row by row, wrong rows are named by line, nothing else happens."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from assessor.errors import AssessorError
from assessor.models import AuditEvent, Component, Organisation, Workload
from assessor.scenarios import graph
from assessor.services.inventory import out, waiting
from assessor.services.inventory.editing import snapshot
from assessor.services.inventory.files import read_file
from assessor.services.inventory.plan import plan_of, standing
from assessor.services.inventory.rows import inventory_of
from assessor.services.inventory.taking_over import apply
from tests.services.inventory.made import letters, part

HEAD = "what,id,name,kind,maker,countries,requires,source,target,survives_for"
YAML = """\
workloads:
  - {id: letters, name: Letter drafting, load: 3, data_classes: [patient]}
components:
  - id: gateway
    name: Gateway
    kind: gateway
    needs_internet: false
    note: Ours
  - {id: fable, name: Fable, kind: model, maker: Anthropic, countries: [US], notices: {suspend_days: 0}}
  - {id: own, name: Own, kind: model, fates: []}
requires:
  - {source: letters, target: gateway}
  - {source: gateway, target: fable, survives_for: 1.5, survives_restart: false}
  - {source: fable, target: gateway}
fallbacks:
  - {source: fable, target: own, workload: letters, capacity_percent: 50, safety_path: [gateway]}
"""


def plan(assessment, text, name="inventory.csv"):
    raw = text.encode() if isinstance(text, str) else text
    return plan_of(assessment.organisation, read_file(raw, name, standing(assessment.organisation)))


def take(assessment, user, text, name="inventory.csv"):
    raw = text.encode() if isinstance(text, str) else text
    return apply(assessment.organisation, read_file(raw, name, standing(assessment.organisation)), user)


def table(*rows):
    return "\r\n".join((HEAD, *rows)) + "\r\n"


def test_a_file_says_what_it_would_add_and_adds_nothing(inside):
    shown = plan(inside, YAML, "inventory.yaml")
    assert shown.counts == {"added": 7, "changed": 1, "unchanged": 0, "faults": 0}
    assert not Component.objects.exists()
    # The workload of the same name is this one; only what differs is shown.
    workload = shown.of_kind("changed")[0]
    assert workload.title == "Letter drafting"
    assert set(workload.values) == {"id", "load", "data_classes"}


def test_what_was_shown_is_what_is_taken_over(inside, owner):
    take(inside, owner, YAML, "inventory.yaml")
    made = inventory_of(inside.organisation)
    wanted = graph.Inventory.model_validate
    assert [one.id for one in made.workloads] == ["letters"]
    assert Workload.objects.count() == 1
    assert made.workloads[0].tolerance_hours == 8
    fable = next(one for one in made.components if one.id == "fable")
    assert (fable.countries, fable.notices.suspend_days, fable.fates) == (("US",), 0, None)
    assert next(one for one in made.components if one.id == "own").fates == ()
    assert [(one.source, one.target) for one in made.requires] == [
        ("fable", "gateway"),
        ("gateway", "fable"),
        ("letters", "gateway"),
    ]
    assert (
        made.fallbacks[0]
        == wanted(
            {
                "fallbacks": [
                    {
                        "source": "fable",
                        "target": "own",
                        "workload": "letters",
                        "capacity_percent": 50,
                        "safety_path": ["gateway"],
                    }
                ]
            }
        ).fallbacks[0]
    )
    assert Component.objects.get(key="gateway").note == "Ours"
    assert Component.objects.get(key="gateway").revisions.get().data["note"] == "Ours"


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_what_leaves_comes_back_as_unchanged(inside, owner, kind):
    take(inside, owner, YAML, "inventory.yaml")
    letters_again = plan(inside, out.export(inside.organisation, kind), f"inventory.{kind}")
    assert letters_again.counts == {"added": 0, "changed": 0, "unchanged": 8, "faults": 0}


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_what_leaves_makes_the_same_inventory_elsewhere(inside, owner, kind):
    letters(inside)
    Component.objects.filter(key="own").update(name="=1+1", note='-"quoted"; text', fates=[])
    before = inventory_of(inside.organisation)
    content = out.export(inside.organisation, kind)
    Component.objects.all().delete()
    take(inside, owner, content, f"inventory.{kind}")
    assert inventory_of(inside.organisation).model_copy(update={"workloads": before.workloads}) == before.model_copy(
        update={"requires": inventory_of(inside.organisation).requires}
    )
    assert len(inventory_of(inside.organisation).requires) == len(before.requires)
    assert Component.objects.get(key="own").note == '-"quoted"; text'


def test_nothing_in_a_table_computes(inside):
    part(inside.organisation, "bad", name="=HYPERLINK(1)", product="@x", maker="+1", seller="\t=1", note="-1")
    text = out.export(inside.organisation, "csv").decode("utf-8-sig")
    assert not [cell for cell in text.replace("\r\n", ",").split(",") if cell.strip('"')[:1] in set("=+-@\t")]


def test_ten_thousand_rows_with_three_that_are_wrong(inside, owner):
    rows = [f"component,c-{number},Component {number},model,Maker,US,,,," for number in range(10_000)]
    rows[99] = "component,c-99,Component 99,spaceship,Maker,US,,,,"
    rows[4999] = "component,c-4998,Twice,model,Maker,US,,,,"
    rows[9999] = "requires,,,,,,,c-1,nowhere,"
    shown = plan(inside, table(*rows))
    assert shown.counts == {"added": 9997, "changed": 0, "unchanged": 0, "faults": 3}
    told = [one.sentence() for one in shown.faults]
    assert [one.line for one in shown.faults] == [101, 5001, 10001]
    assert "inventory.csv, line 101" in told[0]
    assert "kind" in told[0]
    assert "“c-4998” stands on line 5000 already" in told[1]
    assert "“nowhere” is not in this inventory" in told[2]
    assert not Component.objects.exists()
    assert apply(
        inside.organisation, read_file(table(*rows).encode(), "inventory.csv", {}), owner, shown=shown.fingerprint
    )
    assert Component.objects.count() == 9997


def test_what_was_taken_over_stands_in_the_audit_trail(inside, owner):
    take(inside, owner, table("component,a,Alpha,model,,,b,,,", "component,b,B,model,,,,,,"))
    event = AuditEvent.objects.get(kind="data.imported")
    assert (event.actor_name, event.facts) == (str(owner), {"about": "inventory", "file": "inventory.csv", "count": 3})


def test_a_component_that_a_file_changes_keeps_what_it_said_with_its_edges_and_who_changed_it(inside, owner):
    made = letters(inside)
    take(inside, owner, "id,capacity,licence_ends\r\nfable,7,2027-01-31\r\n")
    row = Component.objects.get(key="fable")
    assert (row.version, row.changed_by) == (made["fable"].version + 1, owner)
    assert row.revisions.first().data == snapshot(row)
    assert [one["target"] for one in row.revisions.first().data["fallbacks"]] == ["own"]


@pytest.mark.parametrize(
    ("row", "line", "said"),
    [
        ("component,a b,A,model,,,,,,", 2, "small letters"),
        ("component,,A,model,,,,,,", 2, "“id” is missing"),
        ("component,a,,model,,,,,,", 2, "“name” is missing"),
        ("component,a,A,model,,Germany,,,,", 2, "two capital letters"),
        ("spaceship,a,A,model,,,,,,", 2, "no kind of row"),
        ("component,a,A,model,,,,,,soon", 2, "says nothing of a component"),
        ("requires,,,,,,,a,b,soon", 2, "“soon” is no number"),
        ("requires,,,,,,,a,b,-1", 2, "greater than or equal to 0"),
        ("component,a,A,model,,,b,,,", 2, "“b” is not in this inventory"),
        ("component,a,A,model,,,,,,,too,many", 2, "more cells than there are columns"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(inside, row, line, said):
    shown = plan(inside, table(row))
    assert shown.faults[0].line == line
    assert said in shown.faults[0].sentence()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("inventory.xlsx", "PK", "does not end in .csv or .yaml"),
        ("inventory.csv", "", "names no column “id”"),
        ("inventory.csv", "id,colour\r\na,red\r\n", "“colour” is not known"),
        ("inventory.csv", "id,id\r\na,b\r\n", "is there twice"),
        ("inventory.csv", b"id,name\r\na,\xff\r\n", "not UTF-8"),
        ("inventory.yaml", "", "no inventory in this file"),
        ("inventory.yaml", "things: []", "“things” is not a known key"),
        ("inventory.yaml", "components: {a: 1}", "is no list"),
        ("inventory.yaml", "components: &a [*a]", "anchor"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_says_why(inside, name, text, said):
    with pytest.raises(AssessorError) as refusal:
        plan(inside, text, name)
    assert said in refusal.value.sentence()


def test_yaml_faults_carry_their_lines(inside):
    text = "components:\n  - {id: a, name: A, kind: model}\n  - {id: b, name: B, kind: model, colour: red}\n  - just\n"
    shown = plan(inside, text, "inventory.yaml")
    assert [(one.line, one.sentence().partition(": ")[2]) for one in shown.faults] == [
        (3, "“colour” is not a known key here. Check the spelling, or take it out."),
        (4, "This row says nothing by name. Write “id: …” and what else is known."),
    ]
    assert shown.counts["added"] == 1


def test_a_row_that_leads_to_a_wrong_one_says_so(inside):
    shown = plan(inside, table("component,a,A,model,,,b,,,", "component,b,B,spaceship,,,,,,"))
    assert "whose own row is wrong" in shown.faults[0].sentence()


def test_falling_back_to_oneself_is_wrong_and_a_loop_is_not(inside, owner):
    text = "components:\n  - {id: a, name: A, kind: model}\n  - {id: b, name: B, kind: model}\n"
    loop = "requires:\n  - {source: a, target: b}\n  - {source: b, target: a}\n"
    itself = "fallbacks:\n  - {source: a, target: a}\n  - {source: a, target: b}\n  - {source: b, target: a}\n"
    shown = take(inside, owner, text + loop + itself, "inventory.yaml")
    assert [one.sentence() for one in shown.faults] == [
        "inventory.yaml, line 8: “a” cannot stand in for itself. Name another component, or take the row out."
    ]
    made = inventory_of(inside.organisation)
    assert (len(made.requires), len(made.fallbacks)) == (2, 2)
    assert graph.cross_faults(made) == []


def test_what_would_be_unfinished_is_said(inside):
    shown = plan(inside, table("component,a,Alpha,model,,,,,,", "component,t,Night shift,team,,,,,,"))
    told = [one.sentence() for one in shown.notices]
    assert any("Letter drafting” requires nothing" in one for one in told)
    assert any("Nothing requires the component “Alpha”" in one for one in told)
    assert shown.suppliers_unknown == ("Alpha",)


def test_an_empty_cell_leaves_what_stands_and_a_question_mark_makes_it_unknown(inside, owner):
    part(inside.organisation, "a", name="Alpha", maker="Maker", countries=["US"], triggers=["war"])
    text = "id,maker,countries,triggers,needs_internet\r\na,,?,?,ja\r\n"
    shown = take(inside, owner, text)
    assert set(shown.of_kind("changed")[0].values) == {"countries", "triggers", "needs_internet"}
    row = Component.objects.get()
    assert (row.maker, row.countries, row.triggers, row.needs_internet) == ("Maker", None, [], True)


def test_a_table_with_semicolons_and_decimal_commas_is_read(inside, owner):
    take(inside, owner, "id;name;kind;capacity;fates\r\na;Alpha;model;2,5;cloud: AWS\r\n")
    row = Component.objects.get()
    assert (row.capacity, row.fates) == (2.5, [{"kind": "cloud", "name": "AWS"}])


def test_an_id_of_a_workload_is_none_of_a_component(inside, owner):
    take(inside, owner, YAML, "inventory.yaml")
    shown = plan(inside, table("component,letters,Letters,model,,,,,,"))
    assert "is the id of a workload here" in shown.faults[0].sentence()


def test_one_that_was_taken_out_does_not_stand_in_the_way_of_its_id(inside, owner):
    take(inside, owner, table("component,a,Alpha,model,,,,,,"))
    row = Component.objects.get()
    row.removed_at = row.changed_at
    row.save()
    take(inside, owner, table("component,a,Alpha two,model,,,,,,"))
    assert [one.name for one in inventory_of(inside.organisation).components] == ["Alpha two"]
    assert Component.objects.count() == 2


def test_a_file_is_not_taken_over_when_the_inventory_moved_meanwhile(inside, owner):
    pending = waiting.receive(inside, SimpleUploadedFile("inventory.yaml", YAML.encode()), owner)
    part(inside.organisation, "gateway", "gateway")
    for taken, count in ((False, 1), (True, 3)):
        assert waiting.confirm(pending)
        waiting.carry_out(pending.pk)
        pending.refresh_from_db()
        assert (pending.is_taken, pending.moved, Component.objects.count()) == (taken, not taken, count)


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def test_a_person_sees_every_row_and_then_takes_the_good_ones(client, inside):
    text = table("component,a,Alpha,model,Maker,US,,,,", "component,b,B,spaceship,,,,,,")
    upload = SimpleUploadedFile("<b>inventory.csv", text.encode())
    page = client.post(address("inventory_files", inside), {"file": upload}, follow=True)
    shown = page.content.decode()
    assert "line 3" in shown
    assert "Alpha" in shown
    assert "<b>inventory" not in shown
    assert "leave out the wrong ones" in shown
    assert not Component.objects.exists()
    path = page.request["PATH_INFO"]
    done = client.post(path, {"action": "confirm"}, follow=True)
    assert "1 added" in done.content.decode()
    assert Component.objects.get().name == "Alpha"
    assert client.get(path).status_code == 404


def test_a_waiting_inventory_is_no_waiting_answer_file(client, inside, owner):
    pending = waiting.receive(inside, SimpleUploadedFile("inventory.yaml", YAML.encode()), owner)
    assert client.get(address("import", inside, pending.pk)).status_code == 404
    assert "inventory.yaml" not in client.get(address("exchange", inside)).content.decode()
    client.post(address("import_inventory", inside, pending.pk), {"action": "discard"})
    assert client.get(address("import_inventory", inside, pending.pk)).status_code == 404
    assert not Component.objects.exists()


def test_a_file_that_is_none_is_refused_with_the_reason(client, inside):
    page = client.post(address("inventory_files", inside), {"file": SimpleUploadedFile("inventory.csv", b"x,y\r\n")})
    assert page.status_code == 422
    assert "names no column" in page.content.decode()


def test_the_command_takes_an_inventory_in_and_out(inside, tmp_path, capsys):
    source, target = tmp_path / "in.yaml", tmp_path / "out.csv"
    source.write_text(YAML)
    call_command("inventory", "import", str(inside.organisation_id), str(source), "--dry-run")
    assert "7 added, 1 changed" in capsys.readouterr().out
    assert not Component.objects.exists()
    call_command("inventory", "import", str(inside.organisation_id), str(source))
    assert Component.objects.count() == 3
    call_command("inventory", "export", str(inside.organisation_id), str(target))
    assert "fable" in target.read_text("utf-8-sig")
    source.write_text("components: [{id: a}]")
    with pytest.raises(CommandError, match="line 1"):
        call_command("inventory", "import", str(inside.organisation_id), str(source))
    call_command("inventory", "import", str(inside.organisation_id), str(source), "--leave-out-wrong")


def test_an_archive_brings_the_inventory_along_for_a_word_of_its_own(client, inside, owner):
    letters(inside)
    content = b"".join(client.get(address("export", inside, "sovpack")).streaming_content)
    Component.objects.all().delete()
    upload = SimpleUploadedFile("case.sovpack", content)
    page = client.post(address("exchange", inside), {"exchange": upload}, follow=True)
    page = client.post(page.request["PATH_INFO"], {"action": "confirm"}, follow=True)
    assert "The archive holds an inventory too" in page.content.decode()
    assert not Component.objects.exists()
    client.post(page.request["PATH_INFO"], {"action": "confirm"})
    assert sorted(Component.objects.values_list("key", flat=True)) == ["check", "fable", "gateway", "own"]


def test_an_archive_without_components_holds_no_inventory(client, inside):
    content = b"".join(client.get(address("export", inside, "sovpack")).streaming_content)
    assert b"inventory.yaml" not in content


def test_the_demo_has_an_inventory_without_a_fault(owner):
    call_command("demo")
    with scopes_disabled():
        organisation = Organisation.objects.get()
    with scope(organisation=organisation):
        made = inventory_of(organisation)
        raw = (settings.BASE_DIR / "examples" / "regional-hospital-inventory.yaml").read_bytes()
        again = plan_of(organisation, read_file(raw, "inventory.yaml", standing(organisation)))
    assert graph.cross_faults(made) == []
    assert graph.notices(made) == []
    assert len(made.workloads) > 1
    assert again.counts["faults"] == again.counts["added"] == again.counts["changed"] == 0


@pytest.mark.parametrize(
    "text", ["?", "'?", "'=1+1", "''", "=1+1", " -1", "a;b", 'say "no"', "two\nlines", "|x", "＝1"]
)
def test_a_text_leaves_a_table_and_comes_back_as_it_was(inside, owner, text):
    part(inside.organisation, "a", note=text.strip())
    content = out.export(inside.organisation, "csv")
    shown = plan(inside, content)
    assert (shown.counts["unchanged"], shown.counts["faults"]) == (2, 0)


def test_a_workload_that_only_the_inventory_knows_is_taken_into_scope_and_not_doubled(client, inside, owner):
    take(inside, owner, table("workload,beds,Bed planning,,,,,,,"))
    data = {"name": "bed planning", "criticality": "critical", "tolerance_hours": "4"}
    assert client.post(address("new_workload", inside), data).status_code == 302
    assert Workload.objects.count() == 2
    assert inside.workloads.get(name="Bed planning").slug == "beds"
