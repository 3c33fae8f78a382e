"""Open-set identification against a search that takes one face at a time."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.evaluation import OpenSet, Searches, identify_open_set
from hyperface.evaluation.embedding import EmbeddedImages


def people(count: int, images: int, *, noise: float, seed: int = 0) -> EmbeddedImages:
    generator = torch.Generator().manual_seed(seed)
    centers = torch.randn(count, 8, generator=generator).repeat(images, 1)
    embeddings = F.normalize(centers + noise * torch.randn(centers.shape, generator=generator), dim=1)
    labels = np.tile(np.arange(count) * 3 + 1, images)  # with gaps
    return EmbeddedImages(embeddings, labels, np.arange(len(labels)))


def naive(faces: EmbeddedImages, seed: int, fpir: float) -> list[float]:
    """TPIR of each half, by loops over everybody."""
    everybody = sorted(set(faces.labels.tolist()))
    chosen = np.random.default_rng(seed).permutation(len(everybody))[: len(everybody) // 2].tolist()
    first = {who: faces.labels.tolist().index(who) for who in everybody}
    rates = []
    for half in ({everybody[i] for i in chosen}, {who for i, who in enumerate(everybody) if i not in chosen}):
        mated, strangers = [], []
        for image, who in enumerate(faces.labels.tolist()):
            if image == first[who]:
                continue
            cosines = {other: float(faces.embeddings[image] @ faces.embeddings[first[other]]) for other in half}
            best = max(cosines, key=lambda other: cosines[other])
            if who in half:
                mated.append((best == who, cosines[who]))
            else:
                strangers.append(cosines[best])
        # the lowest line that few enough strangers come above
        line = min(line for line in strangers if sum(other > line for other in strangers) <= fpir * len(strangers))
        rates.append(sum(right and cosine > line for right, cosine in mated) / len(mated))
    return rates


@pytest.mark.parametrize("fpir", [0.1, 0.25])
@pytest.mark.parametrize("seed", [0, 1])
def test_rates_are_those_of_a_naive_search(seed, fpir):
    faces = people(41, 6, noise=0.5, seed=seed)
    found = identify_open_set(faces, seed=seed)
    halves = naive(faces, seed, fpir)
    rate = found.tpir_at(fpir)
    assert rate.tpir == pytest.approx(np.mean(halves))
    assert 0.1 < rate.tpir < 0.99  # so that it could be otherwise
    assert rate.interval[0] < rate.tpir < rate.interval[1]
    assert [len(searches.own) + len(searches.strangers) for searches in found.galleries] == [41 * 5] * 2


def test_too_few_strangers_tell_nothing():
    found = identify_open_set(people(20, 6, noise=0.2))  # 50 strangers a half
    assert found.tpir_at(0.2).tpir is not None
    rate = found.tpir_at(0.1)
    assert (rate.tpir, rate.interval, str(rate)) == (None, None, "not enough strangers")
    rates, shares = found.curve()
    assert rates[0] == pytest.approx(0.2)
    assert (np.diff(shares) >= 0).all()
    assert shares[0] == pytest.approx(found.tpir_at(0.2).tpir)
    assert identify_open_set(people(4, 3, noise=0.2)).curve()[0].size == 0


def test_equal_embeddings_name_nobody():
    faces = EmbeddedImages(torch.ones(400, 4) / 2, np.repeat(np.arange(40), 10), np.arange(400))
    assert identify_open_set(faces).tpir_at(0.1).tpir == 0


def test_the_line_lets_the_allowed_strangers_pass():
    strangers = np.arange(30, dtype=np.float32) / 100
    searches = Searches(np.array([0.255, 0.265, 0.275], np.float32), np.array([True, True, True]), strangers)
    assert searches.line(0.1) == pytest.approx(0.26)  # 0.27, 0.28 and 0.29 come above it
    assert searches.named(0.1) == 2
    tied = Searches(searches.own, searches.first, np.full(30, 0.27, np.float32))
    assert tied.named(0.1) == 1
    assert Searches(tied.strangers[:1], np.array([True]), tied.strangers).named(0.1) == 0  # as near as the strangers


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 1, 2]])
def test_too_few_people(labels):
    with pytest.raises(InputError, match="either half"):
        identify_open_set(EmbeddedImages(torch.eye(4), np.array(labels), np.arange(4)))


@pytest.mark.parametrize("fpir", [0, 1, -0.1])
def test_impossible_rates(fpir):
    with pytest.raises(InputError, match="between 0 and 1"):
        OpenSet(()).tpir_at(fpir)
