"""What is kept of what was made: how much, by whom it is made, and what a copy or another process has of it."""

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from hyperface.heads.kept import Kept, weight


@dataclass
class Box:
    name: str
    content: np.ndarray


def kilobytes(count: int) -> np.ndarray:
    return np.zeros(count * 1000, np.uint8)


def never():
    raise AssertionError("It is there.")


def test_what_was_used_last_stays_as_long_as_there_is_room():
    kept = Kept(3000)
    for name in "abc":
        kept.get(name, lambda: kilobytes(1))
    kept.get("a", never)
    kept.get("d", lambda: kilobytes(1))
    assert kept.size == 3000
    for name in "acd":
        kept.get(name, never)
    made = []
    kept.get("b", lambda: made.append(1))
    assert made == [1]


def test_a_thing_that_is_too_large_stays_alone():
    kept = Kept(3000)
    kept.get("small", lambda: kilobytes(1))
    kept.get("large", lambda: kilobytes(9))
    kept.get("large", never)
    assert (len(kept), kept.size) == (1, 9000)


def test_one_thread_makes_what_several_ask_for():
    kept, made, begun = Kept(3000), [], threading.Event()

    def make() -> int:
        made.append(threading.get_ident())
        begun.wait(5)
        return 7

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(kept.get, "it", make) for _ in range(4)]
        begun.set()
        assert [each.result(5) for each in asked] == [7] * 4
    assert len(made) == 1


def test_an_error_is_told_and_not_kept():
    kept = Kept(3000)
    with pytest.raises(ZeroDivisionError):
        kept.get("it", lambda: 1 / 0)
    assert kept.get("it", lambda: 5) == 5


def test_a_copy_begins_empty():
    kept = Kept(3000)
    kept.get("it", lambda: kilobytes(1))
    copy = pickle.loads(pickle.dumps(kept))
    assert (len(copy), copy.get("it", lambda: 3)) == (0, 3)


def test_a_forked_process_does_not_wait_for_what_its_parent_was_making(monkeypatch):
    kept = Kept(3000)
    asked = threading.Thread(target=kept.get, args=("it", lambda: threading.Event().wait(1)), daemon=True)
    asked.start()
    monkeypatch.setattr(os, "getpid", lambda: 1)  # as the child sees it
    assert kept.get("it", lambda: 4) == 4
    asked.join()


def test_weight_counts_the_arrays_within():
    assert weight(kilobytes(2)) == 2000
    assert weight((kilobytes(2), Box("text", kilobytes(1)), None)) == 3000
