import base64
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface import recognizers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import build_photo_judge as judge

CHANNELS = 4
RANDOM = np.random.default_rng(0)
CONSTANTS = {
    "kernel": RANDOM.normal(0, 0.3, (3, 3, 3, CHANNELS)),  # (h, w, in, out)
    "depthwise": RANDOM.normal(0, 0.3, (3, 3, CHANNELS, 1)),  # (h, w, channels, 1)
    "scale": RANDOM.uniform(0.5, 1.5, CHANNELS),
    "shift": RANDOM.normal(0, 1, CHANNELS),
    "six": np.array(6.0),
}
CONSTANTS = {name: value.astype(np.float32) for name, value in CONSTANTS.items()}


def node(name, kind, *inputs, stride=None):
    attributes = {}
    if stride:
        attributes = {
            "padding": {"s": base64.b64encode(b"SAME").decode()},
            "strides": {"list": {"i": ["1", str(stride), str(stride), "1"]}},
        }
    return {"name": name, "op": kind, "input": list(inputs), "attr": attributes}


@pytest.fixture
def package(tmp_path):
    """A small network as TensorFlow.js writes it, with a branch behind the features that the judge does not need."""
    nodes = [
        node("image", "Placeholder"),
        node("first", "Conv2D", "image", "kernel", stride=2),
        node("shifted", "Add", "first", "shift"),
        node("positive", "Relu", "shifted"),
        node("second", "DepthwiseConv2dNative", "positive", "depthwise", stride=1),
        node("scaled", "Mul", "second", "scale"),
        node("clipped", "Minimum", "scaled", "six"),
        node(judge.FEATURES, "Mean", "clipped"),
        node("age", "Softmax", judge.FEATURES),
    ]
    manifest = [
        {"name": name, "shape": list(value.shape), "dtype": "float32", "quantization": {"dtype": "float16"}}
        for name, value in CONSTANTS.items()
    ]
    content = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": manifest}]}
    files = {
        "json": json.dumps(content).encode(),
        "bin": b"".join(value.astype(np.float16).tobytes() for value in CONSTANTS.values()),
    }
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for kind, data in files.items():
            entry = tarfile.TarInfo(f"package/models/{judge.NAME}.{kind}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_the_converted_network_gives_what_the_packed_one_means(package, tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "DIMENSION", CHANNELS)
    monkeypatch.setattr(sys, "argv", ["build_photo_judge.py", str(package), "--out", str(tmp_path / "judge")])
    judge.main()
    recognizer = recognizers.load(tmp_path / "judge" / f"{judge.NAME}.onnx")
    images = torch.rand(3, 3, 112, 112, generator=torch.Generator().manual_seed(0))

    half = {name: torch.from_numpy(value.astype(np.float16).astype(np.float32)) for name, value in CONSTANTS.items()}
    x = F.interpolate(images, size=judge.SIDE, mode="bilinear", antialias=True, align_corners=False)
    x = x.flip(1) * 255 - torch.tensor(judge.CARD["mean"])[:, None, None]  # BGR
    x = F.conv2d(F.pad(x, (0, 1, 0, 1)), half["kernel"].permute(3, 2, 0, 1), stride=2)  # TensorFlow pads at the end
    x = F.relu(x + half["shift"][:, None, None])
    x = F.conv2d(x, half["depthwise"].permute(2, 3, 0, 1), padding=1, groups=CHANNELS)
    x = (x * half["scale"][:, None, None]).clamp_max(6)
    assert recognizer.dimension == CHANNELS
    assert recognizer.name == judge.CARD["name"]
    torch.testing.assert_close(recognizer.features(images), x.mean(dim=(2, 3)), rtol=1e-4, atol=1e-4)
