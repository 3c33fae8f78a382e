"""The map of heads and their gallery, from faces that are made up: nothing is drawn here."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from hyperface import gallery
from hyperface.heads.identity import coordinates

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import build_head_map


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Four blocks of faces whose descriptors are a linear function of who they are, with a little noise."""
    folder = tmp_path_factory.mktemp("kept")
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.03, (coordinates.size(), 128))
    for number in range(4):
        seeds = number * build_head_map.BLOCK + np.arange(0, build_head_map.BLOCK, 2)  # no face in every other one
        z = build_head_map.HeadsGalleryGenerator().coordinates(seeds.tolist())
        descriptors = 0.1 + z @ weights + rng.normal(0, 0.01, (len(seeds), 128))
        np.savez(
            folder / f"{number:04d}.npz",
            seeds=seeds,
            descriptors=descriptors.astype(np.float32),
            thumbnails=rng.integers(0, 255, (len(seeds), 48, 48, 3), dtype=np.uint8),
        )
    return folder


def test_everything_is_made_of_what_was_kept(kept, tmp_path, monkeypatch, capsys):
    place = tmp_path / "heads.safetensors"
    options = ["--faces", "180", "--kept", str(kept), "--out", str(tmp_path), "--gallery", str(place)]
    monkeypatch.setattr(sys, "argv", ["build_head_map.py", *options])
    build_head_map.main()
    assert "held out" in capsys.readouterr().out
    rows = np.concatenate([np.load(path)["descriptors"] for path in sorted(kept.iterdir())])[:180]
    mean = json.loads((tmp_path / "recognizers" / "dlib_heads_mean.json").read_text())["mean"]
    np.testing.assert_allclose(mean, rows.mean(axis=0), atol=1e-6)
    made = gallery.load(place)
    assert (made.name, made.recognizer, made.generator, len(made)) == ("heads-10k", "dlib-heads", "heads", 180)
    assert made.sources[:3] == ("heads:0", "heads:2", "heads:4")
    own = rows - np.array(mean)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    np.testing.assert_allclose(made.embeddings.numpy(), own, atol=1e-3)
    tensors = load_file(tmp_path / "heads" / "dlib_map.safetensors")
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "mean": (128,),
        "weights": (coordinates.size(), 128),
    }


def test_the_fit_is_that_of_ridge_regression():
    """Solved as least squares with the penalty as further rows."""
    rng = np.random.default_rng(1)
    z, x = rng.normal(0, 1, (30, 6)), rng.normal(0, 1, (30, 4))
    mean, weights = build_head_map.fit(z, x, 5.0)
    rows = np.vstack([z - z.mean(axis=0), np.sqrt(5.0) * np.eye(6)])
    direct = np.linalg.lstsq(rows, np.vstack([x - x.mean(axis=0), np.zeros((6, 4))]), rcond=None)[0]
    np.testing.assert_allclose(weights, direct, atol=1e-5)
    np.testing.assert_allclose(mean, x.mean(axis=0) - z.mean(axis=0) @ direct, atol=1e-5)
