"""Make what dlib's network and heads need of each other: the centre of heads, the map to their numbers, the gallery.

    python scripts/build_head_map.py [--faces 10000] [--workers 1] [--kept FOLDER] [--out FOLDER] [--gallery FILE]
    python scripts/build_head_map.py --kept FOLDER --as-it-is     # of what an interrupted run has drawn

Draws the faces of the gallery `heads-10k` (`load_gallery_generator("heads")`, seeds from 0), embeds each with dlib's
network, and writes

    assets/recognizers/dlib_heads_mean.json   μ, the mean of their raw descriptors: the centre of `dlib-heads`
    assets/heads/dlib_map.safetensors         m and W of x ≈ m + z W, by ridge regression on all of them

and, if asked, the gallery itself, as `hyperface gallery --generator heads --recognizer dlib-heads` makes it but for the
thumbnails, which take less room. Prints how well people held out of a fit to the others are told by it. --kept is
where drawn faces are kept, so that an interrupted run goes on; they belong to the heads as they look now. Half an hour
on one core, an idle one.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.numpy import save
from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from hyperface import gallery as galleries  # noqa: E402
from hyperface import recognizers  # noqa: E402
from hyperface.assets import assets_folder  # noqa: E402
from hyperface.files import write_atomic  # noqa: E402
from hyperface.gallery.sampling import sample_faces  # noqa: E402
from hyperface.gallery.thumbnails import shrink  # noqa: E402
from hyperface.generators.heads import HeadsGalleryGenerator  # noqa: E402
from hyperface.heads.identity import coordinates  # noqa: E402
from hyperface.heads.identity.embedding import FILE  # noqa: E402
from hyperface.recognizers.dlib_resnet import HEADS_CARD, HEADS_MEAN_FILE, DlibRecognizer  # noqa: E402

NAME = "heads-10k"
BLOCK = 100  # pictures that are drawn and kept together
QUALITY = 60  # of the thumbnails' JPEG: ten thousand of them and their embeddings weigh 6.4 MB
SHRINK = 80.0  # of the ridge regression, on the scale of the number of people


@cache
def _tools() -> tuple[DlibRecognizer, HeadsGalleryGenerator]:
    """A process's own."""
    judge = recognizers.load("dlib")
    assert isinstance(judge, DlibRecognizer)
    return judge, HeadsGalleryGenerator()


def block(task: tuple[int, Path]) -> Path:
    """The file with what is seen of BLOCK pictures, made if it is not there. task: which block, and where they are.

    seeds: int64 (k,), of those in which a face is found. descriptors: float32 (k, 128), raw. thumbnails: uint8
    (k, 48, 48, 3).
    """
    number, kept = task
    path = kept / f"{number:04d}.npz"
    if path.exists():
        return path
    judge, generator = _tools()
    first = number * BLOCK
    drawn = sample_faces(generator, seed=first, batch_size=BLOCK)
    faces = {first + k: face for k, (_, face) in zip(range(BLOCK), drawn, strict=False) if face is not None}
    images = torch.stack([face.image for face in faces.values()])
    with torch.inference_mode():
        descriptors = judge.descriptors(images, batch_size=BLOCK).numpy()
    part = path.with_name(f"{path.stem}.part.npz")
    np.savez(part, seeds=np.array(list(faces)), descriptors=descriptors, thumbnails=shrink(images))
    part.replace(path)
    return path


def read(paths: Iterable[Path]) -> dict[str, np.ndarray]:
    """The faces of these files, as `block` has them."""
    found = []
    for path in paths:
        with np.load(path) as file:
            found.append(dict(file))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def drawn(faces: int, workers: int, kept: Path) -> dict[str, np.ndarray]:
    """The first faces, as `block` has them."""
    kept.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    with _spread(workers) as spread, tqdm(total=faces, desc="drawing", unit="face") as bar:
        while bar.n < faces:
            numbers = range(len(paths), len(paths) + -(-(faces - bar.n) // BLOCK))
            for path in spread(block, [(number, kept) for number in numbers]):
                paths.append(path)
                bar.update(len(read([path])["seeds"]))
    return {name: rows[:faces] for name, rows in read(paths).items()}


def told(seeds: np.ndarray) -> str:
    """Which faces of the gallery these are, in blocks."""
    blocks = sorted(set((seeds // BLOCK).tolist()))
    ranges = [
        [number for number in blocks if (number - 1 not in blocks)],
        [number for number in blocks if (number + 1 not in blocks)],
    ]
    spans = [f"{first * BLOCK} to {(last + 1) * BLOCK - 1}" for first, last in zip(*ranges, strict=True)]
    return f"{len(seeds):,} faces of the gallery {NAME}, seeds {' and '.join(spans)}"


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


def fit(z: np.ndarray, x: np.ndarray, penalty: float = SHRINK) -> tuple[np.ndarray, np.ndarray]:
    """m (e,) and W (d, e) of x ≈ m + z W."""
    mean = x.mean(axis=0)
    around = z.mean(axis=0)
    gram = (z - around).T @ (z - around) + penalty * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, (z - around).T @ (x - mean))
    return (mean - around @ weights).astype(np.float32), weights.astype(np.float32)


def report(z: np.ndarray, x: np.ndarray) -> None:
    """Print how well people are told by a map that was fitted to others, and what the embeddings are like."""
    kept = len(z) * 4 // 5
    mean, weights = fit(z[:kept], x[:kept])
    told = mean + z[kept:] @ weights
    explained = 1 - np.square(x[kept:] - told).sum() / np.square(x[kept:] - x[kept:].mean(axis=0)).sum()
    cosine = (x[kept:] * told).sum(axis=1) / np.linalg.norm(told, axis=1)
    values = np.linalg.eigvalsh(np.cov(x.T))
    print(f"fitted to {kept:,} people, {len(z) - kept:,} others, one picture each:")
    print(f"held out: {explained:.1%} of the variance, mean cosine {cosine.mean():.3f}")
    print(f"participation ratio of the embeddings {values.sum() ** 2 / np.square(values).sum():.1f}")


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, content)
    print(f"{path}: {len(content) / 1e3:,.0f} kB")


def gallery_of(seen: dict[str, np.ndarray], center: np.ndarray) -> galleries.Gallery:
    """The gallery of these faces."""
    embeddings = torch.from_numpy(centered(seen["descriptors"], center))
    sources = tuple(f"heads:{seed}" for seed in seen["seeds"])
    return galleries.Gallery(NAME, HEADS_CARD.name, "heads", embeddings, seen["thumbnails"], sources, HEADS_CARD)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--as-it-is", action="store_true", help="draw nothing: take what is kept")
    parser.add_argument("--out", type=Path, default=assets_folder())
    parser.add_argument("--gallery", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.as_it_is:
        seen = read(sorted(options.kept.glob("[0-9]" * 4 + ".npz")))
    else:
        with TemporaryDirectory() as elsewhere:
            seen = drawn(options.faces, options.workers, options.kept or Path(elsewhere))
    z = HeadsGalleryGenerator().coordinates(seen["seeds"].tolist())
    center = np.round(seen["descriptors"].mean(axis=0, dtype=np.float64), 7)
    x = centered(seen["descriptors"], center)
    report(z, x)
    mean, weights = fit(z, x)
    about = f"the raw descriptors of {told(seen['seeds'])}"
    write(options.out / HEADS_MEAN_FILE, json.dumps({"of": about, "mean": center.tolist()}).encode() + b"\n")
    tensors = {"mean": mean, "weights": weights.astype(np.float16)}
    write(options.out / FILE, save(tensors, metadata={"coordinates": "\n".join(coordinates.names())}))
    if options.gallery:
        write(options.gallery, galleries.to_bytes(gallery_of(seen, center), thumbnail_quality=QUALITY))


if __name__ == "__main__":
    main()
