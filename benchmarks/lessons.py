"""What the lessons of the Learn tab say in figures, computed again.

    python benchmarks/lessons.py [--races 8] [--seed 0]

Prints the best known angles and limits of points on a ball, how far apart random directions of 128 dimensions are, how
far a thousand random heads are from their nearest, the chance that a rare mistake never happens, and the leads of some
races of packed against random people: their mean, Student's 95 % interval, how far one race is from the next, and the
processor seconds that one takes. On one thread.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads

import numpy as np

from hyperface import gallery, generators
from hyperface.defaults import PAIRS
from hyperface.lessons import ball, dimensions, race
from hyperface.realization import separation
from hyperface.steps import finish

HEADS = next(pair for pair in PAIRS if pair.generator == "heads")
THOUSAND = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--races", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for count in (4, 6, 12, 15, 24):
        marks = ball.marks(count)
        print(f"{count:3} points on a ball: best known {marks.best_known:.1f}°, limit {marks.bound:.1f}°")
    within = dimensions.share_within(128, 98) - dimensions.share_within(128, 82)
    print(f"random pairs of 128 dimensions between 82° and 98°: {100 * within:.0f} %")
    for count, dimension in ((30, 16), (300, 128)):
        print(f"limit for {count} points of {dimension} dimensions: {dimensions.bound(count, dimension):.1f}°")
    faces = gallery.load(HEADS.gallery)
    heads = faces.embeddings[:THOUSAND]
    print(f"a thousand random heads: {separation(heads, heads).seen.mean():.0f}° to the nearest, on average")
    print(f"a thousand tries at one in a thousand all fail: {100 * 0.999**1000:.0f} %")
    races(faces, options.races, options.seed)


def races(faces: gallery.Gallery, count: int, seed: int) -> None:
    """Run so many races, with people of their own each, and print what they come to."""
    heads = generators.load(HEADS.generator)
    test = race.strangers(faces, heads)
    leads, seconds = [], []
    for number in range(count):
        started = time.process_time()
        result = finish(race.run(faces, heads, test, span=HEADS.span, seed=seed + number))
        seconds.append(time.process_time() - started)
        leads.append(result.lead)
        print(f"race {number + 1}: {result.lead:+.1f} points, {seconds[-1]:.1f} s", flush=True)
    if count > 1:
        tally = race.tally(leads)
        print(
            f"the packed won {tally.wins} of {count}, on average by {tally.mean:+.1f} points ({tally.low:+.1f} to "
            f"{tally.high:+.1f}); from race to race ±{np.std(leads, ddof=1):.1f}; {np.median(seconds):.1f} s each"
        )


if __name__ == "__main__":
    main()
