"""Speed of drawing a dataset, JPEGs on disk included, beside a straightforward loop.

python benchmarks/synthesis.py [--generator gan] [--identities 200] [--images 20] [--threads 2]
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

from hyperface import datasets, gallery, generators
from hyperface.datasets.synthesis import JPEG_QUALITY, perturb
from hyperface.defaults import GENERATOR
from hyperface.images import to_uint8

PEER_IDENTITIES = 10  # a few are enough to time the slow way


def straightforward(embeddings: torch.Tensor, generator, images: int, folder: Path) -> None:
    """Algorithm 3 as one would write it down: identity by identity, image by image."""
    for i, embedding in enumerate(embeddings):
        (folder / str(i)).mkdir()
        for j in range(images):
            seed = i * images + j
            picture = generator.generate(perturb(embedding[None], generator.beta, [seed]), [seed])
            Image.fromarray(to_uint8(picture)[0]).save(folder / str(i) / f"{j}.jpg", quality=JPEG_QUALITY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", default=GENERATOR)
    parser.add_argument("--identities", type=int, default=200)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    generator, embeddings = generators.load(options.generator), gallery.load().embeddings[: options.identities]
    generator.generate(embeddings[:8], range(8))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        straightforward(embeddings[:PEER_IDENTITIES], generator, options.images, Path(folder))
        peer = PEER_IDENTITIES * options.images / (time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        *_, last = datasets.synthesize(
            embeddings, generator, images_per_identity=options.images, out=Path(folder) / "set", seed=0
        )
        ours = last.total / (time.perf_counter() - start)
    print(f"straightforward loop   {peer:7.1f} images/s")
    print(f"datasets.synthesize    {ours:7.1f} images/s, {ours / peer:.1f} times that, its data card included")


if __name__ == "__main__":
    main()
