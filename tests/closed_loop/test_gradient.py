"""The closed loop, on a generator whose pictures squash identities and that a few numbers describe."""

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from hyperface.closed_loop import close_loop, gradient
from hyperface.closed_loop.step import Weights
from hyperface.errors import CheckpointError, InputError
from hyperface.generators import DifferentiableGenerator, GeneratorCard
from hyperface.recognizers import EmbeddingSpace
from hyperface.sphere import normalize, random_points

SQUASH = torch.tensor([1.0, 0.3, 0.6])


class Squashing(DifferentiableGenerator):
    """A picture is of one colour: the embedding, its second and third coordinates drawn weakly, and a little style."""

    card = GeneratorCard("squashing", "eye", 3, 8, "nothing", "CC0-1.0", "this test")
    style_size = 3

    def draw(self, embeddings, styles):
        colors = 0.5 + 0.3 * (embeddings[:, :3] * SQUASH + 0.02 * styles.tanh())  # (n, 3)
        return colors[:, :, None, None].expand(-1, -1, 8, 8)


@dataclass
class Eye:
    """Sees the colour of a picture."""

    name: str = "eye"
    dimension: int = 3
    differentiable: bool = True

    @property
    def space(self):
        return EmbeddingSpace(self.name, "what is seen")

    def embed(self, images, *, batch_size=128):
        return F.normalize(images.mean(dim=(2, 3)) - 0.5, dim=1)


def seen_nearest(requests: torch.Tensor) -> float:
    """Mean cosine to the nearest other one in the pictures."""
    seen = Eye().embed(Squashing().draw(requests, torch.zeros(len(requests), 3)))
    return float((seen @ seen.T).fill_diagonal_(-1).amax(dim=1).mean())


@pytest.mark.slow
def test_pictures_end_farther_apart_than_those_of_the_same_effort_without_repulsion():
    start = random_points(30, 3, seed=0)
    *_, apart = close_loop(start, Squashing(), Eye(), rounds=60, batch_size=16)
    *_, control = close_loop(start, Squashing(), Eye(), rounds=60, batch_size=16, repulsion=0.0)
    assert seen_nearest(apart.requests) < seen_nearest(start) - 0.08
    assert seen_nearest(apart.requests) < seen_nearest(control.requests) - 0.08
    torch.testing.assert_close(apart.requests.norm(dim=1), torch.ones(30))
    assert apart.step == apart.total == 120


def test_what_is_reported_is_what_is_seen():
    start = random_points(10, 3, seed=1)
    first, *_, last = close_loop(start, Squashing(), Eye(), rounds=30, batch_size=10, learning_rate=1e-9)
    assert first.consistency is None
    assert last.consistency > 0.99
    torch.testing.assert_close(last.requests, start, atol=1e-5, rtol=0)
    assert float(last.nearest_cosine.mean()) == pytest.approx(seen_nearest(start), abs=0.02)
    cosines = last.seen.double() @ last.seen.double().T
    expected = cosines.fill_diagonal_(-1).amax(dim=1)
    torch.testing.assert_close(last.nearest_cosine, expected, atol=1e-6, rtol=0)


def test_gradient_agrees_with_finite_differences():
    points = random_points(6, 3, seed=2)
    seen, moved = random_points(9, 3, seed=3), torch.arange(6)
    direction = torch.randn(6, 3, generator=torch.Generator().manual_seed(4))

    def loss(at: torch.Tensor) -> torch.Tensor:
        draw = torch.Generator().manual_seed(5)
        return gradient._loss(at, moved, seen, Squashing(), Eye(), Weights(1.0, 0.3, 0.1), draw)[0]

    leaf = points.clone().requires_grad_()
    loss(leaf).backward()
    # The others' pictures count as standing still within a step, so one identity is moved at a time.
    for i in range(6):
        along = torch.zeros(6, 3)
        along[i] = direction[i]
        others = Eye().embed(Squashing().draw(points, torch.zeros(len(points), 3)))
        h = 1e-2
        fixed = [_moved_alone(points, sign * h * along, i, seen, others) for sign in (1, -1)]
        assert (fixed[0] - fixed[1]) / (2 * h) == pytest.approx(float(leaf.grad[i] @ direction[i]), rel=0.03, abs=0.01)


def _moved_alone(points, change, i, seen, others) -> float:
    """Loss of identity i alone, written out, the others seen where the unmoved points are."""
    draw = torch.Generator().manual_seed(5)
    standing = gradient._seen(normalize(points), Squashing(), Eye(), draw)
    centers = F.normalize(standing.sum(dim=1), dim=1)
    draw = torch.Generator().manual_seed(5)
    requests = F.normalize(points + change, dim=1)
    pictures = gradient._seen(requests, Squashing(), Eye(), draw)[i]  # (2, 3)
    center = F.normalize(pictures.sum(dim=0), dim=0)
    rest = torch.cat([centers[:i], centers[i + 1 :], seen[6:]])
    apart = torch.logsumexp(20.0 * (rest @ center), dim=0) / 20.0
    alike = 1 - pictures[0] @ pictures[1]
    faithful = 1 - (pictures @ requests[i]).mean()
    return float(apart + 0.3 * alike + 0.1 * faithful)


class Moody(Squashing):
    """Pictures of one request differ by its first coordinate: those on the great circle without it look alike."""

    def draw(self, embeddings, styles):
        colors = 0.5 + 0.2 * (embeddings + embeddings[:, :1] * styles.tanh())  # (n, 3)
        return colors[:, :, None, None].expand(-1, -1, 8, 8)


def test_consistency_alone_moves_requests_to_where_their_pictures_agree():
    start = random_points(20, 3, seed=10)
    options = {"rounds": 80, "batch_size": 20, "repulsion": 0.0, "fidelity": 0.0}
    first, *_, last = close_loop(start, Moody(), Eye(), consistency=1.0, **options)
    assert float(first.requests[:, 0].abs().mean()) > 0.4
    assert float(last.requests[:, 0].abs().mean()) < 0.1
    assert last.consistency > 0.99
    *_, still = close_loop(start, Moody(), Eye(), consistency=0.0, **options)
    torch.testing.assert_close(still.requests, start, atol=1e-6, rtol=0)


def test_fidelity_alone_moves_requests_to_where_pictures_show_what_was_asked_for():
    def seen_as_asked(requests: torch.Tensor) -> torch.Tensor:
        return F.cosine_similarity(requests, requests * SQUASH)

    start = random_points(20, 3, seed=11)
    options = {"rounds": 80, "batch_size": 20, "repulsion": 0.0, "consistency": 0.0}
    *_, last = close_loop(start, Squashing(), Eye(), fidelity=1.0, **options)
    assert float(seen_as_asked(start).mean()) < 0.96
    assert float(seen_as_asked(last.requests).mean()) > 0.995


class Witness(Eye):
    """Remembers the pictures that it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[torch.Tensor] = []

    def embed(self, images, *, batch_size=128):
        self.shown.append(images.detach().clone())
        return super().embed(images, batch_size=batch_size)


class Landmark(Squashing):
    """Grey pictures with one bright point, right of the middle; all of their green is 0.7."""

    image_size = 17

    def draw(self, embeddings, styles):
        picture = torch.full((1, 3, 17, 17), 0.1)
        picture[:, 1] = 0.7
        picture[:, 0, 8, 12] = 1.0
        return picture + 1e-9 * embeddings.sum() + torch.zeros(len(embeddings), 1, 1, 1)


@pytest.mark.slow
def test_pictures_are_mirrored_shifted_and_blurred_before_they_are_seen():
    witness, steps = Witness(), 400
    for _ in close_loop(random_points(2, 3, seed=12), Landmark(), witness, rounds=steps, batch_size=2):
        pass
    mirrored = blurred = 0
    shifts: set[tuple[int, int]] = set()
    for images in witness.shown[1:]:  # the first ones are those of the start
        assert images.shape == (4, 3, 17, 17)
        assert torch.equal(images, images[:1].expand(4, -1, -1, -1))  # the whole batch in the same way
        torch.testing.assert_close(images[:, 1], torch.full((4, 17, 17), 0.7))  # up to the borders
        excess = images[0, 0] - 0.1
        torch.testing.assert_close(excess.sum(), torch.tensor(0.9), atol=1e-4, rtol=0)
        bright = (excess > 0.05).nonzero()  # (1 or 9, 2)
        assert len(bright) in (1, 9)
        torch.testing.assert_close(excess.max(), torch.tensor(0.9 / len(bright)), atol=1e-5, rtol=0)
        row, column = bright.double().mean(dim=0).tolist()
        blurred += len(bright) == 9
        mirrored += column < 8
        shifts.add((round(row) - 8, round(column) - (4 if column < 8 else 12)))
    assert len(witness.shown) == steps + 1
    assert 0.4 * steps < mirrored < 0.6 * steps  # ± 4 standard deviations about a half
    assert 0.2 * steps < blurred < 0.4 * steps  # about 0.3
    assert shifts == {(row, column) for row in range(-2, 3) for column in range(-2, 3)}


def test_moves_shorten_in_a_straight_line_to_nothing():
    class Blind(Eye):
        """Sees the same in every picture, so that fidelity draws all requests one way."""

        def embed(self, images, *, batch_size=128):
            return torch.tensor([0.0, 0.0, 1.0]).expand(len(images), 3)

    angle = torch.linspace(0, 1, 6)
    equator = torch.stack([angle.cos(), angle.sin(), torch.zeros(6)], dim=1)
    steps = list(
        close_loop(
            equator, Squashing(), Blind(), rounds=10, batch_size=3, learning_rate=1e-3, repulsion=0.0, fidelity=1.0
        )
    )
    assert steps[-1].total == 20  # two batches a round
    moved = torch.zeros(6)
    for before, after in pairwise(steps):
        lengths = (after.requests - before.requests).norm(dim=1)
        # The gradient is the same all the time, which makes Adam's step the learning rate itself.
        expected = 1e-3 * (1 - before.step / before.total)
        assert sorted(lengths.tolist()) == pytest.approx([0.0] * 3 + [expected] * 3, rel=0.02, abs=1e-7)
        moved += lengths
    assert (steps[-1].requests[:, 2] > 0).all()
    torch.testing.assert_close(moved, steps[-1].requests[:, 2], rtol=1e-3, atol=1e-6)


def test_requests_stay_in_the_directions_that_the_generator_can_draw():
    reach = torch.linalg.qr(torch.randn(5, 3, generator=torch.Generator().manual_seed(6)))[0]  # (5, 3)

    class Wide(Squashing):
        dimension = 5

        def draw(self, embeddings, styles):
            return super().draw(embeddings @ reach, styles)

    eye = Eye()
    eye.embed = lambda images, *, batch_size=128: Eye.embed(eye, images) @ reach.T
    eye.dimension = 5
    *_, last = close_loop(random_points(8, 5, seed=7), Wide(reach), eye, rounds=5, batch_size=8)
    torch.testing.assert_close(last.requests @ reach @ reach.T, last.requests, atol=1e-6, rtol=0)


def test_a_continued_loop_is_the_unbroken_one():
    start = random_points(10, 3, seed=8)
    unbroken = list(close_loop(start, Squashing(), Eye(), rounds=4, batch_size=4))
    for broken_at in (0, 1, 5, 11):
        rest = list(close_loop(start, Squashing(), Eye(), rounds=4, batch_size=4, resume=unbroken[broken_at].state))
        assert [step.step for step in rest] == list(range(broken_at + 1, 13))
        assert torch.equal(rest[-1].requests, unbroken[-1].requests)
        assert torch.equal(rest[-1].seen, unbroken[-1].seen)


def test_one_identity_at_a_time():
    start = random_points(3, 3, seed=13)
    *steps, last = close_loop(start, Squashing(), Eye(), rounds=2, batch_size=1)
    assert (len(steps), last.total) == (6, 6)
    for before, after in pairwise([*steps, last]):
        assert (before.requests != after.requests).any(dim=1).sum() == 1


def test_bad_input_is_refused():
    start = random_points(4, 3, seed=9)
    eye = Eye()
    eye.name = "ear"
    with pytest.raises(InputError, match=r"'squashing' and what is seen are of .*'eye' and 'ear'.* use 'eye'"):
        close_loop(start, Squashing(), eye)
    with pytest.raises(InputError, match="at least 2"):
        close_loop(start[:1], Squashing(), Eye())
    with pytest.raises(InputError, match="at least 1"):
        close_loop(start, Squashing(), Eye(), rounds=0)
    with pytest.raises(InputError, match="negative"):
        close_loop(start, Squashing(), Eye(), repulsion=-1)
    with pytest.raises(InputError, match="above 0"):
        close_loop(start, Squashing(), Eye(), learning_rate=0)
    with pytest.raises(InputError, match="'plain' is not differentiable"):
        close_loop(start, SimpleNamespace(name="plain"), Eye())
    state = next(close_loop(start, Squashing(), Eye(), rounds=1)).state
    with pytest.raises(CheckpointError, match="other identities"):
        close_loop(random_points(5, 3, seed=9), Squashing(), Eye(), resume=state)


def test_no_two_uses_of_chance_draw_the_same_numbers(monkeypatch):
    """Of seed 0 too, where a step's pictures once came from the numbers that ordered the round of that number."""
    start, used = random_points(8, 3, seed=1), []

    def watched(name):
        original = getattr(torch, name)

        def draw(*sizes, generator, **options):
            used.append((name, generator.initial_seed()))
            return original(*sizes, generator=generator, **options)

        monkeypatch.setattr(torch, name, draw)

    watched("randperm")
    watched("randn")
    list(close_loop(start, Squashing(), Eye(), rounds=3, batch_size=4, seed=0))
    orders = {seed for name, seed in used if name == "randperm"}
    pictures = [seed for name, seed in used if name == "randn"]
    assert len(orders) == 3  # one of each round, the same for its steps
    assert len(set(pictures)) == 1 + 6  # of the start, and of each step
    assert not orders & set(pictures)
