import pytest

from hyperface.training import measure_speed


@pytest.mark.slow
def test_the_speed_is_that_of_real_steps():
    small = measure_speed(backbone="small", batch_size=4, input_size=32)
    large = measure_speed(backbone="ir_18", batch_size=4, input_size=112)
    assert small > 2 * large > 0
