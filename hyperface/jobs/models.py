"""Recognisers as the verbs take them: by name, from a file or the hub, with a warning if one seems off."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.assets import assets_folder
from hyperface.errors import RunError, require
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


def model_label(model: str) -> str:
    """How a model is listed: a run's title, a file's or a registered name."""
    return open_run(model).title if is_run(model) else Path(model).stem


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


def load(
    name: str, console: Console, *, device: str = "cpu", precision: str = "float32", color: str | None = None
) -> Recognizer:
    """Load a recogniser, by name or from a run folder of `train`.

    color: the order in which another project's network wants its colours, where that is known. Of a network whose order
    of colours is somebody's word, that order is checked. InputError for a color of one that knows its own.
    """
    from hyperface import recognizers

    name = model_file(name)
    declared = declares_colors(name)
    require(
        color is None or declared,
        f"{name} knows the order of its colours itself. --color is for other projects' weights and ONNX files.",
    )
    options = {} if color is None else {"color": color}
    recognizer = recognizers.load(name, device=device, precision=precision, **options)
    if recognizer.card.graph is not None:
        console.remark(
            f"{recognizer.name}: {recognizer.card.graph}", model=recognizer.name, found=recognizer.card.graph
        )
    if declared:
        from hyperface.evaluation.color_order import check_color_order

        console.begin(f"checking the colours of {recognizer.name}", 1, "check")
        order = check_color_order(recognizer)
        console.step(1, {})
        if order.seems_wrong:
            other = "BGR" if recognizer.card.color == "RGB" else "RGB"
            console.warn(
                f"{recognizer.name} gets its colours as {recognizer.card.color}, but tells faces apart better in "
                f"{other} ({100 * order.other:.0f} % of comparisons right instead of {100 * order.declared:.0f} %). "
                f'Say --color {other}, or declare {{"color": "{other}"}} in '
                f"{Path(name).with_suffix('.json').name.rpartition(':')[2]} beside the file."
            )
    return recognizer


def check_color(color: str | None, names: Iterable[str]) -> None:
    """InputError for an order of colours that is said of no model that it could be said of."""
    require(
        color is None or any(declares_colors(model_file(name)) for name in names),
        "--color is for other projects' weights and ONNX files; the models here know the order of their colours.",
    )


def load_one_of_several(name: str, console: Console, *, device: str, precision: str, color: str | None) -> Recognizer:
    """As `load`, where a color is said of several models together: those that know their own are left alone."""
    return load(name, console, device=device, precision=precision, color=color_of(name, color))


def color_of(name: str, color: str | None) -> str | None:
    """What is said of a model's colours, where several are told together: None for one that knows its own."""
    return color if declares_colors(model_file(name)) else None


def declares_colors(name: str) -> bool:
    """Whether a recogniser's order of colours is somebody's word: an ONNX file cannot say it itself, and neither can
    weights with the name of their network in front."""
    from hyperface.recognizers import BACKBONES, REGISTRY

    network, colon, _ = name.partition(":")
    return (bool(colon) and network in BACKBONES) or (name not in REGISTRY and name.partition("@")[0].endswith(".onnx"))
