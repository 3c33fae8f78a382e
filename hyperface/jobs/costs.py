"""What the stages of a recipe cost: as this machine shows it in a few batches, or as it is published."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import offers
from hyperface.errors import HyperFaceError
from hyperface.hardware import usable_device
from hyperface.rates import DRAWING, MEASURED_HERE, PUBLISHED, Rate, drawing_rate, operations_of, remember_rate

if TYPE_CHECKING:
    from hyperface.generators import GalleryGenerator, Generator

# Of one NVIDIA H100 (docs/explanation/gpu.md).
PACKED = {10_000: 1.6, 50_000: 7.3}  # seconds for 300 steps of the soft maximum
TRAINED = 4600.0  # pictures a second, ir_50
EMBEDDED = 16_420.0  # pictures a second, ir_50 in bfloat16
FOUND = 0.03  # seconds to find and align a face, on one of the cores that share the work
ALIGNED = ("vec2face", "vec2face-plus", "heads", "gan", "dcgan")  # whose faces need not be found
SHARE_OF_PEAK = 0.4  # that networks of this kind reach of the speed of matrix products
LIGHT = 1e8  # bytes of weights that are always tried
AFFORDABLE = 20.0  # seconds for one batch that is measured; what would take longer is worked out


def scaled(rate: Rate | None, count: float) -> Rate | None:
    """The same for so many."""
    return None if rate is None else replace(rate, seconds=rate.seconds * count)


class Costs:
    """As published, of one H100, or worked out from the operations."""

    def drawing(self, stage: str, name: str, told: dict[str, Any]) -> Rate | None:
        """Of one face of a generator, for the stage "gallery" or "generate"; None of one that nobody knows.

        name: with the weights behind it, if there are any. told: its options.
        """
        kind = name.partition(":")[0]
        rate = drawing_rate(kind, "cuda", steps=told.get("steps"), measured=False)
        if rate is None or kind in ALIGNED:
            return rate
        return replace(rate, seconds=max(rate.seconds, FOUND / 16))  # found on 16 cores meanwhile

    def packing(self, identities: int, steps: int) -> Rate:
        """Of all steps."""
        near = min(PACKED, key=lambda known: abs(known - identities))
        return Rate(PACKED[near] * (identities / near) ** 2 * steps / 300, PUBLISHED)

    def training(self, backbone: str) -> Rate:
        """Of one picture once."""
        return Rate(_heavier(backbone) / TRAINED, PUBLISHED)

    def embedding(self, backbone: str) -> Rate:
        """Of one picture."""
        return Rate(_heavier(backbone) / EMBEDDED, PUBLISHED)


# Operations of a picture, as multiples of ir_50's (tests/test_recipes.py counts them).
WEIGHT = {"small": 0.0115, "ir_18": 0.412, "ir_34": 0.706, "ir_50": 1.0, "ir_100": 1.918}


def _heavier(backbone: str) -> float:
    return WEIGHT.get(backbone, 1.0)


class MeasuredCosts(Costs):
    """Of this machine: the real parts where they are here, else networks as large; and where a batch would take too
    long, the operations at the speed of matrix products here."""

    def __init__(self, device: str, *, largest: int | None = None, batch: int | None = None) -> None:
        """device: where it is measured. largest: identities that packing is measured with; batch: pictures at once;
        None for what suits the device."""
        self.device = device
        gpu = usable_device(device).type == "cuda"
        self.largest = largest if largest is not None else 50_000 if gpu else 2_000
        self.batch = batch if batch is not None else 128 if gpu else 8
        self.precision = "fastest" if gpu else "float32"
        self._speed: float | None = None

    def drawing(self, stage: str, name: str, told: dict[str, Any]) -> Rate | None:
        kind, _, weights = name.partition(":")
        work, own = DRAWING.get(kind), Path(weights) if weights else None
        light = own is not None and own.exists() and _size(own) < LIGHT
        if work is not None and not light:
            seconds = operations_of(work, told.get("steps")) / (SHARE_OF_PEAK * self.speed)
            if seconds > AFFORDABLE:
                return Rate(seconds, "worked out from the operations, at the speed of matrix products here")
        try:
            generator, real = self._generator(stage, name, told)
        except HyperFaceError:
            return super().drawing(stage, name, told)
        generator.prepare(device=self.device, precision=self.precision)
        seconds = self._drawn(generator)
        if kind not in ALIGNED:
            seconds += _found(generator) / (os.cpu_count() or 1)
        if not weights:
            remember_rate(kind, self.device, seconds, steps=told.get("steps"))
        return Rate(seconds, MEASURED_HERE if real else f"{MEASURED_HERE}, on a network of that size")

    def _generator(self, stage: str, name: str, told: dict[str, Any]) -> tuple[Generator | GalleryGenerator, bool]:
        """What draws, or a network as large; and whether it is the real one."""
        from hyperface import generators
        from hyperface.generators import sized

        kind, _, weights = name.partition(":")
        gallery = stage == "gallery"
        known = offers.gallery_generators(self.device) if gallery else offers.generators(self.device)
        here = any(offer.name == kind and offer.available for offer in known)
        if Path(weights).exists() if weights else here:
            if gallery:
                return generators.load_gallery_generator(name, **told), True
            return generators.load(name, **told), True
        if gallery:
            return sized.sized_gallery_generator(kind, device=self.device, steps=told.get("steps")), False
        return sized.sized_generator(kind, device=self.device, steps=told.get("steps", 25)), False

    def _drawn(self, generator: Generator | GalleryGenerator) -> float:
        """Seconds a picture, of a batch, faces not looked for."""
        import torch

        from hyperface.generators import Generator
        from hyperface.seeds import seeded_normal
        from hyperface.sphere import random_points

        count = min(generator.batch_size or self.batch, self.batch)
        if isinstance(generator, Generator):
            requests = random_points(count, generator.dimension, seed=0)
            generator.meet(requests)
            inputs = [requests, seeded_normal(range(count), generator.style_size)]
        else:
            inputs = [seeded_normal(range(count), generator.latent_size)]
        there = [value.to(generator.device) for value in inputs]

        def draw() -> None:
            with torch.inference_mode(), generator.arithmetic():
                generator.draw(*there)

        return self._seconds(draw) / count

    def packing(self, identities: int, steps: int) -> Rate:
        from hyperface.packing import pack
        from hyperface.sphere import random_points

        count = min(identities, self.largest)
        gallery = random_points(min(count, 10_000), 512, seed=1)
        taken = pack(random_points(count, 512, seed=0), gallery=gallery, steps=300, device=self.device)
        next(taken)
        seconds = self._seconds(lambda: next(taken)) * (identities / count) ** 2 * steps
        taken.close()
        part = "" if count == identities else f" with {count:,}"
        return Rate(seconds, f"{MEASURED_HERE}{part}")

    def training(self, backbone: str) -> Rate:
        from hyperface.training import measure_speed

        speed = measure_speed(backbone=backbone, batch_size=max(self.batch, 2), device=self.device)
        return Rate(1 / speed, MEASURED_HERE)

    def embedding(self, backbone: str) -> Rate:
        import torch

        from hyperface.recognizers.backbones import build_backbone

        recognizer = build_backbone(backbone).eval().prepare(device=self.device, precision="fastest")
        images = torch.rand(self.batch, 3, 112, 112, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            return Rate(self._seconds(lambda: recognizer.embed(images)) / len(images), MEASURED_HERE)

    @property
    def speed(self) -> float:
        """Operations a second in products of matrices, in bfloat16 on a GPU."""
        import torch

        if self._speed is None:
            gpu = torch.device(self.device).type == "cuda"
            size = 4096 if gpu else 512
            matrix = torch.randn(size, size, device=self.device, dtype=torch.bfloat16 if gpu else torch.float32)
            self._speed = 2 * size**3 / self._seconds(lambda: matrix @ matrix)
        return self._speed

    def _seconds(self, call: Callable[[], Any]) -> float:
        """Of a call, the median of three after one that warms up; of one that takes long, that one alone."""
        import torch

        times = []
        for _ in range(4):
            started = time.perf_counter()
            call()
            if torch.device(self.device).type == "cuda":
                torch.cuda.synchronize(self.device)
            times.append(time.perf_counter() - started)
            if times[0] > 2:
                return times[0]
        return statistics.median(times[1:])


def _size(path: Path) -> int:
    """Of a file, or of all in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _found(generator: Generator | GalleryGenerator) -> float:
    """Seconds of one core to look for a face in a picture of this generator."""
    from hyperface.faces import largest_face

    photo = _noise(getattr(generator, "photo_size", generator.image_size))
    started = time.process_time()
    largest_face(photo)
    return time.process_time() - started


def _noise(size: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)


def costs_on(device: str) -> tuple[Costs, str]:
    """What to tell costs by: this machine if it has the device; and a sentence that says which it is."""
    try:
        usable_device(device)
    except HyperFaceError:
        return Costs(), f"{device!r} is not on this machine: hours are of one H100, published or worked out."
    from hyperface.hardware import device_title

    return MeasuredCosts(device), f"Measuring {device_title(device)}."
