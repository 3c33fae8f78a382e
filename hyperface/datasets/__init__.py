"""Datasets: many images of each identity, drawn (`synthesize`) and read (`open`)."""

from collections.abc import Callable
from pathlib import Path

from hyperface.datasets.folder import open_folder, recognise_folder
from hyperface.datasets.labelled import LabelledImages
from hyperface.datasets.synthesis import SynthesisStep, estimate_size, synthesize
from hyperface.errors import DatasetError

__all__ = ["FORMATS", "LabelledImages", "SynthesisStep", "estimate_size", "open", "synthesize"]

# Format → (recognise by content, open). The first that recognises a path opens it.
FORMATS: dict[str, tuple[Callable[[Path], bool], Callable[[Path], LabelledImages]]] = {
    "image folder": (recognise_folder, open_folder),
}


def open(path: str | Path) -> LabelledImages:  # (the API's name: hyperface.datasets.open)
    """Open a dataset, recognised by its content. DatasetError if nothing recognises it."""
    path = Path(path)
    if not path.exists():
        raise DatasetError(f"There is no dataset at {path}.")
    for recognise, open_format in FORMATS.values():
        if recognise(path):
            return open_format(path)
    raise DatasetError(f"{path} is none of the known kinds of dataset: {', '.join(FORMATS)}.")
