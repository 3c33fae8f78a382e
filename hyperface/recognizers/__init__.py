"""Face recognisers F: an aligned face in, a unit embedding out."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hyperface.defaults import RECOGNIZER, SECOND_RECOGNIZER
from hyperface.errors import UnknownNameError
from hyperface.hub import RELEASED, Released, on_hub
from hyperface.own_weights import files_called
from hyperface.recognizers.backbones import ARCHITECTURES
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.embeddings import Embeddings, EmbeddingSpace
from hyperface.registry import Registry

__all__ = ["REGISTRY", "SECOND", "EmbeddingSpace", "Embeddings", "Recognizer", "RecognizerCard", "load"]

REGISTRY: Registry[Recognizer] = Registry("recogniser")
BACKBONES = tuple(ARCHITECTURES)
SECOND = SECOND_RECOGNIZER  # judges what another one led, and never saw a picture of a generator that ships


@REGISTRY.register("dlib")
def _dlib() -> Recognizer:
    from hyperface.recognizers.dlib_resnet import load_dlib

    return load_dlib()


@REGISTRY.register("dlib-heads")
def _dlib_heads() -> Recognizer:
    from hyperface.recognizers.dlib_resnet import load_dlib_heads

    return load_dlib_heads()


@REGISTRY.register(SECOND)
def _rendered_heads() -> Recognizer:
    from hyperface.assets import asset
    from hyperface.recognizers.checkpoints import load_recognizer

    return load_recognizer(asset("recognizers/rendered_heads.safetensors"), name=SECOND)


def _backbone(architecture: str) -> Callable[..., Recognizer]:
    def load_architecture(*, checkpoint: str | Path | None = None, **options: Any) -> Recognizer:
        if checkpoint is None:
            raise UnknownNameError(
                f"{architecture} is a network without weights. Say whose: "
                f'recognizers.load("{architecture}", checkpoint=…), or "{architecture}:<file>" as its name.'
            )
        if on_hub(str(checkpoint)):
            return _from_hub(str(checkpoint), architecture=architecture, **options)
        from hyperface.recognizers.checkpoints import load_backbone

        return load_backbone(architecture, checkpoint, **options)

    return load_architecture


for _architecture in BACKBONES:
    REGISTRY.register(_architecture)(_backbone(_architecture))


def _from_hub(name: str, **options: Any) -> Recognizer:
    from hyperface.recognizers.hub import load_from_hub

    return load_from_hub(name, **options)


def _released(name: str) -> Callable[..., Recognizer]:
    def load_released(**options: Any) -> Recognizer:
        own = files_called(Path(RELEASED[name].file).stem)
        if own:
            return _own(own[0], RELEASED[name], options)
        return _from_hub(RELEASED[name].name, **options)

    return load_released


def _own(path: Path, released: Released, options: dict[str, Any]) -> Recognizer:
    """A released model out of a file of this machine."""
    from hyperface.recognizers.checkpoints import load_backbone

    card = {"training_data": released.training_data, "licence": released.licence, **options}
    return (
        _onnx(str(path), **card)
        if released.architecture is None
        else load_backbone(released.architecture, path, **card)
    )


for _name in RELEASED:
    REGISTRY.register(_name)(_released(_name))


def _safetensors(path: str, **options: Any) -> Recognizer:
    from hyperface.recognizers.checkpoints import load_recognizer

    return load_recognizer(path, **options)


def _onnx(path: str, **options: Any) -> Recognizer:
    from hyperface.recognizers.onnx import load_onnx

    return load_onnx(Path(path), **options)


def _needs_backbone(path: str, **_: object) -> Recognizer:
    said = f"{path} does not say which network it belongs to."
    if not Path(path).is_file():
        raise UnknownNameError(f"{said} Name it in front, such as ir_50:{path}. And there is no such file.")
    from hyperface.recognizers.checkpoints import fitting_networks

    fitting = fitting_networks(Path(path))
    if not fitting:
        raise UnknownNameError(f"{said} Its weights fit none that is known here: {', '.join(BACKBONES)}.")
    raise UnknownNameError(f"{said} By its shapes it is {' or '.join(fitting)}. Name it in front: {fitting[0]}:{path}.")


FILES: dict[str, Callable[..., Recognizer]] = {
    ".safetensors": _safetensors,
    ".onnx": _onnx,
    **dict.fromkeys((".ckpt", ".pt", ".pth", ".bin"), _needs_backbone),
}


# The network of recognisers that lie beside a generator's weights, in files that do not say it.
BESIDE = {"arcface-r100-glint360k": "iresnet100"}


def load(
    name: str | Path = RECOGNIZER, *, device: str = "cpu", precision: str = "float32", **options: Any
) -> Recognizer:
    """Load a recogniser, ready to embed (evaluation mode).

    Args:
        name: one of

            - "dlib"; "dlib-heads", the same network centred on 3-D heads; "rendered-heads", a small second opinion
              trained on renders;
            - "hyperface-10k-ldm", "hyperface-10k-stylegan", "hyperface-50k-stylegan" (the paper's, from the hub);
            - "antelopev2", "buffalo_l" (InsightFace's ArcFace networks), "arc2face-arcface" (that of Arc2Face), ONNX
              files from the hub;
            - a backbone with its weights: "ir_50:adaface_ir50.ckpt", or "ir_50" with `checkpoint`; InsightFace's are
              "iresnet50:backbone.pth" and "iresnet100:backbone.pth";
            - "hf:owner/repo", "hf:owner/repo/file@revision": the Hugging Face Hub; with a backbone in front, where
              the repository does not say which it is: "ir_50:hf:owner/repo";
            - "file#1a2b3c4d", as galleries remember a file, where it is among this machine's own weights
              (`hyperface.own_weights`);
            - a file that describes itself: .safetensors trained here, .onnx (`load_onnx` says what can be declared of
              it).
        device: where it computes, as in `Recognizer.prepare`.
        precision: as in `Recognizer.prepare`.
        options: what the part that loads it takes, such as `input_size` or `color` for backbones.

    Returns:
        The recogniser.

    Raises:
        UnknownNameError: Nothing has that name.
        AssetError: A file that ships is missing.
        CheckpointError: The weights cannot be had, or are not of that network.
        DeviceError: The device cannot be used here.
        InputError: An option has an impossible value.
    """
    return _load(str(name), options).prepare(device=device, precision=precision)


def _by_digest(name: str, stem: str, options: dict[str, Any]) -> Recognizer | None:
    """The recogniser that is called by its file and the beginning of its digest, if that file is among this machine's
    own weights."""
    from hyperface.tensor_files import file_digest

    for path in files_called(stem):
        if f"{stem}#{file_digest(path)}" == name:
            return _load(f"{BESIDE[stem]}:{path}" if stem in BESIDE else str(path), options)
    return None


def _load(name: str, options: dict[str, Any]) -> Recognizer:
    if name in REGISTRY:
        return REGISTRY.load(name, **options)
    if match := re.fullmatch(r"([^/:]+)#[0-9a-f]{8}", name):  # as galleries and packings remember a file's
        found = _by_digest(name, match[1], options)
        if found is not None:
            return found
    if on_hub(name):
        return _from_hub(name, **options)
    architecture, colon, weights = name.partition(":")
    if colon and architecture in BACKBONES:
        return REGISTRY.load(architecture, checkpoint=weights, **options)
    by_suffix: Callable[..., Recognizer] = FILES.get(Path(name).suffix, REGISTRY.load)
    return by_suffix(name, **options)
