"""Variance components against simulations whose components are known, and against sums written out."""

import numpy as np
import pytest

from hyperface.studies import Trial, noise_of_arm, noise_of_difference
from hyperface.studies.noise import Noise, components
from hyperface.studies.plan import packed_bits


def simulated(rng, draws: int, seeds: int, pairs: int, people=0.02, training=0.015, shared=0.3, own=0.4) -> np.ndarray:
    return (
        0.01
        + rng.normal(0, people, (draws, 1, 1))
        + rng.normal(0, training, (draws, seeds, 1))
        + rng.normal(0, shared, (1, 1, pairs))
        + rng.normal(0, own, (draws, seeds, pairs))
    )


def test_components_are_those_of_the_simulation():
    rng = np.random.default_rng(3)
    found = [components({name: simulated(rng, 6, 3, 400, 0.06, 0.05) for name in "ab"}) for _ in range(300)]
    pairs = 0.4 / np.sqrt(400) / np.sqrt(2)  # two benchmarks halve the variance
    # People and training are drawn for each benchmark here, which halves their variances, too.
    for name, truth in (("people", 0.06 / np.sqrt(2)), ("training", 0.05 / np.sqrt(2)), ("pairs", pairs),
                        ("shared_pairs", 0.3 / np.sqrt(400) / np.sqrt(2))):  # fmt: skip
        variances = [getattr(noise, name) ** 2 for noise in found]
        assert np.mean(variances) == pytest.approx(truth**2, rel=0.12), name


def test_pairs_that_suit_some_people_are_no_noise_of_trainings():
    rng = np.random.default_rng(11)
    suits = [rng.normal(0, 0.3, (8, 1, 400)) for _ in range(300)]  # the same in all trainings with a draw's people
    found = [components({"a": simulated(rng, 8, 3, 400, own=0.3) + people}) for people in suits]
    assert np.mean([noise.training**2 for noise in found]) == pytest.approx(0.015**2, rel=0.12)
    assert np.mean([noise.pairs**2 for noise in found]) == pytest.approx(0.3**2 / 400, rel=0.03)
    assert np.mean([noise.people**2 for noise in found]) == pytest.approx(0.02**2 + 0.3**2 / 400, rel=0.15)


def test_pairs_alone_make_the_variance_of_a_share():
    """Without people and seeds a share of n pairs has the variance p (1 − p) / n."""
    rng = np.random.default_rng(4)
    found = [components({"a": rng.random((4, 2, 500)) < 0.8}) for _ in range(200)]
    assert np.mean([noise.pairs**2 for noise in found]) == pytest.approx(0.8 * 0.2 / 500, rel=0.02)
    assert np.mean([noise.training for noise in found]) < np.mean([noise.pairs for noise in found])


def test_the_noise_of_the_mean_is_what_many_studies_show():
    rng = np.random.default_rng(5)
    means, told = [], []
    offsets = rng.normal(0, 0.3, (1, 1, 200))  # the same pairs in all studies
    for _ in range(600):
        values = simulated(rng, 5, 2, 200, shared=0) + offsets
        means.append(values.mean())
        told.append(components({"a": values}).of_mean ** 2)
    assert np.mean(told) == pytest.approx(np.var(means), rel=0.15)


def test_what_cannot_be_told_apart_is_not_told():
    rng = np.random.default_rng(6)
    one_seed = components({"a": simulated(rng, 6, 1, 50)})
    assert one_seed.training is None
    assert one_seed.people > 0
    lone = components({"a": simulated(rng, 1, 1, 50)})
    assert (lone.people, lone.training, lone.shared_pairs, lone.of_mean) == (None, None, None, None)
    assert lone.best_seeds(1, 1) is None


def test_the_budget_goes_where_the_noise_comes_from():
    people = Noise(8, 2, people=0.02, training=0.005, pairs=0.0, shared_pairs=0.0)
    seeds = Noise(8, 2, people=0.005, training=0.02, pairs=0.0, shared_pairs=0.0)
    assert people.best_seeds(30, 120) == 1
    assert seeds.best_seeds(30, 120) == 2  # √(16 · 1/4)
    assert seeds.best_seeds(120, 120) == 4
    assert Noise(8, 2, 0.0, 0.02, 0.0, 0.0).best_seeds(1, 1) == 2


def test_trials_become_outcomes():
    rng = np.random.default_rng(8)
    right = {(arm, draw, seed): rng.random(30) < 0.7 for arm in ("random", "packed") for draw in range(3)
             for seed in range(2)}  # fmt: skip
    trials = [
        Trial(arm, 9, draw, seed, {"a": values.mean()}, {"a": 0.5}, 0, 0, {"a": packed_bits(values)}, {"a": 30})
        for (arm, draw, seed), values in right.items()
    ]
    assert np.array_equal(trials[3].right_on("a"), right["random", 1, 1])
    assert trials[3].right_on("b") is None

    def stacked(arm):
        return np.array([[right[arm, draw, seed] for seed in range(2)] for draw in range(3)], float)

    assert noise_of_difference(trials[::-1], "random", "packed") == components(
        {"a": stacked("packed") - stacked("random")}
    )
    assert noise_of_arm(trials, "packed") == components({"a": stacked("packed")})
    unfinished = noise_of_difference(trials[:-1], "random", "packed")
    assert (unfinished.draws, unfinished.seeds) == (2, 2)  # the draw with one training alone is left out
    silent = Trial("random", 9, 0, 0, {"a": 0.5}, {"a": 0.5}, 0, 0)
    assert noise_of_arm([silent], "random") is None
