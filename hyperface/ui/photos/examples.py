"""The made-up people whose photos ship with the project, for those who have none at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr
import numpy as np

from hyperface.assets import assets_folder
from hyperface.drawing import data_url
from hyperface.errors import PhotoError
from hyperface.ui.photos.picker import ReceivedPhoto, chosen_example, received_photos


def example_photos() -> list[Path]:
    """The synthetic photos that ship with the project, in order."""
    return sorted((assets_folder() / "examples").glob("*.jpg"))


def received(event: gr.EventData, examples: Sequence[Path]) -> list[ReceivedPhoto]:
    """What the picker's event brings: the visitor's photos, or the example that was chosen. PhotoError for neither."""
    number = chosen_example(event)
    if number is None:
        return received_photos(event)
    if not 0 <= number < len(examples):
        raise PhotoError("That example photo is not there any more. Choose another one.")
    return [example(examples, number)]


def example(examples: Sequence[Path], number: int) -> ReceivedPhoto:
    """An example as if it had been sent."""
    return ReceivedPhoto(f"Example {number + 1}", examples[number].read_bytes())


def thumbnail(path: Path) -> str:
    """A small picture of a photo, as a `data:` address."""
    from PIL import Image

    with Image.open(path) as photo:
        image = photo.convert("RGB")
        image.thumbnail((112, 112))
        return data_url(np.asarray(image))
