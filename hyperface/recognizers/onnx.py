"""Recognisers in ONNX files: `recognizers.load("arcface.onnx")`.

A graph that torch can compute, as those of face recognisers are, becomes a torch module: it has a gradient, and needs
no further package. onnxruntime runs any other, without one.

An ONNX file does not say how its pixels are to be prepared. Without a declaration they are given as InsightFace's
models want them: RGB, (x − 127.5) / 127.5 with x from 0 to 255, or x itself where the graph begins with a subtraction
and a multiplication of its own (`prepares_pixels`). Anything else is declared, by keyword or for good in a JSON file of
the same name (arcface.json beside arcface.onnx):

    {"color": "BGR", "mean": [103.9, 116.8, 123.7], "std": 1, "layout": "NHWC", "licence": "…", "training_data": "…"}
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.errors import CheckpointError, DeviceError, InputError
from hyperface.files import read_object
from hyperface.images import ALIGNED_SIZE
from hyperface.model import frozen
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.onnx_file import Entry, OnnxFile, read_onnx
from hyperface.recognizers.onnx_graph import OnnxGraph
from hyperface.recognizers.onnx_operators import UntranslatedError
from hyperface.tensor_files import file_digest

if TYPE_CHECKING:
    import onnxruntime

log = logging.getLogger(__name__)

COLORS = ("RGB", "BGR")
LAYOUTS = ("NCHW", "NHWC")
ENGINES = ("torch", "onnxruntime")
_CARD_FIELDS = {field.name for field in fields(RecognizerCard)} - {"dimension", "input_size"}
_DECLARED = {*_CARD_FIELDS, "layout", "mean", "std", "engine"}
_TYPES = {"tensor(float)": "f4", "tensor(float16)": "f2"}
_AT_THE_BEGINNING = 8  # steps of a graph among which InsightFace looks for its own preparation of pixels


class OnnxRecognizer(Recognizer):
    """A network of an ONNX file; a subclass runs it."""

    def __init__(self, path: Path, card: RecognizerCard, entry: Entry, layout: str) -> None:
        super().__init__()
        self.path, self.card, self.entry, self.layout = path, card, entry, layout
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 127.5), persistent=False)
        self.register_buffer("std", torch.full((1, 3, 1, 1), 127.5), persistent=False)

    def scaled(self, mean: np.ndarray, std: np.ndarray) -> OnnxRecognizer:
        """Itself. mean, std: float32 (3,), on the scale from 0 to 255, in the network's own order of colours."""
        self.mean, self.std = (torch.from_numpy(values).view(1, 3, 1, 1) for values in (mean, std))
        return self

    @abstractmethod
    def _run(self, pixels: torch.Tensor) -> torch.Tensor:
        """One batch as the file wants it → what it gives of it, a row for each picture."""

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        size = self.card.input_size
        if images.shape[-1] != size:
            images = F.interpolate(images, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
        if self.card.color == "BGR":
            images = images.flip(1)
        pixels = (images * 255 - self.mean) / self.std  # (n, 3, size, size)
        if self.layout == "NHWC":
            pixels = pixels.permute(0, 2, 3, 1)
        fixed = self.entry.shape[0]  # some files fix the number of images
        missing = 0 if fixed is None else -len(pixels) % fixed
        padded = torch.cat([pixels, pixels[-1:].expand(missing, -1, -1, -1)]) if missing else pixels
        rows = [self._run(part).reshape(len(part), -1) for part in padded.split(fixed or len(padded))]
        return torch.cat(rows)[: len(pixels)].float()  # (n, dimension)


class OnnxModule(OnnxRecognizer):
    """Run by torch, with a gradient. Half precision is computed in float32."""

    def __init__(self, path: Path, card: RecognizerCard, entry: Entry, layout: str, graph: OnnxGraph) -> None:
        super().__init__(path, card, entry, layout)
        self.graph = frozen(graph)

    def _run(self, pixels: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.graph(pixels)
        return features


class OnnxSession(OnnxRecognizer):
    """Run by onnxruntime. No gradients; its precision is the file's."""

    autocasts = False
    differentiable = False

    def __init__(
        self, path: Path, card: RecognizerCard, entry: Entry, layout: str, session: onnxruntime.InferenceSession
    ) -> None:
        super().__init__(path, card, entry, layout)
        self._session = session

    def prepare(self, *, device: str | torch.device = "cpu", precision: str = "float32") -> OnnxSession:
        """As `Recognizer.prepare`; bfloat16 cannot be asked for, and CUDA needs the package onnxruntime-gpu."""
        if precision == "bfloat16":
            raise InputError(f"{self.name} is run by onnxruntime: its arithmetic is fixed. Leave the precision out.")
        super().prepare(precision=precision)
        if torch.device(device).type != "cpu":
            self._session = _open(self.path, device)
        return self

    def _run(self, pixels: torch.Tensor) -> torch.Tensor:
        given = np.ascontiguousarray(pixels.detach().numpy(), dtype=self.entry.kind)
        return torch.from_numpy(self._session.run([self._session.get_outputs()[0].name], {self.entry.name: given})[0])


def prepares_pixels(file: OnnxFile) -> bool:
    """Whether the graph takes pixels from 0 to 255 as they are, as exports from MXNet do.

    InsightFace's own rule (python-package/insightface/model_zoo/arcface_onnx.py): the names of two of the first eight
    steps begin with Sub or _minus, and with Mul or _mul.
    """
    names = [node.name for node in file.nodes[:_AT_THE_BEGINNING]]
    return all(any(name.startswith(begins) for name in names) for begins in (("Sub", "_minus"), ("Mul", "_mul")))


def load_onnx(path: str | Path, **declared: Any) -> OnnxRecognizer:
    """Open an ONNX file as a recogniser.

    Args:
        path: the file.
        declared: what the file does not say, over what the JSON file beside it says. color, "RGB" or "BGR"; mean and
            std, one number or three (in that order of colours), for pixels from 0 to 255; layout, "NCHW" or "NHWC",
            where the file leaves the shape of its input open; name, training_data, licence and source, for its card;
            engine, "torch" or "onnxruntime", which runs it (if it is not said, torch where it can, and a warning where
            it cannot).

    Returns:
        The recogniser, in evaluation mode.

    Raises:
        CheckpointError: It is no recogniser that can be run, or onnxruntime is needed and not installed.
        InputError: Something is declared wrongly.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"There is no file {path}.")
    options = {**_beside(path), **declared}
    unknown = sorted(options.keys() - _DECLARED)
    if unknown:
        raise InputError(
            f"What is declared of {path.name} has no {', '.join(unknown)}: {', '.join(sorted(_DECLARED))}."
        )
    for name, known in (("color", COLORS), ("engine", ENGINES)):
        if options.get(name, known[0]) not in known:
            raise InputError(f"The {name} of {path.name} is one of {', '.join(known)}; it was {options[name]!r}.")
    recognizer, file = _opened(path, options)
    plain = (0.0, 1.0) if file is not None and prepares_pixels(file) else (127.5, 127.5)
    mean, std = (_three(path, key, options.get(key, usual)) for key, usual in zip(("mean", "std"), plain, strict=True))
    return recognizer.scaled(mean, std).eval()


def _opened(path: Path, options: dict[str, Any]) -> tuple[OnnxRecognizer, OnnxFile | None]:
    """The recogniser, run by whom it is to be, and what was read of its file."""
    engine, file = options.get("engine"), None
    try:
        file = read_onnx(path)
        if engine != "onnxruntime":
            entry = _only_entry(path, file.inputs)
            card, layout = _described(path, entry, options)
            return _tried(OnnxModule(path, card, entry, layout, OnnxGraph(file))), file
    except (CheckpointError, UntranslatedError) as error:
        if engine == "torch":
            raise CheckpointError(f"{path.name} cannot be run by torch ({error}).") from error
        reason = str(error)
    else:
        reason = ""
    session = _open(path, "cpu")
    entry = _only_entry(path, [_session_entry(part) for part in session.get_inputs()])
    card, layout = _described(path, entry, options)
    recognizer = _tried(OnnxSession(path, card, entry, layout, session))
    if reason:
        log.warning("%s is run by onnxruntime, without gradients: torch is not told how (%s).", path.name, reason)
    return recognizer, file


def _tried(recognizer: OnnxRecognizer) -> OnnxRecognizer:
    """The recogniser, its dimension known from a picture that it was given."""
    size = recognizer.card.input_size
    try:
        with torch.inference_mode():
            dimension = recognizer._features(torch.zeros(1, 3, size, size)).shape[1]
    except UntranslatedError:
        raise
    except Exception as error:  # onnxruntime's errors have no common base
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{recognizer.path} does not run on a picture of {size} × {size} pixels ({reason})."
        ) from error
    recognizer.card = replace(recognizer.card, dimension=dimension)
    return recognizer


def _described(path: Path, entry: Entry, options: dict[str, Any]) -> tuple[RecognizerCard, str]:
    """The card, its dimension not known yet, and where the colours are in the input."""
    layout, size = _layout(path, entry, options.get("layout"))
    card = RecognizerCard(
        name=options.get("name") or f"{path.stem}#{file_digest(path)}",
        dimension=1,
        input_size=size,
        training_data=options.get("training_data", "not recorded"),
        licence=options.get("licence", "not recorded: ask where the file is from"),
        source=options.get("source", f"the file {path.name}"),
        color=options.get("color", "RGB"),
    )
    return card, layout


def _open(path: Path, device: str | torch.device) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise CheckpointError(f"{path.name} needs onnxruntime: pip install onnxruntime.") from error
    providers: list[str | tuple[str, dict[str, int]]] = ["CPUExecutionProvider"]
    if torch.device(device).type != "cpu":
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise DeviceError(f"onnxruntime cannot use {str(device)!r}: pip install onnxruntime-gpu, or use 'cpu'.")
        number = torch.device(device).index or 0
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": number}))
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    settings.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), settings, providers=providers)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{path} cannot be read as an ONNX model ({reason}).") from error


def _session_entry(part: Any) -> Entry:
    shape = tuple(size if isinstance(size, int) else None for size in part.shape)
    return Entry(part.name, shape, _TYPES.get(part.type, ""))


def _only_entry(path: Path, inputs: Any) -> Entry:
    """The one input of a recogniser; CheckpointError if it is none."""
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or not inputs[0].kind:
        found = ", ".join(f"{entry.name} {entry.kind or 'of another kind'} {entry.shape}" for entry in inputs)
        raise CheckpointError(f"{path} is no recogniser: it takes {found}, not one batch of pictures of floats.")
    entry: Entry = inputs[0]
    return entry


def _beside(path: Path) -> dict[str, Any]:
    """What the JSON file of the same name declares; empty if there is none."""
    description = path.with_suffix(".json")
    return read_object(description, error=InputError) if description.is_file() else {}


def _layout(path: Path, entry: Entry, declared: str | None) -> tuple[str, int]:
    """Where the colours are in the input, and its size in pixels."""
    shape = entry.shape
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
