import numpy as np
import pytest
from PIL import Image

from hyperface import datasets


@pytest.fixture(scope="module")
def colored(tmp_path_factory) -> datasets.LabeledImages:
    """Ten 'identities' that differ in colour: learnt within a few steps."""
    folder = tmp_path_factory.mktemp("coloured")
    rng = np.random.default_rng(0)
    for identity in range(10):
        (folder / f"{identity:02d}").mkdir()
        color = rng.integers(40, 216, 3)
        for image in range(4):
            noise = rng.normal(0, 12, (112, 112, 3))
            pixels = np.clip(color + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{identity:02d}" / f"{image}.png")
    return datasets.open(folder)
