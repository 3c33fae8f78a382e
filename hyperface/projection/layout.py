"""UMAP's layout optimisation on the sphere S², compiled.

The loss and its sampling are UMAP's, with the great-circle distance (its `haversine` output metric). umap-learn moves
latitude and longitude, whose gradient breaks down at the poles, and compiles its loop anew in every call; here the
points are unit vectors that move along the tangent, every place of the sphere is alike, and the machine code is cached
on disk for the next process.
"""

import numba
import numpy as np

NEGATIVE_SAMPLES = 5  # random other points that push, per neighbour that pulls
LARGEST_FORCE = 4.0  # UMAP's clipping
TABLE = 2048  # chords for which the forces are computed
NO_DIRECTION, LARGEST_CHORD = np.float32(1e-6), np.float32(2 - 1e-6)  # so near a point, or its opposite


@numba.njit(cache=True, fastmath=True)
def _next_random(state: np.ndarray, row: int) -> int:
    """Xorshift64* on a stream of the row's own, so that one row's draws do not depend on the others' edges."""
    value = state[row]
    value ^= value >> np.uint64(12)
    value ^= value << np.uint64(25)
    value ^= value >> np.uint64(27)
    state[row] = value
    high: int = (value * np.uint64(2685821657736338717)) >> np.uint64(33)
    return high


@numba.njit(cache=True, fastmath=True)
def _coefficients(a: np.float32, b: np.float32) -> tuple[np.ndarray, np.ndarray]:
    """What a difference of two points is to be multiplied by to pull and to push them, by chord: float32 (m,) each.

    UMAP's forces, along the great circle, are functions of the angle; the tangent part of the difference has the
    length sin(angle). A table over the chord spares the loop the powers and arc sines.
    """
    pull, push = np.empty(TABLE + 1, np.float32), np.empty(TABLE + 1, np.float32)
    for entry in range(TABLE + 1):
        chord = min(max(2 * entry / TABLE, 1e-6), 2 - 1e-6)
        angle = 2 * np.arcsin(chord / 2)
        power = a * angle ** (2 * b)
        # times the chord: smooth where points meet, and divided by it again in the loop
        pull[entry] = min(2 * b * power / (1 + power) / angle, LARGEST_FORCE) * chord / np.sin(angle)
        push[entry] = min(2 * b / (1 + power) / angle, LARGEST_FORCE) * chord / np.sin(angle)
    return pull, push


@numba.njit(cache=True, fastmath=True, inline="always")
def _force(
    px: np.float32, py: np.float32, pz: np.float32, positions: np.ndarray, other: np.int64, table: np.ndarray
) -> tuple[np.float32, np.float32, np.float32]:
    """The table's force on a point (px, py, pz) away from `other`, along the tangent."""
    dx, dy, dz = px - positions[other, 0], py - positions[other, 1], pz - positions[other, 2]
    chord = np.sqrt(dx * dx + dy * dy + dz * dz)
    if chord < NO_DIRECTION or chord > LARGEST_CHORD:
        return np.float32(0), np.float32(0), np.float32(0)
    place = chord * np.float32(TABLE / 2)
    entry = int(place)
    share = place - np.float32(entry)
    force = (table[entry] * (np.float32(1) - share) + table[entry + 1] * share) / chord
    radial = dx * px + dy * py + dz * pz
    return force * (dx - radial * px), force * (dy - radial * py), force * (dz - radial * pz)


@numba.njit(cache=True, fastmath=True, inline="always")
def _move(positions: np.ndarray, row: int, px: np.float32, py: np.float32, pz: np.float32) -> None:
    """Put a row where (px, py, pz) points to."""
    scale = np.float32(1) / np.sqrt(px * px + py * py + pz * pz)
    positions[row, 0], positions[row, 1], positions[row, 2] = px * scale, py * scale, pz * scale


@numba.njit(cache=True, fastmath=True)
def optimize(
    positions: np.ndarray,
    heads: np.ndarray,
    tails: np.ndarray,
    epochs_per_sample: np.ndarray,
    random_state: np.ndarray,
    a: np.float32,
    b: np.float32,
    rates: np.ndarray,
    epochs: int,
) -> None:
    """Stochastic gradient descent on UMAP's cross-entropy, in place.

    Args:
        positions: float32 (n, 3), unit rows.
        heads: int32 (e,), where every edge begins; both directions are there.
        tails: int32 (e,), where it ends.
        epochs_per_sample: float32 (e,), an edge is taken every so many epochs.
        random_state: uint64 (n,), not 0, a stream for each row; advanced in place.
        a: of UMAP's curve 1 / (1 + a·θ^2b).
        b: likewise.
        rates: float32 (n,), learning rate of each point, falling linearly to 0 over the epochs.
        epochs: how many.
    """
    n = np.uint64(len(positions))
    due = epochs_per_sample.copy()
    pull, push = _coefficients(a, b)
    for epoch in range(epochs):
        left = np.float32(1 - epoch / epochs)
        for edge in range(len(heads)):
            if due[edge] > epoch + 1:
                continue
            due[edge] += epochs_per_sample[edge]
            row, other = heads[edge], tails[edge]
            px, py, pz = positions[row, 0], positions[row, 1], positions[row, 2]
            fx, fy, fz = _force(px, py, pz, positions, other, pull)
            step = left * rates[other]
            gx, gy, gz = _force(positions[other, 0], positions[other, 1], positions[other, 2], positions, row, pull)
            _move(
                positions,
                other,
                positions[other, 0] - step * gx,
                positions[other, 1] - step * gy,
                positions[other, 2] - step * gz,
            )
            step = left * rates[row]
            # umap-learn moves the row after each sample; all from one place is as good, and the processor overlaps them
            px, py, pz = px - step * fx, py - step * fy, pz - step * fz
            qx, qy, qz = px, py, pz
            for _ in range(NEGATIVE_SAMPLES):
                # the high bits of a product instead of a remainder, which takes many times as long
                sample = np.int64((_next_random(random_state, row) * n) >> np.uint64(31))
                if sample != row:
                    fx, fy, fz = _force(qx, qy, qz, positions, sample, push)
                    px, py, pz = px + step * fx, py + step * fy, pz + step * fz
            _move(positions, row, px, py, pz)
