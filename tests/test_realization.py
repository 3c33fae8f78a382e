import math
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.realization import corrected, mean_nearest_angle, most_alike_pairs, realize, recognized, separation, walk
from hyperface.recognizers import EmbeddingSpace
from hyperface.steps import finish


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


def test_a_walk_is_drawn_along_the_great_circle_and_likened_to_its_start(identities):
    start, end = identities[:2]
    walked = walk(start, end, [0.0, 0.25, 1.0], StripeGenerator(), Reader())
    whole = math.acos(float(start @ end))
    expected = [1.0, math.cos(0.25 * whole), math.cos(whole)]  # the reader sees what was asked for, without a style
    assert walked.likeness.tolist() == pytest.approx(expected, abs=1e-5)
    torch.testing.assert_close(Reader().embed(walked.images)[2], end, atol=1e-5, rtol=0)
    in_styles = [
        walk(start, end, [0.0], StripeGenerator(), Reader(), styles=[style]).likeness.item() for style in (5, 1, 9)
    ]
    chosen = walk(start, end, [0.0, 1.0], StripeGenerator(), Reader(), styles=(5, 1, 9))
    assert chosen.likeness[0].item() == pytest.approx(max(in_styles))
    with pytest.raises(InputError):
        walk(start, -start, [0.5], StripeGenerator(), Reader())


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


class LinearGenerator:
    """Draws normalise(x A + noise of the seed): what it makes of a request is known in closed form."""

    name = "linear"
    space = EmbeddingSpace("reader", "the generator 'linear'")

    def __init__(self, noise=0.0, turn=0.5):
        self.noise = noise
        self.matrix = torch.eye(5) + turn * torch.randn(5, 5, generator=torch.Generator().manual_seed(1)) / 5**0.5

    def generate(self, embeddings, seeds):
        rows = F.normalize(embeddings @ self.matrix, dim=1)
        for row, embedding, seed in zip(rows, embeddings, seeds, strict=True):
            about = torch.Generator().manual_seed((seed + int(1000 * embedding[0].abs())) % 2**62)
            row += self.noise * torch.randn(5, generator=about)
        images = torch.zeros(len(rows), 3, 4, 4)
        images[:, 0, 0, :4], images[:, 1, 0, 0], images[:, 2, 0, 0] = rows[:, :4], rows[:, 4], 1.0
        return images


class MirrorReader:
    """Reads what `LinearGenerator` drew, from a picture as from its mirror image."""

    space = EmbeddingSpace("reader", "what is read")

    def embed(self, images):
        straight = images[:, 2, 0, 0] == 1
        upright = torch.where(straight[:, None, None, None], images, images.flip(3))
        return F.normalize(torch.cat([upright[:, 0, 0, :4], upright[:, 1, 0, :1]], dim=1), dim=1)


def realized(requests, generator):
    return F.normalize(requests @ generator.matrix, dim=1)


def test_a_correction_finds_what_the_inverse_gives(identities):
    generator = LinearGenerator()
    found = finish(corrected(identities, generator, MirrorReader(), rounds=40, pictures=1, step=1.0))
    exact = F.normalize(identities @ torch.linalg.inv(generator.matrix), dim=1)
    torch.testing.assert_close(found.requests, exact, atol=2e-3, rtol=0)
    torch.testing.assert_close(found.before, (realized(identities, generator) * identities).sum(dim=1))
    assert (found.after > 1 - 1e-4).all()


def test_noise_does_not_make_the_kept_request_worse():
    """Where nothing is to be gained, as the generator draws what is asked for, noise may only cost a little; where
    there is, every request gains in the mean over pictures, which the correction has not seen."""
    wanted = F.normalize(torch.randn(60, 5, generator=torch.Generator().manual_seed(8)), dim=1)
    exact, twisted = LinearGenerator(noise=0.15, turn=0.0), LinearGenerator(noise=0.15)
    kept = finish(corrected(wanted, exact, MirrorReader(), rounds=4, step=0.7)).requests
    assert (realized(kept, exact) * wanted).sum(dim=1).mean() > 0.985
    kept = finish(corrected(wanted, twisted, MirrorReader(), rounds=4, step=0.7)).requests
    before, after = ((realized(rows, twisted) * wanted).sum(dim=1) for rows in (wanted, kept))
    assert after.mean() > before.mean() + 0.5 * (1 - before.mean())
    assert (after - before).min() > -0.03


def test_a_request_that_only_got_worse_is_given_back(identities):
    """A generator that does the opposite of what it is asked for: the correction leads away, and nothing is lost."""

    class Contrary(LinearGenerator):
        def generate(self, embeddings, seeds):
            moved = (embeddings @ identities.T).max(dim=1).values < 1 - 1e-6
            return super().generate(torch.where(moved[:, None], -embeddings, embeddings), seeds)

    found = finish(corrected(identities, Contrary(), MirrorReader(), rounds=2))
    torch.testing.assert_close(found.requests, identities)
    torch.testing.assert_close(found.after, found.before)


def test_the_same_seed_corrects_the_same_however_it_is_batched_or_resumed(identities):
    generator = LinearGenerator(noise=0.1)

    def steps(**options):
        return corrected(identities, generator, MirrorReader(), seed=3, **options)

    whole = finish(steps())
    torch.testing.assert_close(finish(steps(batch_size=1)).requests, whole.requests)
    assert not torch.allclose(finish(corrected(identities, generator, MirrorReader(), seed=4)).requests, whole.requests)
    seen = []
    whole = finish(steps(batch_size=2), seen.append)
    assert [step.step for step in seen] == [6, 9, 15, 18, 24, 27, 33, 39, 45]
    assert seen[-1].total == 45
    assert [len(step.cosines) for step in seen] == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    for step in (seen[0], seen[3], seen[-1]):
        again = finish(steps(batch_size=2, resume=step.state))
        torch.testing.assert_close(again.requests, whole.requests, rtol=0, atol=0)


def test_corrections_that_cannot_be_are_refused(identities):
    with pytest.raises(InputError, match=r"^The generator 'linear' and what is read .*'reader' and 'other'"):
        corrected(identities, LinearGenerator(), Reader("other"))
    for bad in ({"rounds": 0}, {"pictures": 0}, {"batch_size": 0}):
        with pytest.raises(InputError, match="at least one"):
            corrected(identities, LinearGenerator(), MirrorReader(), **bad)
    for step in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="above 0"):
            corrected(identities, LinearGenerator(), MirrorReader(), step=step)


def test_every_look_has_pictures_of_its_own(identities):
    drawn = []

    class Recorded(LinearGenerator):
        def generate(self, embeddings, seeds):
            drawn.append(tuple(seeds))
            return super().generate(embeddings, seeds)

    finish(corrected(identities, Recorded(), MirrorReader(), rounds=2, pictures=3))
    assert [len(seeds) for seeds in drawn] == [9, 9, 18]  # in the end, what was wanted and what it has become
    assert all(seeds == seeds[:3] * (len(seeds) // 3) for seeds in drawn)  # comparable across identities
    assert len({seed for seeds in drawn for seed in seeds}) == 9
