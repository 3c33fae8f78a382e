"""What is kept for whoever asks next: each value worked out once, so many of a kind, and no trace of the others."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperface.ui.parts.kept import FAILED, FEW, MOST, Kept


def at_once(work):
    """In place of a thread."""
    with contextlib.suppress(ValueError):
        work()


def test_many_who_ask_at_once_get_one_value(monkeypatch):
    kept, made, meet = Kept(), [], threading.Barrier(8)

    def ask(_):
        meet.wait(60)
        return kept.get("weights", lambda: made.append(1) or object())

    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(ask, range(8)))
    assert len(values) == len(made) == 1
    assert kept._turns == {}


def test_the_latest_used_of_each_kind_are_kept():
    kept = Kept()
    kept.get("only", lambda: 0)
    for number in range(1000):
        kept.get(("sheet", number), lambda number=number: number)
        kept.get(("recognizer", number), lambda number=number: number)
        kept.get(("sheet", 0), lambda: pytest.fail("it is used all the time"))
    assert len(kept) == MOST + FEW["recognizer"] + 1
    assert ("sheet", 0) in kept
    assert ("sheet", 999) in kept
    assert ("sheet", 1) not in kept
    assert kept.get(("sheet", 1), lambda: "again") == "again"


def test_what_could_not_be_made_is_tried_again_by_who_waits_and_not_in_the_background():
    kept, tried = Kept(), []

    def fail():
        tried.append(1)
        raise ValueError("not now")

    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            kept.get("part", fail)
        assert kept.once_there("part", fail, at_once) is None
    assert len(tried) == 3
    for number in range(2 * FAILED):
        kept.once_there(("part", number), fail, at_once)
    assert (len(kept._failed), kept._begun, kept._turns) == (FAILED, set(), {})


def test_what_fell_out_is_made_in_the_background_again():
    kept = Kept()
    for _ in range(2):
        for number in range(MOST + 1):
            assert kept.once_there(("picture", number), lambda number=number: number, at_once) is None
    assert kept.once_there(("picture", MOST), lambda: None, at_once) == MOST
