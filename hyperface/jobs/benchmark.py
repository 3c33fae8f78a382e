"""Make a benchmark, a .bin pack as InsightFace's, of photos and a list of their pairs.

SOURCE is a folder with LFW's pairs.txt or with pairs.csv (columns image1, image2, same) in it, or such a list itself;
or the word lfw, which downloads LFW with scikit-learn. Images of 112×112 pixels are taken as aligned, of all others the
face is found and aligned. In the folder HYPERFACE_BENCHMARKS, a pack is known by its name to `evaluate` and to the app.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.jobs.base import Console
from hyperface.steps import finish

if TYPE_CHECKING:
    from hyperface.evaluation import Benchmark, PairList, PreparationStep


LFW = "lfw"


def prepare(pairs: PairList, console: Console, *, detector: str = "dlib", title: str | None = None) -> Benchmark:
    """`evaluation.prepare_benchmark` with a bar."""
    from hyperface.evaluation import prepare_benchmark

    left_out: dict[Path, str] = {}

    def show(step: PreparationStep) -> None:
        if step.done == 1:
            console.begin(f"aligning {pairs.name}", step.total, "photo")
        console.step(step.done, {"left_out": len(step.left_out)} if step.left_out else {})
        left_out.update(step.left_out)

    benchmark = finish(prepare_benchmark(pairs, detector=detector, title=title), show)
    console.end()
    for photo, reason in left_out.items():
        console.event("left_out", photo=str(photo), reason=reason)
    return benchmark
