"""Writing a recogniser as an ONNX file, for programs that have no torch."""

from __future__ import annotations

from pathlib import Path

from hyperface.errors import require
from hyperface.jobs.console import Console
from hyperface.jobs.models import absolute, load


def export(model: str, output: Path, console: Console, *, color: str | None = None) -> None:
    """Write the model at `output` as ONNX, with its description beside it, and say how equal the two are."""
    require(output.suffix == ".onnx", f"An ONNX file's name ends in .onnx; {output.name} does not.")
    require(output.absolute().parent.is_dir(), f"The folder of {output} does not exist. Make it first.")
    recognizer = load(absolute(model), console, color=color)
    from hyperface.recognizers.export import export_onnx

    difference = export_onnx(recognizer, output.absolute())
    description = output.with_suffix(".json")
    console.event("done", output=str(output), description=str(description), difference=difference)
    if not console.json_lines:
        console.say(f"{recognizer.name}: embeddings equal to {difference:.1g}; described in {description}")
        console.say(str(output))
