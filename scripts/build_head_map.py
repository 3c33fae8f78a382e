"""Make what dlib's recogniser and heads need of each other: the centre of heads, and the map to identity coordinates.

    python scripts/build_head_map.py [--people 2400] [--pictures 2] [--workers 1] [--cache FILE] [--out FOLDER]

Renders people nearly from the front, embeds each picture and its mirror image with dlib's network, and writes

    assets/recognizers/dlib_heads_mean.json   μ, the mean of the raw descriptors: the centre of `dlib-heads`
    assets/heads/dlib_map.safetensors         m and W of x ≈ m + z W, by ridge regression on all people

Prints, fitted to four fifths of them, how well the people who were held out are told. --cache keeps what was rendered,
so that an interrupted run goes on; it belongs to the heads as they looked then. Half an hour on one core.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from hyperface import recognizers  # noqa: E402
from hyperface.assets import assets_folder  # noqa: E402
from hyperface.files import write_atomic  # noqa: E402
from hyperface.heads import coordinates  # noqa: E402
from hyperface.heads.capture import STYLE_SIZE, capture_of  # noqa: E402
from hyperface.heads.embedding import FILE  # noqa: E402
from hyperface.heads.render import Studio  # noqa: E402
from hyperface.recognizers.dlib_resnet import HEADS_MEAN_FILE, DlibRecognizer  # noqa: E402
from hyperface.seeds import seeded_normal  # noqa: E402

FIRST = 500_000  # seeds of these people begin here
WIDEST = 25.0  # degrees: nearly frontal pictures tell most
SHRINK = 80.0  # of the ridge regression, on the scale of the number of people
DIMENSION = 128


@cache
def _tools() -> tuple[DlibRecognizer, Studio]:
    """A process's own."""
    judge = recognizers.load("dlib")
    assert isinstance(judge, DlibRecognizer)
    return judge, Studio()


def described(task: tuple[int, int]) -> np.ndarray:
    """Raw descriptors (pictures, 128) of one person's pictures, each averaged with its mirror image's.

    task: the person's number, and how many pictures.
    """
    number, pictures = task
    judge, studio = _tools()
    person = coordinates.sample([FIRST + number])[0]
    seeds = [FIRST + pictures * number + k for k in range(pictures)]
    captures = [capture_of(row, widest=WIDEST) for row in seeded_normal(seeds, STYLE_SIZE).numpy()]
    shots = np.stack([studio.photograph(person, capture) for capture in captures])
    images = torch.from_numpy(shots).permute(0, 3, 1, 2).contiguous()
    with torch.inference_mode():
        both = judge.descriptors(torch.cat([images, images.flip(3)])).numpy()
    return np.asarray((both[:pictures] + both[pictures:]) / 2, np.float32)


def rendered(people: int, pictures: int, workers: int, kept: Path | None) -> np.ndarray:
    """Raw descriptors (people, pictures, 128). kept: a file that is gone on from, and written every hundred people."""
    rows = list(np.load(kept)) if kept and kept.exists() else []
    tasks = [(number, pictures) for number in range(len(rows), people)]
    with _spread(workers) as spread:
        for row in tqdm(spread(described, tasks), "rendering", initial=len(rows), total=people, unit="person"):
            rows.append(row)
            if kept and (len(rows) % 100 == 0 or len(rows) == people):
                np.save(kept, np.stack(rows))
    return np.stack(rows[:people])


@contextmanager
def _spread(workers: int) -> Iterator:
    """What `map` is, over so many processes."""
    if workers == 1:
        yield map
        return
    with multiprocessing.get_context("spawn").Pool(workers, torch.set_num_threads, (1,)) as pool:
        yield pool.imap


def centered(descriptors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Embeddings (…, e), unit rows, of raw descriptors."""
    rows = descriptors - mean
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def fit(z: np.ndarray, x: np.ndarray, shrink: float = SHRINK) -> tuple[np.ndarray, np.ndarray]:
    """m (e,) and W (d, e) of x ≈ m + z W."""
    mean = x.mean(axis=0)
    around = z.mean(axis=0)
    gram = (z - around).T @ (z - around) + shrink * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, (z - around).T @ (x - mean))
    return (mean - around @ weights).astype(np.float32), weights.astype(np.float32)


def report(z: np.ndarray, x: np.ndarray, mean: np.ndarray, weights: np.ndarray) -> None:
    """Print how well the map tells the embeddings of people it was not fitted to."""
    told = mean + z @ weights
    explained = 1 - np.square(x - told).sum() / np.square(x - x.mean(axis=0)).sum()
    cosine = (x * told).sum(axis=1) / np.linalg.norm(told, axis=1)
    print(f"held out: {explained:.1%} of the variance, mean cosine {cosine.mean():.3f}")


def report_pictures(descriptors: np.ndarray, mean: np.ndarray) -> None:
    """Print what the embeddings themselves are like."""
    x = centered(descriptors.mean(axis=1), mean)
    values = np.linalg.eigvalsh(np.cov(x.T))
    print(f"participation ratio of the embeddings {values.sum() ** 2 / np.square(values).sum():.1f}")
    half = descriptors.shape[1] // 2
    if half:
        first, second = (centered(part.mean(axis=1), mean) for part in (descriptors[:, :half], descriptors[:, half:]))
        print(f"half a person's pictures against the other half: mean cosine {(first * second).sum(axis=1).mean():.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2400)
    parser.add_argument("--pictures", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=assets_folder())
    options = parser.parse_args()
    descriptors = rendered(options.people, options.pictures, options.workers, options.cache)
    z = coordinates.sample(range(FIRST, FIRST + options.people))
    center = np.round(descriptors.mean(axis=(0, 1), dtype=np.float64), 7)
    x = centered(descriptors.mean(axis=1), center)
    kept = len(z) * 4 // 5
    report(z[kept:], x[kept:], *fit(z[:kept], x[:kept]))
    report_pictures(descriptors, center)
    mean, weights = fit(z, x)
    about = f"the raw descriptors of {options.people} heads, {options.pictures} pictures each and their mirror images"
    content = save(
        {"mean": mean, "weights": weights.astype(np.float16)}, metadata={"coordinates": "\n".join(coordinates.names())}
    )
    for name, written in {
        HEADS_MEAN_FILE: json.dumps({"of": about, "mean": center.tolist()}).encode() + b"\n",
        FILE: content,
    }.items():
        path = options.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, written)
        print(f"{path}: {len(written) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
