"""Recognisers in ONNX files: `recognizers.load("arcface.onnx")`.

A graph that torch can compute, as those of face recognisers are, becomes a torch module: it has a gradient, and needs
no further package. onnxruntime runs any other, without one.

An ONNX file does not say how its pixels are to be prepared. Without a declaration they are given as InsightFace's
models want them: RGB, (x − 127.5) / 127.5 with x from 0 to 255, or x itself where the graph prepares it
(`onnx_pixels`). Anything else is declared, by keyword or for good in a JSON file of the same name (arcface.json beside
arcface.onnx):

    {"color": "BGR", "mean": [103.9, 116.8, 123.7], "std": 1, "layout": "NHWC", "licence": "…", "training_data": "…"}

Which of several outputs is the embedding, and whether a batch may hold several pictures, is found out by trying two
different ones; the card says what was found.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.errors import CheckpointError, DeviceError, InputError
from hyperface.file_kinds import foreign_kind
from hyperface.images import ALIGNED_SIZE
from hyperface.model import frozen
from hyperface.recognizers import declarations
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.onnx_file import Entry, OnnxFile, read_onnx
from hyperface.recognizers.onnx_graph import OnnxGraph
from hyperface.recognizers.onnx_operators import UntranslatedError
from hyperface.recognizers.onnx_pixels import Pixels, pixels_of
from hyperface.tensor_files import file_digest

if TYPE_CHECKING:
    import onnxruntime

log = logging.getLogger(__name__)

LAYOUTS = ("NCHW", "NHWC")
ENGINES = ("torch", "onnxruntime")
_CARD_FIELDS = {field.name for field in fields(RecognizerCard)} - {"dimension", "input_size", "graph"}
_DECLARED = {*_CARD_FIELDS, "layout", "mean", "std", "engine", "output"}
_TYPES = {"tensor(float)": "f4", "tensor(float16)": "f2"}
_ALIKE = 0.01  # of the largest number: a picture's features alone and in a batch differ by less (half precision)


class OnnxRecognizer(Recognizer):
    """A network of an ONNX file; a subclass runs it."""

    def __init__(self, path: Path, card: RecognizerCard, entry: Entry, layout: str) -> None:
        super().__init__()
        self.path, self.card, self.entry, self.layout = path, card, entry, layout
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 127.5), persistent=False)
        self.register_buffer("std", torch.full((1, 3, 1, 1), 127.5), persistent=False)

    def scaled(self, pixels: Pixels) -> OnnxRecognizer:
        """Itself, given pixels so; its card says how."""
        self.mean, self.std = (torch.from_numpy(values).view(1, 3, 1, 1) for values in (pixels.mean, pixels.std))
        told = "; ".join(filter(None, (pixels.told, self.card.graph)))
        self.card = replace(self.card, graph=told)
        return self

    @abstractmethod
    def _run(self, pixels: torch.Tensor) -> torch.Tensor:
        """One batch as the file wants it → what it gives of it, a row for each picture."""

    def _prepared(self, images: torch.Tensor) -> torch.Tensor:
        """As the file wants them."""
        size = self.card.input_size
        if images.shape[-1] != size:
            images = F.interpolate(images, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
        if self.card.color == "BGR":
            images = images.flip(1)
        pixels = (images * 255 - self.mean) / self.std  # (n, 3, size, size)
        return pixels.permute(0, 2, 3, 1) if self.layout == "NHWC" else pixels

    def gives_rows(self) -> bool:
        """Whether it gives a row of numbers for each picture, and no map of them."""
        size = self.card.input_size
        shape = self._run(self._prepared(torch.zeros(self.entry.shape[0] or 1, 3, size, size))).shape
        return len(shape) == 2 or (len(shape) == 4 and shape[2:] == (1, 1))

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        pixels = self._prepared(images)
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
        self,
        path: Path,
        card: RecognizerCard,
        entry: Entry,
        layout: str,
        session: onnxruntime.InferenceSession,
        output: str,
    ) -> None:
        super().__init__(path, card, entry, layout)
        self._session, self._output = session, output

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
        return torch.from_numpy(self._session.run([self._output], {self.entry.name: given})[0])


def load_onnx(path: str | Path, **declared: Any) -> OnnxRecognizer:
    """Open an ONNX file as a recogniser.

    Args:
        path: the file.
        declared: what the file does not say, over what the JSON file beside it says. color, "RGB" or "BGR"; mean and
            std, one number or three (in that order of colours), for pixels from 0 to 255; layout, "NCHW" or "NHWC",
            where the file leaves the shape of its input open; output, the name of the one that is the embedding, of
            several; name, training_data, licence and source, for its card;
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
    options = {**declarations.beside(path), **declared}
    declarations.check(path, options, _DECLARED)
    declarations.one_of(path, options, "engine", ENGINES)
    recognizer, file = _opened(path, options)
    return recognizer.scaled(pixels_of(path, file, options)).eval()


def _opened(path: Path, options: dict[str, Any]) -> tuple[OnnxRecognizer, OnnxFile | None]:
    """The recogniser, run by whom it is to be, and what was read of its file."""
    engine, file = options.get("engine"), None
    try:
        file = read_onnx(path)
        if engine != "onnxruntime":
            entry = _only_entry(path, file.inputs)
            card, layout = _described(path, entry, options)
            outputs = {name: _translated(file, name) for name in _outputs(path, file.outputs, options)}
            return _tried(
                [(name, OnnxModule(path, card, entry, layout, graph)) for name, graph in outputs.items()]
            ), file
    except (CheckpointError, UntranslatedError) as error:
        if engine == "torch":
            raise CheckpointError(f"{path.name} cannot be run by torch ({error}).") from error
        if (kind := foreign_kind(path)) is not None:
            raise CheckpointError(f"{path} cannot be read as an ONNX model: it {kind}.") from error
        reason = str(error)
    else:
        reason = ""
    session = _open(path, "cpu")
    entry = _only_entry(path, [_session_entry(part) for part in session.get_inputs()])
    card, layout = _described(path, entry, options)
    names = _outputs(path, [part.name for part in session.get_outputs()], options)
    recognizer = _tried([(name, OnnxSession(path, card, entry, layout, session, name)) for name in names])
    if reason:
        log.warning("%s is run by onnxruntime, without gradients: torch is not told how (%s).", path.name, reason)
    return recognizer, file


def _translated(file: OnnxFile, output: str) -> OnnxGraph:
    return OnnxGraph(replace(file, outputs=(output,)))


def _outputs(path: Path, names: Sequence[str], options: dict[str, Any]) -> list[str]:
    """Which outputs may be the embedding: the declared one, or any."""
    wanted = options.get("output")
    if wanted is None:
        return list(names)
    if wanted not in names:
        raise InputError(f"{path.name} has no output {wanted!r}: {', '.join(names)}.")
    return [str(wanted)]


def _tried(outputs: list[tuple[str, OnnxRecognizer]]) -> OnnxRecognizer:
    """The first whose output is a row of numbers for each picture, tried on two pictures: its dimension is known from
    them, and whether they may come in one batch."""
    path, size = outputs[0][1].path, outputs[0][1].card.input_size
    pictures = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    failed: Exception | None = None
    for name, recognizer in outputs:
        try:
            with torch.inference_mode():
                if len(outputs) > 1 and not recognizer.gives_rows():
                    continue
                alone = torch.cat([recognizer._features(picture[None]) for picture in pictures])
        except UntranslatedError:
            raise
        except Exception as error:  # onnxruntime's errors have no common base
            failed = failed or error
            continue
        told = f"its output {name}, of {len(outputs)}" if len(outputs) > 1 else ""
        if not _same_in_one_batch(recognizer, pictures, alone):
            recognizer.entry = replace(recognizer.entry, shape=(1, *recognizer.entry.shape[1:]))
            told = "; ".join(filter(None, (told, "one picture at a time, as its graph is made for one")))
        recognizer.card = replace(recognizer.card, dimension=alone.shape[1], graph=told or None)
        return recognizer
    reason = str(failed).splitlines()[0] if failed is not None and str(failed) else "it has no output"
    raise CheckpointError(f"{path} does not run on a picture of {size} × {size} pixels ({reason}).") from failed


def _same_in_one_batch(recognizer: OnnxRecognizer, pictures: torch.Tensor, alone: torch.Tensor) -> bool:
    """Whether pictures in one batch have the features (n, d) that they have alone."""
    try:
        with torch.inference_mode():
            together = recognizer._features(pictures)
    except Exception:  # a graph that is made for one picture may fail in any way
        return False
    if together.shape != alone.shape:
        return False
    return bool(((together - alone).abs().nan_to_num() <= _ALIKE * alone.abs().max().nan_to_num()).all())


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
