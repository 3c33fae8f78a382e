"""Does distance requested become difference seen? Six ways to choose identities, seen by two recognisers.

    python benchmarks/closed_loop.py [--identities 500] [--images 8] [--seeds 1] [--rounds 20] [--judge FILE]

For every way: mean cosine to the nearest other identity as requested, as the recogniser that leads the closed loop sees
it in the pictures, and as a judge sees it that nothing was optimised for (centres of the images of an identity); the
judge's and the leader's TAR at FAR 0.1 % over single images; mean cosine of the pictures to their request; difference
between the images of an identity as a share of that between random faces. Lower cosines to the nearest and more
variation are better.

The judge is a recogniser file. By default it is the small one that ships with HyperFace: its architecture and training
are its own, but it was trained on this generator's pictures. `scripts/build_judge.py` trains one that was not.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from generator import acceptance, nearest
from tqdm import tqdm

from hyperface import gallery, generators, packing, recognizers
from hyperface.closed_loop import close_loop
from hyperface.sphere import normalize

DEMO = Path(__file__).resolve().parents[1] / "assets/demo/train-demo/recognizer.safetensors"
SPAN = 40
GREEDY_FROM = 16  # candidates for each identity
FIRST_STYLE = 1_000_000  # styles that no loop has drawn


def drawn(requests: torch.Tensor, images: int, generator, seers: list) -> tuple[list[torch.Tensor], float]:
    """Embeddings (n, images, d) by each of the seers, and the difference of an identity's images to each other."""
    seen, differences = [[] for _ in seers], []
    with torch.inference_mode():
        for batch in tqdm(requests.split(16), desc="drawing", leave=False):
            styles = list(range(FIRST_STYLE, FIRST_STYLE + images)) * len(batch)
            pictures = generator.generate(batch.repeat_interleave(images, dim=0), styles)
            for each, seer in zip(seen, seers, strict=True):
                each.append(seer.embed(pictures).reshape(len(batch), images, -1))
            layout = torch.nn.functional.avg_pool2d(pictures, 7).reshape(len(batch), images, -1)
            differences.append((layout[:, ::2] - layout[:, 1::2]).abs().mean())
    return [torch.cat(each) for each in seen], float(torch.stack(differences).mean())


def judged(embeddings: torch.Tensor) -> tuple[float, float]:
    """(mean cosine of an identity's centre to the nearest other one's, TAR at FAR 0.1 %) of (n, k, d)."""
    n, k, _ = embeddings.shape
    images = {
        "embeddings": embeddings.flatten(0, 1),
        "identity": torch.arange(n).repeat_interleave(k),
        "picture": torch.arange(n * k),
    }
    return nearest(normalize(embeddings.sum(dim=1))), acceptance(images, 0.001)


def greedy(candidates: torch.Tensor, count: int, generator, recognizer) -> torch.Tensor:
    """Requests of which each next one is seen farthest from those chosen before."""
    (seen,), _ = drawn(candidates, 2, generator, [recognizer])
    centres = normalize(seen.sum(dim=1))
    chosen, closest = [0], centres @ centres[0]
    while len(chosen) < count:
        chosen.append(int(closest.argmin()))
        closest = torch.maximum(closest, centres @ centres[chosen[-1]])
    return candidates[chosen]


def ways(identities: int, rounds: int, seed: int, generator, recognizer) -> dict[str, Callable[[], torch.Tensor]]:
    """Requests (identities, d) by the name of how they were chosen."""
    faces = gallery.load().embeddings
    order = torch.randperm(len(faces), generator=torch.Generator().manual_seed(seed))
    random = faces[order[:identities]]

    def packed(span: int | None) -> torch.Tensor:
        *_, last = packing.pack(random, gallery=faces, alpha=0.0, span=span)
        return last.embeddings

    def looped(start: torch.Tensor, repulsion: float) -> torch.Tensor:
        steps = close_loop(start, generator, recognizer, rounds=rounds, repulsion=repulsion, seed=seed)
        first = next(steps)
        *_, last = tqdm(steps, total=first.total, desc="loop", leave=False)
        return last.requests

    return {
        "random": lambda: random,
        "packed, full sphere": lambda: packed(None),
        f"packed, span {SPAN}": lambda: packed(SPAN),
        "closed loop from there": lambda: looped(packed(SPAN), 1.0),
        "random, same effort, no repulsion": lambda: looped(random, 0.0),
        "greedy choice among random": lambda: greedy(
            faces[order[: GREEDY_FROM * identities]], identities, generator, recognizer
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=500)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--judge", type=Path, default=DEMO)
    options = parser.parse_args()
    generator, leader = generators.load(), recognizers.load().prepare(precision="fastest")
    seers = [leader, recognizers.load(str(options.judge))]
    raw = torch.nn.functional.avg_pool2d(generators.load_gallery_generator().sample(range(512)), 7)
    between_faces = float((raw[:256] - raw[256:]).abs().mean())
    print(
        f"{options.identities} identities × {options.images} images\n"
        f"{'seed':>4}  {'':34}{'requested':>10}{'seen':>7}{'judge':>7}{'TAR':>8}{'judge':>8}{'cosine':>8}{'varies':>8}"
    )
    for seed in range(options.seeds):
        for name, chosen in ways(options.identities, options.rounds, seed, generator, leader).items():
            requests = chosen()
            (seen, judge), difference = drawn(requests, options.images, generator, seers)
            (seen_near, seen_rate), (judge_near, judge_rate) = judged(seen), judged(judge)
            cosine = float((seen * requests[:, None]).sum(dim=2).mean())
            print(
                f"{seed:4}  {name:34}{nearest(requests):10.3f}{seen_near:7.3f}{judge_near:7.3f}{seen_rate:8.4f}"
                f"{judge_rate:8.4f}{cosine:8.3f}{difference / between_faces:8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
