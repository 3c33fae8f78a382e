"""The linear span that a gallery occupies.

A generator cannot realise directions in which no face of the gallery differs from the others, so packed identities are
best kept inside the gallery's top principal directions.
"""

from dataclasses import dataclass

import torch

from hyperface.errors import InputError

SMALLEST_PROJECTION = 1e-6  # of a unit vector's length: what is left is rounding, not a direction


@dataclass(frozen=True)
class Span:
    """basis: float64 (d, k), orthonormal columns."""

    basis: torch.Tensor

    def coordinates(self, rows: torch.Tensor) -> torch.Tensor:
        """Components (n, k) of rows (n, d) inside the span, not normalised. For x inside the span and any g in R^d,
        the dot product of their coordinates is that of x and g."""
        return (rows.double() @ self.basis).float()

    def embed(self, coordinates: torch.Tensor) -> torch.Tensor:
        """Rows (n, d) of R^d for coordinates (n, k): the inverse of `coordinates` inside the span."""
        return (coordinates.double() @ self.basis.T).float()

    def start(self, rows: torch.Tensor) -> torch.Tensor:
        """Coordinates (n, k) of rows (n, d) projected onto the span and scaled to unit length."""
        inside = rows.double() @ self.basis  # (n, k)
        lengths = inside.norm(dim=1, keepdim=True)
        lost = (lengths[:, 0] < SMALLEST_PROJECTION).nonzero()[:, 0].tolist()
        if lost:
            raise InputError(
                f"{len(lost)} embeddings (the first is row {lost[0]}) have no part inside the gallery's top "
                f"{self.basis.shape[1]} principal directions. Start from other points, or take a larger span."
            )
        start: torch.Tensor = inside / lengths
        return start.float()


def principal_span(gallery: torch.Tensor, size: int | float) -> Span:
    """The span of the gallery's top principal directions, uncentred: the leading right singular vectors.

    gallery: (m, d). size: how many directions (an int from 2 to d), or the share of the sum of squares that they hold
    (a float, above 0 to 1). InputError for anything else, or when the gallery has fewer directions than asked for.
    """
    dimension = gallery.shape[1]
    values, vectors = _principal_directions(gallery)  # (d,), (d, d)
    available = int((values > 1e-10 * values[0]).sum())  # eigenvalues are squares: 1e-5 of the largest singular value
    if isinstance(size, int) and not isinstance(size, bool):
        count = size
        if not 2 <= count <= dimension:
            raise InputError(f"A span has from 2 to {dimension} directions here; {count} were asked for.")
    elif isinstance(size, float) and 0 < size <= 1:
        shares = values.cumsum(0) / values.sum()  # (d,)
        count = min(max(int((shares < size).sum()) + 1, 2), available)
    else:
        raise InputError(f"The span is a number of directions or a share of the variance up to 1.0; it was {size!r}.")
    if count > available or available < 2:
        raise InputError(
            f"The gallery's {len(gallery)} embeddings lie in {available} directions, fewer than the {max(count, 2)} "
            "of the span. Take a larger gallery or a smaller span."
        )
    return Span(vectors[:, :count].contiguous())


def explained_share(gallery: torch.Tensor) -> torch.Tensor:
    """Share of the gallery's sum of squares that its first 1, 2, … d principal directions hold: float64 (d,), rising.

    gallery: (m, d). The same directions as `principal_span`'s.
    """
    values, _ = _principal_directions(gallery)
    return values.cumsum(0) / values.sum()


def _principal_directions(gallery: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Squared singular values (d,), falling, and right singular vectors, the columns of (d, d), of (m, d); float64."""
    rows = gallery.double()
    values, vectors = torch.linalg.eigh(rows.T @ rows)  # rising
    return values.flip(0).clamp(min=0), vectors.flip(1)
