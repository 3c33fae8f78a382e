"""The Tammes solver against closed forms and the table of best known packings."""

import itertools

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


@pytest.mark.parametrize(("n", "contacts"), [(3, 3), (4, 6), (6, 12), (8, 16), (12, 30), (24, 60)])
def test_contacts_are_the_edges_of_the_solid(n, contacts):
    """Triangle, tetrahedron, octahedron, square antiprism, icosahedron and snub cube."""
    step = last(n, goal=best_known_angle(n), rounds=50)
    assert len(step.contacts) == contacts
    assert (step.contacts[:, 0] < step.contacts[:, 1]).all()


def test_without_a_goal_it_ends_with_its_best():
    steps = list(solve_tammes(7, rounds=2))
    assert [step.phase for step in steps].count("done") == 1
    assert steps[-1].phase == "done"
    assert steps[-1].round == 1
    assert steps[-1].angle == max(step.best_angle for step in steps)
    assert all(later.best_angle >= earlier.best_angle for earlier, later in itertools.pairwise(steps))


def test_the_same_seed_goes_the_same_way():
    first, second, other = (last(10, rounds=1, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.points, second.points)
    assert (first.points != other.points).any()


@pytest.mark.parametrize("n", [0, 1, -3, 201, 7.0, None])
def test_impossible_numbers_are_refused_at_once(n):
    with pytest.raises(InputError, match="2 to 200 points"):
        solve_tammes(n)
    with pytest.raises(InputError, match="round"):
        solve_tammes(4, rounds=0)
