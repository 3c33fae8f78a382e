import pytest

from hyperface.errors import InputError
from hyperface.ui.parts.numbers import typed_number


@pytest.mark.parametrize(
    ("typed", "number"), [("", None), (None, None), ("  ", None), ("0", 0.0), ("0,002", 0.002), (" 7 ", 7.0), (3, 3.0)]
)
def test_what_is_left_out_is_none_and_no_zero(typed, number):
    assert typed_number(typed, "β") == number


@pytest.mark.parametrize("typed", ["a", "nan", "inf", "1 2", "<b>"])
def test_what_is_no_number_names_the_box(typed):
    with pytest.raises(InputError, match="“β” takes a number, or nothing"):
        typed_number(typed, "β")
