"""Words for what differs between two people, against distances measured on their heads and changes made on purpose."""

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.heads import words
from hyperface.heads.identity import coordinates
from hyperface.heads.parts import neutral_head
from hyperface.heads.shape.model import load_head_model

PEOPLE = coordinates.sample(range(24))


def feature(more: str) -> int:
    (found,) = [number for number, feature in enumerate(words._FEATURES) if feature.more == more]
    return found


def test_features_of_shape_follow_distances_on_the_head():
    """Distances between landmarks know nothing of MakeHuman's targets, and ancestry or sex move them as well."""
    people = [coordinates.person(row) for row in PEOPLE]
    points = np.stack([load_head_model().five_points(neutral_head(one, one.phenotype.age)) for one in people])
    told = np.stack([words.features(row) for row in PEOPLE])
    eye, other_eye, nose, corner, other_corner = points.transpose(1, 0, 2)
    distances = {
        "wider mouth": other_corner[:, 0] - corner[:, 0],
        "eyes further apart": other_eye[:, 0] - eye[:, 0],
        "more prominent nose": -nose[:, 1],
        "longer nose": -nose[:, 2],
    }
    for more, distance in distances.items():
        assert np.corrcoef(told[:, feature(more)], distance)[0, 1] > 0.8, more


@pytest.mark.parametrize(
    ("name", "more", "less"),
    [
        ("nose-scale-horiz-incr", "wider nose", "narrower nose"),
        ("mouth-scale-horiz-incr", "wider mouth", "narrower mouth"),
        ("melanin", "darker skin", "lighter skin"),
        ("brow thickness", "thicker brows", "thinner brows"),
        ("face-jaw-width", "wider jaw", "narrower jaw"),
        ("hair length", "longer hair", "shorter hair"),
        ("gender", "more masculine features", "more feminine features"),
    ],
)
def test_what_was_changed_is_said_first_and_from_both_sides(name, more, less):
    high, low = PEOPLE[0].copy(), PEOPLE[0].copy()
    index = coordinates.names().index(name)
    high[index], low[index] = 3.0, -3.0
    assert words.differences(high, low, 1)[0].startswith(more)
    assert words.differences(low, high, 1)[0].startswith(less)
    there, back = (words.differences(*pair, 1)[0].split()[-2] for pair in ((high, low), (low, high)))
    assert there == back
    assert float(there) > 0.5


def test_the_most_noticeable_comes_first_and_no_part_is_told_too_often():
    told = words.differences(PEOPLE[0], PEOPLE[1], 5)
    assert len(told) == len(set(told)) == 5
    everything = words.differences(PEOPLE[0], PEOPLE[1], 100)
    assert everything[:5] == told
    for part in {feature.part for feature in words._FEATURES}:
        of_it = [(feature.more, feature.less) for feature in words._FEATURES if feature.part == part]
        assert sum(text.startswith(pair) for pair in of_it for text in everything) <= 2, part


def test_deviations_are_of_random_people():
    told = np.stack([words.features(row) for row in coordinates.sample(range(500, 560))])
    assert np.median(told.std(axis=0)) == pytest.approx(1, abs=0.15)


def test_nobody_differs_from_themselves():
    assert words.differences(PEOPLE[0], PEOPLE[0]) == []


@pytest.mark.parametrize("bad", [PEOPLE[:2], PEOPLE[0, :-1], PEOPLE[0] + 100])
def test_what_is_no_person_is_refused(bad):
    with pytest.raises(InputError, match="coordinates"):
        words.differences(bad, PEOPLE[0])
    with pytest.raises(InputError, match="One difference or more"):
        words.differences(PEOPLE[0], PEOPLE[1], 0)
