"""A recogniser as an ONNX file, which runs wherever onnxruntime does, and a JSON file beside it that describes it.

The graph takes float32 (n, 3, s, s), the network's own size and order of colours, as (x − 127.5) / 127.5 with x from 0
to 255, and gives features (n, d) before they are made unit vectors: as InsightFace's exports, so that its code runs
them.
"""

import json
import warnings
from dataclasses import asdict
from pathlib import Path

import torch

from hyperface.errors import CheckpointError
from hyperface.files import atomic_path, write_atomic
from hyperface.recognizers.backbones import BackboneRecognizer
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.onnx import load_onnx

OPSET = 17
CLOSEST = 1e-5  # that a number of a unit embedding may differ by
_PICTURES = 4  # that the two are compared on


def export_onnx(recognizer: Recognizer, path: Path) -> float:
    """Write the file and its description, read it again, and return how far an embedding's numbers differ at most.

    recognizer: one of the backbones, whatever its weights are from. path: ends in .onnx. CheckpointError for another
    recogniser, without the package onnx, and if what was written does not give the same embeddings; then nothing stays.
    """
    if not isinstance(recognizer, BackboneRecognizer):
        raise CheckpointError(
            f"{recognizer.name} cannot be exported: a network that was trained here, or a backbone with its weights "
            "(ir_50:weights.ckpt), can."
        )
    recognizer = recognizer.prepare().eval()
    description = path.with_suffix(".json")
    with atomic_path(path, error=CheckpointError) as temporary:
        _write_graph(recognizer, temporary)
    card = {name: value for name, value in asdict(recognizer.card).items() if value is not None}
    for name in ("dimension", "input_size", "graph"):
        card.pop(name, None)
    content = json.dumps({**card, "mean": 127.5, "std": 127.5}, indent=1, ensure_ascii=False)
    write_atomic(description, content.encode(), error=CheckpointError)
    difference = _difference(recognizer, path)
    if not difference <= CLOSEST:
        path.unlink()
        description.unlink()
        raise CheckpointError(f"What was exported differs from {recognizer.name} by {difference:.2g}: this is a bug.")
    return difference


def _write_graph(recognizer: BackboneRecognizer, path: Path) -> None:
    size = recognizer.card.input_size
    try:
        with warnings.catch_warnings(action="ignore"):  # the exporter calls itself old
            torch.onnx.export(
                recognizer.backbone,
                (torch.zeros(1, 3, size, size),),
                str(path),
                dynamo=False,
                opset_version=OPSET,
                input_names=["pictures"],
                output_names=["features"],
                dynamic_axes={"pictures": {0: "n"}, "features": {0: "n"}},
            )
    except (ImportError, torch.onnx.errors.OnnxExporterError) as error:
        raise CheckpointError(f"Exporting needs the package onnx: pip install onnx ({error}).") from error


def _difference(recognizer: BackboneRecognizer, path: Path) -> float:
    """The largest difference of the embeddings that the file gives here, by torch and by onnxruntime if it is there."""
    images = torch.rand(_PICTURES, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = recognizer.embed(images)
        found = [load_onnx(path, engine="torch").embed(images)]
        try:
            import onnxruntime  # noqa: F401 (whether it is there)
        except ImportError:
            pass
        else:
            found.append(load_onnx(path, engine="onnxruntime").embed(images))
    return max(float((each - expected).abs().max()) for each in found)
