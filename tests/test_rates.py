"""How long a picture takes: measured here where it was, else worked out, and always said which."""

import pytest

from hyperface import rates


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_rate_follows_from_operations_steps_and_device():
    # 25 steps of two evaluations of 0.803 Tflop and 2.51 for the decoder, at 0.1 Tflop/s
    whole = rates.drawing_rate("arc2face", "cpu")
    assert whole.seconds == pytest.approx((25 * 1.606 + 2.51) / 0.1)
    assert whole.origin == "worked out from the operations, for two cores"
    assert rates.drawing_rate("arc2face", "cpu", steps=4).seconds == pytest.approx((4 * 1.606 + 2.51) / 0.1)
    assert rates.drawing_rate("arc2face", "cuda:1").seconds == pytest.approx((25 * 1.606 + 2.51) / 300)
    assert rates.drawing_rate("stylegan", "cuda").seconds == pytest.approx(0.151 / 20)
    assert rates.drawing_rate("nobody", "cpu") is None


def test_what_was_measured_here_is_kept_for_its_device_and_steps(cache):
    rates.remember_rate("arc2face", "cuda:1", 0.25)
    rates.remember_rate("arc2face", "cpu", 90.0, steps=4)
    assert rates.drawing_rate("arc2face", "cuda") == rates.Rate(0.25, rates.MEASURED_HERE)
    assert rates.drawing_rate("arc2face", "cuda", steps=4).origin != rates.MEASURED_HERE
    assert rates.drawing_rate("arc2face", "cpu", steps=4).seconds == 90
    assert rates.drawing_rate("arc2face", "cpu").origin != rates.MEASURED_HERE


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a": "b"}', b'{"[\\"heads\\", \\"cpu\\", 0]": -1.0}'])
def test_a_damaged_file_is_as_none(cache, content):
    cache.mkdir()
    (cache / "rates.json").write_bytes(content)
    assert rates.drawing_rate("heads", "cpu").origin == "measured on one core"
    rates.remember_rate("heads", "cpu", 2.0)
    assert rates.drawing_rate("heads", "cpu").seconds == 2


def test_where_nothing_can_be_written_nothing_is_kept(cache):
    cache.write_bytes(b"a file")
    rates.remember_rate("heads", "cpu", 2.0)
    assert rates.drawing_rate("heads", "cpu").origin == "measured on one core"
