"""Recognisers in ONNX files, through onnxruntime: `recognizers.load("arcface.onnx")`.

An ONNX file does not say how its pixels are to be prepared. Without a declaration they are given as InsightFace's
models want them: RGB, (x − 127.5) / 127.5 with x from 0 to 255. Anything else is declared, by keyword or for good in a
JSON file of the same name (arcface.json beside arcface.onnx):

    {"color": "BGR", "mean": [103.9, 116.8, 123.7], "std": 1, "layout": "NHWC", "licence": "…", "training_data": "…"}
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.errors import CheckpointError, DeviceError, InputError
from hyperface.images import ALIGNED_SIZE
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.tensor_files import file_digest

if TYPE_CHECKING:
    import onnxruntime

COLORS = ("RGB", "BGR")
LAYOUTS = ("NCHW", "NHWC")
_CARD_FIELDS = {field.name for field in fields(RecognizerCard)} - {"dimension", "input_size"}
_DECLARED = {*_CARD_FIELDS, "layout", "mean", "std"}
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class OnnxRecognizer(Recognizer):
    """A network run by onnxruntime. No gradients; its precision is the file's."""

    autocasts = False

    def __init__(
        self,
        path: Path,
        card: RecognizerCard,
        session: onnxruntime.InferenceSession,
        *,
        layout: str,
        mean: np.ndarray,
        std: np.ndarray,
    ) -> None:
        """mean, std: float32 (3,), on the scale from 0 to 255, in the network's own order of colours."""
        super().__init__()
        self.path, self.card, self.layout = path, card, layout
        self.mean, self.std = mean.reshape(1, 3, 1, 1), std.reshape(1, 3, 1, 1)
        self._use(session)

    def _use(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        entry = session.get_inputs()[0]
        self._input, self._type = entry.name, _TYPES[entry.type]
        self._output = session.get_outputs()[0].name
        batch = entry.shape[0]
        self._batch = batch if isinstance(batch, int) else None  # some files fix the number of images

    def prepare(self, *, device: str | torch.device = "cpu", precision: str = "float32") -> OnnxRecognizer:
        """As `Recognizer.prepare`; bfloat16 cannot be asked for, and CUDA needs the package onnxruntime-gpu."""
        if precision == "bfloat16":
            raise InputError(f"{self.name} is an ONNX file: its arithmetic is fixed. Leave the precision out.")
        super().prepare(precision=precision)
        if torch.device(device).type != "cpu":
            self._use(_open(self.path, device))
        return self

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        size = self.card.input_size
        if images.shape[-1] != size:
            images = F.interpolate(images, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
        if self.card.color == "BGR":
            images = images.flip(1)
        pixels = (images.detach().cpu().numpy() * 255 - self.mean) / self.std  # (n, 3, size, size)
        if self.layout == "NHWC":
            pixels = pixels.transpose(0, 2, 3, 1)
        pixels = np.ascontiguousarray(pixels, dtype=self._type)
        step = len(pixels) if self._batch is None else self._batch
        missing = -len(pixels) % step
        padded = np.concatenate([pixels, np.repeat(pixels[-1:], missing, axis=0)]) if missing else pixels
        parts = [
            self._session.run([self._output], {self._input: padded[start : start + step]})[0]
            for start in range(0, len(padded), step)
        ]
        features = np.concatenate([part.reshape(step, -1) for part in parts])[: len(pixels)]  # (n, dimension)
        return torch.from_numpy(features.astype(np.float32))


def load_onnx(path: str | Path, **declared: Any) -> OnnxRecognizer:
    """Open an ONNX file as a recogniser.

    Args:
        path: the file.
        declared: what the file does not say, over what the JSON file beside it says. color, "RGB" or "BGR"; mean and
            std, one number or three (in that order of colours), for pixels from 0 to 255; layout, "NCHW" or "NHWC",
            where the file leaves the shape of its input open; name, training_data, licence and source, for its card.

    Returns:
        The recogniser, in evaluation mode.

    Raises:
        CheckpointError: It is no recogniser that can be run, or onnxruntime is not installed.
        InputError: Something is declared wrongly.
    """
    path = Path(path)
    session = _open(path, "cpu")
    options = {**_beside(path), **declared}
    unknown = sorted(options.keys() - _DECLARED)
    if unknown:
        raise InputError(
            f"What is declared of {path.name} has no {', '.join(unknown)}: {', '.join(sorted(_DECLARED))}."
        )
    color = options.get("color", "RGB")
    if color not in COLORS:
        raise InputError(f"The color of {path.name} is one of {', '.join(COLORS)}; it was {color!r}.")
    layout, size = _layout(path, session, options.get("layout"))
    card = RecognizerCard(
        name=options.get("name") or f"{path.stem}#{file_digest(path)}",
        dimension=1,
        input_size=size,
        training_data=options.get("training_data", "not recorded"),
        licence=options.get("licence", "not recorded: ask where the file is from"),
        source=options.get("source", f"the file {path.name}"),
        color=color,
    )
    mean, std = (_three(path, key, options.get(key, 127.5)) for key in ("mean", "std"))
    recognizer = OnnxRecognizer(path, card, session, layout=layout, mean=mean, std=std)
    try:
        dimension = recognizer._features(torch.zeros(1, 3, size, size)).shape[1]
    except Exception as error:  # onnxruntime's errors have no common base
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{path} does not run on a picture of {size} × {size} pixels ({reason}).") from error
    recognizer.card = RecognizerCard(**{**card.to_json(), "dimension": dimension})
    return recognizer.eval()


def _open(path: Path, device: str | torch.device) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise CheckpointError("ONNX files need onnxruntime: pip install onnxruntime.") from error
    providers: list[str | tuple[str, dict[str, int]]] = ["CPUExecutionProvider"]
    if torch.device(device).type != "cpu":
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise DeviceError(f"onnxruntime cannot use {str(device)!r}: pip install onnxruntime-gpu, or use 'cpu'.")
        number = torch.device(device).index or 0
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": number}))
    if not path.is_file():
        raise CheckpointError(f"There is no file {path}.")
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    settings.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), settings, providers=providers)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{path} cannot be read as an ONNX model ({reason}).") from error
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in _TYPES:
        found = ", ".join(f"{entry.name} {entry.type} {entry.shape}" for entry in inputs)
        raise CheckpointError(f"{path} is no recogniser: it takes {found}, not one batch of pictures of floats.")
    return session


def _beside(path: Path) -> dict[str, Any]:
    """What the JSON file of the same name declares; empty if there is none."""
    description = path.with_suffix(".json")
    if not description.is_file():
        return {}
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{description} cannot be read as JSON ({error}).") from error
    if not isinstance(content, dict):
        raise InputError(f"{description} must hold an object, such as {{'color': 'BGR'}}.")
    return content


def _layout(path: Path, session: onnxruntime.InferenceSession, declared: str | None) -> tuple[str, int]:
    """Where the colours are in the input, and its size in pixels."""
    shape = session.get_inputs()[0].shape
    if declared is None:
        possible = [layout for layout in LAYOUTS if shape[layout.index("C")] == 3]
        if len(possible) != 1:
            raise InputError(f"{path.name} takes pictures of shape {shape}: declare its layout, NCHW or NHWC.")
        declared = possible[0]
    if declared not in LAYOUTS:
        raise InputError(f"The layout of {path.name} is one of {', '.join(LAYOUTS)}; it was {declared!r}.")
    channels, height, width = (shape[declared.index(axis)] for axis in "CHW")
    if isinstance(channels, int) and channels != 3:
        raise InputError(f"{path.name} takes pictures of shape {shape}, which have no three colours in {declared}.")
    sizes = {side for side in (height, width) if isinstance(side, int)}
    if len(sizes) > 1:
        raise CheckpointError(f"{path.name} takes pictures of {width} × {height} pixels; aligned faces are square.")
    return declared, sizes.pop() if sizes else ALIGNED_SIZE  # where the file leaves it open


def _three(path: Path, what: str, value: object) -> np.ndarray:
    """One number for all colours, or three: float32 (3,)."""
    try:
        numbers = np.broadcast_to(np.asarray(value, np.float32), (3,)).copy()
    except (TypeError, ValueError) as error:
        raise InputError(f"The {what} of {path.name} is one number or three; it was {value!r}.") from error
    if not np.isfinite(numbers).all() or (what == "std" and not (numbers > 0).all()):
        raise InputError(f"The {what} of {path.name} cannot be {value!r}.")
    return numbers
