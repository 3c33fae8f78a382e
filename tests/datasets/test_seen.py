import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from hyperface import datasets
from hyperface.datasets import seen
from hyperface.recognizers import Recognizer, RecognizerCard


class MeanColor(Recognizer):
    """A face is its mean colour."""

    card = RecognizerCard("colour", 3, 112, "none", "MIT", "this test")

    def _features(self, images):
        return images.mean(dim=(2, 3)) - 0.5


@pytest.fixture
def dataset(tmp_path):
    """Six people of two plain pictures each, but the second, who has one."""
    rng = np.random.default_rng(1)
    for person in range(6):
        (tmp_path / f"{person}").mkdir()
        for image in range(1 if person == 1 else 2):
            pixels = np.full((112, 112, 3), rng.integers(0, 256, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{person}" / f"{image}.png")
    return datasets.open(tmp_path)


def degrees(a, b):
    return math.degrees(math.acos(float(F.cosine_similarity(a, b, dim=0))))


def test_angles_are_those_of_a_naive_loop(dataset):
    colors = {label: [] for label in range(6)}
    for pixels, label in (dataset[i] for i in range(len(dataset))):
        colors[label].append(torch.from_numpy(pixels.astype(np.float32)).mean(dim=(0, 1)) / 255 - 0.5)
    people = [0, 2, 3, 4, 5]  # with two pictures
    nearest = [min(degrees(colors[a][0], colors[b][0]) for b in people if b != a) for a in people]
    own = [degrees(*colors[a]) for a in people]
    (name, figures), *others = datasets.separation_seen(dataset, [MeanColor()]).items()
    assert (name, others, figures["identities"]) == ("colour", [], 5)
    assert figures["min_angle"] == pytest.approx(min(nearest), abs=0.01)
    assert figures["mean_nearest_angle"] == pytest.approx(np.mean(nearest), abs=0.01)
    assert figures["mean_own_angle"] == pytest.approx(np.mean(own), abs=0.01)


def test_only_the_first_identities_are_looked_at(dataset, monkeypatch):
    monkeypatch.setattr(seen, "MOST_IDENTITIES", 3)
    assert datasets.separation_seen(dataset, [MeanColor()])["colour"]["identities"] == 3
    assert datasets.separation_seen(dataset.subset([0, 1]), [MeanColor()]) == {}
