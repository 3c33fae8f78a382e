"""Train a recogniser that has seen no picture of the generator: `recognizers.load("rendered-heads")`, which judges
what dlib's led.

    pip install anny==0.6.2 numba
    python scripts/build_judge.py --out judge/ [--people 300] [--images 20] [--epochs 15]

It learns from rendered heads, other people than those of the benchmarks that ship: neither the generator nor the
recogniser that the closed loop follows had a part in them. Images that are there are kept; the judge is
assets/recognizers/rendered_heads.safetensors. On two cores the renders take 10 minutes and the training 12.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from rendered_heads.identities import stream  # noqa: E402
from rendered_heads.pairs import Shot  # noqa: E402
from rendered_heads.photograph import take  # noqa: E402

from hyperface import datasets, training  # noqa: E402
from hyperface.assets import assets_folder  # noqa: E402
from hyperface.evaluation import load_benchmark, verify  # noqa: E402
from hyperface.files import write_atomic  # noqa: E402
from hyperface.recognizers.backbones import BackboneRecognizer  # noqa: E402
from hyperface.recognizers.checkpoints import save_backbone  # noqa: E402

SEED = 31337  # not that of the benchmarks
NAME = "judge"
PITCH_SD = 7.0  # degrees


def shot(person: int, image: int) -> Shot:
    """Everyday conditions, a little wider."""
    rng = stream(SEED, NAME, "shot", 1000 * person + image)
    yaw = float(np.clip(rng.normal(0, 20), -60, 60))
    return Shot(person, float(rng.uniform(0.6, 0.9)), yaw, 1000 * person + image)


def render(folder: Path, people: int, images: int, workers: int) -> None:
    places = [(person, image) for person in range(people) for image in range(images)]
    missing = [place for place in places if not path_of(folder, *place).exists()]
    shots = [shot(*place) for place in missing]
    count = len(shots)
    with ProcessPoolExecutor(workers) as pool:
        taken = pool.map(take, shots, [SEED] * count, [NAME] * count, [PITCH_SD] * count, chunksize=8)
        for place, content in tqdm(zip(missing, taken, strict=True), "rendering", count, unit="image"):
            path = path_of(folder, *place)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, content, sync=False)


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
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    render(options.out / "images", options.people, options.images, options.workers)
    dataset = datasets.open(options.out / "images")
    steps = training.train(dataset, epochs=options.epochs, seed=0)
    for step in tqdm(steps, "training", unit="step"):
        last = step
    print(f"loss {last.loss:.2f}, verification on held-out people {100 * (last.validation or 0):.1f} %")
    save(last.recognizer, len(dataset), assets_folder() / "recognizers" / "rendered_heads.safetensors")
    for name in ("rendered_everyday", "rendered_cross_pose"):
        print(f"{name}: {100 * verify(last.recognizer.eval(), load_benchmark(name)).accuracy:.1f} %")


if __name__ == "__main__":
    main()
