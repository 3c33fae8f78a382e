"""A packing in another recogniser's space shows its people through what draws them, once its weights are here."""

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface import generators, runs
from hyperface.images import to_uint8
from hyperface.sphere import random_points
from hyperface.ui.identities.dataset_panel import start_generating
from hyperface.ui.pack.faces import people_faces
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.train.tab import new_dataset

sys.path.insert(0, str(Path(__file__).parents[2] / "generators"))
from tiny_checkpoints import vec2face_file

LENGTH = 9.5


@pytest.fixture
def packed(tmp_path, monkeypatch):
    """An app, a machine with Vec2Face's weights, and a packing of two people of its recogniser's embeddings."""
    monkeypatch.setenv("HYPERFACE_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / "cache"))
    vec2face_file(tmp_path / "weights" / "vec2face")
    context = AppContext(runs_folder=tmp_path / "runs", demo_folder=tmp_path / "demo")
    run = runs.create("pack", {"identities": 2, "gallery": "gone"}, title="Two", folder=context.runs_folder)
    with runs.Worker(run).working():
        np.save(run.path / "embeddings.npy", random_points(2, 512, seed=0).numpy())
        known = {"name": "arcface-r100-glint360k", "feature_length": LENGTH}
        (run.path / "recognizer.json").write_text(json.dumps(known))
    return context, run


def blocks(pixels: np.ndarray) -> np.ndarray:
    """Means of 8×8 pixels, which JPEG keeps even of noise: (14, 14, 3)."""
    return pixels.astype(float).reshape(14, 8, 14, 8, 3).mean(axis=(1, 3))


def test_its_people_are_drawn_with_the_length_that_its_gallery_had(packed):
    context, run = packed
    address = people_faces(context, {"run": run.name, "identities": [0, 1]})["now"][1]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB"), float)
    drawn = generators.load("vec2face", length=LENGTH).generate(random_points(2, 512, seed=0), [0, 0])
    usual = generators.load("vec2face").generate(random_points(2, 512, seed=0), [0, 0])
    near, far = (np.abs(blocks(shown) - blocks(to_uint8(each)[1])).mean() for each in (drawn, usual))
    assert near < far / 2


def test_datasets_of_it_are_drawn_by_the_same(packed, monkeypatch):
    context, run = packed
    monkeypatch.setattr(worker, "start", lambda context, run: run)
    asked = {"identities": 2, "images": 1, "beta": None, "seed": 0, "also": "", "validate": False, "device": "cpu"}
    made = start_generating(context, run.name, **asked, generator="heads")  # which cannot draw it
    assert context.run(made).options["generator"] == "vec2face"
    assert new_dataset(context, run.name, 2, 2).options["generator"] == "vec2face"
