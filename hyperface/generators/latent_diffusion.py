"""Unconditional latent diffusion as a gallery's source: `generators.load_gallery_generator("diffusion")`.

Rombach et al., "High-resolution image synthesis with latent diffusion models", CVPR 2022, in the layout of diffusers:
unet/, vqvae/ (or vae/) and scheduler/. Pictures are not aligned: a gallery finds the faces in them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from hyperface.errors import InputError
from hyperface.files import read_object
from hyperface.generators.base import GalleryGenerator, GalleryGeneratorCard
from hyperface.generators.diffusers_files import load_network, load_scheduler
from hyperface.generators.weights import Place, place

DEFAULT = "hf:CompVis/ldm-celebahq-256"
STEPS = 200  # with which the authors measured CelebA-HQ, at eta 0; at eta 1 for FFHQ
DECODED = 4  # pictures at once


class DiffusionGalleryGenerator(GalleryGenerator):
    """Random faces of a latent diffusion model, by DDIM."""

    batch_size = 16

    def __init__(
        self,
        unet: nn.Module,
        decoder: nn.Module,
        scheduler: dict[str, Any],
        card: GalleryGeneratorCard,
        *,
        scaling: float,
        steps: int = STEPS,
        eta: float = 0.0,
    ) -> None:
        """unet, decoder: of diffusers. scheduler: what its configuration says. scaling: of the decoder's codes.

        eta: how much new noise each step adds: 0 none … 1 as much as DDPM.
        """
        super().__init__()
        self.unet, self.decoder, self.scheduler, self.card = unet, decoder, scheduler, card
        self.scaling, self.steps, self.eta = scaling, steps, eta
        settings: Any = unet.config
        self.code = (int(settings.in_channels), int(settings.sample_size), int(settings.sample_size))
        each = self.code[0] * self.code[1] * self.code[2]
        self.latent_size = each * (1 + (steps if eta > 0 else 0))

    def prepare(self, *, device: str | torch.device = "cpu", precision: str = "float32") -> Self:
        """As `Model.prepare`. In half precision the weights themselves are rounded, which halves the memory too."""
        super().prepare(device=device, precision=precision)
        # As any module: the method of diffusers warns of parts that it means to keep, of which there are none.
        nn.Module.to(self.unet, torch.bfloat16 if self.uses_bfloat16 else torch.float32)
        return self

    def arithmetic(self) -> AbstractContextManager[object]:
        return nullcontext()  # each network computes in the precision of its weights

    def draw(self, latents: torch.Tensor) -> torch.Tensor:
        noise = latents.float().unflatten(1, (-1, *self.code))  # (n, 1 or 1 + steps, c, s, s)
        scheduler = load_scheduler("DDIMScheduler", self.scheduler)
        scheduler.set_timesteps(self.steps)
        codes = noise[:, 0] * scheduler.init_noise_sigma
        half = next(self.unet.parameters()).dtype
        for number, moment in enumerate(scheduler.timesteps):
            predicted = self.unet(codes.to(half), moment.to(codes.device)).sample.float()
            added = {"variance_noise": noise[:, 1 + number]} if self.eta > 0 else {}
            codes = scheduler.step(predicted, moment, codes, eta=self.eta, **added).prev_sample
        decoder: Any = self.decoder
        parts = (codes / self.scaling).split(DECODED)
        pictures = torch.cat([decoder.decode(part).sample for part in parts])
        return (pictures.float() / 2 + 0.5).clamp(0, 1)


def load_diffusion(weights: str | Path = DEFAULT, *, steps: int = STEPS, eta: float = 0.0) -> DiffusionGalleryGenerator:
    """Load an unconditional latent diffusion model. Frozen, in evaluation mode.

    Args:
        weights: a folder in the layout of diffusers, or `hf:owner/repo[@revision]`.
        steps: of DDIM.
        eta: how much new noise each step adds, 0 to 1.

    Returns:
        The generator.

    Raises:
        CheckpointError: diffusers is not installed, or files cannot be had or are of another network.
        UnknownNameError: The hub does not have it.
        InputError: Steps or an eta that cannot be.
    """
    if not 1 <= steps <= 1000:
        raise InputError(f"A picture takes 1 to 1000 steps; {steps} were asked for.")
    if not 0 <= eta <= 1:
        raise InputError(f"eta lies between 0 and 1; it was {eta:g}.")
    there = place(weights)
    unet, _ = load_network(there, "unet", "UNet2DModel")
    decoder, config, pixels = _decoder(there)
    settings: Any = unet.config
    card = GalleryGeneratorCard(
        name=f"diffusion:{there.name}",
        image_size=int(settings.sample_size) * pixels,
        training_data="as the weights' authors say; CelebA-HQ for CompVis/ldm-celebahq-256",
        licence="as the weights' authors say; Apache-2.0 for CompVis/ldm-celebahq-256",
        source=there.source,
        settings=f"{steps} steps of DDIM, eta {eta:g}",
    )
    return DiffusionGalleryGenerator(
        unet,
        decoder,
        read_object(there.file("scheduler/scheduler_config.json")),
        card,
        # Only where the file itself names it. Later versions of diffusers fill in Stable Diffusion's 0.18215, with
        # which this kind of network, trained without any, draws noise.
        scaling=float(config.get("scaling_factor") or 1.0),
        steps=steps,
        eta=eta,
    )


def _decoder(there: Place) -> tuple[nn.Module, dict[str, Any], int]:
    """What makes pictures of codes, its configuration, and how many pixels a code's side becomes."""
    if there.find("vqvae/config.json") is not None:
        decoder, config = load_network(there, "vqvae", "VQModel")
    else:
        decoder, config = load_network(there, "vae", "AutoencoderKL")
    return decoder, config, 2 ** (len(config["block_out_channels"]) - 1)
