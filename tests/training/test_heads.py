"""Margin heads against a per-sample loop in plain Python, and against finite differences."""

import math

import pytest
import torch

from hyperface.training.heads import HEADS, MOST_CENTERS


def naive_target_cosine(name: str, cosine: float, norm: float, mean: float, deviation: float) -> float:
    """The formulas of the papers, one number at a time."""
    if name == "cosface":
        return cosine - 0.4
    if name == "arcface":
        angle = math.acos(cosine)
        return math.cos(angle + 0.5) if angle + 0.5 < math.pi else cosine - 0.5 * math.sin(math.pi - 0.5)
    quality = max(-1.0, min(1.0, (min(max(norm, 0.001), 100.0) - mean) / (deviation + 1e-3) * 0.333))
    angle = math.acos(cosine) - 0.4 * quality
    angle = min(max(angle, 1e-3), math.pi - 1e-3)
    return math.cos(angle) - (0.4 + 0.4 * quality)


@pytest.mark.parametrize("name", list(HEADS))
def test_logits_are_those_of_the_formulas(name):
    torch.manual_seed(0)
    head = HEADS.load(name, dimension=6, classes=5).eval()
    if name == "adaface":
        head.mean.fill_(3.0)
        head.deviation.fill_(1.5)
    features = torch.randn(40, 6) * torch.rand(40, 1) * 4
    features[0] = -head.centers[:, 1].detach() * 3  # an angle of nearly π: beyond where cos(θ + m) turns
    labels = torch.randint(5, (40,))
    labels[0] = 1
    features[1] = head.centers[:, 2].detach() * 90  # an angle of nearly 0, which AdaFace's margin would turn below it
    labels[1] = 2
    logits = head(features, labels)
    for i in range(40):
        for j in range(5):
            center = head.centers[:, j].detach().double()
            cosine = float(features[i].double() @ center / features[i].double().norm() / center.norm())
            cosine = min(max(cosine, -1 + 1e-3), 1 - 1e-3)
            if labels[i] == j:
                cosine = naive_target_cosine(name, cosine, float(features[i].norm()), 3.0, 1.5)
            assert logits[i, j].item() == pytest.approx(64 * cosine, abs=2e-3)


@pytest.mark.parametrize("name", list(HEADS))
def test_gradients_agree_with_finite_differences(name):
    torch.manual_seed(1)
    head = HEADS.load(name, dimension=4, classes=3, scale=4.0).eval()
    if name == "adaface":  # a quality inside the clip, where the margin depends on the norm — which is detached
        head.mean.fill_(0.0)
        head.deviation.fill_(1e6)
    features, labels = torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])
    features.requires_grad_()
    loss = torch.nn.functional.cross_entropy(head(features, labels), labels)
    (gradient,) = torch.autograd.grad(loss, features)
    step = 1e-2
    for i in range(5):
        for j in range(4):
            nudge = torch.zeros(5, 4)
            nudge[i, j] = step
            with torch.no_grad():
                ahead = torch.nn.functional.cross_entropy(head(features + nudge, labels), labels)
                behind = torch.nn.functional.cross_entropy(head(features - nudge, labels), labels)
            assert gradient[i, j].item() == pytest.approx(((ahead - behind) / (2 * step)).item(), abs=2e-3)


@pytest.mark.parametrize("name", list(HEADS))
def test_a_batch_of_one_and_zero_features_give_numbers(name):
    head = HEADS.load(name, dimension=4, classes=3).train()
    for features in (torch.ones(1, 4), torch.zeros(2, 4)):
        features.requires_grad_()
        loss = head(features, torch.zeros(len(features), dtype=torch.long)).sum()
        loss.backward()
        assert loss.isfinite()
        assert features.grad.isfinite().all()
        assert all(value.isfinite().all() for value in head.state_dict().values())


def test_centers_begin_with_unit_length():
    centers = HEADS.load("cosface", dimension=6, classes=50).centers.detach()
    torch.testing.assert_close(centers.norm(dim=0), torch.ones(50))
    assert float((centers.T @ centers).fill_diagonal_(0).abs().max()) < 1 - 1e-3


@pytest.mark.parametrize("lengths", [[3.0, 5.0], [3.0, 5.0, 1e-4, 40.0, 250.0]])
def test_adafaces_statistics_follow_the_lengths_of_features(lengths):
    """A hundredth of the way to the batch's mean and standard deviation with every batch, of lengths up to 100."""
    head = HEADS.load("adaface", dimension=4, classes=3).train()
    directions = torch.nn.functional.normalize(torch.randn(len(lengths), 4, generator=torch.Generator().manual_seed(3)))
    features, labels = directions * torch.tensor(lengths)[:, None], torch.zeros(len(lengths), dtype=torch.long)
    counted = [min(max(length, 0.001), 100.0) for length in lengths]
    average = sum(counted) / len(counted)
    spread = math.sqrt(sum((length - average) ** 2 for length in counted) / (len(counted) - 1))
    mean, deviation = 20.0, 100.0
    for _ in range(2):
        head(features, labels)
        mean, deviation = 0.99 * mean + 0.01 * average, 0.99 * deviation + 0.01 * spread
        assert float(head.mean) == pytest.approx(mean, rel=1e-5)
        assert float(head.deviation) == pytest.approx(deviation, rel=1e-5)
    head.eval()(features, labels)
    assert float(head.mean) == pytest.approx(mean, rel=1e-5)


def test_margins_make_the_true_class_harder():
    torch.manual_seed(2)
    for name in HEADS:
        head = HEADS.load(name, dimension=8, classes=4).eval()
        features, labels = torch.randn(16, 8), torch.randint(4, (16,))
        target = head(features, labels).gather(1, labels[:, None])
        plain = 64 * torch.nn.functional.normalize(features) @ torch.nn.functional.normalize(head.centers, dim=0)
        assert (target < plain.gather(1, labels[:, None])).all()


@pytest.mark.parametrize("name", list(HEADS))
def test_of_many_classes_some_are_compared_with_and_the_batchs_own_always(name):
    torch.manual_seed(0)
    head = HEADS.load(name, dimension=6, classes=40).eval()
    features, labels = torch.randn(8, 6), torch.tensor([3, 3, 17, 0, 39, 21, 22, 3])
    whole = head(features, labels)
    head.choose(labels, torch.Generator().manual_seed(1), most=12)
    chosen = head.chosen.tolist()
    assert len(chosen) == 12
    assert chosen == sorted(set(chosen))
    assert set(labels.tolist()) <= set(chosen)
    assert torch.equal(head.chosen[head.places(labels)], labels)
    torch.testing.assert_close(head(features, labels), whole[:, chosen])
    other = head.chosen
    head.choose(labels, torch.Generator().manual_seed(2), most=12)
    assert not torch.equal(head.chosen, other)
    head.choose(labels, torch.Generator().manual_seed(1), most=3)  # fewer than the batch has
    assert head.chosen.tolist() == [0, 3, 17, 21, 22, 39]
    head.choose(labels, torch.Generator().manual_seed(1), most=40)
    assert head.chosen is None
    assert torch.equal(head(features, labels), whole)
    assert MOST_CENTERS == 50_000


def test_every_other_class_is_chosen_equally_often():
    head = HEADS.load("cosface", dimension=2, classes=20)
    counts = torch.zeros(20)
    for seed in range(400):
        head.choose(torch.tensor([4]), torch.Generator().manual_seed(seed), most=6)
        counts[head.chosen] += 1
    assert counts[4] == 400
    others = torch.cat([counts[:4], counts[5:]])
    assert others.sum() == 5 * 400
    assert (others - 400 * 5 / 19).abs().max() < 5 * (400 * 5 / 19 * 14 / 19) ** 0.5
