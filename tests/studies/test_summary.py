import math

import pytest

from hyperface.errors import InputError
from hyperface.studies import Plan, Trial, compare, estimate
from hyperface.studies.report import html_report, text_table
from hyperface.studies.summary import MEAN

T_OF_TWO = 4.302653  # Student's t, 97.5 %, two degrees of freedom: any table


def trial(arm: str, seed: int, **accuracy: float) -> Trial:
    return Trial(arm, seed, accuracy, accuracy, 0.5, 1.0)


TRIALS = [
    trial("random", 0, a=0.6, b=0.70),
    trial("random", 1, a=0.7, b=0.60),
    trial("random", 2, a=0.8, b=0.65),
    trial("packed", 2, a=0.82, b=0.60),
    trial("packed", 0, a=0.61, b=0.75),
    trial("packed", 1, a=0.72, b=0.70),
    trial("packed", 3, a=0.99, b=0.99),  # its partner is not finished
]


def test_the_interval_is_students():
    sample = estimate([0.6, 0.7, 0.8])
    assert (sample.mean, sample.count) == (pytest.approx(0.7), 3)
    assert sample.half_width == pytest.approx(T_OF_TWO * 0.1 / math.sqrt(3), rel=1e-5)
    assert estimate([0.5]).half_width is None
    with pytest.raises(InputError):
        estimate([])


def test_differences_are_taken_seed_by_seed():
    a, b, mean = compare(TRIALS, "random", "packed")
    assert (a.benchmark, b.benchmark, mean.benchmark) == ("a", "b", MEAN)
    assert a.first.mean == pytest.approx(0.7)
    assert a.second.mean == pytest.approx(0.71667, abs=1e-5)
    differences = [0.01, 0.02, 0.02]
    assert a.difference.mean == pytest.approx(sum(differences) / 3)
    assert a.difference.half_width == pytest.approx(T_OF_TWO * 0.0057735 / math.sqrt(3), rel=1e-4)
    assert a.decided  # though the arms' own intervals overlap by far
    assert not b.decided
    assert mean.difference.mean == pytest.approx((a.difference.mean + b.difference.mean) / 2)


def test_nothing_in_common():
    with pytest.raises(InputError, match="packed"):
        compare(TRIALS[:3], "random", "packed")


def test_the_report_holds_every_figure_and_needs_no_other_file():
    page = html_report(Plan(), TRIALS[:6], generator="<gan>", gallery="g")
    for text in ("1.67 ± 1.43", "71.67", "&lt;gan&gt;", "300 identities × 20 images"):
        assert text in page
    assert page.count("<circle") == 6 * 3 + 2
    assert "src=" not in page
    assert "http" not in page
    assert "not photographs" in page


def test_the_terminals_table():
    lines = text_table(compare(TRIALS, "random", "packed"), "random", "packed").splitlines()
    assert lines[1].split() == ["a", "70.00", "±", "24.84", "71.67", "±", "26.09", "1.67", "±", "1.43", "*"]
    assert not lines[2].endswith("*")
