"""Tiny random checkpoints in the layouts of public projects, filled by a rule that a reference run elsewhere shares."""

import argparse
import json
import pickle
import sys
import types
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hyperface.faces.base import Detection, Detector
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE
from hyperface.generators.vec2face_network import Shape, Vec2Face


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


def fill_stylegan(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As `fill`, with a mapping's weights as large as its slow learning makes them, and styles about 1."""
    out = fill(state)
    for name, value in out.items():
        if name.startswith(("mapping.fc", "style.")) and name.endswith("weight"):
            out[name] = value * 100 * value.shape[1] ** 0.5
        if name.endswith(("affine.bias", "modulation.bias")):
            out[name] = value + 1
    return out


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


def nvidia_pickle(weights: dict[str, torch.Tensor]) -> bytes:
    """A file of stylegan2-ada-pytorch: networks as calls of a function of NVIDIA's, with their source text."""
    package, module = types.ModuleType("torch_utils"), types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta):
        raise AssertionError("what is in the file was run")

    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj

    class Persistent:
        def __init__(self, state: dict[str, Any]) -> None:
            self.meta = {
                "type": "class", "version": 6, "module_src": "raise SystemExit", "class_name": "Generator",
                "state": state,
            }  # fmt: skip

        def __reduce__(self):
            return _reconstruct_persistent_obj, (self.meta,), None

    def network(own: dict[str, torch.Tensor], **arguments: Any) -> Persistent:
        parts: dict[str, dict[str, torch.Tensor]] = {}
        parameters, buffers = OrderedDict(), OrderedDict()
        for name, value in own.items():
            first, dot, rest = name.partition(".")
            if dot:
                parts.setdefault(first, {})[rest] = value
            elif name in ("w_avg", "noise_const"):
                buffers[name] = value
            else:
                parameters[name] = torch.nn.Parameter(value)
        modules = OrderedDict((name, network(part)) for name, part in parts.items())
        state = {"_parameters": parameters, "_buffers": buffers, "_modules": modules, "training": False}
        return Persistent({**state, "_init_args": (), "_init_kwargs": arguments})

    whole = network(weights, z_dim=64, synthesis_kwargs={"conv_clamp": 256, "channel_base": 1024})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch_utils", package)
        patch.setitem(sys.modules, "torch_utils.persistence", module)
        return pickle.dumps({"G": None, "G_ema": whole, "training_set_kwargs": {"resolution": np.int64(32)}})


def rosinality_file(path: Path, *, center: bool = True) -> Path:
    """A training checkpoint of rosinality's implementation: 16 pixels, 32 channels, a mapping of 3 layers."""
    names: dict[str, tuple[int, ...]] = {"input.input": (1, 32, 4, 4)}
    for number in range(1, 4):
        names |= {f"style.{number}.weight": (64, 64), f"style.{number}.bias": (64,)}

    def convolution(name: str, outputs: int, size: int) -> dict[str, tuple[int, ...]]:
        return {
            f"{name}.conv.weight": (1, outputs, 32, size, size),
            f"{name}.conv.modulation.weight": (32, 64),
            f"{name}.conv.modulation.bias": (32,),
        }

    for name in ("conv1", "convs.0", "convs.1", "convs.2", "convs.3"):
        names |= {**convolution(name, 32, 3), f"{name}.noise.weight": (1,), f"{name}.activate.bias": (32,)}
    for name in ("to_rgb1", "to_rgbs.0", "to_rgbs.1"):
        names |= {**convolution(name, 3, 1), f"{name}.bias": (1, 3, 1, 1)}
    for number, size in enumerate((4, 8, 8, 16, 16)):
        names[f"noises.noise_{number}"] = (1, 1, size, size)
    state = fill_stylegan({name: torch.zeros(shape) for name, shape in names.items()})
    kernels = {"convs.0.conv.blur.kernel": torch.ones(4, 4), "to_rgbs.0.upsample.kernel": torch.ones(4, 4)}
    content: dict[str, Any] = {"g_ema": {**state, **kernels}, "args": argparse.Namespace(size=16)}
    if center:
        content["latent_avg"] = fill_stylegan({"latent_avg": torch.zeros(64)})["latent_avg"]
    torch.save(content, path)
    return path


def diffusion_folder(folder: Path, *, old: bool = False, scaling: float | None = None) -> None:
    """An unconditional latent diffusion model as CompVis/ldm-celebahq-256 is laid out: 32 pixels. scaling: what its
    decoder's configuration says, None for nothing, as in the first versions."""
    from diffusers import DDIMScheduler, UNet2DModel, VQModel

    unet = UNet2DModel(
        sample_size=8, in_channels=3, out_channels=3, block_out_channels=(32, 64), layers_per_block=1,
        attention_head_dim=32, down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    write_network(folder / "unet", unet, old=old)
    decoder = VQModel(
        block_out_channels=(16, 16, 32), layers_per_block=1, norm_num_groups=8, latent_channels=3,
        num_vq_embeddings=64, down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    )  # fmt: skip
    write_network(folder / "vqvae", decoder, old=old)
    path = folder / "vqvae" / "config.json"
    config = json.loads(path.read_text())
    del config["scaling_factor"]
    path.write_text(json.dumps(config if scaling is None else {**config, "scaling_factor": scaling}))
    scheduler = DDIMScheduler(
        beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear", clip_sample=False, steps_offset=0
    )
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(
        json.dumps({"_class_name": "DDIMScheduler", **dict(scheduler.config)})
    )
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "LDMPipeline"}))


def write_recognizer(path: Path) -> None:
    """A recogniser as ONNX: the means of 196 squares of an aligned face, mixed to 512 numbers."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("AveragePool", ["pictures"], ["squares"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["squares"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["features"]),
    ]
    graph = helper.make_graph(
        nodes,
        "recognizer",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 512])],
        [numpy_helper.from_array(filled("matrix", (588, 512)).numpy(), "matrix")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


VEC2FACE = Shape(
    feature=512, width=64, depth=2, heads=16, decoder_width=64, decoder_depth=2, decoder_heads=16, code=32,
    channels=(32, 32, 64, 64, 128), blocks=2,
)  # fmt: skip
# What the original's files hold besides, and never compute with.
VEC2FACE_UNUSED = {
    "token_emb.position_ids": torch.arange(50)[None],
    "center_token.weight": torch.zeros(49, 64),
    "center_token.bias": torch.zeros(49),
    "patch_embed.proj.weight": torch.zeros(64, 3, 16, 16),
    "patch_embed.proj.bias": torch.zeros(64),
}


def vec2face_file(folder: Path, **changed: torch.Tensor) -> Path:
    """The file as the authors publish it: the generator below one key, an optimiser and the options beside it."""
    state = {**fill(Vec2Face(VEC2FACE).state_dict()), **VEC2FACE_UNUSED, **changed}
    path = folder / "weights" / "vec2face_generator.pth"
    path.parent.mkdir(parents=True)
    torch.save({"model_vec2face": state, "optimizer_vec2face": {"state": {}}, "epoch": 3}, path)
    return path
