"""Verification accuracy on identities that training never sees."""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.datasets import LabeledImages, Skipped
from hyperface.errors import PhotoError
from hyperface.images import from_uint8
from hyperface.recognizers.base import Recognizer

ROUNDED = 5  # decimals of a cosine that mean something in float32
PAIRS = 500  # of each kind, at most
SHOWN = 3  # of each kind, that are looked at one by one
SAMPLED = 16  # of each kind, that the line between epochs is drawn from


@dataclass(frozen=True)
class Guesses:
    """What a network in training says of a few pairs of people whom it is not trained on.

    pictures: uint8 (p, 2, h, w, 3). same: bool (p,). cosines: float64 (p,). line: a pair counts as one person where its
    cosine is above it; the one that suits the held-out pairs best.
    """

    pictures: np.ndarray
    same: np.ndarray
    cosines: np.ndarray
    line: float


class HeldOut:
    """Pictures of identities that training never sees, in pairs.

    images: uint8 (n, h, w, 3). pairs: (p, 2), rows of them. same: bool (p,), one identity or two; both occur.
    """

    def __init__(self, images: np.ndarray, pairs: np.ndarray, same: np.ndarray, device: torch.device) -> None:
        used, places = np.unique(pairs, return_inverse=True)
        self._images = from_uint8(images[used]).to(device)  # (u, 3, h, w)
        self._pairs, self._same = places.reshape(-1, 2), same
        of_each = (np.flatnonzero(same), np.flatnonzero(~same))
        self._shown = np.sort(np.concatenate([kind[:SHOWN] for kind in of_each]))
        self._sample = np.sort(np.concatenate([kind[:SAMPLED] for kind in of_each]))
        self._pictures = images[pairs[self._shown]]  # (s, 2, h, w, 3)

    def accuracy(self, recognizer: Recognizer) -> tuple[float, Guesses]:
        """How many of all pairs are told rightly, as `pair_accuracy` counts; and what is said of those shown."""
        cosines = pair_cosines(recognizer, self._images, self._pairs)
        accuracy, line = best_line(cosines, self._same)
        return accuracy, self._guesses(cosines[self._shown], line)

    def guesses(self, recognizer: Recognizer) -> Guesses:
        """What is said of those shown, with a line from a small sample: much quicker."""
        used, places = np.unique(self._pairs[self._sample], return_inverse=True)
        cosines = pair_cosines(recognizer, self._images[used], places.reshape(-1, 2))
        _, line = best_line(cosines, self._same[self._sample])
        return self._guesses(cosines[np.isin(self._sample, self._shown)], line)

    def _guesses(self, cosines: np.ndarray, line: float) -> Guesses:
        return Guesses(self._pictures, self._same[self._shown], cosines, line)


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


def readable_pairs(
    dataset: LabeledImages, seed: int, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Pairs of a dataset's images, of which no others are read: images uint8 (n, 112, 112, 3), index pairs (p, 2), same
    (p,). What cannot be read is added to `skipped`, and its pairs are left out. None if no pair of either kind is left.
    """
    drawn = validation_pairs(dataset.labels, seed)
    if drawn is None:
        return None
    pairs, same = drawn
    images: list[np.ndarray] = []
    place = np.full(len(dataset), -1, np.int64)
    for index in np.unique(pairs).tolist():
        try:
            picture, _ = dataset[index]
        except PhotoError as error:
            skipped.add_error(error)
            continue
        place[index] = len(images)
        images.append(picture)
    placed = place[pairs]  # (p, 2)
    whole = (placed >= 0).all(axis=1)
    if not images or not same[whole].any() or same[whole].all():
        return None
    return np.stack(images), placed[whole], same[whole]


def pair_accuracy(recognizer: Recognizer, images: torch.Tensor, pairs: np.ndarray, same: np.ndarray) -> float:
    """Accuracy at the threshold that suits these pairs best: a sign of progress, not a benchmark figure.

    images: float32 (n, 3, 112, 112). pairs: (p, 2). same: bool (p,).
    """
    return best_line(pair_cosines(recognizer, images, pairs), same)[0]


def pair_cosines(recognizer: Recognizer, images: torch.Tensor, pairs: np.ndarray) -> np.ndarray:
    """Cosines float64 (p,) of pairs (p, 2) of images (n, 3, h, w). Leaves the recogniser in the mode it was in."""
    was_training = recognizer.training
    recognizer.eval()
    with torch.inference_mode():
        embeddings = recognizer.embed(images)
    recognizer.train(was_training)
    cosines: np.ndarray = (embeddings[pairs[:, 0]] * embeddings[pairs[:, 1]]).sum(dim=1).double().cpu().numpy()
    return cosines


def best_line(cosines: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    """The largest share of pairs (p,) that one threshold tells rightly, and that threshold, half way between the pairs
    on its two sides.

    Pairs of one cosine are accepted together: a network that gives every face the same embedding tells nobody apart.
    """
    cosines = np.round(cosines, ROUNDED)
    order = np.argsort(-cosines, kind="stable")
    accepted = np.concatenate(
        [[0], np.cumsum(np.where(same[order], 1, -1))]
    )  # right minus wrong, accepting the first k
    ranked = cosines[order]
    whole = np.concatenate(
        [[True], ranked[1:] != ranked[:-1], [True]]
    )  # accepting the first k cuts no run of equal ones
    best = int(np.where(whole, accepted, -len(same) - 1).argmax())
    ends = np.concatenate([[1.0], ranked, [-1.0]])
    return float((accepted[best] + (~same).sum()) / len(same)), float(ends[best : best + 2].mean())
