"""The projection to the sphere beside umap-learn's own `output_metric="haversine"`: seconds and faithfulness.

    python benchmarks/projection.py [--points 1000] [--span 40] [--no-peer]

Takes gallery embeddings, and the same points packed inside the gallery's span, where distances are all but equal and
no picture can be very faithful. Then follows the packing frame by frame: seconds of an update, and how far points are
shown to move beside how far they do. One thread. The peer compiles in every process; its second fit is timed.
"""

import argparse
import itertools
import statistics
import time

import torch

from hyperface import gallery, sphere
from hyperface.packing import pack
from hyperface.projection import SphereProjection, faithfulness
from hyperface.projection.umap_learn import umap_learn


def show(name: str, embeddings: torch.Tensor, picture) -> None:
    started, busy = time.perf_counter(), time.process_time()
    points = picture(embeddings)
    wall, processor = time.perf_counter() - started, time.process_time() - busy
    measured = faithfulness(embeddings, points)
    print(
        f"{name:34}{wall:8.2f} s wall{processor:8.2f} s CPU   trustworthiness {measured.trustworthiness:.3f}   "
        f"rank correlation {measured.rank_correlation:.3f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--span", type=int, default=40)
    parser.add_argument("--no-peer", action="store_true", help="umap-learn takes a minute or two")
    options = parser.parse_args()
    torch.set_num_threads(1)

    reference = gallery.load("gan-10k").embeddings
    order = torch.randperm(len(reference), generator=torch.Generator().manual_seed(0))
    start = reference[order[: options.points]]
    frames = [step.embeddings for step in pack(start, gallery=reference, span=options.span) if step.step % 6 == 0]

    show("gallery, first fit of the process", start, SphereProjection().fit)
    for name, embeddings in (("gallery", start), ("packed", frames[-1])):
        show(f"{name}, fit", embeddings, SphereProjection().fit)
        if not options.no_peer:
            umap_learn(embeddings[:100])
            show(f"{name}, umap-learn", embeddings, umap_learn)

    projection = SphereProjection()
    before = projection.fit(frames[0])
    walls, processors = [], []
    print("\nstep   true move   shown move   (mean, degrees)   trustworthiness")
    for number, (last, now) in enumerate(itertools.pairwise(frames), start=1):
        started, busy = time.perf_counter(), time.process_time()
        points = projection.update(now)
        walls.append(time.perf_counter() - started)
        processors.append(time.process_time() - busy)
        if number in (1, 3, 10, 25, len(frames) - 1):
            true = float(torch.rad2deg(sphere.angles(now, last)).mean())
            shown = float(torch.rad2deg(sphere.angles(torch.from_numpy(points), torch.from_numpy(before))).mean())
            trusted = faithfulness(now, points).trustworthiness
            print(f"{6 * number:4}{true:12.2f}{shown:13.2f}{trusted:31.3f}")
        before = points
    print(f"an update: median {statistics.median(walls):.3f} s wall, {statistics.median(processors):.3f} s CPU")


if __name__ == "__main__":
    main()
