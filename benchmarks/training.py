"""Training speed: images per second beside a straightforward loop, same backbone, same images, in one process.

    python benchmarks/training.py [--backbones small ir_18] [--steps 4] [--batch 64] [--threads 2] [--device cuda]

The straightforward loop is what one would write first: float32, contiguous images, torch's own layers, augmentation one
image after the other, a head that computes all angles, plain SGD. Both train on random images at their backbone's input
size, the straightforward one first, for what ours does about memory holds in all of its process; medians of the steps
are printed. Beside them: the share of the device's peak, which is what it reaches in
a large product of matrices in the arithmetic that the training uses.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from hyperface import datasets, training
from hyperface.hardware import has_fast_bfloat16
from hyperface.images import ALIGNED_SIZE, from_uint8
from hyperface.recognizers.backbones import build_backbone
from hyperface.training.augmentation import CHANCES, augment

IDENTITIES, IMAGES = 32, 16


def random_dataset(folder: Path) -> datasets.LabeledImages:
    rng = np.random.default_rng(0)
    for identity in range(IDENTITIES):
        (folder / f"{identity:03d}").mkdir()
        for image in range(IMAGES):
            pixels = rng.integers(0, 256, (ALIGNED_SIZE, ALIGNED_SIZE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{identity:03d}" / f"{image}.jpg")
    return datasets.open(folder)


def plain(network: torch.nn.Module) -> torch.nn.Module:
    """The network itself, its layers torch's own."""
    for layer in network.modules():
        for base in (torch.nn.Sequential, torch.nn.PReLU):
            if isinstance(layer, base):
                layer.__class__ = base
    return network


def straightforward(dataset: datasets.LabeledImages, backbone: str, batch: int, device: torch.device) -> Iterator[None]:
    """The peer: one step of training for each item."""
    images, labels, _ = dataset.decode()
    labels = torch.from_numpy(labels).to(device)
    torch.manual_seed(0)
    network = plain(build_backbone(backbone)).to(device, memory_format=torch.contiguous_format).train()
    centers = torch.nn.Parameter(torch.randn(network.dimension, dataset.identities, device=device))
    parameters = [*network.parameters(), centers]
    optimizer = torch.optim.SGD(parameters, 0.05, 0.9, weight_decay=5e-4, foreach=False)
    generator = torch.Generator().manual_seed(0)
    while True:
        chosen = torch.randint(len(images), (batch,), generator=generator)
        chances = torch.rand(batch, 1, CHANCES, generator=generator)
        pictures = torch.cat(
            [augment(from_uint8(images[i : i + 1]), chances[k]) for k, i in enumerate(chosen.tolist())]
        )
        x = F.interpolate(pictures.to(device), size=network.card.input_size, mode="bilinear", antialias=True)
        x = ((x - 0.5) / 0.5).contiguous()
        features = F.normalize(network.backbone(x.flip(1) if network.bgr else x))
        angles = (features @ F.normalize(centers, dim=0)).clamp(-0.999, 0.999).acos()  # (b, classes)
        margins = 0.5 * F.one_hot(labels[chosen], dataset.identities)
        loss = F.cross_entropy(64 * (angles + margins).clamp(max=math.pi).cos(), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield


def arithmetic_of_an_image(backbone: str) -> float:
    """Floating-point operations of one image's training: forward once, backward twice."""
    network = build_backbone(backbone).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network.backbone(torch.zeros(1, 3, network.card.input_size, network.card.input_size))
    return 3.0 * counter.get_total_flops()


def peak(device: torch.device, precision: torch.dtype) -> float:
    """Operations a second of a large matrix product."""
    size = 8192 if device.type == "cuda" else 2048
    a = torch.randn(size, size, device=device, dtype=precision)
    best = math.inf
    for _ in range(5):
        started = time.perf_counter()
        a @ a
        synchronize(device)
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", nargs="+", default=["small", "ir_18"])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    fast = has_fast_bfloat16(options.device)
    most = peak(options.device, torch.bfloat16 if fast else torch.float32)
    print(
        f"{options.device}, {options.threads} thread(s), batches of {options.batch}; fast bfloat16 here: "
        f"{'yes' if fast else 'no'}; matrix product: {most / 1e12:.2f} Tflop/s"
    )
    with tempfile.TemporaryDirectory() as folder:
        dataset = random_dataset(Path(folder))
        for backbone in options.backbones:
            ours = training.train(
                dataset,
                backbone=backbone,
                batch_size=options.batch,
                epochs=options.steps,
                validation_share=0,
                device=options.device,
            )
            peer = straightforward(dataset, backbone, options.batch, options.device)
            loops = {"straightforward": peer, "ours": ours}
            seconds: dict[str, list[float]] = {name: [] for name in loops}
            next(ours)  # the untrained step
            for name, loop in loops.items():
                for step in range(options.steps + 1):
                    started = time.perf_counter()
                    next(loop)
                    synchronize(options.device)
                    if step > 0:
                        seconds[name].append(time.perf_counter() - started)
            peer, own = (options.batch / statistics.median(seconds[name]) for name in loops)
            share = own * arithmetic_of_an_image(backbone) / most
            print(
                f"{backbone:8} straightforward {peer:7.1f} images/s   ours {own:7.1f} images/s   {own / peer:.2f}×   "
                f"{100 * share:.0f} % of the peak"
            )


if __name__ == "__main__":
    main()
