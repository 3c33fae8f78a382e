"""Speed and memory of drawing heads.

    python benchmarks/heads.py [--people 6] [--pictures 20] [--sizes 112 224 448] [--threads 1 2]

Prints the time to the first picture of a fresh process, with what was compiled before and without; images a second of
`datasets.synthesize`, JPEGs and data card included; memory after that; and, for each size, milliseconds of one thread
for a picture of a person whose parts are kept, the same with hair, beard and age as the seeds have them, and for the
first picture of a person.
Milliseconds are of processor time, which other programs on the machine change less than the clock; both are told where
threads share the work.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from hyperface import datasets, generators
from hyperface.heads.hair.hairstyles import style_for
from hyperface.heads.identity import coordinates
from hyperface.heads.parts import hair_shade
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.seeds import seeded_normal

FRESH = """
import time
start, busy = time.perf_counter(), time.process_time()
from hyperface import generators
generators.load("heads").sample([0])
print(time.perf_counter() - start, time.process_time() - busy)
"""


def milliseconds(work: Callable[[], object], count: int) -> float:
    """Processor time a piece."""
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start) / count


def grow_all_hair() -> None:
    """Hair is grown once for a style and a process, which is no picture's time."""
    for z in coordinates.sample(range(60)):
        for choice in range(20):
            hair_shade(style_for(coordinates.person(z), choice))


def tell_pictures(size: int, people: int, pictures: int) -> None:
    z = coordinates.sample(range(people))
    everyday = [capture_of(row) for row in seeded_normal(range(pictures), STYLE_SIZE).numpy()]
    same = [replace(c, hair_style=3, beard=0.0, makeup=0.0, age_shift=0.0) for c in everyday]
    Studio().photograph(z[0], same[0], size=size)
    studio = Studio()

    def draw(captures: list) -> None:
        for person in z:
            for capture in captures:
                studio.photograph(person, capture, size=size)

    first = milliseconds(lambda: draw(same[:1]), people)
    studio = Studio(kept_bytes=2**40)
    draw(same[:1])
    kept = milliseconds(lambda: draw(same), people * pictures)
    varied = milliseconds(lambda: draw(everyday), people * pictures)
    print(f"{size:4} pixels: kept {kept:7.1f} ms, hair, beard and age vary {varied:7.1f} ms, first {first:7.1f} ms")


def tell_fresh() -> None:
    """The first picture of a process, imports included."""
    with tempfile.TemporaryDirectory() as folder:
        for what, environment in (("compiled before", {}), ("compiled now", {"NUMBA_CACHE_DIR": folder})):
            done = subprocess.run(
                [sys.executable, "-c", FRESH],
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=True,
            )
            wall, busy = map(float, done.stdout.split())
            print(f"first picture of a process, {what:15} {wall:6.1f} s, of them {busy:5.1f} s of processor time")


def tell_dataset(people: int, pictures: int, threads: int) -> None:
    torch.set_num_threads(threads)
    generator = generators.load("heads")
    embeddings = generator.embeddings(coordinates.sample(range(people)))
    with tempfile.TemporaryDirectory() as folder:
        start, busy = time.perf_counter(), time.process_time()
        *_, last = datasets.synthesize(embeddings, generator, images_per_identity=pictures, out=Path(folder) / "set")
        wall, busy = time.perf_counter() - start, time.process_time() - busy
    print(
        f"dataset, {threads} threads: {last.total / wall:6.1f} images/s, "
        f"{1000 * busy / last.total:5.1f} ms of processor time each, {busy / wall:.2f} processors busy"
    )


def memory() -> float:
    """Resident megabytes, where the system tells."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), float("nan"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--pictures", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[112, 224, 448])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    torch.set_num_threads(1)
    tell_fresh()
    before = memory()
    grow_all_hair()
    for threads in options.threads:
        tell_dataset(options.people, options.pictures, threads)
    print(f"memory: {before:.0f} MB before the first picture, {memory():.0f} MB after datasets")
    torch.set_num_threads(1)
    for size in options.sizes:
        tell_pictures(size, options.people, max(2, options.pictures * 112 // size))


if __name__ == "__main__":
    main()
