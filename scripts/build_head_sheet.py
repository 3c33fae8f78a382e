"""Draw docs/heads.jpg: random people of the heads, each in a studio's light, as they come.

    python scripts/build_head_sheet.py [--first 0] [--size 224] [--rows 4] [--columns 8] [--out FILE]
    python scripts/build_head_sheet.py --one 3 --size 160 [--first 0] …

Nobody is chosen: the people's seeds follow each other. With --one it is docs/heads_captures.jpg: a single person, of
the seed given, as `generate` photographs people, under seeds that follow each other.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from hyperface.heads.identity import coordinates  # noqa: E402
from hyperface.heads.photo.capture import STYLE_SIZE, Camera, Capture, capture_of, studio_light  # noqa: E402
from hyperface.heads.render import Studio  # noqa: E402
from hyperface.seeds import seeded_normal  # noqa: E402

TURNS = (-18, 0, 12, 25)  # degrees, one after the other


def posed(drawn: Capture, yaw: float) -> Capture:
    """A picture's conditions, in a studio."""
    return replace(
        drawn, yaw=yaw, pitch=0.0, roll=0.0, light=studio_light(), camera=Camera(), scene="plain", scene_stops=0.0
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="seed of the first person, or of the first picture")
    parser.add_argument("--one", type=int, metavar="SEED", help="one person in everyday conditions")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.rows * options.columns)
    styles, studio = seeded_normal(seeds, STYLE_SIZE).numpy(), Studio()
    people = coordinates.sample(seeds if options.one is None else [options.one] * len(seeds))
    pictures = []
    for number, (person, style) in enumerate(zip(tqdm(people, unit="picture"), styles, strict=True)):
        drawn, framing = capture_of(style), 1.0
        if options.one is None:
            drawn, framing = posed(drawn, TURNS[number % len(TURNS)]), 0.84
        pictures.append(studio.photograph(person, drawn, size=options.size, framing=framing))
    grid = np.reshape(pictures, (options.rows, options.columns, options.size, options.size, 3)).swapaxes(1, 2)
    pixels = grid.reshape(options.rows * options.size, options.columns * options.size, 3)
    name, quality = ("heads.jpg", 86) if options.one is None else ("heads_captures.jpg", 84)
    out = options.out or REPOSITORY / "docs" / name
    Image.fromarray(np.rint(255 * pixels).astype(np.uint8)).save(out, quality=quality, optimize=True)


if __name__ == "__main__":
    main()
