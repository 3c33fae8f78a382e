"""The benchmarks of this machine, as the Evaluate tab lists them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from hyperface.errors import InputError
from hyperface.ui.evaluate.published_table import RENDERED

if TYPE_CHECKING:
    from hyperface.evaluation import Benchmark

NO_BENCHMARK = "There is no benchmark on this machine. Restore assets/benchmarks, which ships with HyperFace."


def benchmark_choices() -> list[tuple[str, str]]:
    """(title, name) of the benchmarks on this machine: the shipped ones in the published table's order, then others."""
    from hyperface.evaluation import list_benchmarks

    order = list(RENDERED.values())
    entries = [entry for entry in list_benchmarks() if entry.path is not None]
    entries.sort(key=lambda entry: order.index(entry.name) if entry.name in order else len(order))
    return [(entry.title, entry.name) for entry in entries]


def check_benchmark(name: str) -> None:
    """InputError unless this is a benchmark that is offered: `load_benchmark` would read any file by its path too."""
    if name not in [offered for _, offered in benchmark_choices()]:
        raise InputError("There is no such benchmark here. Choose another one.")


@functools.lru_cache(maxsize=6)
def read_benchmark(name: str) -> Benchmark:
    """The benchmark with this name; the last few are remembered. InputError as of `check_benchmark`."""
    from hyperface.evaluation import load_benchmark

    check_benchmark(name)
    return load_benchmark(name)
