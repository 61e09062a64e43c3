"""An address is registered once for a workload and a role, however it is written; what was typed is kept."""

import pytest

from assessor.content import ContentErrors
from assessor.management.commands.demo import EXAMPLE
from assessor.models import Endpoint
from assessor.services import endpoint_lists, endpoints
from assessor.services.answer_checks import check_endpoints_once
from assessor.services.answer_file import read_answer_file
from assessor.services.endpoints import EndpointFacts, RegisteredAlready, change_endpoint, remove_endpoint

TYPED = "http://LLM.clinic.example:80/v1/"
SAME = [TYPED, "http://llm.clinic.example/v1", "http://llm.clinic.example:80/v1/", "HTTP://llm.clinic.example/v1/"]
OTHER = ["https://llm.clinic.example/v1", "http://llm.clinic.example:8080/v1", "http://llm.clinic.example/V1"]


@pytest.mark.parametrize("url", SAME)
def test_the_same_address_is_refused_by_the_name_of_the_one_that_has_it(register, url):
    first = register(TYPED, name="Letters")
    with pytest.raises(RegisteredAlready, match="“Letters” has this address already") as refusal:
        register(url, name="Again")
    assert refusal.value.remedy
    assert [one.url for one in Endpoint.objects.all()] == [TYPED]
    remove_endpoint(first, "Replaced", None)
    register(url, name="Again")


@pytest.mark.parametrize("url", OTHER)
def test_another_address_is_another_endpoint(register, url):
    register(TYPED)
    assert register(url).endpoint.url == url


def test_one_address_may_serve_in_two_roles(register):
    register(TYPED)
    assert register(TYPED, part="safety").part == "safety"


def test_an_endpoint_is_not_moved_to_the_address_of_another(register):
    register(TYPED, name="Letters")
    other = register("http://spare.clinic.example", name="Spare")
    facts = EndpointFacts(name="Spare", url=SAME[1], part="model")
    with pytest.raises(RegisteredAlready, match="“Letters” has"):
        change_endpoint(other, facts)
    other.endpoint.refresh_from_db()
    assert other.endpoint.url == "http://spare.clinic.example"
    slash = EndpointFacts(name="Spare two", url="http://spare.clinic.example/", part="model")
    change_endpoint(other, slash)
    other.endpoint.refresh_from_db()
    assert (other.endpoint.name, other.endpoint.url) == ("Spare two", "http://spare.clinic.example/")


def test_two_of_one_address_from_before_can_still_be_changed(inside, register):
    register(TYPED, name="Letters")
    facts = EndpointFacts(name="Twin", url=SAME[1], part="model")
    twin = endpoints.register_endpoint(inside, facts, beside=True)
    change_endpoint(twin, EndpointFacts(name="Twin, renamed", url=SAME[1], part="model"))
    twin.endpoint.refresh_from_db()
    assert twin.endpoint.name == "Twin, renamed"


def test_a_list_names_what_is_registered_and_refuses_an_address_twice(inside, register):
    register(TYPED)
    rows = endpoint_lists.look_at(inside, f"name;url\nA;{SAME[1]}\nB;{OTHER[0]}\n".encode(), "list.csv")
    assert [one.known for one in rows] == [True, False]
    with pytest.raises(ContentErrors, match=f"list.csv, line 3: “{SAME[3]}” stands in line 2 already"):
        endpoint_lists.look_at(inside, f"name;url\nA;{SAME[1]}\nB;{SAME[3]}\n".encode(), "list.csv")


def test_an_answer_file_that_gives_an_address_twice_is_refused_at_its_line(tmp_path):
    row = "  - {name: Again, url: http://guard.clinic.example:8000/, role: safety}\n"
    twice = tmp_path / "twice.yaml"
    twice.write_text(EXAMPLE.read_text().replace("endpoints:\n", "endpoints:\n" + row, 1))
    line = twice.read_text().splitlines().index("    url: http://guard.clinic.example:8000") + 1
    check_endpoints_once(*read_answer_file(EXAMPLE))
    with pytest.raises(ContentErrors, match=rf"line {line}: .* stands in line \d+ already, for the same workload"):
        check_endpoints_once(*read_answer_file(twice))
