from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.preprocessing import normalize

from hyperface.errors import InputError
from hyperface.evaluation import Benchmark, verify, verify_steps
from hyperface.images import from_uint8
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.steps import finish


class Corner(Recognizer):
    """Features that a mirror changes: mean colours of the upper left corner, with an offset to make norms differ."""

    card = RecognizerCard("corner", 3, 112, "nothing", "MIT", "this test")

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        return (images[:, :, :30, :30].mean(dim=(2, 3)) - 0.4) * self.scale


@pytest.fixture(scope="module")
def benchmark_of_30() -> Benchmark:
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    same = np.arange(30) % 2 == 0
    coarse[1::2][same] = coarse[0::2][same] // 2 + 40  # alike, not equal
    return Benchmark("coarse", "Coarse", coarse.repeat(28, axis=1).repeat(28, axis=2), same)


def test_the_protocol_step_by_step(benchmark_of_30):
    """Raw features of image and mirror image added, then normalised: as InsightFace does, one image at a time."""
    recognizer = Corner()
    result = verify(recognizer, benchmark_of_30, batch_size=7)
    distances = []
    for left, right in zip(benchmark_of_30.images[0::2], benchmark_of_30.images[1::2], strict=True):
        both = []
        for image in (left, right):
            plain = recognizer.features(from_uint8(image[None]))
            mirrored = recognizer.features(from_uint8(image[None, :, ::-1]))
            both.append(normalize((plain + mirrored).double().numpy()))
        distances.append(np.sum(np.square(both[0] - both[1])))
    np.testing.assert_allclose(result.distances, distances, atol=1e-6)
    assert result.accuracy > 0.5
    assert (result.recognizer, result.benchmark) == ("corner", "coarse")


def test_the_batch_size_does_not_change_the_result(benchmark_of_30):
    results = [verify(Corner(), benchmark_of_30, batch_size=size) for size in (1, 13, 60, 1000)]
    for result in results[1:]:
        np.testing.assert_allclose(result.distances, results[0].distances, atol=1e-6)
        assert result.accuracy == results[0].accuracy


def test_steps_count_images_and_the_result_is_returned(benchmark_of_30):
    steps = []
    result = finish(verify_steps(Corner(), benchmark_of_30, batch_size=25), steps.append)
    assert [(step.done, step.total) for step in steps] == [(25, 60), (50, 60), (60, 60)]
    assert result.accuracy == verify(Corner(), benchmark_of_30).accuracy
    assert steps[-1].seconds_left == 0
    assert all(step.seconds_left >= 0 for step in steps)


def test_the_time_left_is_that_of_the_images_left(benchmark_of_30, monkeypatch):
    clock = iter([100.0, 106.0, 110.0, 115.0])  # at the start and after each batch
    told = SimpleNamespace(monotonic=lambda: next(clock))  # this module's alone: other threads ask the time as well
    monkeypatch.setattr("hyperface.evaluation.verification.time", told)
    steps = []
    finish(verify_steps(Corner(), benchmark_of_30, batch_size=20), steps.append)
    assert [step.seconds_left for step in steps] == pytest.approx([6 / 20 * 40, 10 / 40 * 20, 0])


def test_rows_of_zeros_stay_zero(benchmark_of_30):
    result = verify(Corner(scale=0.0), benchmark_of_30)
    assert (result.distances == 0).all()


def test_impossible_work_is_refused_before_it_starts(benchmark_of_30):
    class Forbidden(Corner):
        def _features(self, images: torch.Tensor) -> torch.Tensor:
            raise AssertionError("embedded although the benchmark is impossible")

    images = benchmark_of_30.images
    with pytest.raises(InputError, match="at least 10"):
        verify(Forbidden(), Benchmark("x", "x", images[:10], benchmark_of_30.same[:5]))
    with pytest.raises(InputError, match="both kinds"):
        verify(Forbidden(), Benchmark("x", "x", images, np.ones(30, bool)))
    with pytest.raises(InputError, match="batch_size"):
        verify(Forbidden(), benchmark_of_30, batch_size=0)


def test_features_that_are_not_numbers_are_named(benchmark_of_30):
    with pytest.raises(InputError, match="NaN"):
        verify(Corner(scale=float("nan")), benchmark_of_30)
