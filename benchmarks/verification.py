"""Pictures a second of an evaluation, with freed memory kept for the next batch and without; interleaved.

    python benchmarks/verification.py [--model FILE] [--repeats 3] [--threads 2]

The model is what `recognizers.load` takes; the one that ships unless told otherwise. Every picture of the shipped
everyday benchmark is embedded twice, as it is and mirrored. Nothing else differs between the two, accuracy included.
"""

import argparse
import statistics
import time
from contextlib import nullcontext
from unittest import mock

import torch

from hyperface import evaluation, recognizers
from hyperface.assets import asset
from hyperface.evaluation import verification

BENCHMARK = "rendered_everyday"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(asset("demo/train-demo/recognizer.safetensors")))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = recognizers.load(options.model)
    benchmark = evaluation.load_benchmark(BENCHMARK)
    rates: dict[str, list[float]] = {"given back": [], "kept": []}
    accuracies = set()
    for _ in range(options.repeats):
        for name, measured in rates.items():
            context = nullcontext if name == "given back" else verification.freed_memory_kept
            with mock.patch.object(verification, "freed_memory_kept", context):
                started = time.perf_counter()
                accuracies.add(verification.verify(model, benchmark).accuracy)
                measured.append(len(benchmark.images) / (time.perf_counter() - started))
    for name, measured in rates.items():
        print(f"memory {name:12} {statistics.median(measured):6.0f} pictures/s")
    print(f"accuracy {', '.join(f'{100 * accuracy:.2f} %' for accuracy in sorted(accuracies))}")


if __name__ == "__main__":
    main()
