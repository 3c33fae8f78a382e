import math
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.realization import mean_nearest_angle, most_alike_pairs, realize, recognized, separation
from hyperface.recognizers import EmbeddingSpace


class StripeGenerator:
    """Writes the embedding and the seed into the first pixels, so that a picture says what was asked."""

    name = "stripes"
    space = EmbeddingSpace("reader", "the generator 'stripes'")

    def generate(self, embeddings, seeds):
        images = torch.zeros(len(embeddings), 3, 4, 4)
        images.flatten(1)[:, : embeddings.shape[1]] = embeddings / 2 + 0.5
        images[:, 2, 3, 3] = torch.tensor(seeds) / 10
        return images


@dataclass
class Reader:
    """Reads the embedding back, turned a little by the seed."""

    name: str = "reader"

    @property
    def space(self):
        return EmbeddingSpace(self.name, "what is read")

    def embed(self, images):
        embedding = images.flatten(1)[:, :5] * 2 - 1
        embedding[:, 0] += images[:, 2, 3, 3]
        return F.normalize(embedding, dim=1)


@pytest.fixture
def identities():
    return F.normalize(torch.randn(3, 5, generator=torch.Generator().manual_seed(4)), dim=1)


def test_each_picture_is_asked_for_and_compared_like_one_at_a_time(identities):
    seeds = [7, 0]
    drawn = realize(identities, seeds, StripeGenerator(), Reader())
    assert drawn.images.shape == (3, 2, 3, 4, 4)
    for i, identity in enumerate(identities):
        for j, seed in enumerate(seeds):
            image = StripeGenerator().generate(identity[None], [seed])
            embedding = Reader().embed(image)[0]
            torch.testing.assert_close(drawn.images[i, j], image[0])
            torch.testing.assert_close(drawn.embeddings[i, j], embedding)
            assert drawn.cosine[i, j].item() == pytest.approx(float(embedding @ identity), abs=1e-6)


def test_perturbed_requests_are_drawn_but_compared_with_the_identity(identities):
    requests = F.normalize(identities[:, None] + 0.3 * torch.randn(3, 2, 5), dim=-1)
    drawn = realize(identities, [0, 0], StripeGenerator(), Reader(), requests=requests)
    expected = torch.einsum("nkd,nd->nk", requests, identities)  # seed 0 is read back as it was written
    torch.testing.assert_close(drawn.cosine, expected, atol=1e-5, rtol=0)


def test_another_recognizer_is_refused(identities):
    with pytest.raises(InputError, match=r"^The generator 'stripes' and what is read .*'reader' and 'other'"):
        realize(identities, [0], StripeGenerator(), Reader("other"))


def test_recognized_is_nearest_to_the_own_identity():
    packing = torch.eye(4)
    pictures = F.normalize(torch.tensor([[[0.1, 1, 0, 0], [0, 0, 1, 0.9]], [[0, 0, 0.2, 1], [0, 0, 1, 0.2]]]), dim=-1)
    assert recognized(pictures, [1, 3], packing).tolist() == [[True, False], [True, False]]
    assert recognized(pictures, [1, 2], packing).tolist() == [[True, False], [False, True]]


def test_separation_is_that_of_a_naive_loop():
    asked, seen = F.normalize(torch.randn(2, 12, 5, generator=torch.Generator().manual_seed(2)), dim=-1)
    found = separation(asked, seen)
    for i in range(12):
        others = [j for j in range(12) if j != i]
        nearest = max(others, key=lambda j: float(seen[i] @ seen[j]))
        assert int(found.neighbor[i]) == nearest
        for angle, cosine in (
            (found.drift[i], asked[i] @ seen[i]),
            (found.seen[i], seen[i] @ seen[nearest]),
            (found.requested[i], max(asked[i] @ asked[j] for j in others)),
        ):
            assert math.cos(math.radians(float(angle))) == pytest.approx(float(cosine), abs=1e-5)
    with pytest.raises(InputError, match="two identities or more"):
        separation(asked[:1], seen[:1])


def test_another_recognizer_may_say_how_far_apart_the_pictures_are(identities):
    pictures = StripeGenerator().generate(identities, [4] * 3)
    angles = []
    for i in range(3):
        seen = Reader("another").embed(pictures)
        angles.append(min(math.degrees(math.acos(float(seen[i] @ seen[j]))) for j in range(3) if j != i))
    assert mean_nearest_angle(pictures, Reader("another")) == pytest.approx(sum(angles) / 3, abs=1e-3)


def test_the_most_alike_pairs_come_first():
    rows = F.normalize(torch.randn(9, 4, generator=torch.Generator().manual_seed(3)), dim=1)
    cosines, pairs = most_alike_pairs(rows, 5)
    naive = sorted(((float(rows[i] @ rows[j]), i, j) for i in range(9) for j in range(i + 1, 9)), reverse=True)
    assert pairs.tolist() == [[i, j] for _, i, j in naive[:5]]
    assert cosines.tolist() == pytest.approx([cosine for cosine, _, _ in naive[:5]], abs=1e-6)
    assert len(most_alike_pairs(rows[:2], 5)[0]) == 1
