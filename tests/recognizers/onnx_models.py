"""ONNX files for tests: small recognisers as InsightFace exports them, from torch and from MXNet."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from hyperface.recognizers.insightface_resnet import InsightFaceResNet
from hyperface.recognizers.mobilefacenet import MobileFaceNet

SIZE = 32  # pixels


def lively(network: torch.nn.Module) -> torch.nn.Module:
    """The network as if it were trained: nothing normalised by 0 and 1, slopes and means unlike each other."""
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.2)
        elif value.ndim == 1 and value.is_floating_point():
            value.uniform_(0.2, 1.2)
    return network.eval().requires_grad_(False)


def tiny_resnet() -> InsightFaceResNet:
    """A residual network of InsightFace's kind, with one block a stage, few channels, and 24 numbers out."""
    torch.manual_seed(0)
    network = InsightFaceResNet((2, 1, 1, 1), input_size=SIZE, channels=(8, 8, 16, 16), dimension=24)
    return lively(network)


def tiny_mobilefacenet() -> MobileFaceNet:
    torch.manual_seed(1)
    return lively(MobileFaceNet(input_size=SIZE, dimension=16))


def export(network: torch.nn.Module, path, **settings) -> None:
    """As arcface_torch/torch2onnx.py does."""
    torch.onnx.export(
        network, torch.zeros(1, 3, SIZE, SIZE), path, dynamo=False, keep_initializers_as_inputs=False,
        output_names=["features"], dynamic_axes={"input.1": {0: "n"}}, input_names=["input.1"],
        opset_version=settings.pop("opset_version", 11), **settings,
    )  # fmt: skip


def save(path, nodes, weights, *, size=SIZE, opset=17, batch="n", inputs=None) -> None:
    """A graph from "pictures" to "features"."""
    graph = helper.make_graph(
        nodes,
        "made for a test",
        inputs or [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [batch, 3, size, size])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.save(model, path)


def from_mxnet(path) -> None:
    """Pixels are prepared inside, by steps named as MXNet's exporter names them; weights count among the inputs."""
    rng = np.random.default_rng(2)
    weights = {
        "scalar0": np.array([127.5], np.float32),
        "scalar1": np.array([1 / 128], np.float32),
        "conv0_weight": rng.normal(size=(6, 3, 3, 3)).astype(np.float32),
        "relu0_gamma": rng.uniform(0.1, 0.4, size=(6, 1, 1)).astype(np.float32),
        "fc1_weight": rng.normal(size=(10, 6 * 16 * 16)).astype(np.float32),
        "fc1_bias": rng.normal(size=10).astype(np.float32),
        "shape": np.array([0, -1], np.int64),
    }
    nodes = [
        helper.make_node("Sub", ["pictures", "scalar0"], ["_minusscalar0"], "_minusscalar0"),
        helper.make_node("Mul", ["_minusscalar0", "scalar1"], ["_mulscalar0"], "_mulscalar0"),
        helper.make_node(
            "Conv", ["_mulscalar0", "conv0_weight"], ["conv0"], "conv0", strides=[2, 2], pads=[0, 0, 1, 1]
        ),
        helper.make_node("PRelu", ["conv0", "relu0_gamma"], ["relu0"], "relu0"),
        helper.make_node("Dropout", ["relu0"], ["dropout0", "mask"], "dropout0"),
        helper.make_node("Reshape", ["dropout0", "shape"], ["flat"], "flat"),
        helper.make_node("Gemm", ["flat", "fc1_weight", "fc1_bias"], ["features"], "fc1", transB=1),
    ]
    inputs = [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])]
    inputs += [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in weights.items()
    ]
    save(path, nodes, weights, opset=8, inputs=inputs)
