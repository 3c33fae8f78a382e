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
from hyperface.ui.pictures import escape

MAX_PHOTOS = 12  # in one go
MAX_MEGABYTES = 25  # a photo


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
        js_on_load=_SCRIPT,
        apply_default_css=False,
        elem_id="photo-picker",
    )


def chosen_example(event: gr.EventData) -> int | None:
    """Number of the example that was picked, None if the visitor gave photos."""
    example = event._data.get("example")
    return example if isinstance(example, int) else None


def received_photos(event: gr.EventData) -> list[ReceivedPhoto]:
    """The photos of a `submit` event; PhotoError if there are none, too many, or one is too large to accept."""
    sent = event._data.get("photos")
    if not isinstance(sent, list) or not sent:
        raise PhotoError("No photo arrived. Choose one or more image files, or take one with the camera.")
    if len(sent) > MAX_PHOTOS:
        raise PhotoError(f"{len(sent)} photos at once are too many: choose at most {MAX_PHOTOS}.")
    return [_decode(item) for item in sent]


def _decode(item: object) -> ReceivedPhoto:
    name = str(item.get("name", "")) if isinstance(item, dict) else ""
    content = item.get("content") if isinstance(item, dict) else None
    if content is None:  # the browser holds back what is too large
        raise PhotoError(f"{escape(name)} is larger than {MAX_MEGABYTES} MB. Save it smaller and try again.")
    try:
        # The browser's address is data:<type>;base64,<content>; an empty file has no content at all.
        decoded = base64.b64decode(str(content).partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise PhotoError(f"{escape(name)} did not arrive whole. Try again.") from error
    if len(decoded) > MAX_MEGABYTES * 1_000_000:
        raise PhotoError(f"{escape(name)} is larger than {MAX_MEGABYTES} MB. Save it smaller and try again.")
    return ReceivedPhoto(name, decoded)


_TEMPLATE = """
<div class="hf-drop" role="group" aria-label="Photos">
  <svg class="hf-drop-icon" viewBox="0 0 48 48" aria-hidden="true"><path d="M8 14V8h6M34 8h6v6M40 34v6h-6M14 40H8v-6"/>
    <circle cx="24" cy="20" r="6"/><path d="M13 37c1.5-6.5 6-9 11-9s9.5 2.5 11 9"/></svg>
  <p class="hf-drop-text">Drop photos here, paste one, or</p>
  <div class="hf-drop-buttons">
    <button type="button" class="hf-button hf-primary hf-choose">Choose photos</button>
    <button type="button" class="hf-button hf-camera-open">Use the camera</button>
  </div>
  <input class="hf-files" type="file" accept="image/*" multiple tabindex="-1" aria-label="Choose photos">
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

_SCRIPT = """
const find = (selector) => element.querySelector(selector);
const files = find('.hf-files'), drop = find('.hf-drop'), camera = find('.hf-camera'), video = find('video');
const say = (text) => { find('.hf-picker-message').textContent = text; };
const readAddress = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

async function send(chosen) {
  say('');
  if (!chosen.length) return;
  if (chosen.length > MAX_PHOTOS) { say(`Choose at most MAX_PHOTOS photos at once; these are ${chosen.length}.`); return; }
  try {
    const photos = await Promise.all(chosen.map(async (file) => ({
      name: file.name || 'Photo',
      content: file.size > MAX_BYTES ? null : await readAddress(file),
    })));
    trigger('submit', { photos });
  } catch (error) {
    say('The browser could not read that file. Choose it again, or another one.');
  }
}

find('.hf-choose').addEventListener('click', () => files.click());
files.addEventListener('change', () => { const chosen = [...files.files]; files.value = ''; send(chosen); });
element.querySelectorAll('.hf-example').forEach((button) => button.addEventListener('click', () => {
  say('');
  trigger('submit', { example: Number(button.dataset.example) });
}));

drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('hf-over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('hf-over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('hf-over');
  send([...event.dataTransfer.files]);
});
document.addEventListener('paste', (event) => {
  const pasted = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith('image/'));
  if (pasted.length && element.offsetParent !== null) { event.preventDefault(); send(pasted); }
});

let stream = null;
function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  camera.hidden = true;
  drop.hidden = false;
}
find('.hf-camera-open').addEventListener('click', async () => {
  say('');
  if (!navigator.mediaDevices) {
    say('Browsers give the camera only to pages opened by https or on this computer. Choose a photo instead.');
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: 'user' } });
  } catch (error) {
    say('The camera did not open. Allow it for this page in the browser, or choose a photo instead.');
    return;
  }
  video.srcObject = stream;
  await video.play();
  drop.hidden = true;
  camera.hidden = false;
  find('.hf-shoot').focus();
});
find('.hf-camera-close').addEventListener('click', () => { closeCamera(); find('.hf-camera-open').focus(); });
find('.hf-shoot').addEventListener('click', () => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  closeCamera();
  canvas.toBlob((blob) => send([new File([blob], 'Camera picture', { type: 'image/jpeg' })]), 'image/jpeg', 0.95);
});
// A camera must not stay on behind another tab of the app.
new IntersectionObserver(([entry]) => { if (stream && !entry.isIntersecting && element.offsetParent === null) closeCamera(); })
  .observe(camera);
""".replace("MAX_PHOTOS", str(MAX_PHOTOS)).replace("MAX_BYTES", str(MAX_MEGABYTES * 1_000_000))
