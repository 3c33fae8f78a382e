"""The Vendi score: how many different ones there are among several, as a number that need not be whole."""

import torch

from hyperface.errors import InputError

_NOTHING = 1e-12  # an eigenvalue that is 0 but for rounding


def vendi_score(rows: torch.Tensor) -> float:
    """exp(−Σ λᵢ log λᵢ) over the eigenvalues λ of K / n, where K is the matrix of the rows' cosines.

    1 for n equal rows, n for n orthogonal ones; a set of which all have one cosine c to each other lies between. The
    eigenvalues of X Xᵀ / n are those of Xᵀ X / n, so that no more than the smaller of both is held.

    Source: D. Friedman, A. B. Dieng, "The Vendi Score: A Diversity Evaluation Metric for Machine Learning", TMLR 2023
    (arXiv 2210.02410), with the linear kernel of unit vectors.

    rows: (n, d), of length 1. InputError without a row.
    """
    if rows.ndim != 2 or len(rows) == 0:
        raise InputError(f"The Vendi score needs rows (n, d); got {tuple(rows.shape)}.")
    exact = rows.double()
    smaller = exact @ exact.T if len(rows) <= rows.shape[1] else exact.T @ exact
    values = torch.linalg.eigvalsh(smaller / len(rows))
    values = values[values > _NOTHING]
    return float(torch.exp(-(values * values.log()).sum()))
