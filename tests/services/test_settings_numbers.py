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
