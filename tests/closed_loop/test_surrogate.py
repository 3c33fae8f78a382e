"""The closed loop by a linear function, on people whose pictures follow it exactly, or with a known twist."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface import generators, recognizers
from hyperface.closed_loop import close_loop
from hyperface.closed_loop.step import Weights
from hyperface.closed_loop.surrogate import Surrogate, descended, losses
from hyperface.errors import CheckpointError, InputError
from hyperface.generators import Generator, GeneratorCard, LinearPeople, LinearResponse
from hyperface.heads.identity import coordinates
from hyperface.recognizers import EmbeddingSpace
from hyperface.sphere import normalize, random_points

APART = {"consistency": 0.0, "fidelity": 0.0}  # repulsion alone, whose best is known
TETRAHEDRON, OCTAHEDRON = -1 / 3, 0.0  # largest cosine of the best 4 and 6 points in three dimensions


class Linear(Generator, LinearPeople):
    """People of six numbers, a linear function of which is the one colour of a picture; twisted and noisy if asked."""

    card = GeneratorCard("linear", "eye", 3, 8, "nothing", "CC0-1.0", "this test")
    style_size = 3

    def __init__(self, *, noise: float = 0.0, twist: float = 0.0, weak: float = 1.0) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(0)
        left = torch.linalg.qr(torch.randn(6, 3, generator=draw))[0]
        self.weights = 0.3 * left * torch.tensor([1.0, 0.8, 0.6 * weak])  # (6, 3)
        self.twisted = self.weights + twist * torch.randn(6, 3, generator=draw)
        self.noise = noise

    @property
    def response(self):
        return LinearResponse(torch.zeros(3), self.weights, 4.0)

    def coordinates(self, embeddings):
        free = embeddings @ torch.linalg.pinv(self.weights)
        free = free / free.square().mean(dim=1, keepdim=True).sqrt()
        return (4 * torch.tanh(free / 4)).numpy()

    def requests(self, z):
        return normalize(4 * torch.atanh(torch.from_numpy(z) / 4) @ self.weights)

    def people(self, z, seeds):
        noise = torch.stack([torch.randn(3, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
        colors = 0.5 + 0.2 * torch.from_numpy(z) @ self.twisted + self.noise * noise  # (n, 3)
        return colors[:, :, None, None].expand(-1, -1, 8, 8)

    def draw(self, embeddings, styles):
        return self.people(self.coordinates(embeddings), range(len(embeddings)))


class Eye:
    """Sees the colour of a picture."""

    name, dimension = "eye", 3

    @property
    def space(self):
        return EmbeddingSpace(self.name, "what is seen")

    def embed(self, images, *, batch_size=128):
        return F.normalize(images.mean(dim=(2, 3)) - 0.5, dim=1)


def nearest_seen(requests: torch.Tensor, generator: Linear) -> torch.Tensor:
    """(n,): cosine to the nearest other one in pictures without noise."""
    quiet = Linear()
    quiet.twisted = generator.twisted
    seen = Eye().embed(quiet.generate(requests, [0] * len(requests)))
    return (seen @ seen.T).fill_diagonal_(-1).amax(dim=1)


@pytest.mark.parametrize(("count", "best"), [(4, TETRAHEDRON), (6, OCTAHEDRON)])
def test_exactly_linear_people_end_as_the_best_packing_of_what_can_be_seen(count, best):
    generator = Linear()
    *_, last = close_loop(random_points(count, 3, seed=1), generator, Eye(), rounds=30, **APART)
    assert float(nearest_seen(last.requests, generator).max()) == pytest.approx(best, abs=0.02)
    torch.testing.assert_close(last.nearest_cosine.float(), nearest_seen(last.requests, generator), atol=1e-3, rtol=0)


def test_pictures_correct_a_linear_function_that_is_wrong():
    """Without them its packing would be one only in its own eyes."""
    start, generator = random_points(6, 3, seed=2), Linear(twist=0.15)
    model = Surrogate(generator)
    points = model.points(generator.coordinates(start))
    everyone, nothing = torch.arange(6), torch.zeros(6, 3)
    blind = descended(
        model,
        points,
        everyone,
        nothing,
        normalize(model.expected(points)),
        torch.full((6,), 3.0),
        Weights(1, 0, 0),
        200,
    )
    open_loop = float(nearest_seen(generator.requests(model.people(blind).numpy()), generator).max())
    *_, last = close_loop(start, generator, Eye(), rounds=40, **APART)
    closed = float(nearest_seen(last.requests, generator).max())
    assert open_loop > OCTAHEDRON + 0.08
    assert closed < OCTAHEDRON + 0.03


def test_noise_of_the_pictures_does_not_lead_astray():
    generator, start = Linear(noise=0.02), random_points(6, 3, seed=1)
    *_, last = close_loop(start, generator, Eye(), rounds=30, **APART)
    before = float(nearest_seen(start, generator).max())
    assert float(nearest_seen(last.requests, generator).max()) < min(0.12, before - 0.3)


def test_without_repulsion_nobody_is_moved_apart():
    generator, start = Linear(), random_points(6, 3, seed=1)
    first, *_, last = close_loop(start, generator, Eye(), rounds=10, repulsion=0.0, **APART)
    torch.testing.assert_close(last.requests, first.requests, atol=1e-5, rtol=0)


def test_losses_are_those_written_out():
    draw = torch.Generator().manual_seed(7)
    centers, expected = torch.randn(3, 4, generator=draw) * 0.4, torch.randn(3, 4, generator=draw)
    centers[0] *= 2 / centers[0].norm()  # longer than any mean of unit vectors: the linear function knows no bound
    seen, moved = random_points(6, 4, seed=8), torch.tensor([5, 0, 3])
    for found, i, row, told in zip(losses(centers, expected, moved, seen, Weights(2.0, 0.3, 0.1)),
                                   moved.tolist(), centers.tolist(), expected.tolist(), strict=True):  # fmt: skip
        length = math.hypot(*row)
        cosines = [sum(a * b for a, b in zip(row, seen[j].tolist(), strict=True)) / length for j in range(6) if j != i]
        apart = math.log(sum(math.exp(20 * cosine) for cosine in cosines)) / 20
        strange = 1 - sum(a * b for a, b in zip(row, told, strict=True)) / length / math.hypot(*told)
        assert float(found) == pytest.approx(2 * apart + 0.3 * max(0, 1 - length**2) + 0.1 * strange, abs=1e-5)


def test_gradient_agrees_with_finite_differences():
    """Of each person alone, the others standing still: a first short move goes down it."""
    generator = Linear(twist=0.1)
    model = Surrogate(generator)
    model.gain = torch.tensor(0.8)
    points, offsets = random_points(5, 3, seed=3), 0.1 * random_points(5, 3, seed=4)
    seen, moved = random_points(7, 3, seed=5), torch.tensor([4, 0, 2, 6, 1])
    weights = Weights(1.0, 0.3, 0.1)

    around = seen.index_copy(0, moved, normalize(model.expected(points) + offsets))

    def loss(i: int, at: torch.Tensor) -> torch.Tensor:
        expected = model.expected(at[None])
        return losses(expected + offsets[i], expected, moved[i : i + 1], around, weights)[0]

    h = 1e-2  # the values are float32
    downhill = torch.tensor(
        [
            [
                (loss(i, normalize(row - h * axis)) - loss(i, normalize(row + h * axis))) / (2 * h)
                for axis in torch.eye(3)
            ]
            for i, row in enumerate(points)
        ]
    )  # (b, 3), tangent, as both sides are on the sphere
    length = 1e-3
    there = descended(model, points, moved, offsets, seen, torch.full((5,), length), weights, moves=1)
    torch.testing.assert_close((there - points) / length, normalize(downhill), atol=0.03, rtol=0)


def test_nobody_is_moved_further_than_trusted():
    generator = Linear()
    model = Surrogate(generator)
    points, lengths = random_points(8, 3, seed=6), torch.linspace(0, 0.4, 8)
    seen = normalize(model.expected(points))
    there = descended(model, points, torch.arange(8), torch.zeros(8, 3), seen, lengths, Weights(1, 0.3, 0.1))
    angles = torch.rad2deg((points * there).sum(dim=1).clamp(-1, 1).acos())
    assert (angles <= torch.rad2deg(lengths) + 0.1).all()
    torch.testing.assert_close(there[0], points[0])


def test_people_keep_their_length_and_their_bounds():
    *_, last = close_loop(random_points(6, 3, seed=1), Linear(), Eye(), rounds=3)
    z = Surrogate(Linear()).people(last.state["points"])
    free = 4 * torch.atanh(z / 4)
    torch.testing.assert_close(free.square().mean(dim=1), torch.ones(6), atol=1e-4, rtol=0)
    assert z.abs().max() < 4


def test_what_goes_with_people_is_drawn_with_them_and_undone():
    class Resting(Linear):
        @property
        def response(self):
            seen = torch.linalg.qr(self.weights)[0]  # (6, 3)
            hidden = (torch.eye(6) - seen @ seen.T).numpy()

            def rest(numbers):
                return np.sin(3 * numbers @ seen.numpy() @ np.ones((3, 6), np.float32)) @ hidden

            return LinearResponse(torch.zeros(3), self.weights, 4.0, rest=rest)

    points = random_points(6, 3, seed=1)
    model, plain = Surrogate(Resting()), Surrogate(Linear())
    free = 4 * torch.atanh(model.people(points) / 4)
    answers = 4 * torch.atanh(plain.people(points) / 4)
    rest = Resting().response.rest(answers.numpy())
    assert np.abs(rest).max() > 0.3
    torch.testing.assert_close(free, answers + torch.from_numpy(rest), atol=1e-4, rtol=0)
    torch.testing.assert_close(model.points(model.people(points).numpy()), points, atol=1e-5, rtol=0)


def test_directions_that_are_hardly_seen_are_left_alone():
    assert Surrogate(Linear()).basis.shape == (6, 3)
    assert Surrogate(Linear(weak=0.01)).basis.shape == (6, 2)


def test_whoever_is_worse_off_stays_and_is_moved_less_far():
    """Pictures that show another person in every round: no move keeps what it promised."""

    class Fickle(Linear):
        def people(self, z, seeds):
            return super().people(np.random.default_rng(seeds[0]).permutation(z), seeds)

    steps = list(close_loop(random_points(6, 3, seed=1), Fickle(), Eye(), rounds=12, **APART))
    reach = [float(step.state["reach"].mean()) for step in steps]
    assert reach[-1] < 0.5 * reach[0]
    stays = [
        (before.state["points"] == after.state["points"]).all(dim=1) & (after.state["reach"] < before.state["reach"])
        for before, after in pairwise(steps)
    ]
    assert sum(int(row.sum()) for row in stays) > 12


def test_a_continued_loop_is_the_unbroken_one_and_a_seed_says_everything():
    start, options = random_points(7, 3, seed=8), {"rounds": 3, "batch_size": 3}
    unbroken = list(close_loop(start, Linear(noise=0.02), Eye(), **options))
    assert [step.step for step in unbroken] == list(range(10))
    for broken_at in (0, 4, 8):
        rest = list(close_loop(start, Linear(noise=0.02), Eye(), resume=unbroken[broken_at].state, **options))
        assert [step.step for step in rest] == list(range(broken_at + 1, 10))
        assert torch.equal(rest[-1].requests, unbroken[-1].requests)
        assert torch.equal(rest[-1].seen, unbroken[-1].seen)
    *_, again = close_loop(start, Linear(noise=0.02), Eye(), **options)
    *_, other = close_loop(start, Linear(noise=0.02), Eye(), seed=1, **options)
    assert torch.equal(again.requests, unbroken[-1].requests)
    assert not torch.equal(other.requests, unbroken[-1].requests)


def test_consistency_is_the_mean_cosine_of_two_pictures():
    *_, quiet = close_loop(random_points(5, 3, seed=1), Linear(), Eye(), rounds=1)
    assert quiet.consistency == pytest.approx(1, abs=1e-5)
    *_, noisy = close_loop(random_points(5, 3, seed=1), Linear(noise=0.05), Eye(), rounds=1)
    assert 0.2 < noisy.consistency < 0.95


def test_bad_input_is_refused():
    start, deaf = random_points(4, 3, seed=9), Eye()
    deaf.name = "ear"
    with pytest.raises(InputError, match=r"'linear' and what is seen are of .*'eye' and 'ear'"):
        close_loop(start, Linear(), deaf)
    state = next(close_loop(start, Linear(), Eye(), rounds=1)).state
    with pytest.raises(CheckpointError, match="other identities"):
        close_loop(random_points(5, 3, seed=9), Linear(), Eye(), resume=state)
    with pytest.raises(CheckpointError, match="other identities"):
        close_loop(start, Linear(weak=0.01), Eye(), resume=state)


@pytest.mark.slow
def test_heads_are_moved_and_drawn_by_their_requests():
    """Six heads, one round: the requests that come out are answered with the very people that were moved."""
    generator = generators.load("heads")
    start = generator.embeddings(coordinates.sample(range(6)))
    first, *_, last = close_loop(start, generator, recognizers.load(generator.recognizer), rounds=1)
    people = Surrogate(generator).people(last.state["points"]).numpy()
    np.testing.assert_allclose(generator.coordinates(last.requests), people, atol=2e-3)
    torch.testing.assert_close(last.requests.norm(dim=1), torch.ones(6))
    assert not torch.equal(first.requests, last.requests)
    assert 0.3 < last.consistency < 1
    moved = (first.state["points"] * last.state["points"]).sum(dim=1).clamp(-1, 1).acos()
    assert float(moved.max()) <= 0.3 + math.radians(0.1)
