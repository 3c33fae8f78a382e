import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import datasets, recognizers
from hyperface.errors import DatasetError
from hyperface.evaluation import embed_dataset
from hyperface.images import from_uint8
from hyperface.steps import finish


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for identity in range(3):
        (tmp_path / str(identity)).mkdir()
        for image in range(3):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / str(identity) / f"{image}.png")
    return tmp_path


def test_each_image_stands_with_its_identity(folder):
    dataset, recognizer = datasets.open(folder), recognizers.load()
    steps = []
    result = finish(embed_dataset(dataset, recognizer, batch_size=4), steps.append)
    assert [(step.done, step.total) for step in steps] == [(4, 9), (8, 9), (9, 9)]
    assert result.labels.tolist() == dataset.labels.tolist()
    with torch.inference_mode():
        alone = recognizer.embed(from_uint8(dataset[5][0][None]))
    torch.testing.assert_close(result.embeddings[5:6], alone, atol=1e-5, rtol=0)


def test_the_first_images_of_each_and_broken_ones(folder):
    (folder / "1" / "0.png").write_bytes(b"broken")
    result = finish(embed_dataset(datasets.open(folder), recognizers.load(), images_per_identity=2))
    assert result.labels.tolist() == [0, 0, 1, 2, 2]
    assert result.places.tolist() == [0, 1, 4, 6, 7]
    assert len(result.unreadable) == 1
    for path in folder.glob("*/*.png"):
        path.write_bytes(b"broken")
    with pytest.raises(DatasetError, match="None of the 9 images"):
        list(embed_dataset(datasets.open(folder), recognizers.load()))
