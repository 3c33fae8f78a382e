"""The packing iterator: exact figures, known packings, constraints, resuming, and bad input."""

import math

import pytest
import torch

from hyperface import sphere
from hyperface.errors import CheckpointError, DeviceError, InputError, UnknownNameError
from hyperface.packing import pack
from hyperface.packing.span import explained_share
from hyperface.sphere import random_points


def last(*arguments, **options):
    *_, step = pack(*arguments, **options)
    return step


def clustered(n: int, d: int, seed: int) -> torch.Tensor:
    """Points as a gallery has them: most of the variance in a few directions."""
    scales = 0.8 ** torch.arange(d)
    generator = torch.Generator().manual_seed(seed)
    return sphere.normalize(torch.randn(n, d, generator=generator) * scales)


@pytest.mark.parametrize("objective", ["soft", "paper", "nearest"])
@pytest.mark.parametrize("span", [None, 5])
def test_figures_are_those_of_brute_force_at_every_step(objective, span):
    gallery = clustered(300, 12, seed=0)
    for step in pack(gallery[:60], gallery=gallery, alpha=0.7, span=span, steps=8, objective=objective):
        points = step.embeddings.double()
        cosines = (points @ points.T).fill_diagonal_(-2)
        nearest = cosines.amax(dim=1)
        distance = float((1 - (points @ gallery.double().T).amax(dim=1)).mean())
        torch.testing.assert_close(step.nearest_cosine, nearest, atol=5e-7, rtol=0)
        torch.testing.assert_close(cosines.gather(1, step.nearest[:, None])[:, 0], nearest, atol=5e-7, rtol=0)
        assert step.max_cosine == pytest.approx(float(nearest.max()), abs=5e-7)
        assert step.mean_nearest_cosine == pytest.approx(float(nearest.mean()), abs=5e-7)
        assert step.gallery_distance == pytest.approx(distance, abs=5e-7)
        assert step.objective == pytest.approx(-(1 - float(nearest.max())) + 0.7 * distance, abs=1e-6)
        torch.testing.assert_close(step.embeddings.norm(dim=1), torch.ones(60))


def test_steps_are_numbered_from_the_start_to_the_total():
    start = random_points(9, 4, seed=0)
    steps = list(pack(start, steps=5))
    assert [step.step for step in steps] == [0, 1, 2, 3, 4, 5]
    assert {step.total for step in steps} == {5}
    torch.testing.assert_close(steps[0].embeddings, start)
    assert len(list(pack(start, steps=0))) == 1
    assert next(pack(start)).total == 300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "d", "angle"),
    [(2, 2, 180), (3, 2, 120), (7, 2, 360 / 7), (2, 3, 180), (3, 3, 120), (5, 4, math.degrees(math.acos(-1 / 4)))],
)
def test_small_packings_reach_the_optimum(n, d, angle):
    step = last(random_points(n, d, seed=1))
    assert sphere.angle_degrees(step.max_cosine) == pytest.approx(angle, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("n", [4, 6, 8, 9, 12, 20])
def test_points_on_the_plain_sphere_come_near_the_best_known_packing(n):
    angles = [sphere.angle_degrees(last(random_points(n, 3, seed=seed)).max_cosine) for seed in range(4)]
    best = sphere.best_known_angle(n)
    assert best - 0.5 < max(angles) < best + 1e-4


def test_the_cross_polytope_is_found():
    assert last(random_points(16, 8, seed=2)).max_cosine == pytest.approx(0, abs=0.02)


@pytest.mark.slow
def test_the_soft_objective_beats_the_papers_optimizer():
    gallery = clustered(1000, 24, seed=3)
    for start in (gallery[:200], random_points(200, 24, seed=4)):
        soft, paper, nearest = (
            last(start, gallery=gallery, steps=100, objective=name) for name in ("soft", "paper", "nearest")
        )
        assert soft.objective < min(paper.objective, nearest.objective)
        assert soft.max_cosine < min(paper.max_cosine, nearest.max_cosine)
        assert soft.max_cosine >= sphere.max_cosine_bound(200, 24)


def test_the_stochastic_objective_says_when_its_figures_are_exact():
    start, gallery = random_points(200, 8, seed=20), random_points(300, 8, seed=21)
    steps = list(pack(start, gallery=gallery, alpha=0.1, steps=60, objective="stochastic"))
    assert [step.step for step in steps if step.exact] == [0, 25, 50, 60]
    for step in steps:
        points = step.embeddings.double()
        nearest = (points @ points.T).fill_diagonal_(-2).amax(dim=1)
        assert (step.nearest_cosine <= nearest + 5e-7).all()
        if step.exact:
            torch.testing.assert_close(step.nearest_cosine, nearest, atol=5e-7, rtol=0)
    assert steps[-1].max_cosine < steps[0].max_cosine


def test_a_lone_point_has_no_pair():
    gallery = random_points(50, 6, seed=5)
    step = last(random_points(1, 6, seed=6), gallery=gallery, steps=300)
    assert step.max_cosine == -1
    assert step.nearest.tolist() == [-1]
    assert step.objective == pytest.approx(-2 + 0.5 * step.gallery_distance)
    assert step.gallery_distance < 1e-3  # nothing pushes, and the gallery pulls


def test_without_a_gallery_or_with_an_empty_one_there_is_no_distance_to_it():
    start = random_points(20, 5, seed=7)
    none, empty = last(start, steps=10), last(start, gallery=torch.empty(0, 5), steps=10)
    assert none.gallery_distance == empty.gallery_distance == 0
    assert torch.equal(none.embeddings, empty.embeddings)


def test_alpha_zero_reports_the_gallery_and_ignores_it():
    start = random_points(20, 5, seed=8)
    free, watched = last(start, steps=10), last(start, gallery=random_points(9, 5, seed=9), alpha=0, steps=10)
    assert watched.gallery_distance > 0
    assert torch.equal(free.embeddings, watched.embeddings)


def test_a_larger_alpha_stays_nearer_to_the_gallery():
    gallery = clustered(500, 16, seed=10)
    distances = [
        last(gallery[:100], gallery=gallery, alpha=alpha, steps=100).gallery_distance for alpha in (0.1, 0.5, 2.0)
    ]
    assert distances[0] > distances[1] > distances[2]


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["soft", "paper", "nearest"])
def test_copies_separate(objective):
    start = random_points(30, 6, seed=11)
    start[3] = start[4] = start[5]
    assert last(start, steps=300, objective=objective).max_cosine < 0.8
    together = last(torch.ones(12, 3), steps=300)
    assert sphere.angle_degrees(together.max_cosine) > 60  # of the icosahedron's 63.4


def test_explained_shares_are_those_of_the_singular_values():
    rows = torch.randn(40, 6, generator=torch.Generator().manual_seed(3)) * torch.arange(1, 7)
    squares = torch.linalg.svdvals(rows.double()).square()
    torch.testing.assert_close(explained_share(rows), squares.cumsum(0) / squares.sum())


@pytest.mark.parametrize("span", [4, 0.9])
def test_points_stay_inside_the_gallerys_span(span):
    gallery = clustered(400, 20, seed=12)
    _, values, directions = torch.linalg.svd(gallery.double(), full_matrices=False)
    shares = values.square().cumsum(0) / values.square().sum()
    count = span if isinstance(span, int) else int((shares < span).sum()) + 1
    inside = directions[:count].T @ directions[:count]
    for step in pack(gallery[:50], gallery=gallery, span=span, steps=20):
        points = step.embeddings.double()
        torch.testing.assert_close(points @ inside, points, atol=1e-6, rtol=0)
        assert torch.linalg.matrix_rank(step.embeddings, rtol=1e-4) <= count


def test_a_span_of_every_direction_changes_nothing_but_the_coordinates():
    gallery = clustered(200, 6, seed=13)
    free = last(gallery[:30], gallery=gallery, steps=3)
    spanned = last(gallery[:30], gallery=gallery, span=6, steps=3)
    torch.testing.assert_close(free.embeddings, spanned.embeddings, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    "options", [{}, {"span": 4}, {"objective": "paper"}, {"objective": "stochastic"}, {"gallery": None}]
)
def test_resuming_goes_on_bit_by_bit(options):
    gallery = clustered(300, 10, seed=14)
    arguments = {"gallery": gallery, "steps": 12} | options
    whole = list(pack(gallery[:40], **arguments))
    rest = list(pack(gallery[:40], **arguments, resume=whole[5].state))
    assert [step.step for step in rest] == [6, 7, 8, 9, 10, 11, 12]
    for expected, step in zip(whole[6:], rest, strict=True):
        assert torch.equal(step.embeddings, expected.embeddings)
        assert torch.equal(step.nearest, expected.nearest)
        assert step.objective == expected.objective
    assert list(pack(gallery[:40], **arguments, resume=whole[-1].state)) == []


def test_a_state_is_not_changed_by_going_on():
    start = random_points(20, 5, seed=15)
    steps = pack(start, gallery=random_points(50, 5, seed=16), steps=10)
    state = next(steps).state
    copies = {name: tensor.clone() for name, tensor in state.items()}
    list(steps)
    assert all(torch.equal(state[name], copies[name]) for name in copies)
    list(pack(start, gallery=random_points(50, 5, seed=16), steps=10, resume=state))
    assert all(torch.equal(state[name], copies[name]) for name in copies)


def test_a_state_of_another_packing_is_refused():
    start = random_points(20, 5, seed=17)
    state = next(iter(pack(start, steps=3))).state
    with pytest.raises(CheckpointError, match="another packing"):
        pack(start[:10], steps=3, resume=state)
    with pytest.raises(CheckpointError, match="gallery_lists"):
        pack(start, gallery=start, steps=3, resume=state)
    with pytest.raises(CheckpointError, match="second_moment"):
        pack(start, steps=3, objective="paper", resume=state)


def test_the_same_seed_gives_the_same_packing():
    start = torch.ones(10, 4)
    first, second, other = (last(start, steps=5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.embeddings, second.embeddings)
    assert not torch.equal(first.embeddings, other.embeddings)


def test_closing_the_iterator_ends_it():
    steps = pack(random_points(10, 4, seed=18), steps=1000)
    next(steps)
    steps.close()
    assert list(steps) == []


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"embeddings": torch.zeros(4, 3)}, InputError, "zero"),
        ({"embeddings": torch.full((4, 3), math.nan)}, InputError, "NaN"),
        ({"embeddings": torch.empty(0, 3)}, InputError, "at least one"),
        ({"gallery": torch.zeros(2, 3)}, InputError, "gallery are zero"),
        ({"gallery": torch.ones(2, 4)}, InputError, "same recogniser"),
        ({"alpha": -0.1}, InputError, "alpha"),
        ({"alpha": math.nan}, InputError, "alpha"),
        ({"steps": -1}, InputError, "steps"),
        ({"learning_rate": 0.0}, InputError, "learning rate"),
        ({"objective": "sofft"}, UnknownNameError, "Did you mean 'soft'"),
        ({"device": "tpu9"}, DeviceError, "tpu9"),
        ({"span": 2}, InputError, "gallery"),
        ({"span": 4, "gallery": torch.eye(3)}, InputError, "from 2 to 3"),
        ({"span": 1, "gallery": torch.eye(3)}, InputError, "from 2 to 3"),
        ({"span": 1.5, "gallery": torch.eye(3)}, InputError, "share"),
        ({"span": 3, "gallery": torch.eye(3)[:2]}, InputError, "lie in 2 directions"),
        ({"span": 2, "gallery": torch.eye(3)[:2]}, InputError, "no part inside"),
        ({"span": 2, "gallery": torch.tensor([[1.0, 2.0, 3.0]] * 4)}, InputError, "lie in 1 directions"),
    ],
)
def test_impossible_arguments_are_refused_before_the_first_step(changes, error, message):
    arguments = {"embeddings": torch.eye(3)} | changes
    with pytest.raises(error, match=message):
        pack(arguments.pop("embeddings"), **arguments)
