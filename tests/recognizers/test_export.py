"""A recogniser as an ONNX file: read by onnxruntime alone, and by the product."""

import json

import numpy as np
import pytest
import torch

from hyperface import recognizers
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.errors import CheckpointError
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.checkpoints import save_backbone

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture
def recognizer():
    """A network that wants blue first, nothing in it at its default."""
    torch.manual_seed(2)
    made = build_backbone("small", input_size=32, name="mine", licence="CC BY 4.0", color="BGR").eval()
    for name, value in made.backbone.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.2)
    return made


@pytest.mark.slow
def test_what_is_exported_gives_the_same_embeddings_to_onnxruntime_alone_and_to_the_product(
    recognizer, tmp_path, capsys
):
    save_backbone(recognizer, tmp_path / "mine.safetensors")
    assert main(["export", str(tmp_path / "mine.safetensors"), "--onnx", str(tmp_path / "out.onnx")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "out.onnx")
    images = torch.rand(3, 3, 112, 112, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = recognizer.embed(images).numpy()

    about = json.loads((tmp_path / "out.json").read_text())
    small = torch.nn.functional.interpolate(images, size=32, mode="bilinear", antialias=True, align_corners=False)
    pixels = (small.numpy()[:, ::-1] * 255 - about["mean"]) / about["std"]  # blue first, as it says
    assert about["color"] == "BGR"
    session = onnxruntime.InferenceSession(str(tmp_path / "out.onnx"), providers=["CPUExecutionProvider"])
    features = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(pixels, np.float32)})[0]
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(features, expected, atol=1e-5)

    read = recognizers.load(tmp_path / "out.onnx")
    np.testing.assert_allclose(read.embed(images).numpy(), expected, atol=1e-5)
    assert (read.card.color, read.card.licence, read.card.input_size) == ("BGR", "CC BY 4.0", 32)
    assert read.card.name.startswith("mine#")


def test_what_cannot_be_exported_is_refused(tmp_path, capsys):
    from hyperface.recognizers.export import export_onnx

    with pytest.raises(CheckpointError, match="dlib cannot be exported"):
        export_onnx(recognizers.load("dlib"), tmp_path / "out.onnx")
    assert main(["export", "dlib", "--onnx", str(tmp_path / "out.txt")]) == EXIT_USER_ERROR
    assert "ends in .onnx" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
