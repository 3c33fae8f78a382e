"""How well heads answer requests: in closed form, and corrected by what is seen in their pictures.

    python benchmarks/head_requests.py --gallery heads-10k.safetensors [--people 60] [--pictures 8] [--rounds 4]
    python benchmarks/head_requests.py … --judges rendered-heads FILE.onnx --widest 60 --variation 1   # as datasets are

The gallery is one of heads: `hyperface gallery --generator heads --recognizer dlib-heads --count 10000`. Three kinds of
targets: people that no map was fitted to, by the centre of their pictures; faces of the gallery, by their one picture;
and faces packed inside the gallery's span by the product's own engine. For each and after each round:

    cosine      mean cosine of the request to the centre of the pictures, by `dlib-heads`
    own         share of those centres that are nearest to their own request, among all of its kind
    TAR         at FAR 0.1 %, single pictures of these people against each other
    nearest     mean cosine to the nearest other of these people, as requested (by `dlib-heads`) and as seen

The pictures are calm ones (`Generator.calm`) unless told otherwise; corrections are made with such in any case, and
with others than those that judge. Other judges' embeddings are centred on the mean of what they see in all pictures of
the first kind.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from closed_loop import acceptance_rate
from tqdm import tqdm

from hyperface import gallery, generators, packing, recognizers
from hyperface.heads.identity import coordinates
from hyperface.packing.neighbors import nearest_points
from hyperface.realization import corrected
from hyperface.recognizers import Recognizer
from hyperface.sphere import normalize
from hyperface.steps import finish

LEADER = "dlib-heads"
FIRST_PERSON = 900_000  # seeds of people whom no map was fitted to
FIRST_PICTURE = 5_000_000  # seeds of the pictures that judge
FIRST_TARGET_PICTURE = 6_000_000  # and of those that the people held out are described by
PACKED, SPAN = 500, 30


def seen(pictures: Iterator[torch.Tensor], judges: dict[str, Recognizer], total: int) -> dict[str, torch.Tensor]:
    """Embeddings (n, k, d) by each judge of n people's pictures (k, 3, 112, 112)."""
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in judges}
    with torch.inference_mode():
        for images in tqdm(pictures, desc="drawing", total=total, leave=False):
            for name, judge in judges.items():
                rows[name].append(judge.embed(images))
    return {name: torch.stack(each) for name, each in rows.items()}


def _pairs(rows: torch.Tensor) -> float:
    """Mean cosine of two different ones of each row (n, k, d), unit rows."""
    k = rows.shape[1]
    return float(((rows.sum(dim=1).square().sum(dim=1) - k) / (k * (k - 1))).mean())


def nearest(rows: torch.Tensor) -> float:
    """Mean cosine of each row to the nearest other one."""
    return float((rows * rows[nearest_points(rows)]).sum(dim=1).mean())


def told(embeddings: dict[str, torch.Tensor], means: dict[str, torch.Tensor], wanted: torch.Tensor) -> list[str]:
    """The cells of one row of the table."""
    own = normalize(embeddings[LEADER].sum(dim=1))  # (n, d)
    cosines = own @ wanted.T
    cells = [
        f"{cosines.diagonal().mean():.3f}",
        f"{float((cosines.argmax(dim=1) == torch.arange(len(wanted))).float().mean()):.3f}",
        f"{nearest(wanted):.3f}",
    ]
    for name, rows in embeddings.items():
        singles = normalize(rows - means[name])
        cells += [f"{nearest(normalize(singles.sum(dim=1))):.3f}", f"{acceptance_rate(singles):.3f}"]
    return cells


def targets(options: argparse.Namespace, people: torch.Tensor) -> dict[str, torch.Tensor]:
    """Requests (n, d) of each kind. people: centres of those who were held out."""
    faces = gallery.load(options.gallery).embeddings
    order = torch.randperm(len(faces), generator=torch.Generator().manual_seed(options.seed))
    start = faces[order[: min(PACKED, len(faces))]]
    packed = finish(packing.pack(start, gallery=faces, span=options.span))
    return {
        "held out": people,
        "gallery": start[: options.people],
        f"packed, span {options.span}": packed[: options.people],
    }


def rounds_of(wanted: torch.Tensor, generator, recognizer, rounds: int, seed: int) -> list[torch.Tensor]:
    """What is asked for after 0 … `rounds` rounds, and at last what the correction keeps."""
    asked = {0: wanted}
    work = corrected(wanted, generator, recognizer, rounds=rounds, seed=seed)
    kept = finish(work, lambda step: asked.setdefault(len(step.cosines), step.state["requests"]))
    return [*(asked[number] for number in range(rounds + 1)), kept.requests]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gallery", type=Path, required=True)
    parser.add_argument("--people", type=int, default=60, help="of each kind that are judged")
    parser.add_argument("--pictures", type=int, default=8, help="that judge, of each")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--span", type=int, default=SPAN)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--widest", type=float, default=25.0, help="degrees that the heads turn")
    parser.add_argument("--variation", type=float, default=0.0, help="of light, camera and place")
    parser.add_argument("--kinds", nargs="+", default=["held out", "gallery", "packed"])
    parser.add_argument("--judges", nargs="+", default=[recognizers.SECOND], metavar="NAME")
    options = parser.parse_args()
    generator = generators.load("heads", widest=options.widest, variation=options.variation)
    judges = {LEADER: recognizers.load(LEADER)}
    for name in options.judges:
        judge = recognizers.load(name)
        judges[judge.name] = judge
    print(f"{options.people} people of each kind, {options.pictures} pictures each, yaw to {options.widest:g}°, "
          f"variation {options.variation:g}")  # fmt: skip
    seeds = [FIRST_PICTURE + k for k in range(options.pictures)]
    z = coordinates.sample(range(FIRST_PERSON, FIRST_PERSON + options.people))
    many = [FIRST_TARGET_PICTURE + k for k in range(options.pictures)]
    first = seen((generator.people(row[None].repeat(len(many), 0), many) for row in z), judges, len(z))
    means = {name: rows.mean(dim=(0, 1)) * (name != LEADER) for name, rows in first.items()}
    people = normalize(first[LEADER].sum(dim=1))
    print(f"two pictures of a person: mean cosine {_pairs(first[LEADER]):.3f} by {LEADER}")
    head = ["targets", "asked for", "cosine", "own", "nearest requested"]
    head += [f"{name}: {what}" for name in judges for what in ("nearest", "TAR")] + ["seconds, CPU of it"]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|", flush=True)

    def judged(kind: str, how: str, shots: Iterator[torch.Tensor], wanted: torch.Tensor, cost: str) -> None:
        cells = told(seen(shots, judges, len(wanted)), means, wanted)
        print("| " + " | ".join([kind, how, *cells, cost]) + " |", flush=True)

    again = (generator.people(row[None].repeat(len(seeds), 0), seeds) for row in z)
    judged("held out", "the people themselves, drawn again", again, people, "")
    for kind, wanted in targets(options, people).items():
        if not any(kind.startswith(name) for name in options.kinds):
            continue
        started, worked = time.perf_counter(), time.process_time()
        asked = (
            rounds_of(wanted, generator.calm(), judges[LEADER], options.rounds, options.seed)
            if options.rounds
            else [wanted]
        )
        cost = f"{time.perf_counter() - started:.0f}, {time.process_time() - worked:.0f}"
        for number, requests in enumerate(asked):
            how = "closed form" if number == 0 else f"{number} rounds" if number <= options.rounds else "kept"
            shots = (generator.generate(row.expand(len(seeds), -1), seeds) for row in requests)
            judged(kind, how, shots, wanted, cost if how == "kept" else "")


if __name__ == "__main__":
    main()
