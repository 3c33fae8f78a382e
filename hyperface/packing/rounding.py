"""What rounding takes from a product of unit rows: bounds that keep a search among rounded ones exact."""

import contextlib
from collections.abc import Iterator

import torch

from hyperface.hardware import has_fast_bfloat16
from hyperface.packing.tiles import Tiling

SCREENED_FROM = 1024  # points: below, screening costs more than it saves


def is_screened(points: torch.Tensor) -> bool:
    """Whether cosines among these rows, or with them, are looked at in low precision first."""
    return len(points) >= SCREENED_FROM and points.dtype == torch.float32 and has_fast_bfloat16(points.device)


@contextlib.contextmanager
def sums_in_float32(device: torch.device) -> Iterator[None]:
    """Inside, a GPU sums products of bfloat16 in float32, as the bounds of their error here suppose.

    torch's switch is the whole process's, so it is put back afterwards. A CPU always does.
    """
    if device.type != "cuda":
        yield
        return
    switches, name = torch.backends.cuda.matmul, "allow_bf16_reduced_precision_reduction"
    before = getattr(switches, name)
    split = getattr(switches, f"{name}_split_k", None)  # its companion in newer versions, which are set together
    setattr(switches, name, False if split is None else (False, split))
    try:
        yield
    finally:
        setattr(switches, name, before if split is None else (before, split))


def sum_margin(dimension: int) -> float:
    """What a sum of products of unit rows in float32 may be off by, and the bound it is compared with, too."""
    return 4 * dimension * 2.0**-24


def rounding_margin(lost: torch.Tensor, others_lost: torch.Tensor, dimension: int) -> torch.Tensor:
    """How far (n,) the products of rounded rows may be from the cosines of the rows themselves.

    With r a row rounded and |x − r| what rounding took from it, |x_i·x_j − r_i·r_j| ≤ |x_i − r_i| + |r_i| |x_j − r_j|;
    the products are summed in float32.

    Args:
        lost: (n,) lengths of what rounding took from the rows.
        others_lost: (m,) of what it took from those that they are multiplied by.
        dimension: of the rows.
    """
    return lost + (1 + lost) * others_lost.max() + sum_margin(dimension)


def round_off(rows: torch.Tensor, tiling: Tiling) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows (n, d) in bfloat16, and the length (n,) of what rounding took from each."""
    rounded = rows.bfloat16()
    lost = torch.empty(len(rows), device=rows.device)
    for part in tiling.rows(len(rows), rows.shape[1]):
        lost[part] = (rows[part] - rounded[part]).norm(dim=1)
    return rounded, lost
