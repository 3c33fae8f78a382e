"""What every visitor's first question needs, imported by one thread while the others wait.

Threads that import parts of one package at the same time can wait for each other in a circle. Python then lets one of
them go on with a half-made module, and its import fails.
"""

from __future__ import annotations

import importlib
import threading

NEEDED = tuple(f"hyperface.{name}" for name in ("packing", "projection", "gallery", "datasets", "evaluation"))
_lock = threading.Lock()


def import_once() -> None:
    """Import what is needed (torch with it), or wait until somebody has."""
    with _lock:
        for name in NEEDED:
            importlib.import_module(name)
