"""Separation, consistency and Vendi scores against naive loops and closed forms."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.evaluation.embedding import EmbeddedImages
from hyperface.evaluation.worth.people import see_people
from hyperface.evaluation.worth.vendi import vendi_score
from hyperface.sphere import random_points


def embedded(rows: torch.Tensor, labels: list[int]) -> EmbeddedImages:
    return EmbeddedImages(rows, np.array(labels), np.arange(len(labels)))


def test_orthogonal_people_are_as_many_as_they_are_and_equal_ones_are_one():
    assert vendi_score(torch.eye(7)) == pytest.approx(7)
    assert vendi_score(torch.eye(7)[:1].expand(5, -1)) == pytest.approx(1)
    assert vendi_score(torch.eye(3).repeat_interleave(4, dim=0)) == pytest.approx(3)  # more rows than numbers in one


@pytest.mark.parametrize("cosine", [0.1, 0.5, 0.9])
def test_rows_of_one_common_cosine_have_the_closed_form(cosine):
    n = 6
    gram = np.full((n, n), cosine) + (1 - cosine) * np.eye(n)
    first, others = (1 + (n - 1) * cosine) / n, (1 - cosine) / n
    known = np.exp(-first * np.log(first) - (n - 1) * others * np.log(others))
    assert vendi_score(torch.from_numpy(np.linalg.cholesky(gram))) == pytest.approx(known)


@pytest.mark.parametrize(("n", "d"), [(5, 16), (40, 8)])
def test_it_is_numpys_eigenvalues_of_the_cosines(n, d):
    rows = random_points(n, d, seed=0)
    values = np.linalg.eigvalsh((rows @ rows.T).double().numpy() / n)
    values = values[values > 1e-9]
    assert vendi_score(rows) == pytest.approx(float(np.exp(-np.sum(values * np.log(values)))), rel=1e-5)
    with pytest.raises(InputError):
        vendi_score(rows[:0])


def naive(rows: np.ndarray, labels: list[int], threshold: float) -> dict[str, float]:
    """Every figure by loops over people and pictures."""
    people = sorted(set(labels))
    of = {person: [row for row, label in zip(rows, labels, strict=True) if label == person] for person in people}
    center = {person: unit(np.sum(of[person], axis=0)) for person in people}
    nearest = [max(float(center[a] @ center[b]) for b in people if b != a) for a in people]
    alike = [any(np.mean([x @ y for x in of[a] for y in of[b]]) >= threshold for b in people if b != a) for a in people]
    own, strays = [], []
    for person in people:
        for i, row in enumerate(of[person]):
            rest = [other for j, other in enumerate(of[person]) if j != i]
            if rest:
                own.append(float(row @ unit(np.sum(rest, axis=0))))
                strays.append(max(float(row @ center[b]) for b in people if b != person) > own[-1])
    return {
        "nearest_mean": np.mean(nearest), "nearest_largest": max(nearest), "look_alikes": np.mean(alike),
        "own_mean": np.mean(own), "own_low": np.quantile(own, 0.05), "strays": np.mean(strays),
    }  # fmt: skip


def unit(row: np.ndarray) -> np.ndarray:
    return row / np.linalg.norm(row)


def test_figures_are_those_of_naive_loops(monkeypatch):
    monkeypatch.setattr("hyperface.evaluation.worth.people.ROWS", 5)  # several blocks
    labels = [4, 4, 9, 9, 9, 2, 2, 7, 7, 7, 7, 1]  # the last has one picture
    centers = dict(zip(sorted(set(labels)), random_points(5, 6, seed=1), strict=True))
    rows = F.normalize(torch.stack([centers[label] for label in labels]) + 0.9 * random_points(12, 6, seed=2), dim=1)
    seen = see_people(embedded(rows, labels), threshold=0.4)
    for name, value in naive(rows.double().numpy(), labels, 0.4).items():
        assert getattr(seen, name) == pytest.approx(value, abs=1e-5), name
    assert 0 < seen.look_alikes < 1
    assert 0 < seen.strays < 1
    within = [vendi_score(rows[[i for i, label in enumerate(labels) if label == who]]) for who in (2, 4, 7, 9)]
    assert seen.vendi_within == pytest.approx(np.mean(within), abs=1e-6)
    assert (seen.people, seen.pictures) == (5, 12)


def test_single_pictures_say_nothing_of_a_person_and_one_person_nothing_of_people():
    seen = see_people(embedded(torch.eye(4), [0, 1, 2, 3]), 0.5)
    assert seen.vendi_people == pytest.approx(4)
    assert (seen.own_mean, seen.strays, seen.vendi_within, seen.look_alikes) == (None, None, None, 0)
    with pytest.raises(InputError, match="the set has one"):
        see_people(embedded(torch.eye(2), [3, 3]), 0.5)
