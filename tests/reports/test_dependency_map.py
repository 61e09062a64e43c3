"""The dependency map: nothing covers anything, every state has a shape and a word, and the list says the same."""

import itertools
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessor.reports.dependency_map import draw, draw_in_strips, mark
from assessor.reports.map_layout import NODE_HEIGHT, MapEdge, MapNode, lay_out
from assessor.reports.map_names import lines_of, told_apart
from assessor.reports.scenario_map import Line, of_inventory, of_scenario
from assessor.reports.scenario_words import STATES
from assessor.scenarios.graph import Component, Fallback, Inventory, Requires, Workload
from assessor.scenarios.results import Horizon
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.simulate import simulate

MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = [f"c{number}" for number in range(60)]


def component(ident: str, **facts) -> Component:
    return Component.model_validate({"id": ident, "name": ident.upper(), "kind": "model"} | facts)


def gone(*ids: str) -> Scenario:
    act = {"matches": [{"ids": list(ids)}], "effect": "removed"}
    told = {"id": "gone", "version": "1", "title": "Gone", "story": "Gone.", "recourse": "None."}
    return Scenario.model_validate(told | {"causes": ["technical"], "acts": [act]})


@st.composite
def drawn(draw_):
    names = draw_(st.lists(st.sampled_from(NAMES), unique=True, max_size=24))
    bands = draw_(st.lists(st.sampled_from(["", "A · US", "B · FR", "Own"]), min_size=len(names), max_size=len(names)))
    nodes = [MapNode(one, one, "Model", band) for one, band in zip(names, bands, strict=True)]
    nodes.append(MapNode("w", "Work", "Workload", "", True))
    ends = st.sampled_from([one.id for one in nodes])
    pairs = draw_(st.lists(st.tuples(ends, ends), max_size=60))
    return nodes, [MapEdge(*pair) for pair in pairs]


@MANY
@given(drawn())
def test_no_box_lies_on_another_and_each_in_its_band(graph):
    plan = lay_out(*graph)
    boxes = list(plan.placed.values())
    for one, other in itertools.combinations(boxes, 2):
        apart = abs(one.x - other.x) >= plan.node_width or abs(one.y - other.y) >= NODE_HEIGHT
        assert apart, (one.node.id, other.node.id)
    for one in boxes:
        assert one.x >= 0
        assert one.x + plan.node_width <= plan.width
        assert one.y >= 0
        assert one.y + NODE_HEIGHT <= plan.height
        if not one.node.workload:
            band = next(band for band in plan.bands if band.name == one.node.band)
            assert band.y <= one.y <= band.y + band.height - NODE_HEIGHT


@MANY
@given(drawn(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_moves_a_box(graph, random):
    nodes, edges = graph
    before = {name: (one.x, one.y) for name, one in lay_out(nodes, edges).placed.items()}
    nodes, edges = list(nodes), list(edges)
    random.shuffle(nodes)
    random.shuffle(edges)
    assert {name: (one.x, one.y) for name, one in lay_out(nodes, edges).placed.items()} == before


def test_an_edge_to_something_that_is_not_on_the_map_is_left_out():
    plan = lay_out([MapNode("w", "Work", "Workload", "", True)], [MapEdge("w", "elsewhere")])
    assert plan.edges == ()


def test_each_state_has_a_shape_of_its_own():
    shapes = {re.sub(r"translate\([^)]*\)", "", mark(state, 0, 0)) for state in (*STATES, "perhaps")}
    assert len(shapes) == len(STATES) + 1


def test_a_hostile_name_is_shown_as_text():
    nasty = '<script>alert(1)</script>"&{x}'
    svg = draw([MapNode("a", nasty, "Model", nasty)], [], title=nasty, description=nasty, ident="m")
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


INVENTORY = Inventory(
    workloads=(Workload(id="letters", name="Letters", tolerance_hours=4), Workload(id="chat", name="Chat")),
    components=(
        component("fable", parent="Maker Inc", countries=("US",), hosting="public-saas"),
        component("own", hosting="own-premises"),
        component("spare"),
        component("loop"),
        component("nobody-needs"),
    ),
    requires=(
        Requires(source="letters", target="fable"),
        Requires(source="chat", target="own"),
        Requires(source="own", target="loop"),
        Requires(source="loop", target="own"),
    ),
    fallbacks=(Fallback(source="fable", target="spare"),),
)


def _lines(lines: tuple[Line, ...]):
    for one in lines:
        yield one
        yield from _lines(one.children)


def test_the_map_says_who_controls_what():
    svg = of_inventory(INVENTORY).svg
    assert "Maker Inc · US" in svg
    assert "In your own hands" in svg
    assert "Not known who controls it" in svg


def test_the_list_names_everything_that_is_drawn_and_ends_in_a_loop():
    found = of_inventory(INVENTORY, {"letters", "chat"})
    listed = [one.name for one in _lines(found.lines)]
    assert set(listed) == {"Letters", "Chat", "FABLE", "SPARE", "OWN", "LOOP"}
    assert "NOBODY-NEEDS" not in found.svg
    assert next(one for one in _lines(found.lines) if one.name == "SPARE").edge == "falls back to"
    assert [one.again for one in _lines(found.lines) if one.name == "OWN"] == [False, True]


def test_what_is_hit_is_marked_in_word_and_shape_in_the_drawing_and_in_the_list():
    found = of_scenario(INVENTORY, simulate(INVENTORY, gone("own")), Horizon.DAY)
    marks = {one.name: (one.mark, one.mark_word) for one in _lines(found.lines) if not one.again}
    assert marks["Chat"] == ("dark", "dark")
    assert marks["OWN"] == ("dark", "hit by the scenario")
    assert marks["Letters"] == ("unaffected", "unaffected")
    assert "hit by the scenario" in found.svg
    assert found.svg.count('class="chart-edge chart-edge-marked"') >= 1


@pytest.mark.parametrize("workloads", [None, frozenset(), {"letters"}])
def test_the_scope_limits_what_is_drawn(workloads):
    found = of_inventory(INVENTORY, workloads)
    assert ("Chat" in found.svg) is (workloads is None)
    assert found.empty is (workloads == frozenset())


def test_a_box_leads_to_its_page_where_it_has_one_and_the_drawing_is_no_picture_then() -> None:
    nodes = [MapNode("w", "Work", "Workload", "", True, href="/w/?a=1&b=2"), MapNode("c", "Part", "Model", "Own")]
    linked = draw(nodes, [MapEdge("w", "c")], title="Map", description="All", ident="m")
    assert re.findall(r'<a class="chart-link" href="([^"]*)">', linked) == ["/w/?a=1&amp;b=2"]
    assert 'role="group"' in linked

    paper = draw([MapNode("c", "Part", "Model", "Own")], [], title="Map", description="All", ident="m")
    assert "<a " not in paper
    assert 'role="img"' in paper


LONG = "Summaries of radiology reports for the night shift of the emergency department in building "


@pytest.mark.parametrize("room", [90.0, 160.0])
def test_long_names_that_differ_at_their_end_are_told_apart(room):
    shown = [lines_of(f"{LONG}{end}", room) for end in ("7 B", "7 C")]
    assert shown[0] != shown[1]
    assert all(len(lines) == 3 for lines in shown)
    assert shown[0][0].startswith("Summaries")
    assert shown[0][-1].endswith("7 B")


def test_names_that_look_alike_carry_a_number_on_the_map_and_in_the_list():
    middle = [f"{'A' * 80}{place}{'B' * 70}" for place in "xy"]
    assert told_apart({"a": middle[1], "b": middle[0], "c": "Other"}) == {
        "a": f"(2) {middle[1]}",
        "b": f"(1) {middle[0]}",
        "c": "Other",
    }
    inventory = Inventory(
        workloads=(Workload(id="w", name="Work"),),
        components=tuple(component(ident, name=name) for ident, name in zip("ab", middle, strict=True)),
        requires=tuple(Requires(source="w", target=ident) for ident in "ab"),
    )
    found = of_inventory(inventory)
    assert [one.name for one in found.lines[0].children] == [f"(1) {middle[0]}", f"(2) {middle[1]}"]
    assert sorted(re.findall(r"<text[^>]*>\((\d)\)", found.svg)) == ["1", "2"]


@settings(MANY, max_examples=20)
@given(drawn())
def test_strips_make_the_whole_map_and_cut_no_box(graph):
    nodes, edges = graph
    plan = lay_out(nodes, edges)
    strips = draw_in_strips(nodes, edges, title="Map", description="All", ident="m", tallest=0.4)
    views = [re.search(r'viewBox="0 ([\d.]+) [\d.]+ ([\d.]+)"', one).groups() for one in strips]
    ends = [0.0]
    for top, height in views:
        assert float(top) == pytest.approx(ends[-1], abs=0.01)
        ends.append(float(top) + float(height))
    assert ends[-1] == pytest.approx(plan.height, abs=0.01)
    for one in plan.placed.values():
        assert not any(one.y < end < one.y + one.height for end in ends)
    for name in {one.name for one in nodes}:
        assert sum(f">{name}</text>" in one for one in strips) == 1
