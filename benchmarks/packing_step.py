"""One step of the paper's objective at scale: time and memory beside plain dense PyTorch.

    python benchmarks/packing_step.py [--identities 10000] [--dimension 512] [--gallery 10000] [--repeats 3]
                                      [--threads 1] [--no-peer] [--only NAME]

Identities and gallery are uniform points, α = 0.5. The peer is what one would write first: the whole matrices of
cosines, autograd, torch.optim.Adam; it needs about 4·n·(n + m) bytes several times over, so leave it out (--no-peer)
where that does not fit. Both take the same steps; the steps are interleaved in one process, medians printed, and so is
the largest difference between the two in the objective. Memory is what a process of its own needs beyond the points,
the gallery and Adam's moments (Linux only).
"""

import argparse
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from hyperface.hardware import has_fast_bfloat16
from hyperface.packing import pack, rounding
from hyperface.sphere import normalize, random_points

ALPHA = 0.5
STEPS = 300


def dense_steps(start: torch.Tensor, gallery: torch.Tensor) -> Iterator[float]:
    """The peer: yields the paper's objective before each step."""
    points = start.clone().requires_grad_()
    adam = torch.optim.Adam([points], lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    itself = torch.eye(len(start), dtype=torch.bool)
    while True:
        distances = (1 - points @ points.T).masked_fill(itself, math.inf)  # (n, n)
        to_gallery = (1 - points @ gallery.T).amin(dim=1).mean()
        objective = -distances.min() + ALPHA * to_gallery
        adam.zero_grad()
        objective.backward()
        adam.step()
        schedule.step()
        with torch.no_grad():
            points.copy_(normalize(points))
        yield objective.item()


def our_steps(start: torch.Tensor, gallery: torch.Tensor, objective: str) -> Iterator[float]:
    for step in pack(start, gallery=gallery, alpha=ALPHA, steps=STEPS, objective=objective):
        value = step.objective
        del step  # holds the points as they were, as the peer does not
        yield value


def in_float32(steps: Iterator[float]) -> Iterator[float]:
    """The same steps without the bfloat16 screen."""
    while True:
        fast, rounding.has_fast_bfloat16 = rounding.has_fast_bfloat16, lambda device: False
        try:
            value = next(steps)
        finally:
            rounding.has_fast_bfloat16 = fast
        yield value


def runs(options: argparse.Namespace) -> dict[str, Iterator[float]]:
    start = random_points(options.identities, options.dimension, seed=0)
    gallery = random_points(options.gallery, options.dimension, seed=1)
    all_runs = {
        "dense": dense_steps(start, gallery),
        "float32": in_float32(our_steps(start, gallery, "paper")),
        "bfloat16": our_steps(start, gallery, "paper"),
        "soft": our_steps(start, gallery, "soft"),
    }
    if options.only:
        return {options.only: all_runs[options.only]}
    if options.no_peer:
        del all_runs["dense"]
    if not has_fast_bfloat16(torch.device("cpu")):
        del all_runs["bfloat16"]
    return all_runs


def resident(line: str) -> int:
    """Bytes of memory that this process holds now (VmRSS), or has held at most since `forget_peak` (VmHWM)."""
    text = Path("/proc/self/status").read_text()
    return 1024 * int(text.split(f"{line}:")[1].split()[0])


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def extra_memory(name: str) -> float:
    """GB that two steps of a run need in a process of its own, beyond points, gallery and moments."""
    command = [sys.executable, *sys.argv, "--memory-of", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1e9


def measure_memory(options: argparse.Namespace) -> None:
    steps = runs(options)[options.memory_of]
    small = argparse.Namespace(identities=1200, dimension=64, gallery=1200, no_peer=False, only=None)
    for warm_up in runs(small).values():  # what torch itself keeps
        next(warm_up), next(warm_up)
    moments = 8 * options.identities * options.dimension
    forget_peak()
    before = resident("VmRSS")
    next(steps), next(steps)
    print(max(0, resident("VmHWM") - before - moments))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--gallery", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--only", choices=("dense", "float32", "bfloat16", "soft"))
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.memory_of:
        return measure_memory(options)

    all_runs = runs(options)
    seconds: dict[str, list[float]] = {name: [] for name in all_runs}
    values: dict[str, list[float]] = {name: [] for name in all_runs}
    for repeat in range(options.repeats + 1):
        for name, steps in all_runs.items():
            started = time.perf_counter()
            values[name].append(next(steps))
            if repeat > 0:  # the first step also searches the gallery in full
                seconds[name].append(time.perf_counter() - started)
    print(
        f"{options.identities} identities, d = {options.dimension}, gallery of {options.gallery}, "
        f"{options.threads} thread(s), median of {options.repeats}; fast bfloat16 here: "
        f"{'yes' if has_fast_bfloat16(torch.device('cpu')) else 'no'}"
    )
    peer = statistics.median(seconds["dense"]) if "dense" in seconds else None
    for name in all_runs:
        median = statistics.median(seconds[name])
        faster = f"{peer / median:6.1f}×" if peer else ""
        print(f"{name:10}{median:9.3f} s a step {faster}  {extra_memory(name):6.2f} GB more")
    if peer:
        for name in ("float32", "bfloat16"):
            if name in values:
                apart = max(abs(a - b) for a, b in zip(values["dense"], values[name], strict=True))
                print(f"largest difference of the objective, dense and {name}: {apart:.1e}")
    return None


if __name__ == "__main__":
    main()
