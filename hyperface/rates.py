"""How long a picture takes: as this machine has shown, or else as it is published or follows from the operations.

What a machine has shown is kept in the cache folder (rates.json), so that whoever asks next is told it at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from hyperface.cache import cache_folder
from hyperface.errors import CheckpointError, RunError
from hyperface.files import json_bytes, read_object, write_atomic

MEASURED_HERE = "measured here"
PUBLISHED = "measured on one H100, docs/explanation/gpu.md"
WORKED_OUT = "worked out from the operations"

GPU_SPEED = 3e14  # operations a second of bfloat16 on one H100, 40 % of its measured peak
GPU_SPEED_FLOAT32 = 2e13  # the same in float32
CPU_SPEED = 1e11  # of two usual cores, in float32


@dataclass(frozen=True)
class Work:
    """Operations that one picture takes. each: of them for each step, where it is drawn in steps. half: whether a GPU
    draws it in half precision."""

    operations: float
    each: float = 0.0
    steps: int = 0
    half: bool = True


# Counted in networks of the public sizes (tests/generators/test_sized.py), the two of guidance together.
DRAWING = {
    "arc2face": Work(2.51e12, 2 * 0.803e12, 25),
    "diffusion": Work(0.67e12, 0.202e12, 200),
    "stylegan": Work(0.151e12, half=False),
    "vec2face": Work(0.049e12),
    "vec2face-plus": Work(0.049e12),
}
# Seconds a picture of what ships, about, on one core.
SHIPPED = {"heads": 0.1, "gan": 0.03, "dcgan": 0.03}


@dataclass(frozen=True)
class Rate:
    """seconds: of one. origin: how that is known."""

    seconds: float
    origin: str


def operations_of(work: Work, steps: int | None = None) -> float:
    """Of one picture. steps: None for the usual ones."""
    return work.operations + work.each * (work.steps if steps is None else steps)


def drawing_rate(name: str, device: str, *, steps: int | None = None, measured: bool = True) -> Rate | None:
    """How long one picture takes a generator on a device; None of one that nobody knows.

    name: as it is registered, without the weights behind it. device: "cpu", "cuda" … steps: None for its usual ones.
    measured: whether what this machine has shown goes before what is published.
    """
    shown = _measured().get(_key(name, device, steps)) if measured else None
    if shown is not None:
        return Rate(shown, MEASURED_HERE)
    if name in SHIPPED:
        return Rate(SHIPPED[name], "measured on one core")
    work = DRAWING.get(name)
    if work is None:
        return None
    operations = operations_of(work, steps)
    speed = CPU_SPEED if device == "cpu" else GPU_SPEED if work.half else GPU_SPEED_FLOAT32
    where = "for two cores" if device == "cpu" else "for one H100"
    return Rate(operations / speed, f"{WORKED_OUT}, {where}")


def remember_rate(name: str, device: str, seconds: float, *, steps: int | None = None) -> None:
    """Note what one picture took here; where nothing can be written, nothing is."""
    path = cache_folder() / "rates.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json_bytes({**_measured(), _key(name, device, steps): seconds}))
    except (OSError, RunError):
        return


def _measured() -> dict[str, float]:
    try:
        content = read_object(cache_folder() / "rates.json")
    except CheckpointError:
        return {}
    return {name: value for name, value in content.items() if isinstance(value, float) and value > 0}


def _key(name: str, device: str, steps: int | None) -> str:
    kind = device.partition(":")[0]
    usual = DRAWING[name].steps if name in DRAWING else 0
    return json.dumps([name, kind, usual if steps is None else steps])
