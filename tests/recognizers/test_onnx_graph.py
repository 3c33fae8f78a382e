"""ONNX graphs in torch: the same numbers as onnxruntime's, gradients as differences have them, and the file's reader
against the package onnx."""

import importlib.util
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperface import recognizers
from hyperface.errors import CheckpointError, InputError
from hyperface.recognizers.onnx import OnnxModule, OnnxSession
from hyperface.recognizers.onnx_file import read_onnx
from hyperface.recognizers.onnx_graph import OnnxGraph
from hyperface.recognizers.onnx_operators import OPERATORS, UntranslatedError
from hyperface.recognizers.onnx_pixels import prepares_pixels

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper


def _beside(name: str):
    """A module beside this one, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _beside("onnx_models")
NETWORKS = {"resnet": models.tiny_resnet, "mobilefacenet": models.tiny_mobilefacenet}


PRESERVE = torch.onnx.TrainingMode.PRESERVE  # batch normalisation stays a step of its own


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    for name, build in NETWORKS.items():
        with warnings.catch_warnings(action="ignore"):  # the exporter calls itself old
            models.export(build(), folder / f"{name}.onnx")
            models.export(build(), folder / f"{name}_plain.onnx", do_constant_folding=False, training=PRESERVE)
    models.from_mxnet(folder / "mxnet.onnx")
    return folder


def pictures(count: int = 3, size: int = 112) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(5))


def by_onnxruntime(path, pixels: torch.Tensor) -> np.ndarray:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pixels.numpy()})[0]


NAMES = ["resnet", "resnet_plain", "mobilefacenet", "mobilefacenet_plain", "mxnet"]


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_are_onnxruntimes(files, name):
    path = files / f"{name}.onnx"
    pixels = 2 * pictures(4, models.SIZE) - 1
    graph = OnnxGraph(read_onnx(path))
    expected = by_onnxruntime(path, pixels)
    size = np.abs(expected).max()
    np.testing.assert_allclose(graph(pixels).numpy() / size, expected / size, atol=1e-5)
    np.testing.assert_allclose(graph(pixels[2:3]).numpy() / size, expected[2:3] / size, atol=1e-5)
    if network := NETWORKS.get(name.removesuffix("_plain")):
        np.testing.assert_allclose(network()(pixels).numpy() / size, expected / size, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_embeddings_are_those_of_either_engine(files, name):
    path, images = files / f"{name}.onnx", pictures()
    torch_one, other = recognizers.load(path), recognizers.load(path, engine="onnxruntime")
    assert isinstance(torch_one, OnnxModule)
    assert isinstance(other, OnnxSession)
    assert torch_one.card == other.card
    assert torch_one.card.input_size == models.SIZE
    torch.testing.assert_close(torch_one.embed(images), other.embed(images), atol=1e-5, rtol=0)
    assert (torch_one.differentiable, other.differentiable) == (True, False)
    assert not list(torch_one.parameters())


@pytest.mark.parametrize("name", ["resnet", "mobilefacenet", "mxnet"])
def test_gradients_are_what_differences_are(files, name):
    recognizer = recognizers.load(files / f"{name}.onnx").double()
    toward = torch.randn(1, recognizer.dimension, generator=torch.Generator().manual_seed(2), dtype=torch.float64)

    def alike(images: torch.Tensor) -> torch.Tensor:
        features = recognizer.graph((images * 255 - recognizer.mean) / recognizer.std)
        return torch.nn.functional.cosine_similarity(features, toward).sum()

    images = pictures(1, models.SIZE).double().requires_grad_()
    (gradient,) = torch.autograd.grad(alike(images), images)
    for seed in range(3):
        way = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        ahead, behind = (alike(images.detach() + sign * 1e-6 * way) for sign in (1, -1))
        difference = float((ahead - behind) / 2e-6)
        assert float((gradient * way).sum()) == pytest.approx(difference, rel=1e-4, abs=1e-9)


def test_pixels_prepared_inside_the_graph_are_left_as_they_are(files):
    """InsightFace's rule: what begins with _minus and _mul takes pixels from 0 to 255."""
    assert prepares_pixels(read_onnx(files / "mxnet.onnx"))
    assert not prepares_pixels(read_onnx(files / "resnet.onnx"))
    images = pictures(2, models.SIZE)
    larger = torch.nn.functional.interpolate(images, size=(112, 112), mode="nearest")
    found = recognizers.load(files / "mxnet.onnx")
    np.testing.assert_array_equal(found.mean.flatten(), 0)
    np.testing.assert_array_equal(found.std.flatten(), 1)
    expected = by_onnxruntime(files / "mxnet.onnx", 255 * found_size(larger))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found.embed(larger).numpy(), expected, atol=1e-5)
    declared = recognizers.load(files / "mxnet.onnx", mean=127.5, std=127.5)
    assert (declared.embed(larger) - found.embed(larger)).abs().max() > 0.01


def found_size(images: torch.Tensor) -> torch.Tensor:
    """As a recogniser makes pictures smaller."""
    return torch.nn.functional.interpolate(
        images, size=(models.SIZE, models.SIZE), mode="bilinear", antialias=True, align_corners=False
    )


@pytest.mark.parametrize("name", NAMES)
def test_files_are_read_as_the_package_onnx_reads_them(files, name):
    path = files / f"{name}.onnx"
    ours, theirs = read_onnx(path), onnx.load(path)
    assert [(node.kind, node.name) for node in ours.nodes] == [(n.op_type, n.name) for n in theirs.graph.node]
    assert [node.inputs for node in ours.nodes] == [tuple(n.input) for n in theirs.graph.node]
    for node, other in zip(ours.nodes, theirs.graph.node, strict=True):
        assert node.attributes.keys() == {attribute.name for attribute in other.attribute}
        for attribute in other.attribute:
            value, expected = node.attributes[attribute.name], helper.get_attribute_value(attribute)
            if isinstance(expected, onnx.TensorProto):
                np.testing.assert_array_equal(value.numpy(), numpy_helper.to_array(expected))
            else:
                assert value == (expected.decode() if isinstance(expected, bytes) else expected)
    assert ours.constants.keys() == {tensor.name for tensor in theirs.graph.initializer}
    for tensor in theirs.graph.initializer:
        np.testing.assert_array_equal(ours.constants[tensor.name].numpy(), numpy_helper.to_array(tensor))
    assert ours.opset == theirs.opset_import[0].version


FORMS = [
    np.arange(6, dtype=np.float32).reshape(2, 3) - 2.5, np.arange(4, dtype=np.float64), np.array(-3, np.int64),
    np.array([-1, 2, 3_000_000_000], np.int64), np.array([[1, -2]], np.int32), np.array([True, False]),
    np.array([1.5, -0.25, 65504], np.float16), np.zeros((0, 3), np.float32), np.array([-5, 7], np.int8),
]  # fmt: skip


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("value", FORMS, ids=lambda value: f"{value.dtype}{value.shape}")
def test_weights_in_every_form(tmp_path, value, raw):
    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    content = value.tobytes() if raw else value.flatten().tolist()
    tensor = helper.make_tensor("w", kind, value.shape, content, raw=raw)
    graph = helper.make_graph([], "g", [], [], [tensor])
    onnx.save(helper.make_model(graph), tmp_path / "w.onnx")
    found = read_onnx(tmp_path / "w.onnx").constants["w"].numpy()
    np.testing.assert_array_equal(found, value)
    assert found.shape == value.shape
    assert found.dtype == (np.float32 if value.dtype == np.float16 else value.dtype)


def x(*shape, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def whole(*numbers) -> np.ndarray:
    return np.array(numbers, np.int64)


# What an operator is given besides pictures (2, 3, 32, 32), and its attributes: each against onnxruntime.
CASES = {
    "Add": [([x(1, 3, 1, 1)], {}), ([x(32)], {})],
    "Sub": [([x(3, 1, 1)], {})],
    "Mul": [([x(1)], {})],
    "Div": [([2 + x(3, 1, 1) ** 2], {})],
    "Pow": [([np.array(2, np.float32)], {})],
    "Max": [([x(3, 1, 1), np.array(0, np.float32)], {}), ([], {})],
    "Min": [([x(1, 3, 1, 1)], {})],
    "Relu": [([], {})],
    "LeakyRelu": [([], {"alpha": 0.3}), ([], {})],
    "Sigmoid": [([], {})],
    "Sqrt": [([], {})],
    "PRelu": [([x(3, 1, 1)], {}), ([x(1)], {})],
    "Clip": [([np.array(-0.2, np.float32), np.array(0.4, np.float32)], {}), ([np.array(0.1, np.float32)], {})],
    "Identity": [([], {})],
    "Dropout": [([], {})],
    "Cast": [([], {"to": 1})],
    "BatchNormalization": [([x(3), x(3), x(3), x(3) ** 2 + 0.1], {"epsilon": 0.01})],
    "Conv": [
        ([x(4, 3, 3, 3), x(4)], {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ([x(6, 1, 3, 3)], {"group": 3, "pads": [0, 1, 2, 1]}),
        ([x(4, 3, 2, 2)], {"dilations": [2, 3], "auto_pad": "VALID"}),
        ([x(4, 3, 3, 4)], {"strides": [2, 3], "auto_pad": "SAME_UPPER"}),
        ([x(4, 3, 4, 2)], {"strides": [2, 1], "auto_pad": "SAME_LOWER"}),
    ],
    "MaxPool": [([], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
                ([], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1})],
    "AveragePool": [([], {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0]}),
                    ([], {"kernel_shape": [2, 2], "pads": [1, 0, 0, 1], "count_include_pad": 1})],
    "GlobalAveragePool": [([], {})],
    "Transpose": [([], {"perm": [0, 2, 3, 1]}), ([], {})],
    "Flatten": [([], {}), ([], {"axis": 2}), ([], {"axis": -1}), ([], {"axis": 0})],
    "Reshape": [([whole(0, -1)], {}), ([whole(-1, 32)], {}), ([whole(2, 3, 0, 32)], {})],
    "MatMul": [([x(32, 5)], {})],
    "Concat": [([x(2, 4, 32, 32)], {"axis": 1})],
    "Expand": [([whole(1, 3, 32, 32)], {}), ([whole(4, 1, 1, 1, 1)], {})],
    "Gather": [([whole(2, 0)], {"axis": 1}), ([np.array(-1, np.int64)], {"axis": 2}), ([whole(1)], {})],
    "Unsqueeze": [([whole(0, -1)], {})],
    "ReduceMean": [([], {"axes": [2, 3]}), ([], {"axes": [1], "keepdims": 0}), ([], {})],
    "ReduceL2": [([], {"axes": [1]}), ([], {"axes": [-1], "keepdims": 0})],
    "ReduceSum": [([whole(1, 2)], {}), ([], {"keepdims": 0})],
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_every_operator_is_onnxruntimes(tmp_path, kind):
    pixels = pictures(2, models.SIZE) + (0 if kind == "Sqrt" else -0.5)
    for others, attributes in CASES[kind]:
        weights = {f"w{place}": value for place, value in enumerate(others)}
        node = helper.make_node(kind, ["pictures", *weights], ["features"], **attributes)
        models.save(tmp_path / "one.onnx", [node], weights, opset=14)
        found = OnnxGraph(read_onnx(tmp_path / "one.onnx"))(pixels).numpy()
        expected = by_onnxruntime(tmp_path / "one.onnx", pixels)
        assert found.shape == expected.shape, attributes
        np.testing.assert_allclose(found, expected, atol=2e-5, err_msg=str(attributes))


def test_operators_on_shapes_and_matrices(tmp_path):
    """Flattening as older exports of torch write it, a matrix product with factors, and constants that are steps."""
    nodes = [
        helper.make_node("Shape", ["pictures"], ["shape"]),
        helper.make_node("Constant", [], ["first"], value=numpy_helper.from_array(np.array(0, np.int64))),
        helper.make_node("Gather", ["shape", "first"], ["count"]),
        helper.make_node("Unsqueeze", ["count"], ["counts"], axes=[0]),
        helper.make_node("Constant", [], ["rest"], value=numpy_helper.from_array(np.array([-1], np.int64))),
        helper.make_node("Concat", ["counts", "rest"], ["sizes"], axis=0),
        helper.make_node("Reshape", ["pictures", "sizes"], ["flat"]),
        helper.make_node("Gemm", ["matrix", "flat", "bias"], ["turned"], alpha=0.5, beta=2.0, transA=1, transB=1),
        helper.make_node("Unsqueeze", ["turned"], ["more"], axes=[0, 3]),
        helper.make_node("Squeeze", ["more"], ["features"], axes=[0, -1]),
    ]
    models.save(tmp_path / "g.onnx", nodes, {"matrix": x(3072, 5), "bias": x(5, 1)}, opset=11)
    pixels = pictures(2, models.SIZE)
    found = OnnxGraph(read_onnx(tmp_path / "g.onnx"))(pixels)
    np.testing.assert_allclose(found.numpy(), by_onnxruntime(tmp_path / "g.onnx", pixels), atol=1e-4)


def test_every_operator_has_a_test():
    assert set(OPERATORS) == {*CASES, "Shape", "Gemm", "Squeeze"}


def untranslated(path) -> None:
    """A step that torch is not told."""
    nodes = [
        helper.make_node("Hardmax", ["pictures"], ["hard"], axis=3),
        helper.make_node("Add", ["hard", "pictures"], ["sum"]),
        helper.make_node("Flatten", ["sum"], ["features"]),
    ]
    models.save(path, nodes, {})


def test_what_torch_is_not_told_stays_on_onnxruntime_and_says_so(tmp_path, caplog, monkeypatch):
    path = tmp_path / "rare.onnx"
    untranslated(path)
    with caplog.at_level(logging.WARNING):
        recognizer = recognizers.load(path)
    assert isinstance(recognizer, OnnxSession)
    assert "rare.onnx is run by onnxruntime, without gradients" in caplog.text
    assert "Hardmax" in caplog.text
    assert recognizer.embed(pictures()).shape == (3, 3072)
    with pytest.raises(InputError, match="arithmetic is fixed"):
        recognizers.load(path, precision="bfloat16")
    with pytest.raises(CheckpointError, match=r"cannot be run by torch \(Hardmax\)"):
        recognizers.load(path, engine="torch")
    with pytest.raises(InputError, match=r"engine of rare\.onnx is one of torch, onnxruntime"):
        recognizers.load(path, engine="tensorrt")
    caplog.clear()
    recognizers.load(path, engine="onnxruntime")
    assert not caplog.text
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(CheckpointError, match="pip install onnxruntime"):
        recognizers.load(path)


def test_torch_needs_neither_onnx_nor_onnxruntime(files, monkeypatch):
    for package in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    assert recognizers.load(files / "resnet.onnx").embed(pictures()).shape == (3, 24)


def test_files_that_are_cut_or_altered_are_refused_or_read(files, tmp_path):
    """Never another error than ours, and never a hang."""
    content = (files / "mxnet.onnx").read_bytes()
    path = tmp_path / "damaged.onnx"
    for length in (0, 10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(CheckpointError, match="cannot be read as an ONNX model"):
            read_onnx(path)
    rng = np.random.default_rng(0)
    for _ in range(200):
        altered = bytearray(content)
        for place in rng.integers(0, 600, 3):
            altered[place] = rng.integers(256)
        path.write_bytes(bytes(altered))
        try:
            OnnxGraph(read_onnx(path))
        except (CheckpointError, UntranslatedError):
            continue


def test_weights_that_lie_elsewhere_are_left_to_onnxruntime(files, tmp_path):
    model = onnx.load(files / "resnet.onnx")
    onnx.save(model, tmp_path / "apart.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    with pytest.raises(CheckpointError, match="lie in another file"):
        read_onnx(tmp_path / "apart.onnx")
    recognizer = recognizers.load(tmp_path / "apart.onnx")
    assert isinstance(recognizer, OnnxSession)
    expected = recognizers.load(files / "resnet.onnx").embed(pictures())
    torch.testing.assert_close(recognizer.embed(pictures()), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("nodes", "opset", "says"),
    [
        ([("Relu", ["pictures"], ["features"])], 6, "version 6"),
        ([("Relu", ["nothing"], ["features"])], 14, "nothing, which is nowhere"),
        ([("Relu", ["pictures"], ["other"])], 14, "no output"),
        ([("Dropout", ["pictures"], ["a", "b"]), ("Add", ["a", "b"], ["features"])], 14, "several results"),
    ],
)
def test_graphs_that_cannot_be_followed(tmp_path, nodes, opset, says):
    models.save(tmp_path / "g.onnx", [helper.make_node(*node) for node in nodes], {}, opset=opset)
    with pytest.raises(UntranslatedError, match=says):
        OnnxGraph(read_onnx(tmp_path / "g.onnx"))
