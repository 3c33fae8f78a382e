"""Tiny random checkpoints in the layouts of public projects, filled by a rule that a reference run elsewhere shares."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from hyperface.faces.base import Detection, Detector
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE


def filled(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Weights that follow from a parameter's name: normal, divided by the root of the number of inputs; those of
    normalisations near 1, biases near 0."""
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
    if len(shape) > 1:
        return torch.from_numpy(values / np.float32(np.prod(shape[1:])) ** 0.5)
    return torch.from_numpy(np.asarray(values * np.float32(0.1) + name.endswith("weight"), np.float32))


def fill(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """All floating-point tensors of a state, filled; others as they are."""
    return {
        name: filled(name, tuple(value.shape)) if value.is_floating_point() else value for name, value in state.items()
    }


WORDS = {
    "photo</w>": 11, "of</w>": 12, "a</w>": 13, "id</w>": 14, "person</w>": 15,
    "<|startoftext|>": 523, "<|endoftext|>": 524,
}  # fmt: skip


class Anywhere(Detector):
    """Finds one face in the middle of every photo."""

    name = "anywhere"
    landmark_names = ARCFACE_LANDMARKS
    template = ARCFACE_TEMPLATE

    def detect(self, photo: np.ndarray) -> list[Detection]:
        height, width = photo.shape[:2]
        points = ARCFACE_TEMPLATE / 112 * min(height, width)
        return [Detection(np.array([0.0, 0.0, width, height]), points, 1.0)]


class Nowhere(Anywhere):
    name = "nowhere"

    def detect(self, photo: np.ndarray) -> list[Detection]:
        return []


def write_network(folder: Path, network: Any, *, old: bool = False) -> None:
    """config.json and the weights of a network of diffusers. old: as files were before 2023."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"_class_name": type(network).__name__, "_diffusers_version": "0.20.0", **dict(network.config)}
    (folder / "config.json").write_text(json.dumps(content))
    state = {name: value.contiguous() for name, value in fill(network.state_dict()).items()}
    if not old:
        save_file(state, folder / "diffusion_pytorch_model.safetensors")
        return
    renamed = {}
    for name, value in state.items():
        if "transformer_blocks" not in name:
            for today, before in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
                name = name.replace(f".{today}.", f".{before}.")
        renamed[name] = value
    torch.save(renamed, folder / "diffusion_pytorch_model.bin")


def arc2face_folder(folder: Path, *, old: bool = False) -> None:
    """Arc2Face's own files: arc2face/ and encoder/."""
    from diffusers import UNet2DConditionModel

    from hyperface.generators.arc2face_encoder import TextModel

    unet = UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=512, attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )  # fmt: skip
    write_network(folder / "arc2face", unet, old=old)
    config = {
        "vocab_size": 525, "hidden_size": 512, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 8, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
    }  # fmt: skip
    (folder / "encoder").mkdir(parents=True, exist_ok=True)
    (folder / "encoder" / "config.json").write_text(json.dumps(config))
    state = fill({f"text_model.{name}": value for name, value in TextModel(config).state_dict().items()})
    if old:
        state["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    torch.save(state, folder / "encoder" / "pytorch_model.bin")


def base_folder(folder: Path, *, old: bool = False) -> None:
    """What is needed of Stable Diffusion 1.5: vae/, scheduler/ and the tokenizer's vocabulary."""
    from diffusers import AutoencoderKL, PNDMScheduler

    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 16), norm_num_groups=8, layers_per_block=1, sample_size=64,
    )  # fmt: skip
    write_network(folder / "vae", vae, old=old)
    (folder / "scheduler").mkdir()
    scheduler = PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
    )
    (folder / "scheduler" / "scheduler_config.json").write_text(
        json.dumps({"_class_name": "PNDMScheduler", **dict(scheduler.config)})
    )
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "vocab.json").write_text(json.dumps(WORDS))
