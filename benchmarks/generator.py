"""Quality and speed of the GAN, the embedded generator of faces, on targets it was never trained on.

    python benchmarks/generator.py [--identities 512] [--styles 4] [--output FILE.json]

Targets are faces of seeds that neither the gallery nor the training used, and a packing of them inside the span of
the gallery's top 40 principal directions; the latter also as in a dataset, every picture of a request of its own,
normalise(x + v) with v ~ N(0, β I); and points anywhere on the sphere, where no face is. Every picture goes the way
a photo does: 8-bit pixels, detector, aligned crop, embedding; mirrored crops count as further images of the same
identity. Every picture has a style of its own, as every random face has.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from hyperface import gallery, generators, packing, recognizers
from hyperface.datasets.synthesis import perturb
from hyperface.faces import largest_face
from hyperface.images import to_uint8
from hyperface.sphere import random_points
from hyperface.steps import finish
from hyperface.threads import map_ahead

HELD_OUT_SEED = 2_000_000
SPAN = 40
FIRST_STYLE = 1_000_000  # seeds apart from those of the noise


def held_out_embeddings(count: int, recognizer) -> torch.Tensor:
    """(count, d) embeddings of fresh random faces."""
    found = gallery.sample_faces(generators.load_gallery_generator("dcgan"), seed=HELD_OUT_SEED)
    return finish(gallery.build(found, recognizer, count=count, name="held-out", generator="dcgan")).embeddings


def realize(targets: torch.Tensor, styles: int, beta: float, generator, recognizer) -> dict[str, torch.Tensor]:
    """Draw every target in every style and see it again. Undetected pictures are counted and left out."""
    differences = []

    def pictures() -> Iterator[np.ndarray]:
        for i in tqdm(range(len(targets)), desc="identities", leave=False):
            noise = range(i * styles, (i + 1) * styles)
            requests = perturb(targets[i].expand(styles, -1), beta, list(noise))
            images = generator.generate(requests, [FIRST_STYLE + seed for seed in noise])
            layout = torch.nn.functional.avg_pool2d(images, 7)  # (styles, 3, 16, 16)
            differences.extend((layout[a] - layout[b]).abs().mean() for a in range(styles) for b in range(a))
            yield from to_uint8(images)

    found = [face for _, face in map_ahead(largest_face, pictures(), workers=os.cpu_count() or 1)]
    picture = torch.tensor([number for number, face in enumerate(found) if face is not None])
    crops = torch.stack([face.image for face in found if face is not None])
    with torch.inference_mode():
        embeddings = recognizer.embed(torch.cat([crops, crops.flip(3)]))
    return {
        "embeddings": embeddings,  # (2m, d): upright crops, then mirrored ones
        "identity": (picture // styles).repeat(2),
        "picture": picture.repeat(2),
        "detected": torch.tensor(len(crops) / (len(targets) * styles)),
        "variation": torch.stack(differences).mean(),
    }


def acceptance(seen: dict[str, torch.Tensor], false_acceptance: float) -> float:
    """TAR at a FAR over all pairs of images; an image and its own mirror image are no pair."""
    similarity = seen["embeddings"] @ seen["embeddings"].T
    same = seen["identity"][:, None] == seen["identity"]
    other_picture = seen["picture"][:, None] != seen["picture"]
    upper = torch.ones_like(same).triu(1)
    genuine, impostor = similarity[same & other_picture & upper], similarity[~same & upper]
    threshold = impostor.sort().values[int((1 - false_acceptance) * len(impostor))]
    return (genuine > threshold).float().mean().item()


def nearest(embeddings: torch.Tensor) -> float:
    """Mean cosine of each row to its nearest other row."""
    similarity = embeddings @ embeddings.T
    return similarity.fill_diagonal_(-1).amax(1).mean().item()


def measure(targets: torch.Tensor, styles: int, generator, recognizer, *, beta: float = 0.0) -> dict[str, float]:
    seen = realize(targets, styles, beta, generator, recognizer)
    cosine = (seen["embeddings"] * targets[seen["identity"]]).sum(1)
    upright = len(seen["embeddings"]) // 2
    first = torch.tensor([i for i in range(upright) if seen["picture"][i] % styles == 0])
    return {
        "cosine to the request": cosine.mean().item(),
        "TAR at FAR 1 %": acceptance(seen, 0.01),
        "TAR at FAR 0.1 %": acceptance(seen, 0.001),
        "face detected": seen["detected"].item(),
        "difference between styles": seen["variation"].item(),
        "nearest-neighbour cosine, requested": nearest(targets),
        "nearest-neighbour cosine, realised (one image each)": nearest(seen["embeddings"][first]),
    }


def speed(generator, targets: torch.Tensor) -> float:
    """Images per second of `generate` in batches of 64."""
    batch = targets[:64].repeat(64 // min(64, len(targets)), 1)
    generator.generate(batch, range(len(batch)))
    start = time.perf_counter()
    for _ in range(5):
        generator.generate(batch, range(len(batch)))
    return 5 * len(batch) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=512)
    parser.add_argument("--styles", type=int, default=4)
    parser.add_argument("--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()

    generator, recognizer = generators.load("gan"), recognizers.load("dlib")
    random = held_out_embeddings(options.identities, recognizer)
    *_, last = packing.pack(random, gallery=gallery.load("gan-10k").embeddings, alpha=0.0, span=SPAN)
    anywhere = random_points(options.identities, random.shape[1], seed=0)

    def packed(beta: float) -> dict[str, float]:
        return measure(last.embeddings, options.styles, generator, recognizer, beta=beta)

    raw = to_uint8(generators.load_gallery_generator("dcgan").sample(range(256)))
    layout = torch.nn.functional.avg_pool2d(torch.from_numpy(raw).permute(0, 3, 1, 2).float() / 255, 7)
    figures = {
        "identities": options.identities,
        "styles": options.styles,
        "gallery targets": measure(random, options.styles, generator, recognizer),
        f"targets packed inside {SPAN} directions": packed(0.0),
        f"the same, requests spread by β = {generator.beta}": packed(generator.beta),
        "the same, requests spread by β = 0.01": packed(0.01),
        "targets anywhere on the sphere": measure(anywhere, options.styles, generator, recognizer),
        "difference between random faces": (layout[:128] - layout[128:]).abs().mean().item(),
        f"images per second ({torch.get_num_threads()} threads)": speed(generator, random),
    }
    print(json.dumps(figures, indent=2))
    if options.output:
        options.output.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
