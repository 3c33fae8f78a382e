import sys
from pathlib import Path

import pytest
import torch

from hyperface.generators.gan import REACH, Mapper, align_native, load_dcgan, seeded_normal
from hyperface.recognizers.dlib_resnet import dlib_chips

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from generator_training import EMPHASIS, TrainingPlan, emphasise, jittered_chips, learning_rate


@pytest.fixture(scope="module")
def pictures():
    with torch.inference_mode():
        return load_dcgan()(seeded_normal(range(6), 100)).clone()


def test_mirrored_chips_that_nothing_displaces_are_those_of_mirrored_faces(pictures, monkeypatch):
    monkeypatch.setattr(torch, "randn", lambda *shape, generator: torch.zeros(shape))
    monkeypatch.setattr(torch, "rand", lambda *shape, generator: torch.full(shape, 0.4))
    chips = jittered_chips(pictures, torch.Generator())
    torch.testing.assert_close(chips.clamp(0, 1), dlib_chips(align_native(pictures).flip(3)), rtol=0, atol=0.01)


def test_chips_are_displaced_little_and_have_gradients(pictures):
    pictures = pictures.clone().requires_grad_()
    chips = jittered_chips(pictures, torch.Generator().manual_seed(0))
    plain = dlib_chips(align_native(pictures))
    mirrored = plain.flip(3)
    distance = torch.minimum((chips - plain).abs().mean((1, 2, 3)), (chips - mirrored).abs().mean((1, 2, 3)))
    assert (distance > 0.001).all()
    assert (distance < 0.12).all()
    (gradient,) = torch.autograd.grad(chips.sum(), pictures)
    assert (gradient.abs().amax((1, 2, 3)) > 0).all()


def test_the_learning_rate_falls_to_nothing_in_each_cycle_and_begins_again():
    plan = TrainingPlan(steps=1000, cycles=4, learning_rate=1.0)
    rates = [learning_rate(step, plan) for step in range(plan.steps)]
    assert rates[0] == pytest.approx(0.01)  # warming up
    assert max(rates) == pytest.approx(rates[100], abs=0.1)
    for end in (400, 600, 800):
        assert rates[end - 1] < 0.001
        assert rates[end] == pytest.approx(0.5)
    assert rates[-1] < 0.001


def test_emphasis_lengthens_the_directions_in_which_faces_differ_little():
    mapper, generator = Mapper(), torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(128, REACH, generator=generator)).Q
    mapper.reach.copy_(basis)
    spread = torch.linspace(2, 0.5, REACH)
    gallery = torch.randn(50_000, REACH, generator=generator) * spread @ basis.T
    emphasise(mapper, gallery)
    once = mapper.reach.norm(dim=0)
    # a request's part in each direction is stretched by the length squared: spread^-EMPHASIS
    torch.testing.assert_close(once.square() / once[0].square(), (spread / spread[0]) ** -EMPHASIS, rtol=0.01, atol=0)
    torch.testing.assert_close(mapper.reach / once, basis)
    emphasise(mapper, gallery)  # of what is emphasised: the same
    torch.testing.assert_close(mapper.reach.norm(dim=0), once)
