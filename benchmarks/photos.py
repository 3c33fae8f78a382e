"""Photos per second, from the file's bytes to the embedding: decode, detect, align, embed.

    python benchmarks/photos.py [--photos 24] [--workers 2]

The photos are JPEGs of one megapixel, each with a generated face of 150 to 600 pixels somewhere. Photos are shared
between worker threads, as dlib lets others run while it searches; the recogniser takes all their faces at the end.
"""

import argparse
import io
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image

from hyperface import faces, generators, recognizers
from hyperface.errors import NoFaceError
from hyperface.images import to_uint8

WIDTH, HEIGHT = 1224, 817


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
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
