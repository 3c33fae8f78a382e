import numpy as np
import pytest
import torch

from hyperface import recognizers
from hyperface.evaluation import Benchmark, load_benchmark, verify


@pytest.mark.slow
def test_the_second_recognizer_tells_strangers_apart():
    """On 100 pairs of people that it was not trained on."""
    second = recognizers.load(recognizers.SECOND)
    assert (second.name, second.card.training_data) == ("rendered-heads", "6,000 renders of 3-D heads")
    whole = load_benchmark("rendered_everyday")
    pairs = np.sort(np.concatenate([np.flatnonzero(whole.same == same)[:50] for same in (True, False)]))
    images = whole.images.reshape(-1, 2, *whole.images.shape[1:])[pairs].reshape(-1, *whole.images.shape[1:])
    with torch.inference_mode():
        assert verify(second, Benchmark("some", "Some", images, whole.same[pairs])).accuracy > 0.8
