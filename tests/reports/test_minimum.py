"""A minimum that is missed and an index of weighted dimensions are said in the report, where a questionnaire has them."""

from dataclasses import replace

from assessor.reports import viewmodel
from assessor.reports.render import sections_html
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer
from tests.questionnaire.crossed import framework
from tests.reports import samples
from tests.reports.samples import source


def report(*changes, **levels):
    """Return the report on answers (name of a place: level) to the framework, whose doors ask for 1 and watch for 2."""
    form = framework(*changes)
    given = {
        one.id: GivenAnswer(question=one.id, state="answered", level=levels[one.dimension]) for one in form.questions
    }
    return viewmodel.build(replace(source({}), questionnaire=form, scorecard=score(form, given)))


def test_dimensions_below_their_minimum_are_named():
    model = report(doors=3, watch=0, fence=0)
    assert model.results.minimum == "As claimed, one dimension misses the minimum asked of it: Watch."
    assert [one.minimum_label for one in model.dimensions] == ["minimum 1: reached", "minimum 2: missed", ""]
    html = sections_html(model)
    assert "minimum 2: missed" in html
    assert "misses the minimum asked of it: Watch." in html


def test_that_every_minimum_is_reached_is_said_too():
    assert report(doors=3, watch=3, fence=0).results.minimum.startswith("As claimed, every dimension reaches")


def test_the_index_adds_up_shares_of_points_by_weight():
    # Doors weigh 15 of 30 and are at the top, watch 5, fence 10.
    assert "Index, as claimed: 50.0 of 100, not verified yet." in report(doors=3, watch=0, fence=0).results.index
    assert "Index, as claimed: 66.7 of 100" in report(doors=3, watch=3, fence=0).results.index


def test_a_questionnaire_without_minimum_and_weights_says_neither():
    model = viewmodel.build(samples.bad())
    assert (model.results.minimum, model.results.index) == ("", "")
    assert {one.minimum_label for one in model.dimensions} == {""}
