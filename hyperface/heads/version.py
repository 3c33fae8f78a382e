"""Which renderer this is: what was drawn by another one is not the same picture."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from hyperface.assets import asset
from hyperface.heads.model import FILE


@cache
def renderer_version() -> str:
    """Ten letters that change with the code of `hyperface.heads` or with its head model."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update(asset(FILE).read_bytes())
    return digest.hexdigest()[:10]
