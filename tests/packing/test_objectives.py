"""Analytic gradients against autograd of dense implementations, and against finite differences."""

import math

import pytest
import torch

from hyperface.packing import soft_maximum as soft_maximum_module
from hyperface.packing import tiles
from hyperface.packing.objectives import NearestMean, PaperMinimum, SoftMaximum, StochasticMinimum
from hyperface.packing.soft_maximum import soft_maximum
from hyperface.sphere import angles, normalize, random_points


def dense_cosines(points: torch.Tensor) -> torch.Tensor:
    return (points @ points.T).masked_fill(torch.eye(len(points), dtype=torch.bool), -math.inf)


def autograd(value, points: torch.Tensor) -> torch.Tensor:
    leaf = points.double().requires_grad_()
    value(leaf).backward()
    return leaf.grad.float()


@pytest.mark.parametrize("beta", [1.0, 50.0, 5000.0, 1e6])
@pytest.mark.parametrize("tile", [1 << 21, 64])
def test_soft_maximum_is_the_dense_one(monkeypatch, beta, tile):
    monkeypatch.setattr(tiles, "TILE_ELEMENTS", tile)
    monkeypatch.setattr(tiles, "SMALLEST_HEIGHT", 1)
    points = random_points(41, 6, seed=0)  # the last tile is a single cosine, of a point with itself

    def dense(leaf: torch.Tensor) -> torch.Tensor:
        return torch.logsumexp(beta * dense_cosines(leaf), dim=(0, 1)) / beta

    nearest, value, gradient = soft_maximum(points, beta)
    # float32 cosines are off by 1e-7, which a sharp β multiplies
    tolerance = 1e-5 + beta * 3e-7
    assert value == pytest.approx(float(dense(points.double())), abs=2e-6)
    if tolerance < 0.01:
        torch.testing.assert_close(gradient, autograd(dense, points), atol=tolerance, rtol=tolerance)
    assert torch.equal(nearest, dense_cosines(points).argmax(dim=1))
    assert gradient.isfinite().all()


def test_a_soft_maximum_that_begins_with_a_lone_point(monkeypatch):
    monkeypatch.setattr(tiles, "TILE_ELEMENTS", 1)
    points = torch.eye(2)
    nearest, value, gradient = soft_maximum(points, 10.0)
    assert nearest.tolist() == [1, 0]
    assert value == pytest.approx(math.log(2) / 10)
    torch.testing.assert_close(gradient, points.flip(0))


def test_the_gradient_summed_in_bfloat16_points_the_same_way(monkeypatch):
    monkeypatch.setattr(soft_maximum_module, "has_fast_bfloat16", lambda device: True)
    points = random_points(300, 64, seed=8)
    nearest, value, gradient = soft_maximum(points, 20.0)
    monkeypatch.setattr(soft_maximum_module, "ROUNDED_FROM", 300)
    rounded_nearest, rounded_value, rounded = soft_maximum(points, 20.0)
    assert torch.equal(nearest, rounded_nearest)
    assert value == rounded_value
    assert not torch.equal(gradient, rounded)
    assert torch.nn.functional.cosine_similarity(gradient, rounded).min() > 0.9999


def test_soft_gradient_agrees_with_finite_differences_along_the_sphere():
    points = random_points(30, 5, seed=1).double()
    direction = torch.randn(points.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    direction -= (direction * points).sum(dim=1, keepdim=True) * points  # tangent
    beta, h = 40.0, 1e-5
    ahead, behind = (soft_maximum(normalize(points + sign * h * direction), beta)[1] for sign in (1, -1))
    gradient = soft_maximum(points, beta)[2]
    tangent = gradient - (gradient * points).sum(dim=1, keepdim=True) * points
    assert (ahead - behind) / (2 * h) == pytest.approx(float((tangent * direction).sum()), rel=1e-5)


def test_soft_maximum_tends_to_the_largest_cosine_from_above():
    points = random_points(50, 8, seed=3)
    largest = float(dense_cosines(points).max())
    values = [soft_maximum(points, beta)[1] for beta in (10.0, 100.0, 1000.0)]
    assert values[0] > values[1] > values[2] > largest
    assert values[2] - largest < math.log(50 * 49) / 1000


@pytest.mark.parametrize(
    ("objective", "dense"),
    [
        (PaperMinimum(), lambda leaf: -(1 - dense_cosines(leaf)).min()),
        (NearestMean(), lambda leaf: -(1 - dense_cosines(leaf)).amin(dim=1).mean()),
    ],
)
def test_sparse_gradients_are_those_of_the_dense_objective(objective, dense):
    points = random_points(60, 9, seed=4)
    evaluation = objective.evaluate(points, 0.0)
    torch.testing.assert_close(evaluation.gradient, autograd(dense, points))
    assert torch.equal(evaluation.nearest, dense_cosines(points).argmax(dim=1))


def test_the_stochastic_gradient_is_the_papers_on_the_points_drawn():
    points = random_points(60, 9, seed=4)
    objective = StochasticMinimum(batch=20)
    evaluation = objective.evaluate(points, 0.0, draw=torch.Generator().manual_seed(1))
    assert len(set(evaluation.moving.tolist())) == 20
    assert evaluation.nearest is None
    expected = torch.zeros_like(points)
    expected[evaluation.moving] = PaperMinimum().evaluate(points[evaluation.moving], 0.0).gradient
    assert torch.equal(evaluation.gradient, expected)
    again = objective.evaluate(points, 0.0, draw=torch.Generator().manual_seed(1))
    assert torch.equal(again.moving, evaluation.moving)


def test_paper_steps_are_torch_adam_and_back_to_the_sphere():
    points = random_points(20, 7, seed=5)
    ours = PaperMinimum(learning_rate=0.02)
    moments = ours.start(points)
    theirs = points.clone().requires_grad_()
    adam = torch.optim.Adam([theirs], lr=0.02)
    steps = 30
    for step in range(steps):
        progress = step / steps
        points, moments = ours.step(points, ours.evaluate(points, progress).gradient, moments, step + 1, progress)
        adam.param_groups[0]["lr"] = 0.02 * (1 + math.cos(math.pi * progress)) / 2
        theirs.grad = PaperMinimum().evaluate(theirs.detach(), progress).gradient
        adam.step()
        with torch.no_grad():
            theirs.copy_(normalize(theirs))
    torch.testing.assert_close(points, theirs.detach(), atol=1e-4, rtol=0)


def test_soft_step_follows_the_tangent_and_shrinks_as_beta_grows():
    objective = SoftMaximum(learning_rate=0.2)
    points = random_points(10, 4, seed=6)
    moved, _ = objective.step(points, 3 * points, objective.start(points), 1, 0.0)
    torch.testing.assert_close(moved, points)  # a radial gradient asks for nothing
    gradient = torch.randn(points.shape, generator=torch.Generator().manual_seed(7))
    for progress in (0.0, 0.5, 1.0):
        moved, _ = objective.step(points, gradient, objective.start(points), 1, progress)
        length = 0.2 / objective.sharpening(4, progress)
        torch.testing.assert_close(angles(points, moved).tan().float(), torch.full((10,), length), rtol=1e-3, atol=1e-6)
