"""All measures of a set, its sample and its advice."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from hyperface import datasets
from hyperface.errors import InputError
from hyperface.evaluation.embedding import embed_dataset
from hyperface.evaluation.leakage import audit
from hyperface.evaluation.worth import Background, Leakage, Sample, Worth, advise, measure
from hyperface.evaluation.worth.people import see_people
from hyperface.gallery import Gallery
from hyperface.recognizers.base import Recognizer, RecognizerCard
from hyperface.sphere import random_points
from hyperface.steps import finish


class Pixels(Recognizer):
    card = RecognizerCard("pixels", 48, 112, "none", "MIT", "this test")

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        return F.adaptive_avg_pool2d(images, 4).flatten(1) - 0.5


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    for person in range(6):
        (tmp_path / "set" / str(person)).mkdir(parents=True)
        own = rng.integers(60, 200, (4, 4, 3))
        for picture in range(3):
            pixels = np.kron(own + rng.integers(-20, 20, (4, 4, 3)), np.ones((28, 28, 1))).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / str(person) / f"{picture}.png")
    return datasets.open(tmp_path / "set")


def test_a_small_set_is_looked_at_whole(images):
    steps = []
    found = finish(measure(images, [Pixels()], {"pixels": 0.5}), steps.append)
    assert found.seen["pixels"] == see_people(finish(embed_dataset(images, Pixels())), 0.5)
    assert (found.people, found.pictures, found.all_people, found.all_pictures) == (6, 18, 6, 18)
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert (steps[-1].done, steps[-1].total) == (36, 36)
    assert found.looks.found == 0  # no faces
    assert found.looks.pictures == 18


def test_a_sample_is_what_it_says(images):
    found = finish(measure(images, [Pixels()], {"pixels": 0.5}, sample=Sample(people=4, pictures=2, looks=3)))
    assert (found.people, found.pictures, found.all_people, found.all_pictures) == (4, 8, 6, 18)
    assert found.looks.pictures == 3
    again = finish(measure(images, [Pixels()], {"pixels": 0.5}, sample=Sample(people=4, pictures=2, looks=3)))
    assert again == found
    with pytest.raises(InputError, match="two people"):
        Sample(people=1)
    with pytest.raises(InputError, match="the set has one"):
        finish(measure(images.subset([0]), [Pixels()], {"pixels": 0.5}))


def test_leakage_is_the_audits(images):
    faces = finish(embed_dataset(images, Pixels()))
    near = F.normalize(faces.embeddings[:9] + 0.01, dim=1)  # half of the pictures are of people of the gallery
    rows = torch.cat([near, random_points(1_200, 48, seed=0)])
    pictures = np.zeros((len(rows), 48, 48, 3), np.uint8)
    gallery = Gallery("mine", "pixels", "none", rows, pictures, ("x",) * len(rows))
    background = Background(gallery, Pixels())
    found = finish(measure(images, [Pixels()], {"pixels": 0.5}, background=background))
    known = audit(faces, rows)
    assert found.leakage == Leakage("mine", known.share_above, known.line, 0.01)
    assert found.leakage.share_above >= 0.5
    assert not rows_of(found)["Leakage of mine"]
    few = replace(gallery, embeddings=rows[:100])
    assert finish(measure(images, [Pixels()], {"pixels": 0.5}, background=Background(few, Pixels()))).leakage is None


def rows_of(found: Worth) -> dict[str, bool]:
    return {row.measure: row.fine for row in advise(found)}


def test_advice_turns_where_figures_do(images):
    found = finish(measure(images, [Pixels()], {"pixels": 0.99}))
    assert rows_of(found)["Look-alikes"]
    assert not rows_of(finish(measure(images, [Pixels()], {"pixels": -1.0})))["Look-alikes"]
    seen = found.seen["pixels"]
    bad = replace(seen, strays=0.5, own_mean=0.1, vendi_within=1.0)
    told = rows_of(replace(found, seen={"pixels": bad}))
    for measured in ("Strays", "Consistency of a person", "Variety of a person (Vendi)"):
        assert not told[measured], measured
    assert all(row.advice.endswith((".", "?")) and row.value for row in advise(found))
