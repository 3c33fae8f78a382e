"""Packing beside a plain dense PyTorch implementation of the paper's Algorithm 1, in one process, interleaved.

    python benchmarks/packing.py [--identities 1000] [--steps 300] [--start gallery] [--span K] [--threads 1]
                                 [--no-peer]

Both start from the same embeddings of `gan-10k` (10,000 faces, d = 128), or from uniform points, and take the
same number of steps with the gallery term. The dense peer is what one would write first: the whole matrices of cosines,
autograd, torch.optim.Adam. It optimises the stronger reading of the paper's minimum, the mean over points of the
distance to the nearest, which is "nearest" here; the literal one, which moves a single pair in each step, is printed
as "paper". The paper's objective is what is reported for all. --no-peer leaves the dense one out where it would take
too long: "nearest" takes the same steps but for rounding.
"""

import argparse
import math
import time
from collections.abc import Iterator

import torch

from hyperface import gallery, sphere
from hyperface.packing import pack


def dense_steps(start: torch.Tensor, reference: torch.Tensor, alpha: float, steps: int) -> Iterator[torch.Tensor]:
    """The peer: yields the points (n, d) after each step."""
    points = start.clone().requires_grad_()
    adam = torch.optim.Adam([points], lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    itself = torch.eye(len(start), dtype=torch.bool)
    for _ in range(steps):
        cosines = (points @ points.T).masked_fill(itself, -math.inf)  # (n, n)
        nearest = (1 - cosines).amin(dim=1).mean()
        towards_gallery = (1 - points @ reference.T).amin(dim=1).mean()
        adam.zero_grad()
        (-nearest + alpha * towards_gallery).backward()
        adam.step()
        schedule.step()
        with torch.no_grad():
            points.copy_(sphere.normalize(points))
        yield points.detach()


class Timed:
    """Draws from an iterator, adding up wall-clock and processor seconds."""

    def __init__(self, iterator: Iterator) -> None:
        self.iterator = iterator
        self.wall = self.processor = 0.0

    def next(self):
        wall, processor = time.perf_counter(), time.process_time()
        item = next(self.iterator, None)
        self.wall += time.perf_counter() - wall
        self.processor += time.process_time() - processor
        return item


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--alpha", type=float, default=0.5)
    parser.add_argument("--start", choices=("gallery", "uniform"), default="gallery")
    parser.add_argument("--span", type=int, help="also pack inside so many principal directions; the peer cannot")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    reference = gallery.load("gan-10k").embeddings  # (m, d)
    if options.start == "gallery":
        order = torch.randperm(len(reference), generator=torch.Generator().manual_seed(0))
        start = reference[order[: options.identities]]
    else:
        start = sphere.random_points(options.identities, reference.shape[1], seed=0)
    common = {"gallery": reference, "alpha": options.alpha, "steps": options.steps}
    runs = {} if options.no_peer else {"dense": Timed(dense_steps(start, reference, options.alpha, options.steps))}
    runs |= {name: Timed(pack(start, **common, objective=name)) for name in ("soft", "nearest", "paper")}
    if options.span is not None:
        runs[f"soft, span {options.span}"] = Timed(pack(start, **common, span=options.span))

    latest = {}
    for _ in range(options.steps + 1):
        for name, run in runs.items():
            item = run.next()
            if item is not None:
                latest[name] = item
    if "dense" in latest:
        latest["dense"] = next(pack(latest["dense"], **common))  # step 0 measures it

    n, d = start.shape
    bound = sphere.max_cosine_bound(n, d)
    print(
        f"{n} identities, d = {d}, gallery of {len(reference)}, {options.steps} steps from {options.start}, "
        f"{options.threads} thread(s). No packing is below a largest cosine of {bound:.4f}."
    )
    print(f"{'':18}{'wall s':>9}{'CPU s':>9}{'max cos':>10}{'mean NN':>10}{'gallery':>10}{'objective':>11}")
    for name, run in runs.items():
        step = latest[name]
        print(
            f"{name:18}{run.wall:9.2f}{run.processor:9.2f}{step.max_cosine:10.4f}{step.mean_nearest_cosine:10.4f}"
            f"{step.gallery_distance:10.4f}{step.objective:11.4f}"
        )


if __name__ == "__main__":
    main()
