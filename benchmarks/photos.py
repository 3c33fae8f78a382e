"""Photos per second, from the file's bytes to the embedding: decode, detect, align, embed.

    python benchmarks/photos.py [--photos 24] [--workers 2]
    python benchmarks/photos.py --recall [--photos 24] [--detector dlib] [--table size|turn|cover]

The photos are JPEGs of one megapixel, each with a generated face of 150 to 600 pixels somewhere. Photos are shared
between worker threads, as dlib lets others run while it searches; the recogniser takes all their faces at the end.

--recall: how many of the faces of rendered heads are found, whose size, turn and place are known: by the width of the
face, by how far it is turned, and with a part of it covered; a face counts as found where a box covers its middle. In
photos of 640 × 480 pixels, one face in each. What was found beside faces is counted, too.
"""

import argparse
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from hyperface import faces, generators, recognizers
from hyperface.errors import NoFaceError
from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.images import to_uint8

WIDTH, HEIGHT = 1224, 817
FRAMING = 2 / 3  # of the aligned crop's scale: a portrait shows half as much again around the face
FACE_SHARE = 0.5  # of a portrait's side that its face is wide: three quarters of the crop's, times FRAMING
WIDTHS = (20, 26, 34, 40, 48, 64, 100, 200)  # pixels
TABLES = ("size", "turn", "cover")
TURNS = (0, 20, 35, 50, 65, 80)  # degrees


def made_up_photos(count: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    pictures = to_uint8(generators.load_gallery_generator("dcgan").sample(range(count)))  # (n, 112, 112, 3)
    photos = []
    for picture in pictures:
        texture = rng.integers(60, 200, (20, 30, 3), dtype=np.uint8)
        photo = Image.fromarray(texture).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        size = int(rng.integers(200, 800))
        left, top = int(rng.integers(WIDTH - size)), int(rng.integers(HEIGHT - size))
        photo.paste(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC), (left, top))
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=92)
        photos.append(buffer.getvalue())
    return photos


def aligned(photo: bytes) -> list[torch.Tensor]:
    try:
        return [face.image for face in faces.align(faces.load_photo(photo))]
    except NoFaceError:
        return []


def portrait(studio: Studio, number: int, yaw: float) -> np.ndarray:
    """A head of its own, with something around it: uint8 (300, 300, 3); its face is as wide as half of that."""
    row = np.random.default_rng([number, 1]).standard_normal(STYLE_SIZE)
    capture = replace(capture_of(row, variation=0.3), yaw=yaw, pitch=0.0, sunglasses=False)
    picture = studio.photograph(coordinates.sample([number])[0], capture, size=300, framing=FRAMING)
    return (picture * 255).round().astype(np.uint8)


def covered(picture: np.ndarray, part: str) -> np.ndarray:
    """A portrait with a plain piece of cloth over a part of its face."""
    picture = picture.copy()
    rows = {"nothing": slice(0, 0), "mouth and nose": slice(165, 235), "eyes": slice(132, 168)}[part]
    picture[rows, 75:225] = (60, 90, 140)
    return picture


def found_in(picture: np.ndarray, width: float, detector: str, seed: int) -> tuple[bool, int]:
    """Whether the face is found in a photo in which it is so wide, and how many things that are none."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(110, 150, (6, 8, 3), dtype=np.uint8)
    photo = Image.fromarray(texture).resize((640, 480), Image.Resampling.BICUBIC)
    side = round(width / FACE_SHARE)
    left, top = int(rng.integers(640 - side)), int(rng.integers(480 - side))
    photo.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS), (left, top))
    try:
        boxes = [face.box for face in faces.align(np.asarray(photo), detector=detector)]
    except NoFaceError:
        return False, 0
    x, y = left + side / 2, top + side / 2
    right = [box[0] < x < box[2] and box[1] < y < box[3] for box in boxes]
    return any(right), len(right) - sum(right)


def recall(people: int, detector: str, only: str | None = None) -> None:
    """Print the three tables, or one of them."""
    studio = Studio()
    frontal = [portrait(studio, number, 0.0) for number in range(people)]
    tables: dict[str, list[tuple[object, list[np.ndarray], float]]] = {
        "width, pixels": [(width, frontal, width) for width in WIDTHS],
        "turned by, degrees (120 pixels wide)": [
            (yaw, [portrait(studio, number, yaw) for number in range(people)], 120) for yaw in TURNS
        ],
        "covered (120 pixels wide)": [
            # the same people, from the front
            (part, [covered(picture, part) for picture in frontal], 120)
            for part in ("nothing", "mouth and nose", "eyes")
        ],
    }
    print(f"{people} rendered heads, detector {detector}")
    for name, (title, rows) in zip(TABLES, tables.items(), strict=True):
        if only not in (None, name):
            continue
        print(f"| {title} | found | found where no face is |\n|---|---|---|")
        for value, pictures, width in rows:
            results = [found_in(picture, width, detector, seed) for seed, picture in enumerate(pictures)]
            share = 100 * sum(found for found, _ in results) / len(results)
            print(f"| {value} | {share:.0f} % | {sum(others for _, others in results)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--recall", action="store_true", help="count the faces that are found, instead")
    parser.add_argument("--detector", default="dlib")
    parser.add_argument("--table", choices=TABLES, help="only this one of the three")
    options = parser.parse_args()
    if options.recall:
        return recall(options.photos, options.detector, options.table)
    photos, recognizer = made_up_photos(options.photos), recognizers.load()
    aligned(photos[0])
    started = time.perf_counter()
    with ThreadPoolExecutor(options.workers) as workers:
        crops = [crop for found in workers.map(aligned, photos) for crop in found]
    with torch.inference_mode():
        recognizer.embed(torch.stack(crops))
    seconds = time.perf_counter() - started
    megapixels = WIDTH * HEIGHT / 1e6
    print(
        f"{len(photos) / seconds:.1f} photos a second of {megapixels:.1f} megapixel, {options.workers} workers; "
        f"{len(crops)} faces found in {len(photos)} photos"
    )


if __name__ == "__main__":
    main()
