"""The figures of IJB-B and IJB-C from the templates' features: TAR at a FAR, and TPIR at a FPIR.

1:1 is a curve over all comparisons. 1:N is told twice. By the protocol, each of the two galleries is searched by all
probes, of which the people of the other gallery are strangers (K. Maze et al., "IARPA Janus Benchmark – C", ICB 2018).
By InsightFace's code, whose figures papers quote, both galleries are one, so that nobody is a stranger, and the line is
where so many *comparisons* with others come above it as the FPIR allows searches (ijb_1n.py, `evaluation`).
"""

from dataclasses import dataclass

import numpy as np

from hyperface.errors import DatasetError
from hyperface.evaluation.ijb.files import Ijb, TemplateList
from hyperface.evaluation.ijb.templates import TemplateFeatures
from hyperface.evaluation.open_set import OpenSet, Searches

FALSE_ACCEPT_RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
FALSE_POSITIVE_RATES = (1e-2, 1e-1)
RANKS = (1, 5, 10)
FEWEST_FALSE_ACCEPTS = 10  # expected at a rate for that rate to be reported
ROWS = 1_024  # probes at a time


@dataclass(frozen=True)
class TemplatePairs:
    """Cosines of the comparisons, sorted rising, float32: of one person and of two."""

    same: np.ndarray
    different: np.ndarray

    def line(self, far: float) -> float:
        """The least cosine above which at most the share `far` of the comparisons of two people come."""
        allowed = int(far * len(self.different) + 1e-9)
        return float(self.different[-1 - min(allowed, len(self.different) - 1)])

    def tar_at(self, far: float) -> float | None:
        """Share of the comparisons of one person above the line; None where under ten false accepts are expected."""
        if far * len(self.different) < FEWEST_FALSE_ACCEPTS * (1 - 1e-9):
            return None
        return self._above(self.same, self.line(far))

    def reached(self, far: float) -> float:
        """The false-accept rate at the line: at most `far`."""
        return self._above(self.different, self.line(far))

    @staticmethod
    def _above(values: np.ndarray, line: float) -> float:
        return float(1 - np.searchsorted(values, np.float32(line), side="right") / len(values))


def compare_templates(benchmark: Ijb, found: TemplateFeatures) -> TemplatePairs:
    """Compare all pairs of templates, a block at a time: four bytes are kept of each.

    DatasetError if all are of one kind.
    """
    same, different = [], []
    for first, second, one in benchmark.pairs():
        cosines = np.einsum("ij,ij->i", found.of(first), found.of(second))  # (k,)
        same.append(cosines[one])
        different.append(cosines[~one])
    joined = TemplatePairs(*(np.sort(np.concatenate(part)) if part else np.empty(0) for part in (same, different)))
    if not len(joined.same) or not len(joined.different):
        raise DatasetError(f"{benchmark.pairs_file} should have comparisons of one person and of two.")
    return joined


@dataclass(frozen=True)
class Search:
    """ranks: int64 (m,), of each search's own person, 1 if nobody else is as near."""

    ranks: np.ndarray

    def rate(self, rank: int) -> float:
        return float((self.ranks <= rank).mean())


@dataclass(frozen=True)
class TemplateSearch:
    """open_set: by the protocol, a gallery at a time. closed: the searches of enrolled people in it, of each gallery.

    together: with both galleries as one. own: float32 (p,), cosine of each search to its own person there.
    nearest_others: float32 (q,), the largest cosines to others, falling, as many as the largest FPIR allows.
    """

    open_set: OpenSet
    closed: tuple[Search, ...]
    together: Search
    own: np.ndarray
    nearest_others: np.ndarray

    def rate(self, rank: int) -> float:
        """Share of the searches of enrolled people whose person is among the `rank` nearest; mean of the galleries."""
        return float(np.mean([search.rate(rank) for search in self.closed]))

    def insightface_tpir(self, fpir: float) -> float:
        """As InsightFace's code has it; see above."""
        allowed = int(np.ceil(round(len(self.own) * fpir, 9)))
        return float((self.own > self.nearest_others[allowed - 1]).mean())


def search_templates(benchmark: Ijb, found: TemplateFeatures) -> TemplateSearch:
    """Search all probes in either gallery, and in both as one; a block at a time.

    DatasetError without 1:N lists, for a gallery with two templates of a person, for a probe in neither, and for
    templates without a photo.
    """
    if benchmark.probes is None:
        raise DatasetError(f"{benchmark.folder} has no lists for the search (meta/…_1N_….csv).")
    probes = benchmark.probes
    everybody = TemplateList(
        np.concatenate([part.templates for part in benchmark.galleries]),
        np.concatenate([part.subjects for part in benchmark.galleries]),
    )
    for part in (*benchmark.galleries, everybody, probes):
        unknown = np.setdiff1d(part.templates, found.templates)
        if len(unknown):
            raise DatasetError(f"The lists for the search name template {unknown[0]}, which has no photo.")
    nobody = np.setdiff1d(probes.subjects, everybody.subjects)
    if len(nobody):
        raise DatasetError(f"Subject {nobody[0]} is searched and in neither gallery.")
    opened, closed = [], []
    for part in benchmark.galleries:
        ranks, own, nearest = _search(found, probes, part, 0)[:3]
        enrolled = ranks > 0
        if not enrolled.any() or enrolled.all():
            raise DatasetError("Each gallery should have some of the people who are searched, and not all of them.")
        opened.append(Searches(own[enrolled], ranks[enrolled] == 1, nearest[~enrolled]))
        closed.append(Search(ranks[enrolled]))
    kept = int(np.ceil(round(len(probes.templates) * max(FALSE_POSITIVE_RATES), 9)))
    ranks, own, _, others = _search(found, probes, everybody, kept)
    return TemplateSearch(OpenSet(tuple(opened)), tuple(closed), Search(ranks), own, others)


def _search(
    found: TemplateFeatures, probes: TemplateList, gallery: TemplateList, kept: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each probe the rank of its own person (0 if not enrolled), the cosine to them (−1), the largest of all; and
    the `kept` largest cosines of probes to others, falling."""
    subjects, order = np.unique(gallery.subjects, return_index=True)
    if len(subjects) < len(gallery.subjects):
        raise DatasetError("A gallery has two templates of one subject.")
    enrolled = found.of(gallery.templates)  # (g, d)
    at = np.searchsorted(subjects, probes.subjects).clip(max=len(subjects) - 1)
    own = np.where(subjects[at] == probes.subjects, order[at], -1)  # (p,) column of each probe's person
    ranks, mine, nearest = [], [], []
    others = np.empty(0, np.float32)
    for start in range(0, len(own), ROWS):
        part = slice(start, start + ROWS)
        cosines = found.of(probes.templates[part]) @ enrolled.T  # (b, g)
        known = own[part] >= 0
        genuine = np.where(known, cosines[np.arange(len(cosines)), own[part]], -1).astype(np.float32)
        ranks.append(np.where(known, (cosines >= genuine[:, None]).sum(axis=1), 0))
        mine.append(genuine)
        nearest.append(cosines.max(axis=1))
        if kept:
            is_other = np.arange(cosines.shape[1]) != own[part, None]
            others = np.sort(np.concatenate([others, cosines[is_other]]))[::-1][:kept]
    return np.concatenate(ranks), np.concatenate(mine), np.concatenate(nearest), others
