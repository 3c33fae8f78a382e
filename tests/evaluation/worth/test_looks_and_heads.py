"""What is seen of pictures, and what the generator of heads knows, against loops, closed forms and its own captures."""

import numpy as np
import pytest
import torch

from hyperface import generators
from hyperface.evaluation.worth.heads import GENDERS, SKINS, balance_of, evenness, known_pictures, skin_of
from hyperface.evaluation.worth.heads import typology_angle as angle
from hyperface.evaluation.worth.looks import sharpness_of
from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.seeds import seeded_normal


def test_sharpness_is_the_spread_of_a_naive_laplacian():
    gray = np.random.default_rng(0).random((7, 9))
    values = [
        gray[y - 1, x] + gray[y + 1, x] + gray[y, x - 1] + gray[y, x + 1] - 4 * gray[y, x]
        for y in range(1, 6)
        for x in range(1, 8)
    ]
    assert sharpness_of(gray) == pytest.approx(np.std(values))
    assert sharpness_of(np.full((7, 9), 0.4)) == pytest.approx(0, abs=1e-12)
    ramp = np.tile(np.linspace(0, 1, 9), (7, 1))
    assert sharpness_of(ramp) == pytest.approx(0, abs=1e-12)  # a slope has no edge


def test_grays_lie_at_the_ends_of_the_typology():
    assert abs(angle(np.array([0.6, 0.6, 0.6]))) == pytest.approx(90, abs=0.5)
    assert angle(np.array([0.03, 0.03, 0.03])) == pytest.approx(-90, abs=0.5)
    # sRGB (227, 194, 152) has L* = 80.5, b* = 25.2 by any colour calculator: atan2(30.5, 25.2) = 50.4°, "light"
    color = ((np.array([227, 194, 152]) / 255 + 0.055) / 1.055) ** 2.4
    assert angle(color) == pytest.approx(50.4, abs=1.5)
    assert skin_of(color) == "light"
    assert skin_of(np.array([0.02, 0.01, 0.006])) == "dark"


def test_evenness_has_closed_forms():
    assert evenness([0.25] * 4) == pytest.approx(1)
    assert evenness([1.0, 0, 0]) == 0
    assert evenness([0, 0]) == 0
    assert evenness([0.5, 0.5, 0, 0]) == pytest.approx(np.log(2) / np.log(4))


def test_pictures_are_known_as_they_were_taken():
    seeds = list(range(40))
    known = known_pictures(generators.load("heads"), seeds)
    captures = [capture_of(row) for row in seeded_normal(seeds, STYLE_SIZE).numpy()]
    assert known.yaw == pytest.approx(np.std([each.yaw for each in captures]))
    assert known.lights["mixed"] == pytest.approx(np.mean([each.light_kind == "mixed" for each in captures]))
    assert sum(known.lights.values()) == pytest.approx(1)
    assert 0.2 < known.expressive < 0.9
    assert known_pictures(generators.load("heads", variation=0.0), seeds).lights == {"studio": 1.0}


def test_people_are_counted_by_who_they_are():
    generator = generators.load("heads")
    z = coordinates.sample(range(30))
    found = balance_of(generator, generator.requests(z))
    people = [coordinates.person(row) for row in generator.coordinates(generator.requests(z))]
    assert found.gender["masculine"] == pytest.approx(np.mean([person.male > 0.6 for person in people]))
    assert sum(found.skin.values()) == pytest.approx(1)
    assert (tuple(found.skin), tuple(found.gender)) == (SKINS, GENDERS)
    assert isinstance(generator.requests(z), torch.Tensor)
