import resource
import sys
from pathlib import Path

import pytest
import torch

from hyperface.memory import freed_memory_kept

# Numbers of 4 bytes, 24 to 40 MB, 335 MB together: some beyond what the C library keeps by itself.
SIZES = [(i % 5 + 6) << 20 for i in range(10)]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux's C library is told to keep memory")


def _pages_asked_for() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pieces = [torch.empty(size).fill_(1) for size in SIZES]
    del pieces
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
    assert held - _resident() > 3 * sum(SIZES)


def test_an_inner_block_leaves_it_to_the_outer_one():
    with freed_memory_kept():
        with freed_memory_kept():
            _pages_asked_for()
        again = min(_pages_asked_for() for _ in range(6))
        held = _resident()
    assert again < sum(SIZES) / resource.getpagesize() / 10
    assert held - _resident() > 3 * sum(SIZES)


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with freed_memory_kept():
        pass
