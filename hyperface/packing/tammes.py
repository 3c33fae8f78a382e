"""The Tammes problem: points on the ordinary sphere, in three dimensions, as far apart as they can be.

Best known solutions are listed (N. J. A. Sloane, R. H. Hardin, W. D. Smith, Tables of spherical codes), so that here,
unlike in 128 dimensions, one can see how near to perfect a packing is. Many random starts are spread by the soft
maximum of the cosines, all at once; the best ones are then polished by a sequence of linear programmes in the tangent
plane, which finds the positions of the contacts to the last digit.
"""

import itertools
import operator
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from hyperface.errors import InputError

LARGEST = 200  # points: the linear programmes take seconds beyond
STARTS = 32  # spread together in a round
POLISHED = 4  # of them, the best
SPREADING_STEPS = 240
SHOWN_STEPS = (*range(10), *range(10, 40, 3), *range(40, SPREADING_STEPS, 20), SPREADING_STEPS)  # first moves are long
FIRST_SHARPNESS = (1.0, 200.0)  # β of the soft maximum at the first spreading step, from start to start at random
LAST_SHARPNESS = 2000.0
FIRST_TRUST = 0.05  # radians that a linear programme may move a point at first
SMALLEST_TRUST = 1e-11
REACH = 6.0  # trusts: two moves change a cosine by up to 2√2 of them, and the largest one falls by as much
CONTACT_DEGREES = 1e-5  # pairs this close to the smallest angle touch
GOAL_DEGREES = 1e-6  # this close to the goal is there
SAME_DEGREES = 1e-6  # packings that differ by less are the same one, turned: the first found stays the best


@dataclass(frozen=True)
class TammesStep:
    """The packing shown, and the best so far.

    While a round spreads its starts, the one is shown that ends best. It is polished first, so that its points move on
    from where they are; then the other good ones. points: float64 (n, 3), unit rows. angle: degrees, between the
    closest two. contacts: int64 (c, 2), i < j, pairs at that angle. round: from 0. phase: "spreading", "polishing" or
    "done". best_angle: degrees, of the best packing so far; it is the one that the last step ("done") has.
    """

    points: np.ndarray
    angle: float
    contacts: np.ndarray
    round: int
    phase: str
    best_angle: float


def solve_tammes(
    n: int, *, seed: int = 0, rounds: int = 8, seconds: float | None = None, goal: float | None = None
) -> Generator[TammesStep, None, np.ndarray]:
    """Pack n points on the ordinary sphere, yielding the way there.

    Args:
        n: how many, 2 to LARGEST.
        seed: of the random starts.
        rounds: of new random starts.
        seconds: after the first step, the caller's own time included; then the packing at hand is the last to be
            polished, so that how far it gets depends on the machine. None for no limit.
        goal: degrees; ends with the first packing that comes within 1e-6 of it, such as `bounds.best_known_angle(n)`.

    Returns:
        The best packing, float64 (n, 3).

    Raises:
        InputError: A value that cannot be, before the first step.
    """
    if not 2 <= (_whole(n) or 0) <= LARGEST:
        raise InputError(f"Choose 2 to {LARGEST} points for the plain sphere; {n} were asked for.")
    if (_whole(rounds) or 0) < 1:
        raise InputError(f"At least one round of starts is needed; {rounds} were asked for.")
    if _whole(seed) is None or seed < 0:
        raise InputError(f"The seed must be a whole number, 0 or more; it is {seed}.")
    if seconds is not None and not seconds > 0:
        raise InputError(f"The time must be above 0 seconds; it is {seconds}.")
    return _steps(operator.index(n), np.random.default_rng(operator.index(seed)), rounds, seconds, goal)


def _whole(value: object) -> int | None:
    """The value as an int if it is a whole number, NumPy's included; None for anything else, True and False too."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    try:
        return operator.index(value)
    except TypeError:  # an array, which has the method and mostly no whole number
        return None


def _steps(
    n: int, rng: np.random.Generator, rounds: int, seconds: float | None, goal: float | None
) -> Generator[TammesStep, None, np.ndarray]:
    end = float("inf") if seconds is None else time.monotonic() + seconds
    best, best_angle = np.empty((n, 3)), -1.0  # below any angle
    for number in range(rounds):
        low, high = np.log(FIRST_SHARPNESS)
        sharpness = np.exp(rng.uniform(low, high, size=(STARTS, 1, 1)))  # soft starts end alike, sharp ones anywhere
        way = _spread(rng.normal(size=(STARTS, n, 3)), sharpness)  # (f, s, n, 3)
        order = np.argsort([-smallest_angle(points) for points in way[-1]], kind="stable")
        # Only the end tells which start is the best one, so its way is shown afterwards: to show the best of each
        # moment would jump from packing to packing.
        for rank, start in enumerate(order[:POLISHED]):
            leads = False  # this start has the best packing
            shown = [("spreading", points) for points in way[:, start]] if rank == 0 else []
            for phase, points in itertools.chain(shown, (("polishing", each) for each in _polish(way[-1, start]))):
                angle = smallest_angle(points)
                if angle > best_angle + (0 if leads else SAME_DEGREES):
                    best, best_angle, leads = points, angle, True
                yield _step(points, number, phase, best_angle)
            if time.monotonic() > end or (goal is not None and best_angle > goal - GOAL_DEGREES):
                yield _step(best, number, "done", best_angle)
                return best
    yield _step(best, rounds - 1, "done", best_angle)
    return best


def _step(points: np.ndarray, number: int, phase: str, best_angle: float) -> TammesStep:
    angles = _pair_angles(points)
    smallest = angles.min()
    i, j = np.triu_indices(len(points), 1)
    touching = angles < smallest + CONTACT_DEGREES
    contacts = np.stack([i[touching], j[touching]], axis=1)
    return TammesStep(points, float(smallest), contacts, number, phase, float(best_angle))


def smallest_angle(points: np.ndarray) -> float:
    """Degrees between the closest two of unit rows (n, 3)."""
    return float(_pair_angles(points).min())


def _pair_angles(points: np.ndarray) -> np.ndarray:
    """Degrees (n·(n − 1)/2,) of all pairs, from their chords, which keeps small angles."""
    i, j = np.triu_indices(len(points), 1)
    chords = np.linalg.norm(points[i] - points[j], axis=1)
    angles: np.ndarray = np.degrees(2 * np.arcsin(np.minimum(chords / 2, 1)))
    return angles


def _unit(rows: np.ndarray) -> np.ndarray:
    unit: np.ndarray = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return unit


def _spread(packings: np.ndarray, sharpness: np.ndarray) -> np.ndarray:
    """Move the points of many packings (s, n, 3) down the soft maximum of their cosines, β rising from (s, 1, 1).

    Returns the way (f, s, n, 3): the packings at SHOWN_STEPS, the first and the last included.
    """
    packings, way = _unit(packings), []
    n = packings.shape[1]
    for step in range(SPREADING_STEPS + 1):
        beta = sharpness * (LAST_SHARPNESS / sharpness) ** (step / SPREADING_STEPS)
        cosines = packings @ packings.transpose(0, 2, 1)  # (s, n, n)
        cosines[:, np.arange(n), np.arange(n)] = -np.inf
        weights = np.exp(beta * (cosines - cosines.max(axis=(1, 2), keepdims=True)))
        pull = weights @ packings  # (s, n, 3)
        tangent = pull - (pull * packings).sum(axis=2, keepdims=True) * packings
        largest = np.linalg.norm(tangent, axis=2).max(axis=1)[:, None, None]
        if step in SHOWN_STEPS:
            way.append(packings)
        packings = _unit(packings - np.minimum(0.2, 2 / beta) * tangent / np.maximum(largest, 1e-12))
    return np.stack(way)


def _polish(points: np.ndarray) -> Iterator[np.ndarray]:
    """Better and better packings (n, 3): each solves a linear programme for the moves that lower the largest cosine.

    With tangent moves u, cos(x_i + u_i, x_j + u_j) is x_i·x_j + u_i·x_j + x_i·u_j to first order; minimise t, at least
    that for all near pairs, over |u| ≤ trust. A move that makes it worse is taken back and the trust shrinks. Moves and
    cosines are measured in trusts, or the solver's tolerance (1e-7) would be where the digits end.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n, trust = len(points), FIRST_TRUST
    angle = smallest_angle(points)
    while trust > SMALLEST_TRUST:
        basis = _tangents(points)  # (n, 3, 2)
        i, j = np.triu_indices(n, 1)
        # half a squared chord is 1 − cosine, without its cancellation
        below = ((points[i] - points[j]) ** 2).sum(axis=1) / 2
        room = (below - below.min()) / trust  # below the largest cosine
        near = room < REACH
        i, j, room = i[near], j[near], room[near]
        pairs = np.arange(len(i))
        of_i = np.einsum("pab,pa->pb", basis[i], points[j])  # (p, 2), what a move of x_i does to the cosine
        of_j = np.einsum("pab,pa->pb", basis[j], points[i])
        rows = np.concatenate([pairs, pairs, pairs, pairs, pairs])
        columns = np.concatenate([2 * i, 2 * i + 1, 2 * j, 2 * j + 1, np.full(len(i), 2 * n)])
        values = np.concatenate([of_i[:, 0], of_i[:, 1], of_j[:, 0], of_j[:, 1], -np.ones(len(i))])
        solution = linprog(  # type: ignore[call-overload]  # scipy's stubs know no sparse A_ub; scipy takes it
            np.eye(2 * n + 1)[2 * n],  # minimise the last variable: t, from the largest cosine now
            A_ub=coo_array((values, (rows, columns)), shape=(len(i), 2 * n + 1)).tocsr(),
            b_ub=room,
            bounds=[(-1, 1)] * (2 * n) + [(-REACH, 0)],
        )
        if solution.x is None:
            break
        moves = trust * np.einsum("nab,nb->na", basis, solution.x[:-1].reshape(n, 2))
        moved = _unit(points + moves)
        gained = smallest_angle(moved) - angle
        if gained > 0:
            points, angle = moved, angle + gained
            yield points
            trust = trust if gained > 1e-9 else trust / 10
        else:
            trust /= 5
    yield points


def _tangents(points: np.ndarray) -> np.ndarray:
    """Two orthonormal directions (n, 3, 2) in the tangent plane at each unit row."""
    axis = np.eye(3)[np.abs(points).argmin(axis=1)]  # (n, 3), far from the point
    first = _unit(np.cross(points, axis))
    return np.stack([first, np.cross(points, first)], axis=2)
