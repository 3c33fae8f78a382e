"""StyleGAN2 as a gallery's source: `generators.load_gallery_generator("stylegan", weights=…)`.

NVIDIA's .pkl files, and .pt files of rosinality's implementation. Pictures are not aligned: a gallery finds the faces
in them. NVIDIA's networks, and what was converted from them, are for non-commercial use; none comes with HyperFace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from hyperface.errors import CheckpointError, InputError, UnknownNameError
from hyperface.generators.base import GalleryGenerator, GalleryGeneratorCard
from hyperface.generators.nvidia_pickle import read_generator
from hyperface.generators.stylegan_network import Shape, StyleGan2
from hyperface.generators.weights import place
from hyperface.model import frozen
from hyperface.seeds import seeded_normal
from hyperface.tensor_files import check_fits, read_content

NOISES = ("const", "seed")
MEAN_OF = 4096  # people whose mean is the centre of truncation where a file has none
LICENCE = "NVIDIA's, non-commercial, unless whoever trained these weights says otherwise"


class StyleGanGalleryGenerator(GalleryGenerator):
    """Random faces of a StyleGAN2, as it draws them."""

    batch_size = 8

    def __init__(
        self, network: StyleGan2, card: GalleryGeneratorCard, *, psi: float = 1.0, noise: str = "const"
    ) -> None:
        """psi: how far people are from the mean one: 1 for all whom it knows, less for cleaner faces of fewer people.

        noise: of the finest detail: "const" for the file's own, the same in every picture, or "seed".
        """
        super().__init__()
        self.network, self.card, self.psi, self.noise = network, card, psi, noise
        details = sum(size * size for size in network.noise_sizes) if noise == "seed" else 0
        self.latent_size = network.shape.latent + details

    def draw(self, latents: torch.Tensor) -> torch.Tensor:
        z, noise = latents.tensor_split([self.network.shape.latent], dim=1)
        with torch.autocast(latents.device.type, enabled=False):  # it was trained so that halves overflow
            pictures: torch.Tensor = self.network(z, psi=self.psi, noise=noise if noise.shape[1] else None)
        return ((pictures + 1) / 2).clamp(0, 1)


def load_stylegan(
    weights: str | Path | None = None, *, psi: float = 1.0, noise: str = "const"
) -> StyleGanGalleryGenerator:
    """Load a StyleGAN2 generator. Frozen, in evaluation mode.

    Args:
        weights: a .pkl or .pt file, or `hf:owner/repo/file@revision`.
        psi: how far people are from the mean one, above 0, 1 for all.
        noise: "const" or "seed".

    Returns:
        The generator.

    Raises:
        UnknownNameError: No weights are named: none are published that everybody may use.
        CheckpointError: They cannot be had, or are of another network.
        InputError: A psi or noise that cannot be.
    """
    if weights is None:
        raise UnknownNameError("A StyleGAN2 has no weights of its own here. Say whose: stylegan:<file.pkl or .pt>.")
    if not 0 < psi < float("inf"):
        raise InputError(f"psi is above 0, and 1 for all people; it was {psi:g}.")
    if noise not in NOISES:
        raise InputError(f"The noise is one of {', '.join(NOISES)}; it was {noise!r}.")
    there = place(weights)
    path = there.file("generator.pkl")
    state, clamp = _read_pickle(path) if path.suffix == ".pkl" else _read_rosinality(path)
    shape = Shape.of(state, clamp)
    network = StyleGan2(shape)
    centered = "mapping.w_avg" in state
    state.setdefault("mapping.w_avg", torch.zeros(shape.width))
    check_fits(path, "a StyleGAN2 generator", state, network.state_dict())
    network.load_state_dict(state)
    if not centered and psi != 1:
        with torch.no_grad():
            network.mapping.w_avg.copy_(network.mapping(seeded_normal(range(MEAN_OF), shape.latent)).mean(dim=0))
    card = GalleryGeneratorCard(
        name=f"stylegan:{there.name}",
        image_size=shape.size,
        training_data="as the weights' authors say; FFHQ for most that are public",
        licence=LICENCE,
        source=there.source,
        settings=f"psi {psi:g}, noise {noise}",
    )
    return StyleGanGalleryGenerator(frozen(network), card, psi=psi, noise=noise)


def _read_pickle(path: Path) -> tuple[dict[str, torch.Tensor], float | None]:
    """Weights by NVIDIA's names, and the limit of its layers."""
    weights, arguments = read_generator(path)
    if any(name.startswith("synthesis.L0_") or ".input." in name for name in weights):
        raise CheckpointError(f"{path} is a StyleGAN3, which is another network: a StyleGAN2 is wanted.")
    if any(name.startswith("mapping.embed.") for name in weights):
        raise CheckpointError(f"{path} draws by class; a network of faces alone is wanted.")
    inner: Any = arguments.get("synthesis_kwargs")
    clamp = (inner if isinstance(inner, dict) else arguments).get("conv_clamp")
    state = {name: value.float() for name, value in weights.items() if not name.endswith("resample_filter")}
    return state, float(clamp) if isinstance(clamp, int | float) else None


def _read_rosinality(path: Path) -> tuple[dict[str, torch.Tensor], float | None]:
    """The same of a file of rosinality's implementation: its names and shapes made NVIDIA's."""
    content = read_content(path)
    weights = content.get("g_ema")
    if not isinstance(weights, dict):
        raise CheckpointError(f"{path} holds no generator: a StyleGAN2's .pt file has it as g_ema.")
    state = {}
    for name, value in weights.items():
        if isinstance(value, torch.Tensor) and not name.endswith(".kernel"):
            new = _nvidia_name(name)
            if new is None:
                raise CheckpointError(f"{path} is no StyleGAN2: {name} is not of its parameters.")
            state[new] = _nvidia_shape(new, value.float())
    center = content.get("latent_avg")
    if isinstance(center, torch.Tensor):
        state["mapping.w_avg"] = center.float().flatten()
    return state, None


_PARTS: Mapping[str, str] = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}


def _nvidia_name(name: str) -> str | None:
    """What NVIDIA calls a parameter of rosinality's; None for one that it does not have."""
    if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"  # the first of the list only normalises
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        return f"synthesis.{_layer(int(match[1]))}.noise_const"
    layer, _, part = name.partition(".")
    number, _, rest = part.partition(".")
    if layer == "conv1" and part in _PARTS:
        return f"synthesis.b4.conv1.{_PARTS[part]}"
    if layer == "to_rgb1" and part in _PARTS:
        return f"synthesis.b4.torgb.{_PARTS[part]}"
    if layer == "convs" and number.isdigit() and rest in _PARTS:
        return f"synthesis.{_layer(int(number) + 1)}.{_PARTS[rest]}"
    if layer == "to_rgbs" and number.isdigit() and rest in _PARTS:
        return f"synthesis.b{8 << int(number)}.torgb.{_PARTS[rest]}"
    return None


def _layer(number: int) -> str:
    """NVIDIA's name of a layer, counted from 0 at the coarsest."""
    return "b4.conv1" if number == 0 else f"b{8 << ((number - 1) // 2)}.conv{(number - 1) % 2}"


def _nvidia_shape(name: str, value: torch.Tensor) -> torch.Tensor:
    """Without the leading ones that rosinality has, and colours and strengths as NVIDIA holds them."""
    if name.endswith("noise_strength"):
        return value.reshape(())
    if name.endswith(".noise_const"):
        return value.reshape(value.shape[-2:])
    if name.endswith(("conv0.weight", "conv1.weight", "torgb.weight")):
        return value.reshape(value.shape[-4:])
    if name.endswith(".const"):
        return value.reshape(value.shape[-3:])
    return value.flatten() if name.endswith("bias") else value
