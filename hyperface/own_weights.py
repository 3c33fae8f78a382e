"""Weights that lie on this machine: HYPERFACE_WEIGHTS names a folder, and a part's name is that of its file or folder.

    stylegan.pkl, vec2face.pth             a file called as the part, whatever its ending
    arc2face/, stable-diffusion-v1-5/      a folder laid out as the public repository
    glintr100.onnx, arc2face/arcface.onnx  recognisers, by the names of their public files, wherever below it

They are taken before the published ones, so that a machine without a network needs no cache of the hub.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER_VARIABLE = "HYPERFACE_WEIGHTS"
SUFFIXES = (".safetensors", ".pth", ".pt", ".pkl", ".ckpt", ".bin", ".onnx")
_DEEPEST = 3  # folders below it in which a recogniser beside a generator's weights is looked for


def own_weights(part: str) -> Path | None:
    """The folder or file that is called as a part; None if there is none, or no folder is named."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    files = (Path(named) / f"{part}{suffix}" for suffix in SUFFIXES)
    return next((path for path in (Path(named) / part, *files) if path.exists()), None)


def files_called(stem: str) -> list[Path]:
    """All files in the folder, also a little below it, of this name and any ending of weights."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not named or not Path(named).is_dir():
        return []
    patterns = ("/".join([*["*"] * depth, "*"]) for depth in range(_DEEPEST))
    found = (path for pattern in patterns for path in Path(named).glob(pattern))
    return sorted(path for path in found if path.stem == stem and path.suffix in SUFFIXES and path.is_file())
