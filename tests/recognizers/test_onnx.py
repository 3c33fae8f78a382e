"""ONNX files made here, against the same arithmetic in NumPy."""

import json

import numpy as np
import pytest
import torch

from hyperface import recognizers
from hyperface.errors import CheckpointError, DeviceError, InputError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def write_network(path, *, layout="NCHW", batch="n", size=112, kind=onnx.TensorProto.FLOAT):
    """Means over 28×28 squares, then a matrix that keeps the colours apart: 48 numbers → 7. Returns the matrix."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    matrix = np.random.default_rng(0).normal(size=(48, 7)).astype(np.float32)
    stored = matrix.astype(np.float16) if kind == onnx.TensorProto.FLOAT16 else matrix
    pool = size // 4 if isinstance(size, int) else 28
    nodes = [
        helper.make_node("AveragePool", ["nchw"], ["squares"], kernel_shape=[pool, pool], strides=[pool, pool]),
        helper.make_node("Flatten", ["squares"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["features"]),
    ]
    if layout == "NHWC":
        nodes.insert(0, helper.make_node("Transpose", ["pictures"], ["nchw"], perm=[0, 3, 1, 2]))
        shape = [batch, size, size, 3]
    else:
        nodes.insert(0, helper.make_node("Identity", ["pictures"], ["nchw"]))
        shape = [batch, 3, size, size]
    graph = helper.make_graph(
        nodes,
        "squares",
        [helper.make_tensor_value_info("pictures", kind, shape)],
        [helper.make_tensor_value_info("features", kind, [batch, 7])],
        [numpy_helper.from_array(stored, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    onnx.save(model, path)
    return matrix


def naive(images, matrix, *, color, mean, std):
    """The same network on RGB images (n, 3, 112, 112) in [0, 1]."""
    pixels = images.numpy().astype(np.float64) * 255
    if color == "BGR":
        pixels = pixels[:, ::-1]
    pixels = (pixels - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))
    squares = pixels.reshape(len(pixels), 3, 4, 28, 4, 28).mean(axis=(3, 5))
    features = squares.reshape(len(pixels), -1) @ matrix
    return features / np.linalg.norm(features, axis=1, keepdims=True)


@pytest.fixture
def images():
    return torch.rand(5, 3, 112, 112, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
@pytest.mark.parametrize(
    ("file", "declared"),
    [
        ({}, {}),
        ({"layout": "NHWC"}, {"color": "BGR"}),
        ({"batch": 1}, {"mean": [103.9, 116.8, 123.7], "std": 1}),
        ({"batch": 2}, {"color": "BGR", "mean": 0, "std": [1, 2, 3]}),
        ({"size": "side"}, {"mean": 127.5, "std": 128}),
    ],
)
def test_pixels_arrive_as_declared(tmp_path, images, file, declared, engine):
    path = tmp_path / "squares.onnx"
    matrix = write_network(path, **file)
    expected = naive(images, matrix, **{"color": "RGB", "mean": 127.5, "std": 127.5, **declared})
    recognizer = recognizers.load(path, engine=engine, **declared)
    np.testing.assert_allclose(recognizer.embed(images, batch_size=3).numpy(), expected, atol=2e-5)
    (tmp_path / "squares.json").write_text(json.dumps({**declared, "licence": "MIT"}))  # the same, for good
    described = recognizers.load(str(path), engine=engine)
    torch.testing.assert_close(described.embed(images), recognizer.embed(images))
    card = described.card
    assert (card.dimension, card.input_size, card.licence) == (7, 112, "MIT")
    assert card.color == declared.get("color", "RGB")
    assert card.name.startswith("squares#")


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_half_precision_and_other_sizes(tmp_path, images, engine):
    path = tmp_path / "half.onnx"
    matrix = write_network(path, size=56, kind=onnx.TensorProto.FLOAT16)
    recognizer = recognizers.load(path, mean=0, engine=engine)
    assert recognizer.card.input_size == 56
    expected = naive(images, matrix, color="RGB", mean=0, std=127.5)
    np.testing.assert_allclose(recognizer.embed(images).numpy(), expected, atol=0.01)


def test_what_does_not_fit_is_said(tmp_path, images):
    path = tmp_path / "squares.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(CheckpointError, match="cannot be read as an ONNX"):
        recognizers.load(path)
    with pytest.raises(CheckpointError, match="no file"):
        recognizers.load(tmp_path / "nowhere.onnx")
    write_network(path, size=56)
    for declared, says in (
        ({"color": "GBR"}, "RGB, BGR"),
        ({"layout": "NHWC"}, "no three colours"),
        ({"std": 0}, "cannot be 0"),
        ({"mean": [1, 2]}, "one number or three"),
        ({"colour": "BGR"}, "no colour"),
    ):
        with pytest.raises(InputError, match=says):
            recognizers.load(path, **declared)
    (tmp_path / "squares.json").write_text("[")
    with pytest.raises(InputError, match="as JSON"):
        recognizers.load(path)
    (tmp_path / "squares.json").unlink()
    with pytest.raises(InputError, match="arithmetic is fixed"):
        recognizers.load(path, precision="bfloat16", engine="onnxruntime")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="onnxruntime-gpu"):
            recognizers.load(path, device="cuda", engine="onnxruntime")
