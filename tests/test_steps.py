import pytest

from hyperface.steps import finish


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
