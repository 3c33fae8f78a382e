from itertools import combinations

import numpy as np
import pytest
import scipy.stats

from hyperface.errors import InputError
from hyperface.lessons import race


def labeled(people, pictures, size, *, noise, seed=0):
    """People as points, whose pictures differ much along the first axis and little along the others."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(people, size))
    spread = np.r_[noise, np.full(size - 1, 0.1)]
    rows = np.repeat(centers, pictures, axis=0) + spread * rng.normal(size=(people * pictures, size))
    return rows, np.repeat(np.arange(people), pictures)


def test_the_score_is_the_share_of_pairs_in_the_right_order():
    rows, people = labeled(5, 3, 4, noise=2.0)
    centered = rows - rows.mean(axis=0)
    unit = centered / np.linalg.norm(centered, axis=1, keepdims=True)
    pairs = [(unit[i] @ unit[j], people[i] == people[j]) for i, j in combinations(range(15), 2)]
    ones, twos = [c for c, same in pairs if same], [c for c, same in pairs if not same]
    wanted = np.mean([(a > b) + 0.5 * (a == b) for a in ones for b in twos])
    assert race.separates(rows, people) == pytest.approx(wanted)
    assert race.separates(np.repeat(np.eye(4), 2, axis=0), np.repeat(np.arange(4), 2)) == 1


def test_training_takes_out_what_pictures_of_one_person_differ_by():
    rows, people = labeled(12, 6, 5, noise=8.0)
    new, strangers = labeled(30, 4, 5, noise=8.0, seed=1)
    fisher = race.train(rows, people)
    assert fisher.shape == (5, 5)
    assert race.separates(new @ fisher, strangers) > race.separates(new, strangers) + 0.1


def test_directions_are_those_of_the_generalized_eigenproblem(monkeypatch):
    monkeypatch.setattr(race, "RIDGE", 0.0)
    rows, people = labeled(3, 40, 4, noise=3.0)
    fisher = race.train(rows, people)
    centered = rows - rows.mean(axis=0)
    means = np.stack([centered[people == each].mean(axis=0) for each in range(3)])
    within = sum(np.cov((centered[people == each]).T, bias=True) for each in range(3)) / 3
    values, vectors = np.linalg.eig(np.linalg.solve(within, means.T @ means / 3))
    best = np.real(vectors[:, np.argsort(-np.real(values))[:2]])
    together = np.linalg.svd(np.c_[fisher, best], compute_uv=False)
    assert (together > 1e-6 * together[0]).sum() == 2  # the same plane


def test_some_races_are_told_as_a_t_test_would():
    leads = [1.0, -0.5, 2.5, 0.7]
    tally = race.tally(leads)
    interval = scipy.stats.ttest_1samp(leads, 0).confidence_interval()
    assert (tally.low, tally.high) == pytest.approx((interval.low, interval.high))
    assert (tally.mean, tally.wins) == (pytest.approx(np.mean(leads)), 3)
    assert race.tally([2.0]) == race.Tally(2.0, None, None, 1)
    with pytest.raises(InputError):
        race.tally([])


@pytest.mark.slow
def test_a_race_is_fair_and_the_same_again(monkeypatch):
    from hyperface import gallery, generators

    monkeypatch.setattr(race, "PEOPLE", 3)
    monkeypatch.setattr(race, "PICTURES", 2)
    monkeypatch.setattr(race, "TESTED", 4)
    monkeypatch.setattr(race, "TEST_PICTURES", 2)
    faces, heads = gallery.load("heads-10k"), generators.load("heads")
    test = race.strangers(faces, heads)
    assert test.pictures.shape == (8, race.SIDE**2)

    def run():
        work, shown = race.run(faces, heads, test, span=30, seed=1), []
        while True:
            try:
                shown.append(next(work))
            except StopIteration as end:
                return shown, end.value

    shown, result = run()
    assert [(step.arm, step.done) for step in shown] == [(arm, k) for k in (1, 2, 3) for arm in race.ARMS]
    assert result.apart["packed"] > result.apart["random"] + 10
    assert result.lead == pytest.approx(100 * (result.score["packed"] - result.score["random"]))
    assert run()[1] == result
    with pytest.raises(InputError):
        race.run(faces, generators.load("gan"), test, span=30, seed=1)
