"""How different random heads are, as several recognisers see them, and which of a person's numbers make them so.

    python benchmarks/head_variety.py [--people 300] [--pictures 2] [--widest 25] [--judges NAME …] [--groups]
    python benchmarks/head_variety.py --people 1400                                    # near the front, mirrored
    python benchmarks/head_variety.py --people 500 --pictures 8 --widest 60 --plain    # everyday pictures
    python benchmarks/head_variety.py --people 500 --pictures 8 --plain --peer         # the GAN's people, to compare

For every judge, whose features are centred on their mean over these very pictures: the participation ratio of the
people's centres, their mean cosine to the nearest other one, the mean cosine of two pictures of a person, and TAR at
FAR 1 % and 0.1 % of single pictures, each against another single one. A picture's features are averaged with those of
its mirror image, as the map of the heads does it, unless --plain says otherwise. --groups adds how much of the
variance of single pictures follows from each group of a person's numbers, --single from each number.

Judges are recognisers as `recognizers.load` takes them, a file of an ONNX network among them. How long it takes is
told after the first people.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import torch

from hyperface import gallery, generators, recognizers
from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.packing.neighbors import nearest_points
from hyperface.seeds import seeded_normal
from hyperface.sphere import normalize

FIRST = 700_000  # seeds of these people and their pictures: neither the map's nor a dataset's
TIMED = 10  # people after which the time is told
SHOWN = 30  # single numbers


def heads(z: np.ndarray, pictures: int, widest: float, variation: float) -> Iterator[torch.Tensor]:
    """(pictures, 3, 112, 112) of one person after the other, each under conditions of their own."""
    studio = Studio()
    for number, person in enumerate(z):
        seeds = [FIRST + pictures * number + k for k in range(pictures)]
        rows = seeded_normal(seeds, STYLE_SIZE).numpy()
        captures = [capture_of(row, widest=widest, variation=variation) for row in rows]
        shots = np.stack([studio.photograph(person, capture) for capture in captures])
        yield torch.from_numpy(shots).permute(0, 3, 1, 2).contiguous()


def peer(people: int, pictures: int) -> Iterator[torch.Tensor]:
    """The same of random people of the GAN's gallery."""
    faces, generator = gallery.load("gan-10k").embeddings, generators.load("gan")
    order = torch.randperm(len(faces), generator=torch.Generator().manual_seed(FIRST))
    for number, row in enumerate(faces[order[:people]]):
        seeds = [FIRST + pictures * number + k for k in range(pictures)]
        with torch.inference_mode():
            yield generator.generate(row.expand(pictures, -1), seeds)


def looked_at(people: int, shots: Iterator[torch.Tensor], judges: dict, mirrored: bool) -> dict[str, torch.Tensor]:
    """Features (people, pictures, d) by each judge."""
    seen, start = defaultdict(list), time.perf_counter()
    for number, images in enumerate(shots):
        shown = torch.cat([images, images.flip(3)]) if mirrored else images
        with torch.inference_mode():
            for name, judge in judges.items():
                features = judge.features(shown).float()
                seen[name].append(features.view(-1, *features.shape[-1:]).unflatten(0, (-1, len(images))).mean(dim=0))
        if number == TIMED:
            minutes = (time.perf_counter() - start) / TIMED * (people - TIMED) / 60
            print(f"{people} people × {len(images)} pictures: about {minutes:.0f} minutes more", flush=True)
    return {name: torch.stack(rows) for name, rows in seen.items()}


def participation(rows: torch.Tensor) -> float:
    """Of the variance of rows (n, d): the number of directions in which it would lie if it were the same in each."""
    values = torch.linalg.eigvalsh(torch.cov(rows.T.double()))
    return float(values.sum() ** 2 / values.square().sum())


def nearest_cosine(rows: torch.Tensor) -> float:
    """Mean cosine of unit rows (n, d) to the nearest other one."""
    return float((rows * rows[nearest_points(rows)]).sum(dim=1).mean())


def genuine_and_impostors(rows: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of single pictures (n, k, d) of one person, and of different people, each of another column."""
    first, second = torch.triu_indices(len(rows[0]), len(rows[0]), 1)
    different = ~torch.eye(len(rows), dtype=torch.bool)
    impostors = [(rows[:, a] @ rows[:, b].T)[different] for a, b in zip(first, second, strict=True)]
    return (rows[:, first] * rows[:, second]).sum(dim=2).flatten().numpy(), torch.cat(impostors).numpy()


def figures(features: torch.Tensor) -> dict[str, float]:
    """What a judge sees in features (n, k, d)."""
    rows = normalize(features - features.mean(dim=(0, 1)))
    centers = normalize(rows.sum(dim=1))
    genuine, impostors = genuine_and_impostors(rows)
    return {
        "participation ratio": participation(centers),
        "nearest other": nearest_cosine(centers),
        "same person": float(genuine.mean()),
        "TAR@FAR 1 %": float((genuine > np.quantile(impostors, 0.99)).mean()),
        "TAR@FAR 0.1 %": float((genuine > np.quantile(impostors, 0.999)).mean()),
    }


def shares(features: torch.Tensor, z: np.ndarray) -> np.ndarray:
    """(d,) of the variance of single pictures (n, k, e): what follows, linearly, from each number, without bias.

    Numbers are independent and standard, so the slope of each is the mean of its products with the features; the
    square of a slope's chance error, a share of one in n, is taken off.
    """
    rows = normalize(features - features.mean(dim=(0, 1)))
    centers = rows.mean(dim=1).numpy()
    standard = (z - z.mean(axis=0)) / z.std(axis=0)
    slopes = standard.T @ (centers - centers.mean(axis=0)) / len(z)
    chance = centers.var(axis=0).sum() / len(z)
    return (np.square(slopes).sum(axis=1) - chance) / float(rows.var(dim=(0, 1)).sum())


def group_of(name: str) -> str:
    """The part of a person that a number says something about."""
    return name.split("-")[0].split(" ")[0]


def told(by: dict[str, np.ndarray], labels: list[str], most: int | None = None) -> str:
    """Markdown: sums of shares over numbers with the same label, a column for each judge, the largest first."""
    rows = {label: [sum(s[k] for k, other in enumerate(labels) if other == label) for s in by.values()]
            for label in dict.fromkeys(labels)}  # fmt: skip
    ordered = sorted(rows.items(), key=lambda row: -sum(row[1]))[:most]
    lines = [f"| share of the variance, % | {' | '.join(by)} |", "|---" * (1 + len(by)) + "|"]
    lines += [
        f"| {label} | " + " | ".join(f"{100 * value:.1f}" for value in values) + " |" for label, values in ordered
    ]
    lines.append("| all | " + " | ".join(f"{100 * s.sum():.1f}" for s in by.values()) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--pictures", type=int, default=2)
    parser.add_argument("--widest", type=float, default=25.0, help="largest turn of a head, degrees")
    parser.add_argument("--variation", type=float, default=1.0, help="of light and camera: 0 a studio's … 1 everyday")
    parser.add_argument("--judges", nargs="+", default=["dlib", recognizers.SECOND], metavar="NAME")
    parser.add_argument("--plain", action="store_true", help="without mirror images")
    parser.add_argument("--groups", action="store_true")
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--peer", action="store_true", help="the GAN's people in place of heads")
    options = parser.parse_args()
    judges = [recognizers.load(name, precision="fastest") for name in options.judges]
    z = coordinates.sample(range(FIRST, FIRST + options.people))
    if options.peer:
        shots = peer(options.people, options.pictures)
    else:
        shots = heads(z, options.pictures, options.widest, options.variation)
    seen = looked_at(options.people, shots, {judge.name: judge for judge in judges}, not options.plain)
    for number, (name, features) in enumerate(seen.items()):
        found = figures(features)
        if number == 0:
            print(f"| | {' | '.join(found)} |\n" + "|---" * (1 + len(found)) + "|")
        print(f"| {name} | " + " | ".join(f"{v:.1f}" if v > 1.5 else f"{v:.3f}" for v in found.values()) + " |")
    if (options.groups or options.single) and not options.peer:
        by = {name: shares(features, z) for name, features in seen.items()}
        if options.groups:
            print("\n" + told(by, [group_of(name) for name in coordinates.names()]))
        if options.single:
            print("\n" + told(by, list(coordinates.names()), SHOWN))


if __name__ == "__main__":
    main()
