import io

import numpy as np
import pytest
from PIL import Image

from hyperface import datasets


def encode(pixels: np.ndarray, format: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def photos() -> list[list[bytes]]:
    """Image files of four identities: 3, 1, 2 and 2 of them; the last one is a PNG."""
    rng = np.random.default_rng(0)
    counts = (3, 1, 2, 2)
    images = [[encode(rng.integers(0, 256, (112, 112, 3), np.uint8)) for _ in range(count)] for count in counts]
    images[-1][-1] = encode(rng.integers(0, 256, (112, 112, 3), np.uint8), "PNG")
    return images


@pytest.fixture
def source(photos, tmp_path) -> datasets.LabeledImages:
    """The photos as an image folder."""
    for identity, files in enumerate(photos):
        (tmp_path / "source" / f"person {identity}").mkdir(parents=True)
        for i, content in enumerate(files):
            suffix = "png" if content.startswith(b"\x89PNG") else "jpg"
            (tmp_path / "source" / f"person {identity}" / f"{i}.{suffix}").write_bytes(content)
    return datasets.open(tmp_path / "source")


@pytest.fixture
def saved(source, tmp_path):
    """Saves the source in a format, returns the folder."""

    def save(format: str):
        list(datasets.save(source, tmp_path / "saved", format=format))
        return tmp_path / "saved"

    return save


@pytest.fixture
def contents():
    """A dataset as (label, image file's bytes), in its order."""

    def of(dataset: datasets.LabeledImages) -> list[tuple[int, bytes]]:
        return [(int(label), dataset.content(i)) for i, label in enumerate(dataset.labels)]

    return of


@pytest.fixture(scope="session")
def everything(photos) -> list[tuple[int, bytes]]:
    """What `contents` of a faithful copy is."""
    return [(label, content) for label, files in enumerate(photos) for content in files]
