"""Images per second of the recognisers: dlib's network beside dlib's own call, ir_18 and ir_50; one run, interleaved.

    python benchmarks/embedding.py [--images 32] [--repeats 3] [--threads 1] [--device cpu]

Every network is timed as plain float32 ("contiguous"), with its pixels stored colour by colour of each place
("channels last", which is how the package runs it), and with that in bfloat16. Weights do not change the speed: those
of ir_18 and ir_50 are random. dlib's call gets the same 150×150 chips as its network here, and uses one thread and the
CPU whatever it is given; the largest difference of the two is printed.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable

import dlib
import numpy as np
import torch

from hyperface import gallery
from hyperface.assets import find_model_file
from hyperface.hardware import has_fast_bfloat16
from hyperface.images import ALIGNED_SIZE, from_uint8, to_uint8
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.dlib_resnet import dlib_chips, load_dlib
from hyperface.recognizers.dlib_weights import FILE_NAME

VARIANTS = ("contiguous float32", "channels last float32", "channels last bfloat16")


def variants(network: torch.nn.Module, images: torch.Tensor) -> dict[str, Callable[[], torch.Tensor]]:
    """Calls of one network on one batch; each gets its own copy of the weights."""
    device = images.device

    def prepared(memory_format: torch.memory_format, bfloat16: bool) -> Callable[[], torch.Tensor]:
        own = copy.deepcopy(network).to(device).to(memory_format=memory_format)
        batch = images.to(memory_format=memory_format)

        def call() -> torch.Tensor:
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                features = own(batch)
            if device.type == "cuda":
                torch.cuda.synchronize()
            return features.float()

        return call

    return {
        VARIANTS[0]: prepared(torch.contiguous_format, False),
        VARIANTS[1]: prepared(torch.channels_last, False),
        VARIANTS[2]: prepared(torch.channels_last, True),
    }


def timed(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each call, taken in turn after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(title: str, times: dict[str, float], images: int, agreement: dict[str, float]) -> None:
    """Rates of one network; the gain is over the first row."""
    base = next(iter(times.values()))
    print(title)
    for name, seconds in times.items():
        parity = f"   1 − cos at most {agreement[name]:.0e}" if name in agreement else ""
        print(f"  {name:24} {images / seconds:8.1f} images/s {base / seconds:6.2f}×{parity}")


def disagreement(features: torch.Tensor, reference: torch.Tensor) -> float:
    """The largest 1 − cos between two sets of features (n, d)."""
    cosine = torch.nn.functional.cosine_similarity(features.double().cpu(), reference.double().cpu())
    return float((1 - cosine).max().clamp(min=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)  # more than free cores slow torch down many times over
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    device = torch.device(options.device)
    fast = "fast" if has_fast_bfloat16(device) else "not fast"
    print(f"{options.images} images, median of {options.repeats}, {options.threads} thread(s), {device}; ", end="")
    print(f"bfloat16 is {fast} here")

    thumbnails = from_uint8(gallery.load("gan-10k").thumbnails[: options.images])
    faces = torch.nn.functional.interpolate(thumbnails, size=ALIGNED_SIZE)
    pixels = to_uint8(dlib_chips(faces))  # (n, 150, 150, 3)
    peer = dlib.face_recognition_model_v1(str(find_model_file(FILE_NAME)))

    def theirs() -> torch.Tensor:
        return torch.from_numpy(np.array([peer.compute_face_descriptor(image) for image in pixels]))

    chips = from_uint8(pixels).to(device)
    ours = load_dlib().prepare(device=options.device)
    half = load_dlib().prepare(device=options.device, precision="bfloat16")

    def embed(recognizer) -> torch.Tensor:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=recognizer.uses_bfloat16):
            features = recognizer.network(chips)
        if device.type == "cuda":
            torch.cuda.synchronize()
        return features.float()

    calls = {"dlib's own call": theirs, VARIANTS[1]: lambda: embed(ours), VARIANTS[2]: lambda: embed(half)}
    reference = theirs()
    agreement = {name: disagreement(call(), reference) for name, call in list(calls.items())[1:]}
    report("dlib, 5.6 M parameters", timed(calls, options.repeats), options.images, agreement)

    images = ((faces - 0.5) / 0.5).flip(1).to(device)
    for name in ("ir_18", "ir_50"):
        network = build_backbone(name).backbone.eval()
        size = sum(parameter.numel() for parameter in network.parameters()) / 1e6
        calls = variants(network, images)
        reference = calls[VARIANTS[0]]()
        agreement = {variant: disagreement(calls[variant](), reference) for variant in VARIANTS[1:]}
        report(f"{name}, {size:.1f} M parameters", timed(calls, options.repeats), options.images, agreement)


if __name__ == "__main__":
    main()
