import pytest

from hyperface.steps import finish, translated


def counting(to, closed):
    try:
        yield from range(to)
        return f"counted to {to}"
    finally:
        closed.append(True)


def test_long_work_shows_its_steps_and_returns_its_result():
    shown = []
    assert finish(counting(3, []), shown.append) == "counted to 3"
    assert shown == [0, 1, 2]
    assert finish(counting(0, [])) == "counted to 0"


def test_work_is_closed_when_who_looks_on_fails():
    closed = []

    def fail(step):
        raise RuntimeError(f"at {step}")

    with pytest.raises(RuntimeError, match="at 0"):
        finish(counting(3, closed), fail)
    assert closed


def test_translated_work_has_other_steps_and_the_same_result():
    closed, shown = [], []
    work = translated(counting(3, closed), lambda step: f"step {step}")
    assert finish(work, shown.append) == "counted to 3"
    assert shown == ["step 0", "step 1", "step 2"]
    inner = counting(3, closed)  # held here, or its last reference would close it
    half = translated(inner, str)
    next(half)
    half.close()
    assert closed == [True, True]
