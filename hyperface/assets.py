"""Where the files that ship with HyperFace are.

They live in `assets/` beside the package; the environment variable HYPERFACE_ASSETS names another folder.
"""

import os
from pathlib import Path

from hyperface.errors import AssetError


def assets_folder() -> Path:
    """The folder that holds weights, galleries, benchmarks and example faces."""
    return Path(os.environ.get("HYPERFACE_ASSETS") or Path(__file__).resolve().parents[1] / "assets")


def asset(name: str) -> Path:
    """Path of the asset `name` (relative, with forward slashes); AssetError if it is not there."""
    path = assets_folder() / name
    if not path.is_file():
        raise AssetError(
            f"The file {name} is missing from {assets_folder()}. It ships with HyperFace: restore it with "
            "`git checkout -- assets`, or set HYPERFACE_ASSETS to a folder that has it."
        )
    return path
