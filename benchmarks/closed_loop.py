"""Does distance requested become difference seen? Ways to choose identities, seen by two recognisers or more.

    python benchmarks/closed_loop.py [--generator gan|heads] [--identities 500] [--images 8] [--first-seed 0]
                                     [--seeds 3] [--rounds 20] [--ways NAME …] [--reference 4000]
                                     [--judges NAME[=IMAGES] …] [--output FILE.json] [--widest 60] [--variation 1]
    python benchmarks/closed_loop.py --merge FILE.json …

For every way, of the centres of the images of an identity: mean and 1st percentile of the angle to the nearest other
one, and the mean cosine, as requested, as the recogniser that leads the closed loop sees it in the pictures, and as
judges see it that nothing was optimised for; how much of the requested change against random identities is realised;
TAR at FAR 0.1 % over single images; mean cosine of the pictures to their request; how much the images of an identity
differ in layout and in pose, as a share of how much random faces do; the detector's part found and mean confidence;
the Fréchet distance of the pictures to unconditional ones on the first judge's features; and the largest fall of the
cosine to the identity's centre under blur, JPEG, a shift and a flip, as the leader sees it.

All recognisers' features are centred on their mean over unconditional pictures, as dlib's always are.

Of heads, random people are those of the gallery, drawn by their own numbers, and the other ways start from the
gallery's embeddings of them; "packed in z" is the closed loop's linear function followed to its end without a picture;
and what was asked for is, for people who were moved, what they are expected to be seen as. Their pictures are as
datasets have them, or, with `--widest 25 --variation 0`, those of a studio; the unconditional ones likewise. `--ways`
leaves ways out.

Judges are recognisers as `recognizers.load` takes them; by default the one of `scripts/build_judge.py`, trained on
renders of heads, which never saw a picture of this generator. `scripts/build_photo_judge.py` makes another, trained on
photographs. It is slow: NAME=2 has it look at two images of each identity, in other styles than of the one before.

Seeds are independent of each other: run them side by side with `--first-seed`, then `--merge` what they wrote. With an
`--output` that is there already, a run goes on with the ways that it lacks.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from generator import acceptance
from pictures import DISTURBANCES, detections, frechet_distance, pose_spread, robustness
from tqdm import tqdm

from hyperface import gallery, generators, packing, recognizers
from hyperface.closed_loop import close_loop
from hyperface.closed_loop.step import Weights
from hyperface.closed_loop.surrogate import Surrogate, descended
from hyperface.defaults import PAIRS
from hyperface.generators import LinearPeople
from hyperface.packing.neighbors import nearest_points
from hyperface.sphere import normalize

PAIR = {pair.generator: pair for pair in PAIRS}
LEADER = "leader"
GREEDY_FROM = 16  # candidates for each identity
FIRST_STYLE = 1_000_000  # styles that no loop has drawn
LOOKED_AT = 96  # identities of which two images are kept, for what is measured on pictures
RANDOM, LOOP, CONTROL, GREEDY = "random", "closed loop", "same effort, no repulsion", "greedy choice"
ASKED, IN_Z = "random, asked for", "packed in z"  # of heads alone


@dataclass(frozen=True)
class Chosen:
    """Identities to draw. requests: (n, d), unit rows. people: (n, size), whom to draw, where that is known."""

    requests: torch.Tensor
    people: np.ndarray | None = None

    def draw(self, rows: slice, images: int, generator) -> torch.Tensor:
        """Pictures (b, images, 3, h, w) of these rows, in the same styles for all."""
        requests = self.requests[rows]
        styles = list(range(FIRST_STYLE, FIRST_STYLE + images)) * len(requests)
        if self.people is None:
            pictures = generator.generate(requests.repeat_interleave(images, dim=0), styles)
        else:
            pictures = generator.people(np.repeat(self.people[rows], images, axis=0), styles)
        return pictures.reshape(len(requests), images, *pictures.shape[1:])


class Seer:
    """A recogniser whose features are centred on their mean over unconditional pictures."""

    def __init__(self, recognizer, pictures: torch.Tensor, looks_at: int | None = None) -> None:
        """pictures: the unconditional ones. looks_at: how many images of an identity it sees, all if None."""
        self.recognizer, self.looks_at = recognizer, looks_at
        with torch.inference_mode():
            batches = tqdm(pictures.split(64), "looking", leave=False)
            features = torch.cat([recognizer.features(batch).float() for batch in batches])  # (m, d)
        self.mean = features.mean(dim=0)
        self.reference = normalize(features - self.mean)  # (m, d)

    def embed(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, d), unit rows."""
        return normalize(self.recognizer.features(pictures).float() - self.mean)


def drawn(chosen: Chosen, images: int, generator, seers: dict[str, Seer]) -> dict:
    """embeddings: (n, k, d) by the name of the seer, of the images that it looks at. layout: the difference of an
    identity's images to each other. pictures: (2m, 3, 112, 112), two of m identities.

    Some of the images are taken in turn, so that no few styles stand for all.
    """
    seen, differences, kept = {name: [] for name in seers}, [], []
    with torch.inference_mode():
        for start in tqdm(range(0, len(chosen.requests), 16), desc="drawing", leave=False):
            grouped = chosen.draw(slice(start, start + 16), images, generator)  # (b, images, 3, h, w)
            for name, seer in seers.items():
                shown = _some(grouped, seer.looks_at or images)  # (b, k, 3, 112, 112)
                seen[name].append(seer.embed(shown.flatten(0, 1)).reshape(*shown.shape[:2], -1))
            layout = torch.nn.functional.avg_pool2d(grouped.flatten(0, 1), 7).reshape(len(grouped), images, -1)
            differences.append(
                torch.cdist(layout, layout, p=1).sum(dim=(1, 2)) / (images * (images - 1) * layout.shape[2])
            )
            if start < LOOKED_AT:
                kept.append(_some(grouped, 2).flatten(0, 1))
    return {
        "embeddings": {name: torch.cat(each) for name, each in seen.items()},
        "layout": float(torch.cat(differences).mean()),
        "pictures": torch.cat(kept),
    }


def _some(images: torch.Tensor, count: int) -> torch.Tensor:
    """Of images (b, k, …) of b identities `count` of each, (b, count, …): of the first the first, and so on in turn."""
    b, k = images.shape[:2]
    columns = (torch.arange(b)[:, None] * count + torch.arange(count)) % k  # (b, count)
    return images[torch.arange(b)[:, None], columns]


def nearest(rows: torch.Tensor) -> dict[str, float]:
    """Of the directions of rows (n, d): angles in degrees and cosine to the nearest other one."""
    rows = normalize(rows)
    cosines = (rows * rows[nearest_points(rows)]).sum(dim=1).clamp(-1, 1)
    angles = torch.rad2deg(cosines.acos())
    return {"angle": angles.mean().item(), "least": angles.quantile(0.01).item(), "cosine": cosines.mean().item()}


def acceptance_rate(embeddings: torch.Tensor) -> float:
    """TAR at FAR 0.1 % over the single images of (n, k, d)."""
    n, k, _ = embeddings.shape
    images = {
        "embeddings": embeddings.flatten(0, 1),
        "identity": torch.arange(n).repeat_interleave(k),
        "picture": torch.arange(n * k),
    }
    return acceptance(images, 0.001)


def measure(chosen: Chosen, images: int, generator, seers: dict[str, Seer], raw: dict[str, float]) -> dict:
    """The columns of one way. raw: the same measures of unconditional pictures, to compare with."""
    requests, shown = chosen.requests, drawn(chosen, images, generator, seers)
    embeddings, pictures = shown["embeddings"], shown["pictures"]
    centers = normalize(embeddings[LEADER].sum(dim=1))
    confidence, poses = detections(pictures)
    found = confidence == confidence
    falls = robustness(pictures, centers[: len(pictures) // 2].repeat_interleave(2, dim=0), seers[LEADER])
    first_judge = list(seers)[1]
    return {
        "requested": nearest(requests),
        "seen": {name: nearest(each.sum(dim=1)) | {"TAR": acceptance_rate(each)} for name, each in embeddings.items()},
        "to request": float((embeddings[LEADER] * requests[:, None]).sum(dim=2).mean()),
        "layout": shown["layout"] / raw["layout"],
        "pose": pose_spread(poses, 2) / raw["pose"],
        "found": float(found.mean()),
        "confidence": float(confidence[found].mean()),
        "Fréchet": frechet_distance(embeddings[first_judge].flatten(0, 1), seers[first_judge].reference),
        "fall": {name: falls[name] for name in DISTURBANCES},
    }


def unconditional(judge: Seer, pictures: torch.Tensor) -> dict[str, float]:
    """What the measures are for random faces of the unconditional generator."""
    first, second = torch.nn.functional.avg_pool2d(pictures[:512], 7).chunk(2)
    confidence, poses = detections(pictures[: 2 * LOOKED_AT])
    half = len(pictures) // 2
    return {
        "layout": float((first - second).abs().mean()),
        "pose": pose_spread(poses, 2),
        "found": float((confidence == confidence).mean()),
        "confidence": float(confidence[confidence == confidence].mean()),
        "Fréchet": frechet_distance(judge.reference[:half], judge.reference[half:]),
    }


def farthest(rows: torch.Tensor, count: int) -> list[int]:
    """Of unit rows (n, d), the first, and then whichever is farthest from those chosen before."""
    chosen, closest = [0], rows @ rows[0]
    while len(chosen) < count:
        chosen.append(int(closest.argmin()))
        closest = torch.maximum(closest, rows @ rows[chosen[-1]])
    return chosen


def greedy(candidates: Chosen, count: int, generator, leader: Seer) -> Chosen:
    """Identities of which each next one is seen farthest from those chosen before."""
    centers = normalize(drawn(candidates, 2, generator, {LEADER: leader})["embeddings"][LEADER].sum(dim=1))
    chosen = farthest(centers, count)
    people = None if candidates.people is None else candidates.people[chosen]
    return Chosen(candidates.requests[chosen], people)


def candidates(generator, seed: int) -> tuple[Chosen, torch.Tensor]:
    """The gallery's people in this seed's order, and the embeddings of all, which say what the span is."""
    shipped = gallery.load(PAIR[generator.name].gallery)
    order = torch.randperm(len(shipped.embeddings), generator=torch.Generator().manual_seed(seed))
    people = None
    if isinstance(generator, LinearPeople):
        drawn_with = [int(source.partition(":")[2]) for source in shipped.sources]
        people = generators.load_gallery_generator("heads").coordinates(drawn_with)[order.numpy()]
    return Chosen(shipped.embeddings[order], people), shipped.embeddings


def ways(identities: int, rounds: int, seed: int, generator, leader: Seer) -> dict[str, Callable[[], Chosen]]:
    """Identities by the name of how they were chosen."""
    everyone, faces = candidates(generator, seed)
    random, span = everyone.requests[:identities], PAIR[generator.name].span

    def first(count: int) -> Chosen:
        return Chosen(everyone.requests[:count], None if everyone.people is None else everyone.people[:count])

    def packed(directions: int | None) -> torch.Tensor:
        *_, last = packing.pack(random, gallery=faces, alpha=0.0, span=directions)
        return last.embeddings

    def looped(start: torch.Tensor, repulsion: float) -> Chosen:
        steps = close_loop(start, generator, leader.recognizer, rounds=rounds, repulsion=repulsion, seed=seed)
        opening = next(steps)
        *_, last = tqdm(steps, total=opening.total, desc="loop", leave=False)
        return moved(last.requests, generator)

    of_heads = {ASKED: lambda: Chosen(random), IN_Z: lambda: packed_in_z(packed(span), generator)}
    return {
        RANDOM: lambda: first(identities),
        **(of_heads if isinstance(generator, LinearPeople) else {}),
        "packed, full sphere": lambda: Chosen(packed(None)),
        f"packed, span {span}": lambda: Chosen(packed(span)),
        LOOP: lambda: looped(packed(span), 1.0),
        CONTROL: lambda: looped(random, 0.0),
        GREEDY: lambda: greedy(first(GREEDY_FROM * identities), identities, generator, leader),
    }


def moved(requests: torch.Tensor, generator) -> Chosen:
    """What a closed loop came to, as what it asks for; people in numbers, as what they are expected to be seen as."""
    if not isinstance(generator, LinearPeople):
        return Chosen(requests)
    people = generator.coordinates(requests)
    return Chosen(generator.embeddings(people), people)


def packed_in_z(start: torch.Tensor, generator: LinearPeople, *, moves: int = 300) -> Chosen:
    """People moved apart by the linear function alone, without a picture of anybody."""
    model, n = Surrogate(generator), len(start)
    points = model.points(generator.coordinates(start))
    nothing, far = torch.zeros(n, start.shape[1]), torch.full((n,), 6.0)
    seen = normalize(model.expected(points))
    points = descended(model, points, torch.arange(n), nothing, seen, far, Weights(1.0, 0.1, 0.0), moves)
    people = model.people(points).numpy()
    return Chosen(generator.embeddings(people), people)


def columns(judges: list[str]) -> dict[str, Callable[[dict], float]]:
    """What is reported of a way, by its title. judges: names."""
    measures = (("mean angle, °", "angle"), ("1st percentile, °", "least"), ("mean cosine", "cosine"), ("TAR", "TAR"))
    return {
        "asked for: mean angle to the nearest, °": lambda row: row["requested"]["angle"],
        "asked for: 1st percentile, °": lambda row: row["requested"]["least"],
        **{
            f"{seer}: {title}": lambda row, seer=seer, key=key: row["seen"][seer][key]
            for seer in (LEADER, *judges)
            for title, key in measures
        },
        **{
            f"realised of the change asked for, {seer}": lambda row, seer=seer: row["realised"][seer]
            for seer in (LEADER, *judges)
        },
        "cosine to the request": lambda row: row["to request"],
        "layout varies": lambda row: row["layout"],
        "pose varies": lambda row: row["pose"],
        "face found": lambda row: row["found"],
        "detector's confidence": lambda row: row["confidence"],
        "Fréchet distance": lambda row: row["Fréchet"],
        "largest fall of the cosine": lambda row: max(row["fall"].values()),
        "seconds to choose": lambda row: row["seconds"],
    }


def share_realized(rows: dict[str, dict]) -> None:
    """Add to each way of one seed which share of the change in angle asked for, against random, is in the pictures."""
    base = rows[RANDOM]
    for row in rows.values():
        asked = row["requested"]["angle"] - base["requested"]["angle"]
        row["realised"] = {
            seer: (seen["angle"] - base["seen"][seer]["angle"]) / asked if asked > 0.5 else float("nan")
            for seer, seen in row["seen"].items()
        }


def judges_of(seeds: list[dict[str, dict]]) -> list[str]:
    """Names of the judges who saw these results."""
    return [name for name in seeds[0][RANDOM]["seen"] if name != LEADER]


def table(seeds: list[dict[str, dict]]) -> str:
    """Markdown, a column for each way: means over the seeds ± their standard deviation."""
    lines = ["| | " + " | ".join(seeds[0]) + " |", "|---" * (1 + len(seeds[0])) + "|"]
    for title, value in columns(judges_of(seeds)).items():
        cells = []
        for way in seeds[0]:
            values = [value(rows[way]) for rows in seeds]
            if any(value != value for value in values):  # nothing was asked for that could be realised
                cells.append("–")
                continue
            mean, digits = statistics.mean(values), 3 if "°" not in title and "seconds" not in title else 1
            spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{mean:.{digits}f}{spread}")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def goals(seeds: list[dict[str, dict]]) -> str:
    """By how much the closed loop's mean nearest cosine is lower than that of what it has to beat."""

    def gain(way: str, seer: str) -> float:
        return statistics.mean(rows[way]["seen"][seer]["cosine"] - rows[LOOP]["seen"][seer]["cosine"] for rows in seeds)

    return "\n".join(
        f"closed loop against {way}: "
        + ", ".join(f"{seer} {gain(way, seer):+.3f}" for seer in (LEADER, *judges_of(seeds)))
        for way in (RANDOM, CONTROL, GREEDY)
        if LOOP in seeds[0] and way in seeds[0]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", choices=tuple(PAIR), default="gan")
    parser.add_argument("--ways", nargs="+", metavar="NAME", help=f"only these (and {RANDOM!r}, always)")
    parser.add_argument("--reference", type=int, default=4000, help="unconditional pictures")
    parser.add_argument("--identities", type=int, default=500)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--judges", nargs="+", default=[recognizers.SECOND], metavar="NAME[=IMAGES]")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="write all figures of all seeds as JSON")
    parser.add_argument("--merge", type=Path, nargs="+", help="print the table of what earlier runs wrote")
    parser.add_argument("--widest", type=float, default=60.0, help="degrees that heads turn")
    parser.add_argument("--variation", type=float, default=1.0, help="of the light, camera and place of heads")
    options = parser.parse_args()
    if options.merge:
        report([rows for path in options.merge for rows in json.loads(path.read_text())["seeds"]])
        return
    generator, raw = drawing(options)
    seers = {LEADER: Seer(recognizers.load(generator.recognizer, precision="fastest"), raw)}
    for judge in options.judges:
        name, _, looks_at = judge.partition("=")
        recognizer = recognizers.load(name, precision="fastest")
        seers[recognizer.name] = Seer(recognizer, raw, int(looks_at) if looks_at else None)
    judges = list(seers)[1:]
    reference = unconditional(seers[judges[0]], raw)
    print(f"{options.identities} identities × {options.images} images; unconditional pictures:", reference, flush=True)
    seeds = started(options.output)
    for number, seed in enumerate(range(options.first_seed, options.first_seed + options.seeds)):
        if number == len(seeds):
            seeds.append({})
        rows = seeds[number]
        choices = ways(options.identities, options.rounds, seed, generator, seers[LEADER])
        for name in choices if options.ways is None else (RANDOM, *options.ways):
            if name in rows:
                continue
            start = time.perf_counter()
            chosen = choices[name]()
            seconds = time.perf_counter() - start
            rows[name] = measure(chosen, options.images, generator, seers, reference) | {"seconds": seconds}
            share_realized(rows)
            shown = {title: round(value(rows[name]), 4) for title, value in columns(judges).items()}
            print(seed, name, shown, flush=True)
            if options.output:
                options.output.write_text(json.dumps({"unconditional": reference, "seeds": seeds}, indent=2) + "\n")
    report(seeds)


def drawing(options: argparse.Namespace) -> tuple[generators.Generator, torch.Tensor]:
    """The generator, and unconditional pictures (reference, 3, 112, 112); heads are photographed as it does."""
    if options.generator == "heads":
        heads = generators.load("heads", widest=options.widest, variation=options.variation)
        batches = [heads.sample(range(k, min(k + 64, options.reference))) for k in range(0, options.reference, 64)]
        return heads, torch.cat(batches)
    raw = generators.load_gallery_generator(PAIR[options.generator].gallery_generator)
    return generators.load(options.generator), raw.sample(range(options.reference))


def started(output: Path | None) -> list[dict[str, dict]]:
    """What an earlier run wrote."""
    return json.loads(output.read_text())["seeds"] if output and output.exists() else []


def report(seeds: list[dict[str, dict]]) -> None:
    print(f"\n{table(seeds)}\n\n{goals(seeds)}")


if __name__ == "__main__":
    main()
