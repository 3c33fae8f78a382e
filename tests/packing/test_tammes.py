"""The Tammes solver against closed forms and the table of best known packings."""

import itertools
import math

import numpy as np
import pytest

from hyperface.assets import asset
from hyperface.errors import InputError
from hyperface.packing import solve_tammes
from hyperface.sphere import best_known_angle

LISTED = [int(line.split(",")[0]) for line in asset("tammes.csv").read_text().splitlines()[1:]]


def last(n: int, **options):
    *_, step = solve_tammes(n, **options)
    return step


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3, *LISTED])
def test_every_listed_packing_is_found(n):
    step = last(n, goal=best_known_angle(n), rounds=50)
    assert step.phase == "done"
    assert step.angle == pytest.approx(best_known_angle(n), abs=1e-6)
    assert step.angle == step.best_angle
    points = step.points
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-12)
    cosines = (points @ points.T)[np.triu_indices(n, 1)]
    assert step.angle == pytest.approx(np.degrees(np.arccos(np.clip(cosines.max(), -1, 1))), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "contacts"), [(3, 3), (4, 6), (6, 12), (8, 16), (12, 30), (24, 60)])
def test_contacts_are_the_edges_of_the_solid(n, contacts):
    """Triangle, tetrahedron, octahedron, square antiprism, icosahedron and snub cube."""
    step = last(n, goal=best_known_angle(n), rounds=50)
    assert len(step.contacts) == contacts
    assert (step.contacts[:, 0] < step.contacts[:, 1]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "cosine"), [(2, -1), (3, -1 / 2), (4, -1 / 3), (5, 0), (6, 0), (9, 1 / 3), (12, 1 / math.sqrt(5))]
)
def test_polishing_reaches_closed_forms_to_the_last_digits(n, cosine):
    assert last(n, rounds=1).angle == pytest.approx(math.degrees(math.acos(cosine)), abs=1e-9)


@pytest.mark.parametrize("n", [7, 24])
def test_points_move_from_step_to_step(n):
    """From the random start to the first polished packing it is one packing that is shown."""
    way = [step.points for step in solve_tammes(n, goal=0.0)]  # ends with the first packing
    assert len(way) > 30
    turns = [np.degrees(np.arccos(np.clip((a * b).sum(axis=1), -1, 1))).max() for a, b in itertools.pairwise(way)]
    assert max(turns) < 45  # another packing would be more than 90 degrees away


@pytest.mark.parametrize("n", [12, 24])
def test_spreading_alone_comes_near_the_best_known(n):
    steps = list(solve_tammes(n, goal=0.0))
    angles = [step.angle for step in steps if step.phase == "spreading"]
    assert angles[-1] == pytest.approx(best_known_angle(n), abs=0.1)
    assert angles[len(angles) // 2] > 2 * angles[0]  # and soon: most of the way is shown first


@pytest.mark.slow
def test_the_best_is_not_exchanged_for_the_same_one_turned():
    steps = list(solve_tammes(6, rounds=3))
    first = next(step for step in steps if step.angle > 90 - 1e-7)
    assert np.degrees(np.arccos((first.points * steps[-1].points).sum(axis=1).clip(-1, 1))).max() < 1


def test_it_ends_when_its_time_is_used_up():
    step = last(7, rounds=1000, seconds=1e-6)
    assert (step.phase, step.round) == ("done", 0)


@pytest.mark.slow
def test_without_a_goal_it_ends_with_its_best():
    steps = list(solve_tammes(7, rounds=2))
    assert [step.phase for step in steps].count("done") == 1
    assert steps[-1].phase == "done"
    assert steps[-1].round == 1
    assert steps[-1].angle == max(step.best_angle for step in steps)
    assert all(later.best_angle >= earlier.best_angle for earlier, later in itertools.pairwise(steps))


@pytest.mark.slow
def test_the_same_seed_goes_the_same_way():
    first, second, other = (last(10, rounds=1, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.points, second.points)
    assert (first.points != other.points).any()
    np.testing.assert_array_equal(last(np.int64(10), rounds=1, seed=np.int64(3)).points, first.points)


@pytest.mark.parametrize("n", [0, 1, -3, 201, 7.0, None, True, "7"])
def test_impossible_numbers_are_refused_at_once(n):
    with pytest.raises(InputError, match="2 to 200 points"):
        solve_tammes(n)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rounds": 0}, "round"),
        ({"rounds": 1.5}, "round"),
        ({"rounds": True}, "round"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"seed": False}, "seed"),
        ({"seed": np.zeros(3, int)}, "seed"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": math.nan}, "seconds"),
    ],
)
def test_impossible_options_are_refused_at_once(options, told):
    with pytest.raises(InputError, match=told):
        solve_tammes(4, **options)
