"""A prepared query gives what the ORM gives, and never a row of another organisation."""

from django_scopes import scope, scopes_disabled

from assessor import queries
from assessor.models import Answer
from assessor.services.answers import save_answer


def test_it_reads_the_answers_in_force_with_their_values(inside, owner, django_assert_num_queries):
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    save_answer(inside, "data.orders", "unknown", None, "", owner)
    with django_assert_num_queries(1):
        rows = {one.question: one for one in queries.scored_answers(inside)}
    assert (rows["data.readers"].level, rows["data.readers"].version) == (2, 1)
    assert (rows["data.orders"].state, rows["data.orders"].level) == ("unknown", None)
    assert rows.keys() == set(Answer.objects.values_list("question", flat=True))


def test_another_organisations_assessment_gives_no_row(inside, owner, strangers_scan):
    with scope(organisation=strangers_scan.organisation):
        save_answer(strangers_scan, "data.readers", "answered", 4, "", owner)
        assert len(queries.scored_answers(strangers_scan)) == 1
    assert queries.scored_answers(strangers_scan) == []
    assert queries.probed_endpoints(strangers_scan) == ()


def test_in_a_scope_of_several_organisations_both_are_read(inside, owner, strangers_scan):
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    both = [inside.organisation, strangers_scan.organisation]
    with scopes_disabled(), scope(organisation=both):
        assert [one.level for one in queries.scored_answers(inside)] == [2]
