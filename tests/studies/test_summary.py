import math

import numpy as np
import pytest
from scipy import stats

from hyperface.errors import InputError
from hyperface.studies import Plan, Trial, compare, estimate
from hyperface.studies.report import by_number_of_people, figure_of, html_report, text_table, title_of
from hyperface.studies.summary import MEAN

T_OF_TWO = 4.302653  # Student's t, 97.5 %, two degrees of freedom: any table
SMALL = Plan(pairs=0)


def trial(arm: str, draw: int, seed: int = 0, identities: int = 100, **accuracy: float) -> Trial:
    return Trial(arm, identities, draw, seed, accuracy, accuracy, 0.5, 1.0)


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


def test_differences_are_taken_draw_by_draw():
    a, b, mean = compare(TRIALS, "random", "packed")
    assert (a.benchmark, b.benchmark, mean.benchmark) == ("a", "b", MEAN)
    assert a.first.mean == pytest.approx(0.7)
    assert a.second.mean == pytest.approx(0.71667, abs=1e-5)
    differences = [0.01, 0.02, 0.02]
    assert a.draws == pytest.approx(differences)
    assert a.difference.mean == pytest.approx(sum(differences) / 3)
    assert a.difference.half_width == pytest.approx(T_OF_TWO * 0.0057735 / math.sqrt(3), rel=1e-4)
    assert a.decided  # though the arms' own intervals overlap by far
    assert not b.decided
    assert mean.difference.mean == pytest.approx((a.difference.mean + b.difference.mean) / 2)
    assert compare(TRIALS, "random", "packed", headline=["b", "elsewhere"])[-1].difference == b.difference


def test_the_interval_is_that_of_the_paired_t_test():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.8, 0.02, 8), rng.normal(0.81, 0.02, 8)
    trials = [trial(arm, draw, a=value) for arm, values in (("random", first), ("packed", second))
              for draw, value in enumerate(values)]  # fmt: skip
    difference = compare(trials, "random", "packed")[0].difference
    low, high = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert difference.mean - difference.half_width == pytest.approx(low)
    assert difference.mean + difference.half_width == pytest.approx(high)
    assert difference.decided == (stats.ttest_rel(second, first).pvalue < 0.05)


def test_trainings_of_one_draw_count_once():
    """Four trainings with two draws' people are two observations, and not four."""
    values = {(0, 0): 0.01, (0, 1): 0.03, (1, 0): 0.05, (1, 1): 0.05}
    trials = [trial("random", draw, seed, a=0.5) for draw, seed in values]
    trials += [trial("packed", draw, seed, a=0.5 + more) for (draw, seed), more in values.items()]
    (a, _) = compare(trials, "random", "packed")
    assert a.draws == pytest.approx([0.02, 0.05])
    assert (a.difference.mean, a.difference.count) == (pytest.approx(0.035), 2)


def test_numbers_of_people_are_kept_apart():
    more = [trial(arm, 0, identities=200, a=value, b=value) for arm, value in (("random", 0.5), ("packed", 0.9))]
    assert compare(TRIALS + more, "random", "packed", identities=200)[0].difference.mean == pytest.approx(0.4)
    assert compare(TRIALS + more, "random", "packed", identities=100) == compare(TRIALS, "random", "packed")


@pytest.mark.slow
def test_the_interval_covers_a_known_effect_in_95_of_100_studies():
    rng = np.random.default_rng(7)
    effect, covered, studies, draws, seeds = 0.01, 0, 2000, 8, 2
    for _ in range(studies):
        people = rng.normal(0, 0.012, draws)
        packed = effect + people[:, None] + rng.normal(0, 0.009, (draws, seeds))
        trials = []
        for draw in range(draws):
            common = rng.normal(0.8, 0.03)  # what a draw does to both arms
            for seed in range(seeds):
                trials.append(trial("random", draw, seed, a=common))
                trials.append(trial("packed", draw, seed, a=common + packed[draw, seed]))
        difference = compare(trials, "random", "packed")[0].difference
        covered += abs(difference.mean - effect) <= difference.half_width
    assert covered / studies == pytest.approx(0.95, abs=0.02)


def test_nothing_in_common():
    with pytest.raises(InputError, match="packed"):
        compare(TRIALS[:3], "random", "packed")


def test_the_report_holds_every_figure_and_needs_no_other_file():
    page = html_report(SMALL, TRIALS[:6], generator="<gan>", gallery="g")
    for text in ("1.67 ± 1.43", "71.67", "&lt;gan&gt;", "100 × 16 images of each identity", "over draws of people: 3"):
        assert text in page
    assert page.count("<circle") == 3 * (3 + 1)  # a draw, and the mean
    assert "src=" not in page
    assert "https://" not in page
    assert "not photographs" in page


def test_the_figure_stands_alone_and_says_the_numbers():
    figure = figure_of(SMALL, TRIALS, "random", "packed", 100)
    assert figure.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "+1.67 ± 1.43" in figure
    assert "mean of all" in figure


def test_the_figure_over_numbers_of_people():
    plan = Plan(identities=(100, 50), pairs=0)
    more = [trial(arm, draw, identities=50, a=0.5 + 0.01 * draw, b=0.5) for arm in ("random", "packed")
            for draw in (0, 1)]  # fmt: skip
    figure = by_number_of_people(plan, TRIALS + more)
    assert "packed, 50 people" in figure
    assert "packed, 100 people" in figure
    assert figure in html_report(plan, TRIALS + more, generator="g", gallery="g")


def test_the_terminals_table():
    lines = text_table(compare(TRIALS, "random", "packed"), "random", "packed").splitlines()
    assert lines[1].split() == ["a", "70.00", "±", "24.84", "71.67", "±", "26.09", "1.67", "±", "1.43", "*"]
    assert not lines[2].endswith("*")


def test_large_benchmarks_are_called_by_what_they_are():
    name = Plan(pairs=3000).large[1]
    assert title_of(name) == "cross pose, 3,000 pairs"
    assert title_of("rendered_cross_pose") == "cross pose"
