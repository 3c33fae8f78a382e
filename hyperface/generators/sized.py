"""Networks as large as the public ones, with random weights: how fast is a machine, before anything is downloaded?

Their pictures are noise, and take as long as faces do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch
from torch import nn

from hyperface.errors import UnknownNameError
from hyperface.generators.base import GalleryGenerator, GalleryGeneratorCard, Generator, GeneratorCard

# Stable Diffusion 1.5, which Arc2Face has the sizes of.
UNET: dict[str, Any] = {
    "sample_size": 64, "block_out_channels": (320, 640, 1280, 1280), "layers_per_block": 2,
    "cross_attention_dim": 768, "attention_head_dim": 8,
}  # fmt: skip
VAE: dict[str, Any] = {
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "sample_size": 512,
}  # fmt: skip
ENCODER: dict[str, Any] = {
    "vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
}  # fmt: skip
SCHEDULER: dict[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
}  # fmt: skip
# CompVis/ldm-celebahq-256.
LDM_UNET: dict[str, Any] = {
    "sample_size": 64, "in_channels": 3, "out_channels": 3, "block_out_channels": (224, 448, 672, 896),
    "layers_per_block": 2, "attention_head_dim": 32,
    "down_block_types": ("DownBlock2D", *("AttnDownBlock2D",) * 3),
    "up_block_types": (*("AttnUpBlock2D",) * 3, "UpBlock2D"),
}  # fmt: skip
LDM_VQ: dict[str, Any] = {
    "down_block_types": ("DownEncoderBlock2D",) * 3, "up_block_types": ("UpDecoderBlock2D",) * 3,
    "block_out_channels": (128, 256, 512), "layers_per_block": 2, "latent_channels": 3, "num_vq_embeddings": 8192,
}  # fmt: skip
LDM_SCHEDULER: dict[str, Any] = {
    "beta_start": 0.0015, "beta_end": 0.0195, "beta_schedule": "scaled_linear", "clip_sample": False,
}  # fmt: skip
# The same with few channels, for a first try.
TINY_UNET: dict[str, Any] = {**UNET, "sample_size": 16, "block_out_channels": (32, 32, 64, 64), "layers_per_block": 1}
TINY_VAE: dict[str, Any] = {**VAE, "block_out_channels": (32, 32, 32, 32), "layers_per_block": 1}
TINY_ENCODER: dict[str, Any] = {**ENCODER, "num_hidden_layers": 1, "intermediate_size": 64}
TINY_LDM_UNET: dict[str, Any] = {
    **LDM_UNET, "sample_size": 16, "block_out_channels": (32, 32, 32, 64), "layers_per_block": 1,
}  # fmt: skip
TINY_LDM_VQ: dict[str, Any] = {
    **LDM_VQ, "block_out_channels": (32, 32, 32), "layers_per_block": 1, "num_vq_embeddings": 16,
}  # fmt: skip
CARD: dict[str, Any] = {"training_data": "none: random weights", "licence": "MIT", "source": "HyperFace"}


def sized_generator(name: str, *, device: str | torch.device = "cpu", steps: int = 25, tiny: bool = False) -> Generator:
    """A generator as large as the published one, not prepared yet.

    Args:
        name: "arc2face", "vec2face" or "vec2face-plus".
        device: where its weights are made.
        steps: of Arc2Face.
        tiny: whether it has few channels instead, to see that it runs at all.

    Raises:
        UnknownNameError: There is none of that name.
        CheckpointError: diffusers is needed and not installed.
    """
    with torch.device(device):
        if name == "arc2face":
            return _arc2face(steps, tiny)
        if name in ("vec2face", "vec2face-plus"):
            return _vec2face(tiny)
    raise UnknownNameError(f"No network as large as {name!r} is known: it is one of {', '.join(GENERATORS)}.")


def sized_gallery_generator(
    name: str, *, device: str | torch.device = "cpu", steps: int | None = None, tiny: bool = False
) -> GalleryGenerator:
    """A gallery generator as large as the published one: "diffusion", of so many steps, or "stylegan".

    Otherwise as `sized_generator`.
    """
    with torch.device(device):
        if name == "diffusion":
            return _diffusion(steps, tiny)
        if name == "stylegan":
            return _stylegan(tiny)
    raise UnknownNameError(f"No network as large as {name!r} is known: it is one of {', '.join(GALLERY_GENERATORS)}.")


GENERATORS = ("arc2face", "vec2face", "vec2face-plus")
GALLERY_GENERATORS = ("diffusion", "stylegan")


def _of_diffusers(kind: str, config: dict[str, Any]) -> nn.Module:
    from hyperface.generators.diffusers_files import diffusers_class
    from hyperface.model import frozen

    return frozen(cast(nn.Module, diffusers_class(kind).from_config(config)))


def _arc2face(steps: int, tiny: bool) -> Generator:
    from hyperface.generators.arc2face import DIMENSION, Arc2FaceGenerator, Sampling
    from hyperface.generators.arc2face_encoder import TOKENS, Projection, TextModel
    from hyperface.images import ALIGNED_SIZE
    from hyperface.model import frozen

    card = GeneratorCard("arc2face-sized", "arcface", DIMENSION, ALIGNED_SIZE, **CARD)
    return Arc2FaceGenerator(
        frozen(Projection(TextModel(TINY_ENCODER if tiny else ENCODER), TOKENS)),
        _of_diffusers("UNet2DConditionModel", TINY_UNET if tiny else UNET),
        _of_diffusers("AutoencoderKL", TINY_VAE if tiny else VAE),
        SCHEDULER,
        card,
        Sampling(steps=steps),
        scaling=0.18215,
    )


def _vec2face(tiny: bool) -> Generator:
    from hyperface.generators.vec2face import Vec2FaceGenerator
    from hyperface.generators.vec2face_network import Shape, Vec2Face
    from hyperface.images import ALIGNED_SIZE
    from hyperface.model import channels_last, frozen

    shape = Shape(
        feature=512, width=768, depth=12, heads=12, decoder_width=768, decoder_depth=8, decoder_heads=16, code=256,
        channels=(128, 128, 256, 256, 512), blocks=2,
    )  # fmt: skip
    if tiny:
        shape = replace(
            shape, width=64, depth=1, decoder_width=64, decoder_depth=1, heads=16, code=32,
            channels=(32, 32, 32, 32, 64), blocks=1,
        )  # fmt: skip
    card = GeneratorCard("vec2face-sized", "arcface", shape.feature, ALIGNED_SIZE, **CARD)
    return Vec2FaceGenerator(channels_last(frozen(Vec2Face(shape))), card)


def _diffusion(steps: int | None, tiny: bool) -> GalleryGenerator:
    from hyperface.generators.latent_diffusion import STEPS, DiffusionGalleryGenerator

    config = TINY_LDM_UNET if tiny else LDM_UNET
    return DiffusionGalleryGenerator(
        _of_diffusers("UNet2DModel", config),
        _of_diffusers("VQModel", TINY_LDM_VQ if tiny else LDM_VQ),
        LDM_SCHEDULER,
        GalleryGeneratorCard("diffusion-sized", 4 * config["sample_size"], **CARD),
        scaling=1.0,
        steps=STEPS if steps is None else steps,
    )


def _stylegan(tiny: bool) -> GalleryGenerator:
    from hyperface.generators.stylegan import StyleGanGalleryGenerator
    from hyperface.generators.stylegan_network import Shape, StyleGan2
    from hyperface.model import frozen

    shape = Shape(latent=512, width=512, layers=8, channels=(512, 512, 512, 512, 512, 256, 128, 64, 32))
    if tiny:
        shape = replace(shape, layers=2, channels=(16, 16, 16))
    card = GalleryGeneratorCard("stylegan-sized", shape.size, **CARD)
    return StyleGanGalleryGenerator(frozen(StyleGan2(shape)), card)
