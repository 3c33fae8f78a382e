"""How similar strangers are: the cosine that few pairs of different faces reach."""

import torch

STRANGER_PAIRS = 400_000  # random pairs that the threshold is estimated from


def stranger_threshold(embeddings: torch.Tensor, share: float = 0.001, *, seed: int = 0) -> float | None:
    """The cosine that only this share of the pairs of different rows (n, d) reaches: the threshold of a false match
    rate of `share` among them. None where there are too few pairs to know (ten must be expected).

    Estimated from 400,000 random pairs, or all if there are fewer.
    """
    count = len(embeddings)
    pairs = count * (count - 1) // 2
    if pairs * share < 10:
        return None
    if pairs <= STRANGER_PAIRS:
        first, second = torch.triu_indices(count, count, 1)  # (pairs,) each
    else:
        generator = torch.Generator().manual_seed(seed)
        first = torch.randint(count, (STRANGER_PAIRS,), generator=generator)
        second = (first + torch.randint(1, count, (STRANGER_PAIRS,), generator=generator)) % count  # never first
    cosines = torch.cat(
        [
            (embeddings[a] * embeddings[b]).sum(dim=1)
            for a, b in zip(first.split(50_000), second.split(50_000), strict=True)
        ]
    )
    expected = max(1, round(share * len(cosines)))
    return float(cosines.topk(expected).values[-1])
