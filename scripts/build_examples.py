"""Make the example photos of the Photos tab: people who do not exist, as portraits and as pictures on a wall.

    python scripts/build_examples.py

Faces are drawn by the shipped DCGAN from seeds that neither the gallery nor the mapper used, and enlarged. Everything
follows from the seed; the first faces that the detector finds clearly are taken.
"""

from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from hyperface.assets import assets_folder
from hyperface.errors import NoFaceError
from hyperface.faces import align
from hyperface.generators.dcgan import LATENT_SIZE, load_dcgan
from hyperface.images import to_uint8
from hyperface.seeds import seeded_normal

FIRST_SEED = 5_000_000
CLEAR = 1.8  # detector's score
TRUNCATION = 0.75  # of the latent code: nearer to the mean, cleaner faces
WALL_COLOR = (196, 190, 178)
# left, top, size of the picture (pixels), tilt (degrees)
ON_THE_WALL = ((60, 70, 300, 0), (410, 40, 190, -3), (410, 285, 150, 4), (655, 95, 240, 2), (945, 170, 100, -6))


def clear_faces() -> Iterator[Image.Image]:
    """Pictures of the network, 384×384, in which exactly one face is found with a high score."""
    network = load_dcgan()
    seed = FIRST_SEED
    while True:
        with torch.inference_mode():
            picture = to_uint8(network(TRUNCATION * seeded_normal([seed], LATENT_SIZE)))[0]  # (64, 64, 3)
        seed += 1
        enlarged = Image.fromarray(picture).resize((384, 384), Image.Resampling.LANCZOS)
        try:
            faces = align(np.array(enlarged))
        except NoFaceError:
            continue
        if len(faces) == 1 and faces[0].confidence > CLEAR:
            yield enlarged


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
