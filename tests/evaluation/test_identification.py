import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.evaluation import identify
from hyperface.evaluation.embedding import EmbeddedImages


def images(embeddings: torch.Tensor, labels: list[int]) -> EmbeddedImages:
    return EmbeddedImages(F.normalize(embeddings, dim=1), np.array(labels), np.arange(len(labels)))


def test_ranks_are_those_of_a_naive_sort():
    torch.manual_seed(0)
    labels = np.random.default_rng(0).permutation(np.arange(90) // 3 * 2).tolist()  # labels with gaps, in any order
    faces = images(torch.randn(90, 5), labels)
    found = identify(faces)
    enrolled = {label: labels.index(label) for label in sorted(set(labels))}
    naive = []
    for probe, label in enumerate(labels):
        if probe != enrolled[label]:
            cosines = {who: float(faces.embeddings[probe] @ faces.embeddings[at]) for who, at in enrolled.items()}
            naive.append(1 + sum(cosines[who] > cosines[label] for who in cosines))
    assert found.ranks.tolist() == naive
    assert found.enrolled == 30
    assert found.rate(1) == pytest.approx(np.mean(np.array(naive) == 1))
    curve = found.cumulative_match
    assert len(curve) == 20
    assert (np.diff(curve) >= 0).all()
    assert found.rate(30) == 1


def test_ties_count_against_the_recognizer():
    same = torch.ones(6, 4)  # a recogniser that gives everybody the same embedding
    found = identify(images(same, [0, 0, 1, 1, 2, 2]))
    assert found.ranks.tolist() == [3, 3, 3]
    assert found.rate() == 0


def test_the_interval_is_the_exact_one_and_has_a_width_without_a_miss():
    found = identify(images(torch.eye(3).repeat(3, 1), list(range(3)) * 3))
    assert found.rate() == 1
    assert found.interval() == (pytest.approx(0.025 ** (1 / 6)), 1)  # all 6 of 6: Clopper and Pearson's closed form
    assert found.interval()[0] == pytest.approx(0.5407, abs=1e-4)
    missed = identify(images(torch.ones(8, 2), [0, 0, 0, 0, 1, 1, 1, 1]))
    assert missed.rate() == 0
    assert missed.interval() == (0, pytest.approx(1 - 0.025 ** (1 / 6)))
    torch.manual_seed(1)
    noisy = identify(images(torch.eye(3).repeat(400, 1) + 0.6 * torch.randn(1200, 3), list(range(3)) * 400))
    low, high = noisy.interval()
    width = 1.96 * (noisy.rate() * (1 - noisy.rate()) / 1197) ** 0.5
    assert low < noisy.rate() < high
    assert (high - low) / 2 == pytest.approx(width, rel=0.15)


def test_two_people_can_be_told_apart():
    found = identify(images(torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]), [4, 4, 7]))
    assert (found.ranks.tolist(), found.enrolled) == ([1], 2)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_too_little_to_identify(labels):
    with pytest.raises(InputError, match="two identities"):
        identify(images(torch.eye(3), labels))
