"""The control photos come in by: drop zone, file dialog, camera, examples.

It hands the photos to the server inside the event, as base64 text. The web framework's own upload controls would
first write every photo to a cache folder from which it can be fetched by its address; this way nothing is written.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from hyperface.errors import PhotoError
from hyperface.ui.parts.scripts import component_script

MAX_PHOTOS = 12  # in one go
MAX_MEGABYTES = 25  # a photo
MAX_BYTES = MAX_MEGABYTES * 1_000_000
MAX_MEGABYTES_TOGETHER = 45  # as text they are a third more, and serving.door.PHOTOS must let them in
LIMITS = {"most_photos": MAX_PHOTOS, "most_bytes": MAX_BYTES, "most_megabytes_together": MAX_MEGABYTES_TOGETHER}


@dataclass(frozen=True)
class ReceivedPhoto:
    """A file as the visitor's browser sent it: nothing has been checked yet. name is the visitor's own."""

    name: str
    content: bytes


def photo_picker(example_pictures: Sequence[str]) -> gr.HTML:
    """The control. Its `submit` event carries the photos (`received_photos`) or an example (`chosen_example`).

    example_pictures: addresses (`data:`) of the example photos' thumbnails, in order.
    """
    examples = "".join(
        f'<button type="button" class="hf-example" data-example="{number}" aria-label="Use example photo {number + 1}">'
        f'<img src="{address}" alt=""></button>'
        for number, address in enumerate(example_pictures)
    )
    shelf = f'<div class="hf-examples"><span>Or try a made-up person:</span>{examples}</div>' if examples else ""
    return gr.HTML(
        html_template=_TEMPLATE.replace("@examples", shelf),
        js_on_load=component_script("photoPicker", events=("submit",), settings=LIMITS),
        apply_default_css=False,
        elem_id="photo-picker",
    )


def chosen_example(event: gr.EventData) -> int | None:
    """Number of the example that was picked, None if the visitor gave photos."""
    example = getattr(event, "example", None)
    return example if type(example) is int else None


def received_photos(event: gr.EventData) -> list[ReceivedPhoto]:
    """The photos of a `submit` event; PhotoError if there are none, too many, or one is too large to accept."""
    sent = getattr(event, "photos", None)
    if not isinstance(sent, list) or not sent:
        raise PhotoError("No photo arrived. Choose one or more image files, or take one with the camera.")
    if len(sent) > MAX_PHOTOS:
        raise PhotoError(f"{len(sent)} photos at once are too many: choose at most {MAX_PHOTOS}.")
    return [_decode(item) for item in sent]


def _decode(item: object) -> ReceivedPhoto:
    name = str(item.get("name", "")) if isinstance(item, dict) else ""
    content = item.get("content") if isinstance(item, dict) else None
    if content is None:  # the browser holds back what is too large
        raise PhotoError(f"{name} is larger than {MAX_MEGABYTES} MB. Save it smaller and try again.")
    try:
        # The browser's address is data:<type>;base64,<content>; an empty file has no content at all.
        decoded = base64.b64decode(str(content).partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise PhotoError(f"{name} did not arrive whole. Try again.") from error
    if len(decoded) > MAX_BYTES:
        raise PhotoError(f"{name} is larger than {MAX_MEGABYTES} MB. Save it smaller and try again.")
    return ReceivedPhoto(name, decoded)


_TEMPLATE = """
<div class="hf-drop" role="group" aria-label="Photos">
  <svg class="hf-drop-icon" viewBox="0 0 48 48" aria-hidden="true"><path d="M8 14V8h6M34 8h6v6M40 34v6h-6M14 40H8v-6"/>
    <circle cx="24" cy="20" r="6"/><path d="M13 37c1.5-6.5 6-9 11-9s9.5 2.5 11 9"/></svg>
  <p class="hf-drop-text">Drop photos here, paste one, or</p>
  <div class="hf-drop-buttons">
    <button type="button" class="hf-button hf-primary hf-pick">Choose photos</button>
    <button type="button" class="hf-button hf-camera-open">Use the camera</button>
  </div>
  <input class="hf-files" type="file" accept="image/*" multiple hidden>
  @examples
</div>
<div class="hf-camera" hidden>
  <video playsinline muted aria-label="Camera picture"></video>
  <div class="hf-drop-buttons">
    <button type="button" class="hf-button hf-primary hf-shoot">Take the picture</button>
    <button type="button" class="hf-button hf-camera-close">Close the camera</button>
  </div>
</div>
<p class="hf-picker-message" role="status" aria-live="polite"></p>
"""
