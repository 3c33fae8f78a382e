"""Train a recogniser on heads, as an independent judge of what dlib's led: judge.safetensors in a folder.

    python scripts/build_judge.py --out judge/ [--people 300] [--images 20] [--epochs 15]

It learns from other people than those of the benchmarks and of any dataset; images that are there are kept.

`recognizers.load("rendered-heads")`, the judge that ships, is older: this script made it, 300 people with 20 images
each, of the renderer that the heads of HyperFace had before `hyperface.heads`. That one is in the history alone, up to
the commit that retires the scripts' renderer. It stays, because figures in the documentation were judged by it.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from hyperface import datasets, generators, training  # noqa: E402
from hyperface.evaluation import load_benchmark, verify  # noqa: E402
from hyperface.evaluation.rendered.drawing import JPEG_QUALITY  # noqa: E402
from hyperface.files import write_atomic  # noqa: E402
from hyperface.heads.identity import coordinates  # noqa: E402
from hyperface.images import jpeg_bytes, to_uint8  # noqa: E402
from hyperface.recognizers.backbones import BackboneRecognizer  # noqa: E402
from hyperface.recognizers.checkpoints import save_backbone  # noqa: E402

FIRST = 31_337_000  # seed of the first person
NAME = "judge"


def render(folder: Path, people: int, images: int) -> None:
    """Draw everyday pictures of people, as far as they are not there."""
    generator = generators.load("heads")
    for person in tqdm(range(people), "rendering", unit="person"):
        missing = [image for image in range(images) if not path_of(folder, person, image).exists()]
        if not missing:
            continue
        z = np.repeat(coordinates.sample([FIRST + person]), len(missing), axis=0)
        pixels = to_uint8(generator.people(z, [(FIRST + person) * 1000 + image for image in missing]))
        for image, picture in zip(missing, pixels, strict=True):
            path = path_of(folder, person, image)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, jpeg_bytes(picture, quality=JPEG_QUALITY), sync=False)


def path_of(folder: Path, person: int, image: int) -> Path:
    return folder / f"{person:04d}" / f"{image:03d}.jpg"


def save(recognizer: BackboneRecognizer, images: int, path: Path) -> None:
    """Write it with a card that says what it is, wherever it was trained."""
    recognizer.card = replace(
        recognizer.card,
        name=NAME,
        training_data=f"{images:,} renders of 3-D heads",
        source="HyperFace, scripts/build_judge.py",
    )
    save_backbone(recognizer, path, half=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()
    render(options.out / "images", options.people, options.images)
    dataset = datasets.open(options.out / "images")
    steps = training.train(dataset, epochs=options.epochs, seed=0)
    for step in tqdm(steps, "training", unit="step"):
        last = step
    print(f"loss {last.loss:.2f}, verification on held-out people {100 * (last.validation or 0):.1f} %")
    save(last.recognizer, len(dataset), options.out / "judge.safetensors")
    for name in ("rendered_everyday", "rendered_cross_pose"):
        print(f"{name}: {100 * verify(last.recognizer.eval(), load_benchmark(name)).accuracy:.1f} %")


if __name__ == "__main__":
    main()
