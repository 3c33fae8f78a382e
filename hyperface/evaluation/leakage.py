"""Leakage audit: does a dataset show people who are in another set, such as the one its generator was trained on?

Each image is a search among the reference faces. Strangers, too, come near somebody by chance, the nearer the more
references there are. So the line is drawn where searches of *other* people cross it seldom: every reference face is
searched among those of everybody else, and the line is the cosine that only the share `fpir` of these searches reach
(false positive identification rate, ISO/IEC 19795-1). A set that leaks nothing crosses it about as often.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.evaluation.embedding import EmbeddedImages

FPIR = 0.01
FEWEST_ABOVE = 10  # searches of other people expected above the line, to know where it is
MOST_STRANGERS = 5_000
ROWS = 2_048  # searches at a time


@dataclass(frozen=True)
class LeakageAudit:
    """n searches among the references.

    cosine: float32 (n,), to the nearest reference face. reference: int64 (n,), which one. labels, places: int64 (n,),
    identity and place in the dataset of each searched image. strangers: float32 (m,), the same cosine for searches of
    reference faces among those of other people. line: the cosine that the share `fpir` of the strangers reach.
    """

    cosine: np.ndarray
    reference: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    strangers: np.ndarray
    fpir: float
    line: float

    @property
    def share_above(self) -> float:
        """Of the searches that reach the line; about `fpir` where nothing leaks."""
        return float((self.cosine >= self.line).mean())

    def nearest(self) -> np.ndarray:
        """For each identity its search with the largest cosine, the largest first: int64 (identities,)."""
        order = np.lexsort((-self.cosine, self.labels))
        first = np.append(True, np.diff(self.labels[order]) > 0)
        best = order[first]
        largest_first: np.ndarray = best[np.argsort(-self.cosine[best], kind="stable")]
        return largest_first

    def identities_above(self) -> int:
        """Identities with at least one image above the line."""
        return int((self.cosine[self.nearest()] >= self.line).sum())


def audit(
    images: EmbeddedImages,
    references: torch.Tensor,
    reference_labels: np.ndarray | None = None,
    *,
    fpir: float = FPIR,
    seed: int = 0,
) -> LeakageAudit:
    """Search every image among the references.

    Args:
        images: what is searched for.
        references: float32 (r, d), unit rows of the same recogniser.
        reference_labels: int64 (r,), who each is; everybody somebody else if not given.
        fpir: share of the searches of other people that reach the line, above 0 and below 1.
        seed: of the choice of references that are searched for to find the line, where there are very many.

    Returns:
        What was found for each image, and where the line is.

    Raises:
        InputError: Other dimensions, a rate that cannot be, or fewer references than show where the line is.
    """
    if references.ndim != 2 or references.shape[1] != images.embeddings.shape[1]:
        raise InputError(
            f"The images' embeddings have {images.embeddings.shape[1]} dimensions, the references' "
            f"{references.shape[-1]}: they are of two recognisers. Embed both with one."
        )
    if not 0 < fpir < 1:
        raise InputError(f"The false positive identification rate lies between 0 and 1; it was {fpir}.")
    count = len(references)
    if count * fpir < FEWEST_ABOVE:
        raise InputError(
            f"{count:,} reference faces cannot tell where one in {1 / fpir:g} strangers comes near; at least "
            f"{round(FEWEST_ABOVE / fpir):,} are needed, or a higher false positive identification rate."
        )
    people = torch.arange(count) if reference_labels is None else torch.as_tensor(reference_labels)
    cosine, reference = _search(images.embeddings, references)
    chosen = torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:MOST_STRANGERS]
    strangers, _ = _search(references[chosen], references, people[chosen], people)
    line = float(np.quantile(strangers, 1 - fpir, method="higher"))
    return LeakageAudit(cosine, reference, images.labels, images.places, strangers, fpir, line)


def _search(
    probes: torch.Tensor,
    references: torch.Tensor,
    own: torch.Tensor | None = None,
    people: torch.Tensor | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Largest cosine and its reference for each probe (n, d); those of the probe's own person do not count."""
    cosines, indices = [], []
    for first in range(0, len(probes), ROWS):
        block = probes[first : first + ROWS] @ references.T  # (b, r)
        if own is not None and people is not None:
            block.masked_fill_(own[first : first + ROWS, None] == people, -2)
        best = block.max(dim=1)
        cosines.append(best.values)
        indices.append(best.indices)
    return torch.cat(cosines).numpy(), torch.cat(indices).numpy()
