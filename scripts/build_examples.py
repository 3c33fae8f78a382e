"""Make the example photos of the Photos tab: people who do not exist, as portraits and as pictures on a wall.

    python scripts/build_examples.py

They are 3-D heads from seeds that no gallery used, nearly in a studio. Everything follows from the seed; the first in
which the detector finds one face clearly are taken.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hyperface.assets import assets_folder
from hyperface.errors import NoFaceError
from hyperface.faces import align
from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.seeds import seeded_normal

FIRST_SEED = 5_000_000
CLEAR = 1.0  # detector's score
SIZE = 448  # pixels of a portrait
FRAMING = 0.62  # shows hair and neck
WIDEST, VARIATION = 25.0, 0.3  # turned by so many degrees at most, lit nearly as in a studio
WALL_COLOR = (196, 190, 178)
# left, top, size of the picture (pixels), tilt (degrees)
ON_THE_WALL = ((60, 70, 300, 0), (410, 40, 190, -3), (410, 285, 150, 4), (655, 95, 240, 2), (945, 170, 100, -6))


def clear_faces() -> Iterator[Image.Image]:
    """Portraits, SIZE pixels, in which exactly one face is found with a high score."""
    studio = Studio()
    for seed in itertools.count(FIRST_SEED):
        (person,), (style,) = coordinates.sample([seed]), seeded_normal([seed], STYLE_SIZE).numpy()
        drawn = capture_of(style, widest=WIDEST, variation=VARIATION)
        pixels = studio.photograph(person, drawn, size=SIZE, framing=FRAMING)  # (SIZE, SIZE, 3)
        picture = np.rint(255 * pixels).astype(np.uint8)
        try:
            faces = align(picture)
        except NoFaceError:
            continue
        if len(faces) == 1 and faces[0].confidence > CLEAR:
            yield Image.fromarray(picture)


def hang(wall: Image.Image, picture: Image.Image, left: int, top: int, size: int, tilt: float) -> None:
    """Put a picture on the wall, framed in white, with a soft shadow."""
    border = max(6, size // 14)
    framed = Image.new("RGBA", (size + 2 * border,) * 2, (250, 249, 246, 255))
    framed.paste(picture.resize((size, size), Image.Resampling.LANCZOS), (border, border))
    framed = framed.rotate(tilt, Image.Resampling.BICUBIC, expand=True)
    shadow = Image.new("RGBA", wall.size)
    shadow.paste((0, 0, 0, 110), (left + 5, top + 8), framed.getchannel("A"))
    wall.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(7)))
    wall.alpha_composite(framed, (left, top))


def main() -> None:
    folder = assets_folder() / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    faces = clear_faces()
    next(faces).save(folder / "1-portrait.jpg", quality=88)

    tilted = Image.new("RGBA", (640, 480), (118, 132, 140, 255))
    hang(tilted, next(faces), 130, 30, 300, 17)
    tilted.convert("RGB").save(folder / "2-tilted.jpg", quality=88)

    wall = Image.new("RGBA", (1100, 540), (*WALL_COLOR, 255))
    ImageDraw.Draw(wall).rectangle((0, 500, 1100, 540), fill=(150, 140, 126, 255))
    for place in ON_THE_WALL:
        hang(wall, next(faces), *place)
    wall.convert("RGB").save(folder / "3-wall.jpg", quality=88)
    for path in sorted(folder.glob("*.jpg")):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
