import resource
import sys
from pathlib import Path

import pytest
import torch

from hyperface.memory import freed_memory_kept

LARGE = 16 << 20  # numbers, 64 MB: beyond what the C library keeps by itself

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux's C library is told to keep memory")


def _pages_asked_for() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(LARGE).fill_(1)  # freed at once
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def _resident() -> int:
    """Bytes of memory that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_what_is_freed_is_used_again_and_given_back_in_the_end():
    with freed_memory_kept():
        first = _pages_asked_for()
        again = min(_pages_asked_for() for _ in range(6))
        held = _resident()
    assert again < first / 10
    assert held - _resident() > 3 * LARGE


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with freed_memory_kept():
        pass
