"""What an ONNX file does not say and is found out: how it wants its pixels, which output, and batches."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperface import recognizers
from hyperface.errors import InputError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper = onnx.helper


def _beside(name: str):
    """A module beside this one, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _beside("onnx_models")
SIZE, MATRIX = models.SIZE, np.random.default_rng(0).normal(size=(3 * 16, 5)).astype(np.float32)


def network(path, before=(), constants=(), *, flat=(0, -1), first="pictures", batch="n", more=()) -> None:
    """Steps `before`, from "pictures" to `first`; then means over 8×8 squares and a matrix; `more` outputs."""
    nodes = [
        *before,
        helper.make_node("AveragePool", [first], ["squares"], "pool", kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Reshape", ["squares", "shape"], ["flat"], "flat"),
        helper.make_node("MatMul", ["flat", "matrix"], ["features"], "fc1"),
    ]
    weights = {"matrix": MATRIX, "shape": np.array(flat, np.int64), **dict(constants)}
    models.save(path, nodes, weights, batch=batch)
    if more:
        model = onnx.load(path)
        model.graph.output.insert(0, helper.make_tensor_value_info(more[0], onnx.TensorProto.FLOAT, None))
        onnx.save(model, path)


def naive(images, factor=1.0, shift=0.0) -> np.ndarray:
    """The network's own arithmetic on images (n, 3, SIZE, SIZE) in [0, 1], of pixels factor · x + shift."""
    pixels = images.numpy().astype(np.float64) * 255 * factor + shift
    squares = pixels.reshape(len(pixels), 3, 4, 8, 4, 8).mean(axis=(3, 5)).reshape(len(pixels), -1)
    features = squares @ MATRIX
    return features / np.linalg.norm(features, axis=1, keepdims=True)


@pytest.fixture
def images():
    return torch.rand(5, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


def step(kind, source, constant, out, name="", *, turned=False):
    inputs = [constant, source] if turned else [source, constant]
    return helper.make_node(kind, inputs, [out], name)


PREPARED = {
    "as MXNet names them": [step("Sub", "pictures", "a", "x", "_minusscalar"), step("Mul", "x", "b", "y", "_mulscal")],
    "as old torch names them": [step("Sub", "pictures", "a", "x", "Sub_0"), step("Mul", "x", "b", "y", "Mul_1")],
    "as new torch names them": [step("Sub", "pictures", "a", "x", "/pre/Sub"), step("Div", "x", "c", "y", "/pre/Div")],
    "without names": [step("Mul", "pictures", "b", "x", turned=True), step("Add", "x", "d", "y", turned=True)],
}  # fmt: skip
CONSTANTS = {"a": [127.5], "b": [1 / 128], "c": [128.0], "d": [-127.5 / 128]}


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
@pytest.mark.parametrize("kind", PREPARED)
def test_pixels_that_a_graph_prepares_itself_are_prepared_once(tmp_path, images, kind, engine):
    path = tmp_path / "prepared.onnx"
    used = {name for node in PREPARED[kind] for name in node.input}
    constants = {name: np.array(value, np.float32) for name, value in CONSTANTS.items() if name in used}
    network(path, PREPARED[kind], constants, first="y")
    recognizer = recognizers.load(path, engine=engine)
    expected = naive(images, 1 / 128, -127.5 / 128)
    np.testing.assert_allclose((recognizer.embed(images).numpy() * expected).sum(axis=1), 1, atol=1e-5)
    assert "from 0 to 255" in recognizer.card.graph
    declared = recognizers.load(path, engine=engine, mean=127.5, std=127.5)  # what is declared, wins
    assert "as declared" in declared.card.graph
    assert (declared.embed(images).numpy() * expected).sum(axis=1).min() < 0.999


def test_a_graph_for_pixels_from_0_to_1_is_given_those(tmp_path, images):
    path = tmp_path / "unit.onnx"
    nodes = [step("Sub", "pictures", "a", "x", "/Sub"), step("Div", "x", "b", "y", "/Div")]
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    constants = {"a": mean, "b": std}
    network(path, nodes, {n: v.astype(np.float32).reshape(1, 3, 1, 1) for n, v in constants.items()}, first="y")
    expected = naive(images, 1 / (255 * std.reshape(3, 1, 1)), -(mean / std).reshape(3, 1, 1))
    np.testing.assert_allclose(recognizers.load(path).embed(images).numpy(), expected, atol=1e-5)


def test_a_graph_that_prepares_nothing_is_given_pixels_from_minus_one_to_one(tmp_path, images):
    network(tmp_path / "plain.onnx")
    found = recognizers.load(tmp_path / "plain.onnx")
    np.testing.assert_allclose(found.embed(images).numpy(), naive(images, 1 / 127.5, -1), atol=1e-5)
    assert found.card.graph == "pixels from −1 to 1"


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_a_graph_made_for_one_picture_is_given_one_at_a_time_though_it_declares_any_number(tmp_path, images, engine):
    path = tmp_path / "one.onnx"
    network(path, flat=(1, 48))
    recognizer = recognizers.load(path, engine=engine)
    np.testing.assert_allclose(recognizer.embed(images).numpy(), naive(images, 1 / 127.5, -1), atol=1e-5)
    assert "one picture at a time" in recognizer.card.graph


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_pictures_that_change_each_other_in_a_batch_are_given_one_at_a_time(tmp_path, images, engine):
    path = tmp_path / "mixed.onnx"
    before = [helper.make_node("ReduceMean", ["pictures"], ["mean"], "m", axes=[0], keepdims=1),
              helper.make_node("Add", ["pictures", "mean"], ["y"], "a")]  # fmt: skip
    network(path, before, first="y")
    recognizer = recognizers.load(path, **({} if engine == "torch" else {"engine": engine}))
    doubled = naive(images, 2 / 127.5, -2)
    np.testing.assert_allclose(recognizer.embed(images).numpy(), doubled, atol=1e-5)


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_of_several_outputs_the_row_of_numbers_is_the_embedding(tmp_path, images, engine):
    path = tmp_path / "several.onnx"
    network(path, more=("squares",))
    recognizer = recognizers.load(path, engine=engine)
    assert recognizer.dimension == 5
    assert "its output features, of 2" in recognizer.card.graph
    np.testing.assert_allclose(recognizer.embed(images).numpy(), naive(images, 1 / 127.5, -1), atol=1e-5)
    assert recognizers.load(path, engine=engine, output="squares").dimension == 48
    with pytest.raises(InputError, match="no output 'logits': squares, features"):
        recognizers.load(path, engine=engine, output="logits")


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"mean": 0.5}, r"Declare mean 127\.5"),
        ({"mean": 0.5, "std": 0.5}, r"Declare mean 127\.5 and std 127\.5"),
        ({"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}, r"mean \[123\.675, 116\.28, 103\.53\]"),
        ({"mean": 0, "std": 0.5}, "numbers up to 510"),
        ({"std": 1 / 128}, "pixels from 0 to 1"),
    ],
)
def test_a_mean_for_pixels_from_0_to_1_is_not_taken_for_0_to_255(tmp_path, declared, says):
    network(tmp_path / "plain.onnx")
    with pytest.raises(InputError, match=says):
        recognizers.load(tmp_path / "plain.onnx", **declared)


def test_pixels_as_they_are_can_be_declared(tmp_path, images):
    network(tmp_path / "plain.onnx")
    for declared in ({"mean": 0, "std": 1}, {"mean": 0, "std": 255}):
        found = recognizers.load(tmp_path / "plain.onnx", **declared).embed(images).numpy()
        np.testing.assert_allclose(found, naive(images, 1 / declared["std"]), atol=1e-5)
