"""Numbers in the environment: nonsense is refused at start with a sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from assessor import environment


@pytest.mark.parametrize("value", ["", "  "])
def test_an_unset_number_is_its_default(monkeypatch, value):
    monkeypatch.setenv("ASSESSOR_UPLOAD_MB", value)
    assert environment.number("ASSESSOR_UPLOAD_MB", 20, 1, 500) == 20


@pytest.mark.parametrize("value", ["0", "501", "-1", "1e3", "20 MB", "²"])
def test_a_number_out_of_range_or_of_no_digits_is_refused(monkeypatch, value):
    monkeypatch.setenv("ASSESSOR_UPLOAD_MB", value)
    with pytest.raises(ImproperlyConfigured, match="is no number from 1 to 500"):
        environment.number("ASSESSOR_UPLOAD_MB", 20, 1, 500)


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        (environment.networks, "10.0.0.0/33", "is no network"),
        (environment.networks, "10.0.0.0/8, example.org", "'example.org' is no network"),
        (lambda name: environment.numbers(name, 1, 65535), "443,0", "'0' is no number from 1 to 65535"),
        (lambda name: environment.numbers(name, 1, 65535), "https", "is no number"),
        (lambda name: environment.some_of(name, ("public", "private")), "public,everything", "'everything' is not"),
        (lambda name: environment.some_of(name, ("public", "private")), "off,public", "'off' is not known"),
    ],
)
def test_a_list_that_holds_nonsense_is_refused_with_the_word(monkeypatch, read, value, sentence):
    monkeypatch.setenv("ASSESSOR_LIST", value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read("ASSESSOR_LIST")


def test_lists_are_read_and_off_is_nothing_at_all(monkeypatch):
    monkeypatch.setenv("ASSESSOR_LIST", "10.0.0.0/8, ::/0")
    assert environment.networks("ASSESSOR_LIST") == ["10.0.0.0/8", "::/0"]
    for value, found in (("", None), ("off", []), ("public", ["public"])):
        monkeypatch.setenv("ASSESSOR_LIST", value)
        assert environment.some_of("ASSESSOR_LIST", ("public", "private")) == found
