"""Recognisers as the verbs take them: by name, from a file or the hub, with a warning if one seems off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.assets import assets_folder
from hyperface.errors import RunError
from hyperface.jobs.console import Console
from hyperface.runs import is_run, names, open_run

if TYPE_CHECKING:
    from hyperface.recognizers import Recognizer


def absolute(name: str) -> str:
    """Paths must mean the same from wherever a run is continued; names stay. `ir_50:weights.ckpt` holds one, too."""
    from hyperface.recognizers import BACKBONES, REGISTRY

    if name in REGISTRY:
        return name
    network, _, weights = name.partition(":")
    if network in BACKBONES and Path(weights).is_file():
        return f"{network}:{Path(weights).absolute()}"
    return str(Path(name).absolute()) if Path(name).exists() else name


def model_file(model: str) -> str:
    """What `recognizers.load` opens for a model: its name, or its file. RunError if a run has none (yet).

    A run that ships, such as train-demo, is known by its name.
    """
    shipped = assets_folder() / "demo" / model
    if not is_run(model) and not is_run(shipped):
        return model
    run = open_run(model if is_run(model) else shipped)
    if run.verb != "train":
        raise RunError(f"{model} is a run of `{run.verb}`, not of `train`: there is no model in it.")
    return str(run.file(names.MODEL))


def load(name: str, console: Console, *, device: str = "cpu", precision: str = "float32") -> Recognizer:
    """Load a recogniser, by name or from a run folder of `train`.

    Of one whose order of colours somebody has declared, that order is checked.
    """
    from hyperface import recognizers

    name = model_file(name)
    recognizer = recognizers.load(name, device=device, precision=precision)
    if declares_colors(name):
        from hyperface.evaluation.color_order import check_color_order

        console.begin(f"checking the colours of {recognizer.name}", 1, "check")
        order = check_color_order(recognizer)
        console.step(1, {})
        if order.seems_wrong:
            other = "BGR" if recognizer.card.color == "RGB" else "RGB"
            console.warn(
                f"{recognizer.name} gets its colours as {recognizer.card.color}, but tells faces apart better in "
                f"{other} ({100 * order.other:.0f} % of comparisons right instead of {100 * order.declared:.0f} %). "
                f'Declare {{"color": "{other}"}} in {Path(name).with_suffix(".json").name} beside the file.'
            )
    return recognizer


def declares_colors(name: str) -> bool:
    """Whether a recogniser's order of colours is somebody's word: an ONNX file cannot say it itself."""
    return name.partition("@")[0].endswith(".onnx")
