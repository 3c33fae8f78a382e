import pytest

from hyperface.errors import UnknownNameError
from hyperface.training.schedules import learning_rate_share, usual_rate


@pytest.mark.parametrize("schedule", ["cosine", "step"])
def test_the_rate_rises_then_falls(schedule):
    shares = [learning_rate_share(schedule, step, 260) for step in range(260)]
    top = shares.index(max(shares))
    assert shares[:26] == pytest.approx([(step + 1) / 26 for step in range(26)])
    assert shares[top] == 1
    assert all(later <= earlier for earlier, later in zip(shares[top:], shares[top + 1 :], strict=False))


def test_the_steps_are_adafaces():
    # 26 epochs of ten steps; their learning rate falls after the epochs 12, 20 and 24
    shares = [learning_rate_share("step", step, 260) for step in (119, 120, 199, 200, 239, 240, 259)]
    assert shares == pytest.approx([1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_the_cosine_ends_at_zero():
    assert learning_rate_share("cosine", 999, 1000) < 1e-5


def test_an_unknown_schedule_is_refused():
    with pytest.raises(UnknownNameError, match="cosine"):
        learning_rate_share("linear", 5, 10)


def test_the_usual_rate_grows_with_the_batch_and_is_the_backbones_own():
    assert usual_rate("ir_50", 256) == pytest.approx(0.1)
    assert usual_rate("ir_50", 64) == pytest.approx(0.025)
    assert usual_rate("small", 64) == pytest.approx(2 * usual_rate("ir_18", 64))
