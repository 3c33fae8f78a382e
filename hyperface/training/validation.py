"""Verification accuracy on identities that training never sees."""

import numpy as np
import torch

from hyperface.recognizers.base import Recognizer

PAIRS = 500  # of each kind, at most


def validation_pairs(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """As many pairs of one identity as of two, drawn at random: index pairs (p, 2) and same (p,) bool.

    labels: int64 (n,). None if there is no pair of either kind.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    by_identity: dict[int, list[int]] = {}
    for i in order.tolist():
        by_identity.setdefault(int(labels[i]), []).append(i)
    genuine = [(a, b) for images in by_identity.values() for a, b in zip(images[::2], images[1::2], strict=False)]
    if not genuine or len(by_identity) < 2:
        return None
    genuine = [genuine[i] for i in rng.permutation(len(genuine))[:PAIRS]]
    impostor: list[tuple[int, int]] = []
    while len(impostor) < len(genuine):
        a, b = rng.integers(len(labels), size=2).tolist()
        if labels[a] != labels[b]:
            impostor.append((a, b))
    return np.array(genuine + impostor), np.repeat([True, False], len(genuine))


def pair_accuracy(recognizer: Recognizer, images: torch.Tensor, pairs: np.ndarray, same: np.ndarray) -> float:
    """Accuracy at the threshold that suits these pairs best: a sign of progress, not a benchmark figure.

    images: float32 (n, 3, 112, 112). Leaves the recogniser in the mode it was in.
    """
    was_training = recognizer.training
    recognizer.eval()
    with torch.inference_mode():
        embeddings = recognizer.embed(images)
    recognizer.train(was_training)
    similarity = (embeddings[pairs[:, 0]] * embeddings[pairs[:, 1]]).sum(dim=1).numpy()  # (p,)
    order = np.argsort(-similarity, kind="stable")
    accepted = np.concatenate(
        [[0], np.cumsum(np.where(same[order], 1, -1))]
    )  # right minus wrong, accepting the first k
    return float((accepted.max() + (~same).sum()) / len(same))
