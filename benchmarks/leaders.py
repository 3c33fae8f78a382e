"""Who must lead a packing of heads so that a judge sees them further apart?

    python benchmarks/leaders.py --judge judge/faceres.onnx [--people 300] [--pictures 4] [--fitted 3000]

Embeddings of heads are nearly linear in the numbers they are made of, for every recogniser. So each can lead: people
are moved apart in the strongest directions of its own linear map, and whoever answers is drawn. Led by the judge
itself, that is the most that a packing led by somebody else can hope for. Prints the mean cosine to the nearest other
person as each recogniser sees the centres of calm pictures, centred on random people's: of these; of the same, packed
as it ships; led by two networks at once; led by the judge; and chosen greedily by the judge among those that the maps
were fitted to.

`scripts/build_photo_judge.py` makes the judge. Fifteen minutes on one core.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from closed_loop import candidates, farthest, nearest
from tqdm import tqdm

from hyperface import generators, packing, recognizers
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.embedding import LENGTH, RIDGE
from hyperface.heads.identity.unseen import SEEN
from hyperface.sphere import normalize

SHRINK = 80.0  # of the fits, as in scripts/build_head_map.py
FIRST_FITTED, FIRST_STYLE, FITTED_STYLE = 1000, 5_000_000, 9_000_000  # far from each other's

Seers = dict[str, recognizers.Recognizer]


def seen(people: np.ndarray, styles: Callable[[int], list[int]], generator, seers: Seers) -> dict[str, torch.Tensor]:
    """Embeddings (n, k, d) by each seer of people (n, size), of pictures in the styles of each."""
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in seers}
    with torch.inference_mode():
        for number, person in enumerate(tqdm(people, "drawing", leave=False)):
            chosen = styles(number)
            pictures = generator.people(np.repeat(person[None], len(chosen), axis=0), chosen)
            for name, seer in seers.items():
                rows[name].append(seer.embed(pictures))
    return {name: torch.stack(each) for name, each in rows.items()}


def fitted(free: np.ndarray, embeddings: Iterable[torch.Tensor]) -> np.ndarray:
    """W (size, d) of x ≈ m + z W, the seers side by side, each as loud as the others. free: people's z (n, size)."""
    gram = free.T @ free + SHRINK * np.eye(free.shape[1])
    maps = []
    for rows in embeddings:
        rows = rows.double().numpy()
        weights = np.linalg.solve(gram, free.T @ (rows - rows.mean(axis=0)))
        maps.append(weights / np.sqrt(np.square(free @ weights).sum(axis=1).mean()))
    return np.concatenate(maps, axis=1)


def led(weights: np.ndarray, span: int, free: np.ndarray, start: np.ndarray) -> np.ndarray:
    """People (n, size), packed from `start` in the strongest directions of a map, as the ridge inverse answers them.

    What the map hardly sees is as different as random people's. start, free: people's z without their limit.
    """
    expected = free @ weights
    directions = np.linalg.svd(expected / np.linalg.norm(expected, axis=1, keepdims=True))[2][:span].T  # (d, span)
    places = normalize(torch.tensor(start @ weights @ directions, dtype=torch.float32))
    *_, last = packing.pack(places, alpha=0.0)
    gram = weights @ weights.T
    # λ was chosen for the map that ships, whose embeddings are unit rows.
    strength = RIDGE * np.trace(gram) / np.trace(_shipped() @ _shipped().T)
    z = last.embeddings.double().numpy() @ directions.T
    z = z @ np.linalg.solve(gram + strength * np.eye(len(gram)), weights).T
    z *= LENGTH / np.sqrt(np.square(z).mean(axis=1, keepdims=True))
    basis, gains, _ = np.linalg.svd(weights, full_matrices=False)
    basis = basis[:, gains >= SEEN * gains[0]]
    others = np.random.default_rng(0).standard_normal(z.shape)
    return coordinates.limited((z + others - others @ basis @ basis.T).astype(np.float32))


def _shipped() -> np.ndarray:
    from hyperface.heads.identity.embedding import load_map

    return load_map().weights.astype(np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", type=Path, required=True, help="a recogniser, as `recognizers.load` takes it")
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--pictures", type=int, default=4)
    parser.add_argument("--fitted", type=int, default=3000)
    options = parser.parse_args()
    generator = generators.load("heads").calm()
    everyone, faces = candidates(generator, 0)
    assert everyone.people is not None
    judge = recognizers.load(options.judge)
    seers = {name: recognizers.load(name) for name in ("dlib-heads", "rendered-heads")} | {judge.name: judge}
    known = everyone.people[FIRST_FITTED : FIRST_FITTED + options.fitted]
    rows = {name: each[:, 0] for name, each in seen(known, lambda k: [FITTED_STYLE + k], generator, seers).items()}
    free, random = coordinates.free(known).astype(np.float64), everyone.people[: options.people]
    start = coordinates.free(random).astype(np.float64)
    *_, shipped = packing.pack(everyone.requests[: options.people], gallery=faces, alpha=0.0, span=30)
    by_judge = normalize(rows[judge.name] - rows[judge.name].mean(dim=0))
    two, own = fitted(free, [rows["dlib-heads"], rows["rendered-heads"]]), fitted(free, [rows[judge.name]])
    ways = {
        "random": random,
        "packed as it ships, 30 directions": generator.coordinates(shipped.embeddings),
        **{f"led by dlib-heads and rendered-heads, {span}": led(two, span, free, start) for span in (30, 50)},
        **{f"led by {judge.name}, {span}": led(own, span, free, start) for span in (20, 40, 60)},
        f"greedy by {judge.name}, of {len(known):,}": known[farthest(by_judge, options.people)],
    }
    styles = [FIRST_STYLE + k for k in range(options.pictures)]
    means: dict[str, torch.Tensor] = {}
    print(f"{'':52}{'  '.join(seers)}")
    for title, people in ways.items():
        views = seen(np.asarray(people), lambda _: styles, generator, seers)
        means = means or {name: each.mean(dim=(0, 1)) for name, each in views.items()}
        cosines = [nearest(normalize(each - means[name]).sum(dim=1))["cosine"] for name, each in views.items()]
        columns = (f"{cosine:{len(name)}.3f}" for name, cosine in zip(seers, cosines, strict=True))
        print(f"{title:52}{'  '.join(columns)}", flush=True)


if __name__ == "__main__":
    main()
