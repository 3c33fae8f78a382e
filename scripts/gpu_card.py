"""What `check_gpu.py` measures with and writes into: a device with its clock, memory and peak, and a table."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Report:
    """Rows of the table, and the same for a program."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, part: str, what: str, value: float, unit: str, **more: Any) -> None:
        self.rows.append({"part": part, "what": what, "value": value, "unit": unit, **more})
        notes = ", ".join(f"{key.replace('_', ' ')} {_short(number)}" for key, number in more.items())
        print(f"{part:10} {what:44} {_short(value):>10} {unit:12} {notes}", flush=True)

    def leave_out(self, what: str) -> None:
        """Note what could not be measured here, and why."""
        self.left_out.append(what)
        print(f"left out   {what}", flush=True)

    def check(self, holds: bool, what: str) -> None:
        """Note a check that failed."""
        if not holds:
            self.failures.append(what)
            print(f"FAILED     {what}", flush=True)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class Card:
    """The device, and how its clock, memory and peak are read."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.cuda = self.device.type == "cuda"
        self.name = torch.cuda.get_device_name(self.device) if self.cuda else "CPU"
        self.peak = math.nan  # operations a second of a large product of bfloat16 matrices

    def synchronize(self) -> None:
        if self.cuda:
            torch.cuda.synchronize(self.device)

    def seconds(self, call: Callable[[], object], repeats: int = 3) -> float:
        """Median time of a call, after one that warms up."""
        call()
        self.synchronize()
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            call()
            self.synchronize()
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    def forget_memory(self) -> None:
        if self.cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)

    def memory(self) -> float:
        """Largest memory since `forget_memory`, GB; NaN where it cannot be told."""
        return torch.cuda.max_memory_allocated(self.device) / 1e9 if self.cuda else math.nan
