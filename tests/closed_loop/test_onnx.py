"""The closed loop and the correction of requests, led by a recogniser that is an ONNX file."""

import numpy as np
import pytest
import torch

from hyperface.closed_loop import close_loop
from hyperface.errors import InputError
from hyperface.generators import DifferentiableGenerator, GeneratorCard
from hyperface.realization import corrected
from hyperface.recognizers.onnx import load_onnx
from hyperface.sphere import normalize, random_points
from hyperface.steps import finish

onnx = pytest.importorskip("onnx")
helper = onnx.helper
NUMBERS = 3  # of an embedding


def eye(path, *, rare: bool = False) -> None:
    """A recogniser of colours: the mean of a picture, mixed by a convolution. rare: with a step unknown to torch."""
    kernel = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1) + np.float32(0.1)
    nodes = [
        helper.make_node("Conv", ["pictures", "kernel"], ["mixed"]),
        helper.make_node("GlobalAveragePool", ["mixed"], ["mean"]),
        helper.make_node("Mish" if rare else "Identity", ["mean"], ["same"]),
        helper.make_node("Flatten", ["same"], ["features"]),
    ]
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "eye", [helper.make_tensor_value_info("pictures", kind, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("features", kind, ["n", NUMBERS])],
        [onnx.numpy_helper.from_array(kernel, "kernel")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    onnx.save(model, path)


class Painter(DifferentiableGenerator):
    """A picture is of one colour: the embedding, its second and third numbers drawn weakly, and a little style."""

    card = GeneratorCard("painter", "eye", NUMBERS, 112, "nothing", "CC0-1.0", "this test")
    style_size = 3

    def draw(self, embeddings, styles):
        squashed = embeddings[:, :3] * torch.tensor([1.0, 0.3, 0.6]) + 0.02 * styles.tanh()
        return (0.5 + 0.3 * squashed)[:, :, None, None].expand(-1, -1, 112, 112)


def nearest(requests: torch.Tensor, recognizer) -> float:
    """Mean cosine to the nearest other one in the pictures."""
    with torch.inference_mode():
        seen = recognizer.embed(Painter().draw(requests, torch.zeros(len(requests), 3)))
    return float((seen @ seen.T).fill_diagonal_(-1).amax(dim=1).mean())


@pytest.fixture
def recognizer(tmp_path):
    eye(tmp_path / "eye.onnx")
    return load_onnx(tmp_path / "eye.onnx", name="eye")


def test_the_closed_loop_follows_the_gradient_of_an_onnx_file(recognizer):
    start = random_points(16, NUMBERS, seed=0)
    assert recognizer.dimension == NUMBERS
    ends = [
        finish(close_loop(start, Painter(), recognizer, rounds=15, batch_size=16, repulsion=repulsion))
        for repulsion in (1.0, 0.0)
    ]
    assert nearest(ends[0], recognizer) < nearest(start, recognizer) - 0.02
    assert nearest(ends[0], recognizer) < nearest(ends[1], recognizer) - 0.02


def test_requests_are_corrected_by_what_an_onnx_file_sees(recognizer):
    wanted = normalize(random_points(12, NUMBERS, seed=1))
    requests = finish(corrected(wanted, Painter(), recognizer, rounds=4, pictures=2)).requests

    def met(asked: torch.Tensor) -> float:
        with torch.inference_mode():
            seen = recognizer.embed(Painter().draw(asked, torch.zeros(len(asked), 3)))
        return float((seen * wanted).sum(dim=1).mean())

    assert met(requests) > met(wanted) + 0.02


def test_a_file_without_a_gradient_cannot_lead_the_loop(tmp_path):
    pytest.importorskip("onnxruntime")
    eye(tmp_path / "rare.onnx", rare=True)
    rare = load_onnx(tmp_path / "rare.onnx", name="eye")
    with pytest.raises(InputError, match="'eye' has none: onnxruntime runs it"):
        close_loop(random_points(4, NUMBERS, seed=0), Painter(), rare)
