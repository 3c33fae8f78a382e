import csv
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.lessons import ball
from hyperface.steps import finish

TABLE = Path(__file__).resolve().parents[2] / "assets" / "tammes.csv"


def angle(a, b):
    return math.degrees(math.atan2(np.linalg.norm(np.cross(a, b)), np.dot(a, b)))


def smallest(points):
    return min(angle(a, b) for a, b in combinations(points, 2))


def scattered(count, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, 3))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("count", "known"),
    [
        (4, math.degrees(math.acos(-1 / 3))),  # the tetrahedron
        (6, 90.0),  # the octahedron
        (12, math.degrees(math.atan(2))),  # the icosahedron
        (24, 43.6907671),  # the snub cube: Robinson 1961
    ],
)
def test_both_ways_reach_the_best_known_angle(count, known):
    pushed = finish(ball.push_apart(scattered(count)))
    assert smallest(pushed) == pytest.approx(known, abs=0.02)
    assert smallest(finish(ball.best_of_many(count))) == pytest.approx(known, abs=1e-6)


def test_every_listed_number_is_reached_and_none_is_passed():
    listed = {int(row["n"]): float(row["min_angle_deg"]) for row in csv.DictReader(TABLE.read_text().splitlines())}
    for count in (5, 7, 11, 14):
        assert smallest(finish(ball.best_of_many(count))) == pytest.approx(listed[count], abs=1e-5)
    for count, known in listed.items():
        if count <= ball.MOST_POINTS:
            marks = ball.marks(count)
            assert marks.best_known == known
            assert marks.bound > known - 1e-6
    assert ball.marks(21).best_known is None


def test_frames_tell_the_closest_pairs_and_begin_where_the_points_are():
    start = scattered(9, seed=3)
    frames = list(ball.push_apart(start))
    assert len(frames) == ball.PUSHES + 1
    np.testing.assert_allclose(frames[0].points, start, atol=1e-6)
    for shown in frames[:: ball.PUSHES // 3]:
        assert shown.angle == pytest.approx(smallest(shown.points), abs=1e-4)
        touching = {
            (i, j)
            for i, j in combinations(range(9), 2)
            if angle(shown.points[i], shown.points[j]) < shown.angle + ball.CONTACT_DEGREES
        }
        assert {tuple(pair) for pair in shown.contacts.tolist()} == touching


def test_points_on_one_place_come_apart():
    assert smallest(finish(ball.push_apart(np.ones((6, 3))))) == pytest.approx(90, abs=0.5)


@pytest.mark.parametrize("points", [np.ones((3, 2)), np.ones(3), np.ones((1, 3)), np.zeros((4, 3)), np.ones((25, 3))])
def test_what_is_no_ball_of_points_is_refused(points):
    with pytest.raises(InputError):
        ball.push_apart(points)


def test_too_many_points_are_refused():
    with pytest.raises(InputError, match="2 to 24"):
        ball.best_of_many(25)
