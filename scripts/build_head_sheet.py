"""Draw docs/heads.jpg: random people of the heads, each in a studio's light, as they come.

    python scripts/build_head_sheet.py [--first 0] [--size 224] [--rows 4] [--columns 8] [--out FILE]

Nobody is chosen: the people's seeds follow each other.
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

from hyperface.heads import coordinates  # noqa: E402
from hyperface.heads.capture import STYLE_SIZE, Camera, capture_of, studio_light  # noqa: E402
from hyperface.heads.render import Studio  # noqa: E402
from hyperface.seeds import seeded_normal  # noqa: E402

TURNS = (-18, 0, 12, 25)  # degrees, one after the other


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="seed of the first person")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "heads.jpg")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.rows * options.columns)
    people, styles = coordinates.sample(seeds), seeded_normal(seeds, STYLE_SIZE).numpy()
    studio, pictures = Studio(), []
    for number, (person, style) in enumerate(zip(tqdm(people, unit="person"), styles, strict=True)):
        drawn = capture_of(style)
        posed = replace(
            drawn, yaw=TURNS[number % len(TURNS)], pitch=0.0, roll=0.0, light=studio_light(), camera=Camera()
        )
        pictures.append(studio.photograph(person, posed, size=options.size, framing=0.84))
    grid = np.reshape(pictures, (options.rows, options.columns, options.size, options.size, 3)).swapaxes(1, 2)
    pixels = grid.reshape(options.rows * options.size, options.columns * options.size, 3)
    Image.fromarray(np.rint(255 * pixels).astype(np.uint8)).save(options.out, quality=86, optimize=True)


if __name__ == "__main__":
    main()
