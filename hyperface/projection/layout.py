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


@numba.njit(cache=True, fastmath=True)
def _next_random(state: np.ndarray, row: int) -> int:
    """Xorshift64* on a stream of the row's own, so that one row's draws do not depend on the others' edges."""
    value = state[row]
    value ^= value >> np.uint64(12)
    value ^= value << np.uint64(25)
    value ^= value >> np.uint64(27)
    state[row] = value
    return (value * np.uint64(2685821657736338717)) >> np.uint64(33)


@numba.njit(cache=True, fastmath=True)
def _move(positions, row, x, y, z, length):
    """Move a row by a tangent vector (x, y, z) times `length`, and back to the sphere."""
    x = positions[row, 0] + length * x
    y = positions[row, 1] + length * y
    z = positions[row, 2] + length * z
    scale = 1 / np.sqrt(x * x + y * y + z * z)
    positions[row, 0] = x * scale
    positions[row, 1] = y * scale
    positions[row, 2] = z * scale


@numba.njit(cache=True, fastmath=True)
def _away(positions, row, other):
    """Unit tangent at `row` that points away from `other`, and their angle in radians."""
    px, py, pz = positions[row, 0], positions[row, 1], positions[row, 2]
    qx, qy, qz = positions[other, 0], positions[other, 1], positions[other, 2]
    dx, dy, dz = px - qx, py - qy, pz - qz
    half = min(np.sqrt(dx * dx + dy * dy + dz * dz) / 2, np.float32(1))
    radial = dx * px + dy * py + dz * pz
    tx, ty, tz = dx - radial * px, dy - radial * py, dz - radial * pz
    length = np.sqrt(tx * tx + ty * ty + tz * tz)
    if length < np.float32(1e-9):  # the same place, or the opposite one: no direction is away
        return np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    return tx / length, ty / length, tz / length, np.float32(2) * np.arcsin(half)


@numba.njit(cache=True, fastmath=True)
def optimize(positions, heads, tails, epochs_per_sample, random_state, a, b, rates, epochs):
    """Stochastic gradient descent on UMAP's cross-entropy, in place.

    positions: float32 (n, 3), unit rows. heads, tails: int32 (e,), both directions of every edge. epochs_per_sample:
    float32 (e,), an edge is taken every so many epochs. random_state: uint64 (n,), not 0. a, b: UMAP's curve
    1 / (1 + a·θ^2b). rates: float32 (n,), learning rate of each
    point, falling linearly to 0 over the epochs.
    """
    n = np.uint64(len(positions))
    due = epochs_per_sample.copy()
    largest = np.float32(LARGEST_FORCE)
    for epoch in range(epochs):
        left = np.float32(1 - epoch / epochs)
        for edge in range(len(heads)):
            if due[edge] > epoch + 1:
                continue
            due[edge] += epochs_per_sample[edge]
            row, other = heads[edge], tails[edge]
            x, y, z, angle = _away(positions, row, other)
            if angle > 0:
                power = a * angle ** (2 * b)
                force = left * min(2 * b * power / (1 + power) / angle, largest)
                ox, oy, oz, _ = _away(positions, other, row)
                _move(positions, row, x, y, z, -force * rates[row])
                _move(positions, other, ox, oy, oz, -force * rates[other])
            for _ in range(NEGATIVE_SAMPLES):
                other = np.int64(_next_random(random_state, row) % n)
                if other == row:
                    continue
                x, y, z, angle = _away(positions, row, other)
                if angle > 0:
                    force = left * min(2 * b / (1 + a * angle ** (2 * b)) / angle, largest)
                    _move(positions, row, x, y, z, force * rates[row])
