import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.evaluation import LeakageAudit, audit
from hyperface.evaluation.embedding import EmbeddedImages


def faces(count: int, seed: int, dimension: int = 16) -> torch.Tensor:
    return F.normalize(torch.randn(count, dimension, generator=torch.Generator().manual_seed(seed)), dim=1)


def images(embeddings: torch.Tensor, each: int = 2) -> EmbeddedImages:
    count = len(embeddings)
    return EmbeddedImages(embeddings, np.arange(count) // each, np.arange(count))


def test_searches_are_those_of_a_naive_loop():
    references, people = faces(300, 1), np.arange(300) // 3
    found = audit(images(faces(40, 2)), references, people, fpir=0.1)
    for number, face in enumerate(faces(40, 2)):
        cosines = [float(face @ other) for other in references]
        assert found.cosine[number] == pytest.approx(max(cosines), abs=1e-6)
        assert found.reference[number] == int(np.argmax(cosines))
    naive = sorted(
        max(float(references[i] @ references[j]) for j in range(300) if people[i] != people[j]) for i in range(300)
    )
    assert np.sort(found.strangers) == pytest.approx(naive, abs=1e-6)
    assert (found.strangers >= found.line).mean() == pytest.approx(0.1, abs=0.005)


def test_copies_are_found_and_strangers_are_not_blamed():
    references = faces(2000, 1)
    clean = audit(images(faces(2000, 2)), references, fpir=0.05)
    assert clean.share_above == pytest.approx(0.05, abs=0.02)  # as often as by chance
    embeddings = faces(2000, 2).clone()
    copied = [10, 501, 1999]
    embeddings[copied] = F.normalize(references[[5, 6, 7]] + 0.05 * faces(3, 3), dim=1)
    found = audit(images(embeddings), references, fpir=0.05)
    assert set(found.places[found.nearest()[:3]]) == set(copied)
    assert {int(found.reference[place]) for place in copied} == {5, 6, 7}


def test_each_identity_is_there_once_with_its_worst_image():
    found = audit(images(faces(60, 2), each=3), faces(200, 1), fpir=0.1)
    nearest = found.nearest()
    assert sorted(found.labels[nearest]) == list(range(20))
    for search in nearest:
        assert found.cosine[search] == found.cosine[found.labels == found.labels[search]].max()
    assert (np.diff(found.cosine[nearest]) <= 0).all()
    above = {label for label, cosine in zip(found.labels, found.cosine, strict=True) if cosine >= found.line}
    assert found.identities_above() == len(above)


def test_whoever_reaches_the_line_counts():
    """Cosines are often equal: copies of a reference face, and the line is a stranger's own."""
    cosine, labels = np.array([0.5, 0.7, 0.7, 0.2], np.float32), np.array([0, 0, 1, 2])
    at = float(np.float32(0.7))
    found = LeakageAudit(cosine, np.zeros(4, int), labels, np.arange(4), np.array([at, 0.1], np.float32), 0.5, at)
    assert found.share_above == 0.5
    assert found.identities_above() == 2
    assert found.nearest().tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("references", "fpir", "says"),
    [
        (faces(500, 1), 0.01, "at least 1,000 are needed"),
        (faces(500, 1), 1.0, "between 0 and 1"),
        (faces(500, 1), 0.0, "between 0 and 1"),
        (faces(500, 1, dimension=8), 0.1, "two recognisers"),
    ],
)
def test_what_cannot_be_audited_is_told(references, fpir, says):
    with pytest.raises(InputError, match=says):
        audit(images(faces(4, 2)), references, fpir=fpir)
