"""How pictures of heads are taken: how often each thing happens, whether a face is found, and whether it is recognised.

    python benchmarks/heads_captures.py [--variations 0 0.5 1] [--people 200] [--pictures 4] [--found 1000]

For every variation: the share of pictures in which dlib's detector finds a face, by turn and by condition, among
--found random people; and for --people × --pictures, all looking at most 45° aside, single picture against single
picture as dlib's recogniser sees them, centred on their mean: mean cosine of one person's and of two people's, and
TAR at FAR 1 %. About 0.15 s a picture on one core.
"""

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from tqdm import tqdm

from hyperface import recognizers
from hyperface.faces.alignment import largest_face
from hyperface.heads.identity import coordinates
from hyperface.heads.light.lamps import KINDS
from hyperface.heads.photo.capture import STYLE_SIZE, Capture, capture_of
from hyperface.heads.photo.scenes import SCENES
from hyperface.heads.render import Studio
from hyperface.images import to_uint8
from hyperface.seeds import seeded_normal

FIRST = 9_000_000  # seeds of people and pictures begin here; no condition was tuned on these
CONDITIONS: dict[str, Callable[[Capture], bool]] = {
    **{f"light: {kind}": partial(lambda kind, c: c.light_kind == kind, kind) for kind in ("studio", *KINDS)},
    **{f"behind: {scene}": partial(lambda scene, c: c.scene == scene, scene) for scene in SCENES},
    "out of focus": lambda c: c.camera.defocus > 0,
    "motion blur": lambda c: c.camera.motion > 0,
    "enlarged from 56 … 80 pixels": lambda c: c.camera.resolution < 80,
    "enlarged from 80 … 101 pixels": lambda c: 80 <= c.camera.resolution < 112,
    "JPEG below quality 55": lambda c: 0 < c.camera.jpeg < 55,
    "JPEG from quality 55": lambda c: c.camera.jpeg >= 55,
    "strong noise": lambda c: c.camera.noise > 0.02,
    "sharpened": lambda c: c.camera.sharpening > 0,
    "vignette": lambda c: c.camera.vignette > 0,
    "haze": lambda c: c.camera.haze > 0,
    "grey": lambda c: c.camera.monochrome > 0,
    "nearer than 0.7 m": lambda c: c.camera.distance < 0.7,
    "exposed wrong by a third of a stop or more": lambda c: abs(c.camera.exposure) > 0.33,
}
TURNS = ((0, 15), (15, 30), (30, 45), (45, 60))


def photograph(studio: Studio, z: np.ndarray, captures: list[Capture]) -> torch.Tensor:
    """(n, 3, 112, 112)"""
    pictures = [studio.photograph(person, capture) for person, capture in zip(z, captures, strict=True)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


def found(count: int, variation: float) -> None:
    """Print how often a face is found."""
    seeds = range(FIRST, FIRST + count)
    captures = [capture_of(row, variation=variation) for row in seeded_normal(seeds, STYLE_SIZE).numpy()]
    studio, seen = Studio(), []
    for z, capture in zip(tqdm(coordinates.sample(seeds), "detecting", leave=False), captures, strict=True):
        picture = to_uint8(photograph(studio, z[None], [capture]))[0]
        seen.append(largest_face(picture) is not None)
    hits, turns = np.array(seen), np.abs([capture.yaw for capture in captures])
    print(f"{'|yaw| up to 45°':45} {hits[turns <= 45].mean():8.2%} of {(turns <= 45).sum()}")
    for low, high in TURNS:
        chosen = (turns > low) & (turns <= high)
        if chosen.any():
            print(f"{f'{low}° to {high}°':45} {hits[chosen].mean():8.2%} of {chosen.sum()}")
    print(f"\nUp to 45°, by condition{'':21} {'found':>9}    share of pictures")
    for name, holds in CONDITIONS.items():
        chosen = np.array([holds(capture) for capture in captures]) & (turns <= 45)
        if chosen.any():
            print(f"{name:45} {hits[chosen].mean():8.2%}    {chosen.mean() / (turns <= 45).mean():.1%}")


def own(people: int, pictures: int, variation: float) -> None:
    """Print whether one person's pictures are nearer to each other than to others'."""
    judge, studio, rows = recognizers.load("dlib"), Studio(), []
    for number, z in enumerate(tqdm(coordinates.sample(range(FIRST, FIRST + people)), "recognising", leave=False)):
        seeds = range(FIRST + number * pictures, FIRST + (number + 1) * pictures)
        captures = [
            capture_of(row, widest=45.0, variation=variation) for row in seeded_normal(seeds, STYLE_SIZE).numpy()
        ]
        with torch.inference_mode():
            rows.append(judge.embed(photograph(studio, np.repeat(z[None], pictures, axis=0), captures)))
    x = torch.cat(rows).double()
    x = torch.nn.functional.normalize(x - x.mean(dim=0), dim=1)
    cosine = (x @ x.T).numpy()
    who = np.repeat(np.arange(people), pictures)
    upper = np.triu(np.ones_like(cosine, bool), 1)
    same = who[:, None] == who
    genuine, impostor = cosine[same & upper], cosine[~same & upper]
    accepted = (genuine > np.quantile(impostor, 0.99)).mean()
    print(
        f"\n{people} people × {pictures}: mean cosine of one person's pictures {genuine.mean():.3f}, of two people's "
        f"{impostor.mean():.3f}; TAR at FAR 1 % {accepted:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variations", type=float, nargs="+", default=[0.0, 0.5, 1.0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--pictures", type=int, default=4)
    parser.add_argument("--found", type=int, default=1000)
    options = parser.parse_args()
    for variation in options.variations:
        print(f"\nvariation {variation:g}")
        found(options.found, variation)
        own(options.people, options.pictures, variation)


if __name__ == "__main__":
    main()
