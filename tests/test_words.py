"""Quantities in words."""

import pytest

from hyperface.words import duration, percent


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 second"), (89, "89 seconds"), (600, "10 minutes"), (9000, "2.5 hours")]
)
def test_a_time_is_told_in_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


def test_a_share_is_told_in_percent():
    assert [percent(0.104), percent(0.104, 1), percent(1)] == ["10 %", "10.4 %", "100 %"]
