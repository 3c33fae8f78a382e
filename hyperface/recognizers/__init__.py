"""Face recognisers F: an aligned face in, a unit embedding out."""

from hyperface.recognizers.base import Recognizer, RecognizerCard
from hyperface.registry import Registry

__all__ = ["REGISTRY", "Recognizer", "RecognizerCard", "load"]

REGISTRY: Registry[Recognizer] = Registry("recogniser")


@REGISTRY.register("dlib")
def _dlib() -> Recognizer:
    from hyperface.recognizers.dlib_resnet import load_dlib

    return load_dlib()


def load(name: str = "dlib", **options) -> Recognizer:
    """Load a recogniser by name, ready to embed (evaluation mode, CPU)."""
    return REGISTRY.load(name, **options)
