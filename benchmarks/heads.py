"""Speed of drawing heads, beside the renderer that the rendered benchmarks were made with.

    python benchmarks/heads.py [--people 6] [--pictures 20] [--peer]

Prints milliseconds a picture of 112 pixels on one thread: of a person whose parts are kept, of one seen for the first
time, and of a portrait of 448 pixels. --peer times scripts/rendered_heads as well, which needs `pip install anny`.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hyperface.heads import coordinates
from hyperface.heads.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.seeds import seeded_normal

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def milliseconds(work: Callable[[], object], count: int) -> float:
    """Processor time a piece, which other programs on the machine change less than the clock."""
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start) / count


def peer(pictures: int) -> float:
    """A picture of the scripts' renderer."""
    sys.path.insert(0, str(SCRIPTS))
    from rendered_heads.capture import sample_capture
    from rendered_heads.identities import Identity, stream
    from rendered_heads.render import Studio as Old

    studio, person = Old.open(), Identity.sample(1, 0)
    shots = [sample_capture(stream(1, "benchmark", number), yaw=0.0) for number in range(pictures + 1)]

    def draw(few: list) -> None:
        for shot in few:
            studio.photograph(person, age=0.7, capture=shot, rng=stream(1, "surface"))

    draw(shots[:1])
    return milliseconds(lambda: draw(shots[1:]), pictures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--pictures", type=int, default=20)
    parser.add_argument("--peer", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    z, studio = coordinates.sample(range(options.people)), Studio()
    everyday = [capture_of(row) for row in seeded_normal(range(options.pictures), STYLE_SIZE).numpy()]
    same = [replace(c, hair_style=3, beard=0.0, makeup=0.0, age_shift=0.0) for c in everyday]
    studio.photograph(z[0], same[0])
    print(f"first picture of the process           {time.perf_counter() - start:8.1f} s")

    def draw(captures: list, size: int = 112) -> None:
        for person in z:
            for capture in captures:
                studio.photograph(person, capture, size=size)

    for capture in everyday:  # hair is grown once for a style and a process
        studio.photograph(z[0], capture)
    total = options.people * options.pictures
    first = milliseconds(lambda: draw(same[:1]), options.people)
    kept = milliseconds(lambda: draw(same), total)
    varied = milliseconds(lambda: draw(everyday), total)
    large = milliseconds(lambda: draw(same[:2], 448), 2 * options.people)
    print(f"112 pixels, person and looks kept      {kept:8.1f} ms")
    print(f"112 pixels, hair and beard vary        {varied:8.1f} ms")
    print(f"112 pixels, first picture of a person  {first:8.1f} ms")
    print(f"448 pixels, half of them the first     {large:8.1f} ms")
    if options.peer:
        print(f"scripts/rendered_heads, 112 pixels     {peer(options.pictures):8.1f} ms")


if __name__ == "__main__":
    main()
