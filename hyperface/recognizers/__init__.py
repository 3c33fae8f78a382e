"""Face recognisers F: an aligned face in, a unit embedding out."""

from pathlib import Path

from hyperface.recognizers.base import Recognizer, RecognizerCard
from hyperface.registry import Registry

__all__ = ["REGISTRY", "Recognizer", "RecognizerCard", "load"]

REGISTRY: Registry[Recognizer] = Registry("recogniser")


@REGISTRY.register("dlib")
def _dlib() -> Recognizer:
    from hyperface.recognizers.dlib_resnet import load_dlib

    return load_dlib()


def _backbone(architecture: str):
    def load_architecture(*, checkpoint: str | Path, input_size: int | None = None) -> Recognizer:
        from hyperface.recognizers.checkpoints import load_backbone

        return load_backbone(architecture, checkpoint, input_size=input_size)

    return load_architecture


for _architecture in ("small", "ir_18", "ir_34", "ir_50", "ir_100", "ir_se_50"):
    REGISTRY.register(_architecture)(_backbone(_architecture))


def load(name: str | Path = "dlib", **options) -> Recognizer:
    """Load a recogniser, ready to embed (evaluation mode, CPU).

    name: "dlib"; the path of a recogniser trained here (.safetensors); or a backbone ("ir_50", …) with `checkpoint`,
    the path of its weights. UnknownNameError, AssetError or CheckpointError if that cannot be.
    """
    if str(name).endswith(".safetensors"):
        from hyperface.recognizers.checkpoints import load_recognizer

        return load_recognizer(name, **options)
    return REGISTRY.load(str(name), **options)
