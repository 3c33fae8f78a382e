"""Where files are kept that can be made again: in the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER_VARIABLE = "HYPERFACE_CACHE"


def cache_folder() -> Path:
    """The folder, which need not exist: HYPERFACE_CACHE, or `hyperface` where XDG_CACHE_HOME or ~/.cache is.

    Everything in it may be deleted at any time; it is then made again when it is needed.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says to ignore relative paths.
    return (Path(shared) if Path(shared).is_absolute() else Path.home() / ".cache") / "hyperface"
