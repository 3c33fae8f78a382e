"""Taking a pack's pictures: plan → JPEG bytes, in one process or several."""

import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

from PIL import Image

from .capture import sample_capture
from .identities import Identity, stream
from .pairs import PackSpec, Pair, Shot
from .render import Studio

JPEG_QUALITY = 85  # about 3 kB a picture


@lru_cache(maxsize=1)
def _studio() -> Studio:
    return Studio.open()


def take(shot: Shot, seed: int, name: str, pitch_sd: float) -> bytes:
    """One picture as JPEG bytes. `seed` and the pack's `name` fix everything about it."""
    capture = sample_capture(stream(seed, name, "capture", shot.number), yaw=shot.yaw, pitch_sd=pitch_sd)
    pixels = _studio().photograph(
        Identity.sample(seed, shot.person),
        age=shot.age,
        capture=capture,
        rng=stream(seed, name, "surface", shot.number),
    )
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def take_all(spec: PackSpec, pairs: list[Pair], seed: int, workers: int) -> Iterator[bytes]:
    """The pack's pictures in order: pair i is pictures 2i and 2i + 1."""
    shots = [shot for pair in pairs for shot in pair.shots]
    count = len(shots)
    arguments = (shots, [seed] * count, [spec.name] * count, [spec.pitch_sd] * count)
    if workers == 1:
        yield from map(take, *arguments)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(take, *arguments, chunksize=8)
