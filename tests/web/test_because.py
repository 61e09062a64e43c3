"""Any level on screen opens to the questions behind it."""

from django.urls import reverse

HTMX = {"HTTP_HX_REQUEST": "true"}


def address(assessment, name="because", dimension="data"):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, dimension])


def save(client, assessment, question, answer):
    path = reverse("save_answer", args=[assessment.organisation_id, assessment.pk, question])
    assert client.post(path, {"answer": answer, "expected_version": 0}, **HTMX).status_code == 200


def test_a_level_opens_to_its_gates_its_weight_and_its_floor(client, inside):
    save(client, inside, "data.readers", "2")
    save(client, inside, "data.orders", "1")
    text = client.get(address(inside)).content.decode()
    assert "because …" in text
    assert "What carries level" in text
    assert "What keeps level" in text
    assert "Who can read or keep your content" in text
    assert "is at this level or above;" in text


def test_the_verified_reading_says_which_answers_count_less_and_why(client, inside):
    save(client, inside, "data.readers", "4")
    save(client, inside, "data.orders", "4")
    text = client.get(address(inside) + "?reading=verified").content.decode()
    assert "answered level 4" in text
    assert "counts as level 1." in text
    assert "The evidence behind it carries no more." in text


def test_it_takes_few_queries_and_no_dimension_but_its_own(client, inside, django_assert_max_num_queries):
    save(client, inside, "data.readers", "2")
    with django_assert_max_num_queries(10):
        assert client.get(address(inside)).status_code == 200
    assert client.get(address(inside, dimension="weather")).status_code == 404


def test_a_stranger_finds_nothing(client, strangers_scan):
    assert client.get(address(strangers_scan)).status_code == 404
