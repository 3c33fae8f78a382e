"""Fit the map between dlib's embeddings and identity coordinates, assets/heads/dlib_map.safetensors.

    python scripts/build_head_map.py [--people 2400] [--pictures 2] [--out FILE] [--cache FILE]

Renders people, embeds each picture and its mirror image, averages, and fits x ≈ m + z W by ridge regression on four
fifths of them. Prints how well people who were held out are told; half an hour on one core. --cache keeps what was
rendered and embedded, so that an interrupted run goes on.
"""

import argparse
import sys
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
from hyperface.seeds import seeded_normal  # noqa: E402

FIRST = 500_000  # seeds of these people begin here
WIDEST = 25.0  # degrees: nearly frontal pictures tell most
SHRINK = 40.0  # of the ridge regression, on the scale of the number of people


def centers(people: int, pictures: int, cache: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (n, d) and embeddings (n, e), unit rows, of people."""
    z = coordinates.sample(range(FIRST, FIRST + people))
    done = np.load(cache) if cache and cache.exists() else np.zeros((0, 128), np.float32)
    judge, studio = recognizers.load("dlib"), Studio()
    rows = list(done[:people])
    for number in tqdm(range(len(rows), people), "rendering", unit="person"):
        seeds = [FIRST + pictures * number + k for k in range(pictures)]
        captures = [capture_of(row, widest=WIDEST) for row in seeded_normal(seeds, STYLE_SIZE).numpy()]
        shots = np.stack([studio.photograph(z[number], capture) for capture in captures])
        images = torch.from_numpy(shots).permute(0, 3, 1, 2).contiguous()
        with torch.inference_mode():
            seen = judge.embed(torch.cat([images, images.flip(3)])).mean(dim=0).numpy()
        rows.append(seen / np.linalg.norm(seen))
        if cache and (number % 100 == 99 or number == people - 1):
            np.save(cache, np.stack(rows))
    return z, np.stack(rows)


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
    cosine = ((x - mean) * (told - mean)).sum(axis=1)
    cosine /= np.linalg.norm(x - mean, axis=1) * np.linalg.norm(told - mean, axis=1)
    values = np.linalg.eigvalsh(np.cov(x.T))
    print(f"held out: {explained:.1%} of the variance, mean cosine {cosine.mean():.3f} (centred)")
    print(f"participation ratio of the embeddings {values.sum() ** 2 / np.square(values).sum():.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2400)
    parser.add_argument("--pictures", type=int, default=2)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=assets_folder() / FILE)
    options = parser.parse_args()
    z, x = centers(options.people, options.pictures, options.cache)
    kept = len(z) * 4 // 5
    report(z[kept:], x[kept:], *fit(z[:kept], x[:kept]))
    mean, weights = fit(z, x)
    content = save({"mean": mean, "weights": weights}, metadata={"coordinates": "\n".join(coordinates.names())})
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(options.out, content)
    print(f"{options.out}: {len(content) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
