import sys
from pathlib import Path

import pytest
import torch

from hyperface import gallery
from hyperface.generators.dcgan import align_native, load_dcgan
from hyperface.generators.mapper import REACH, Mapper
from hyperface.recognizers.dlib_resnet import dlib_chips
from hyperface.seeds import seeded_normal

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import generator_training
from generator_critics import Discriminator, PoseReader, learn_poses, teach
from generator_training import (
    EMPHASIS,
    Targets,
    TrainingPlan,
    emphasize,
    jittered_chips,
    learning_rate,
    train_mapper,
)


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


@pytest.mark.slow
def test_the_pose_reader_sees_a_mirrored_face_turned_the_other_way():
    torch.manual_seed(0)
    with torch.inference_mode():
        pictures = load_dcgan()(seeded_normal(range(250), 100))
    pictures = pictures.clone()
    read = PoseReader()
    learn_poses(read, pictures)
    turn, mirrored = read(pictures)[:, 0], read(pictures.flip(3))[:, 0]
    assert torch.corrcoef(torch.stack([turn, mirrored]))[0, 1] < -0.5
    assert turn.std() > 0.3


@pytest.mark.slow
def test_the_discriminator_learns_to_tell_pictures_apart(pictures):
    torch.manual_seed(0)
    discriminator, generator = Discriminator(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.9))
    noise = torch.rand(pictures.shape, generator=generator)
    for _ in range(25):
        teach(discriminator, optimizer, pictures, noise)
    with torch.no_grad():
        assert discriminator(pictures).min() > discriminator(noise).max()


@pytest.mark.slow
def test_training_that_was_cut_off_ends_in_the_same_mapper(pictures, monkeypatch, tmp_path):
    monkeypatch.setattr(generator_training, "learn_poses", lambda reader, pictures: reader[-1].bias.fill_(1))
    embeddings = gallery.load("gan-10k").embeddings[:400]
    latents = seeded_normal(range(400), 100)
    targets = Targets(embeddings, latents, pictures.repeat(45, 1, 1, 1).bfloat16(), embeddings[200:])
    plan = TrainingPlan(steps=4, cycles=2, averaged=2, identities=4, packed=2)
    through = train_mapper(targets, plan, checkpoint=tmp_path / "through.pt")

    checkpoint = tmp_path / "cut.pt"

    def cut(step: int, plan: TrainingPlan) -> float:
        if step == 3:
            raise KeyboardInterrupt
        return learning_rate(step, plan)

    monkeypatch.setattr(generator_training, "learning_rate", cut)
    with pytest.raises(KeyboardInterrupt):
        train_mapper(targets, plan, checkpoint=checkpoint)
    assert torch.load(checkpoint, weights_only=True)["steps_done"] == 2  # the end of the first cycle
    monkeypatch.setattr(generator_training, "learning_rate", learning_rate)
    resumed = train_mapper(targets, plan, checkpoint=checkpoint)
    for name, value in through.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, atol=1e-6, rtol=1e-4)
    assert not torch.equal(resumed.state_dict()["added"], torch.zeros(128, 512, 4, 4))
    with pytest.raises(SystemExit, match="other settings"):
        train_mapper(targets, TrainingPlan(steps=5), checkpoint=checkpoint)


def test_emphasis_lengthens_the_directions_in_which_faces_differ_little():
    mapper, generator = Mapper(), torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(128, REACH, generator=generator)).Q
    mapper.reach.copy_(basis)
    spread = torch.linspace(2, 0.5, REACH)
    gallery = torch.randn(50_000, REACH, generator=generator) * spread @ basis.T
    emphasize(mapper, gallery)
    once = mapper.reach.norm(dim=0)
    # a request's part in each direction is stretched by the length squared: spread^-EMPHASIS
    torch.testing.assert_close(once.square() / once[0].square(), (spread / spread[0]) ** -EMPHASIS, rtol=0.01, atol=0)
    torch.testing.assert_close(mapper.reach / once, basis)
    emphasize(mapper, gallery)  # of what is emphasised: the same
    torch.testing.assert_close(mapper.reach.norm(dim=0), once)
