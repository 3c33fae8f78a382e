"""Latent diffusion against diffusers' own scheduler and networks, on tiny random checkpoints in its layout."""

import json
import sys
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, UNet2DModel, VQModel

from hyperface import generators
from hyperface.errors import CheckpointError, InputError
from hyperface.seeds import seeded_normal

sys.path.insert(0, str(Path(__file__).parent))
from tiny_checkpoints import base_folder, diffusion_folder, fill

SIZE = 3 * 8 * 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("ldm")
    diffusion_folder(path)
    return path


def load(folder: Path, **options):
    return generators.load_gallery_generator("diffusion", weights=folder, **{"steps": 3, **options})


def network(kind: type, folder: Path) -> torch.nn.Module:
    """Made by diffusers from its own file, and filled by the rule of the tests."""
    made = kind.from_config(json.loads((folder / "config.json").read_text())).eval()
    made.load_state_dict(fill(made.state_dict()))
    return made


@torch.no_grad()
def by_hand(folder: Path, seed: int, scaling: float, eta: float = 0.0) -> torch.Tensor:
    """One picture, step by step, with all parts from diffusers."""
    unet, decoder = network(UNet2DModel, folder / "unet"), network(VQModel, folder / "vqvae")
    scheduler = DDIMScheduler.from_config(json.loads((folder / "scheduler" / "scheduler_config.json").read_text()))
    scheduler.set_timesteps(3)
    noise = seeded_normal([seed], SIZE * (4 if eta else 1)).unflatten(1, (-1, 3, 8, 8))
    codes = noise[:, 0]
    for number, moment in enumerate(scheduler.timesteps):
        added = {"variance_noise": noise[:, 1 + number]} if eta else {}
        codes = scheduler.step(unet(codes, moment).sample, moment, codes, eta=eta, **added).prev_sample
    return (decoder.decode(codes / scaling).sample / 2 + 0.5).clamp(0, 1)


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_pictures_are_those_of_the_parts_of_diffusers(folder, eta):
    pictures = load(folder, eta=eta).sample([5, 6])
    assert pictures.shape == (2, 3, 32, 32)
    torch.testing.assert_close(pictures[1:], by_hand(folder, 6, 1.0, eta), atol=1e-5, rtol=0)


def test_codes_are_scaled_only_where_the_file_says_so(folder, tmp_path):
    """diffusers' default of 0.18215 is Stable Diffusion's, and makes noise of a model that was trained without."""
    diffusion_folder(tmp_path, scaling=0.5)
    assert (load(folder).scaling, load(tmp_path).scaling) == (1.0, 0.5)
    assert network(VQModel, folder / "vqvae").config.scaling_factor == 0.18215  # what it would have been
    plain, scaled = by_hand(folder, 6, 1.0), by_hand(folder, 6, 0.5)
    assert (plain - scaled).abs().mean() > 1e-3
    torch.testing.assert_close(load(folder).sample([6]), plain, atol=1e-5, rtol=0)
    torch.testing.assert_close(load(tmp_path).sample([6]), scaled, atol=1e-5, rtol=0)


def test_batches_change_no_face(folder):
    generator = load(folder, eta=0.5)
    together = generator.sample([1, 2, 3])
    torch.testing.assert_close(together, generator.sample([1, 2, 3], batch_size=1), atol=1e-5, rtol=0)


def test_files_of_2022(folder, tmp_path):
    """Weights as .bin, and attention by its old names: all that the main branch on the hub has."""
    diffusion_folder(tmp_path, old=True)
    assert not list(tmp_path.rglob("*.safetensors"))
    torch.testing.assert_close(load(tmp_path).sample([1]), load(folder).sample([1]), atol=1e-5, rtol=0)


def test_in_half_precision_the_network_alone_is_rounded(folder):
    generator = load(folder).prepare(precision="bfloat16")
    assert next(generator.decoder.parameters()).dtype == torch.float32
    rounded, exact = generator.sample([1]), load(folder).sample([1])
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().mean() < 0.25  # a code may become another of the decoder's 64


def test_its_card_says_how_it_draws(folder):
    card = load(folder).card
    assert card.name.startswith("diffusion:ldm")
    assert (card.image_size, card.settings) == (32, "3 steps of DDIM, eta 0")


def test_what_cannot_be_drawn(folder, tmp_path):
    for option, value in (("steps", 0), ("eta", 1.5)):
        with pytest.raises(InputError, match=option):
            load(folder, **{option: value})
    base_folder(tmp_path)
    with pytest.raises(CheckpointError, match=r"has no unet/config\.json"):
        load(tmp_path)
