"""How far packings get, and how soon: the soft maximum beside the paper's objective, at scale.

    python benchmarks/packing_quality.py [--identities 10000] [--dimension 512] [--steps 300] [--quick 12] [--threads 2]

From uniform points, without a gallery. The paper's objective is taken in its stronger reading, the mean over points of
the distance to the nearest: the literal one moves a single pair in each step and stays near where it began. Its steps
are those of dense PyTorch but for rounding (`benchmarks/packing_step.py`, and the tests), so they are taken by the
fast engine here, and the time of the dense ones is their number times the median of a few that are really taken.
The soft maximum is run with as many steps, and with a few (--quick), which is all it needs to overtake.
"""

import argparse
import math
import statistics
import time

import torch
from tqdm import tqdm

from hyperface.packing import pack
from hyperface.sphere import max_cosine_bound, normalize, random_points

DENSE_STEPS = 3


def timed_pack(start: torch.Tensor, objective: str, steps: int) -> tuple[float, float]:
    """Largest cosine after all steps, and the seconds they took."""
    started = time.perf_counter()
    for step in tqdm(pack(start, objective=objective, steps=steps), total=steps + 1, desc=objective, leave=False):
        reached = step.max_cosine
    return reached, time.perf_counter() - started


def dense_step_seconds(start: torch.Tensor) -> float:
    """Median time of a step of plain dense PyTorch with autograd and torch.optim.Adam."""
    points = start.clone().requires_grad_()
    adam = torch.optim.Adam([points], lr=0.01)
    itself = torch.eye(len(start), dtype=torch.bool)
    seconds = []
    for _ in range(DENSE_STEPS + 1):
        started = time.perf_counter()
        objective = (points @ points.T).masked_fill(itself, -math.inf).amax(dim=1).mean()
        adam.zero_grad()
        objective.backward()
        adam.step()
        with torch.no_grad():
            points.copy_(normalize(points))
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--quick", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    start = random_points(options.identities, options.dimension, seed=0)

    dense = dense_step_seconds(start) * options.steps
    target, ours = timed_pack(start, "nearest", options.steps)
    quick, quick_seconds = timed_pack(start, "soft", options.quick)
    reached, seconds = timed_pack(start, "soft", options.steps)
    bound = max_cosine_bound(options.identities, options.dimension)
    print(
        f"{options.identities} identities, d = {options.dimension}, {options.threads} thread(s). "
        f"No packing is below a largest cosine of {bound:.4f}."
    )
    print(f"dense PyTorch, {options.steps} steps    max cos {target:.4f}  {dense:9.1f} s")
    print(f"the same, ours {options.steps} steps    max cos {target:.4f}  {ours:9.1f} s")
    sooner = f"{dense / quick_seconds:.0f}× sooner" if quick <= target else "not yet as far as the paper's"
    print(f"soft maximum, {options.quick:3} steps     max cos {quick:.4f}  {quick_seconds:9.1f} s  {sooner}")
    print(f"soft maximum, {options.steps:3} steps     max cos {reached:.4f}  {seconds:9.1f} s")


if __name__ == "__main__":
    main()
