"""Images per second of the embedded recogniser beside dlib's own call, in one process, interleaved.

    python benchmarks/embedding.py [--images 64] [--repeats 5] [--threads 1]

Both get the same 150×150 chips and compute the same 128 numbers (the largest difference is printed). dlib's call
uses one thread whatever it is given.
"""

import argparse
import statistics
import time

import dlib
import numpy as np
import torch

from hyperface import gallery
from hyperface.assets import find_model_file
from hyperface.images import from_uint8, to_uint8
from hyperface.recognizers.dlib_resnet import DlibResNet, dlib_chips, load_dlib
from hyperface.recognizers.dlib_weights import FILE_NAME


def seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    thumbnails = torch.nn.functional.interpolate(from_uint8(gallery.load().thumbnails[: options.images]), size=112)
    pixels = to_uint8(dlib_chips(thumbnails))  # (n, 150, 150, 3)
    chips = from_uint8(pixels)
    peer = dlib.face_recognition_model_v1(str(find_model_file(FILE_NAME)))
    network = load_dlib().network
    half: DlibResNet = load_dlib().network.bfloat16()

    def ours() -> torch.Tensor:
        with torch.inference_mode():
            return network(chips)

    def ours_bfloat16() -> torch.Tensor:
        with torch.inference_mode():
            return half(chips.bfloat16()).float()

    def theirs() -> np.ndarray:
        return np.array([peer.compute_face_descriptor(image) for image in pixels])

    reference = torch.from_numpy(theirs())
    for name, call in (("fp32", ours), ("bf16", ours_bfloat16)):
        cosine = torch.nn.functional.cosine_similarity(call().double(), reference)
        print(f"parity {name}: largest 1 − cos to dlib {1 - cosine.min():.1e} on {options.images} faces")

    rows = {"dlib's call": theirs, "PyTorch fp32": ours, "PyTorch bf16": ours_bfloat16}
    times = {name: [] for name in rows}
    for _ in range(options.repeats):
        for name, call in rows.items():
            times[name].append(seconds(call))
    base = statistics.median(times["dlib's call"])
    print(f"{options.images} images, median of {options.repeats}, {options.threads} thread(s):")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"  {name:14} {options.images / median:8.0f} images/s  {base / median:6.1f}×")


if __name__ == "__main__":
    main()
