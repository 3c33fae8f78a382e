"""The Photos tab: find faces in photos, and see where they lie among the packed identities."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np
from gradio.context import Context

from hyperface.assets import assets_folder
from hyperface.drawing import data_url
from hyperface.errors import HyperFaceError, InputError, NoFaceError, PhotoError
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.forgetting import forget_closed_sessions, forget_shown
from hyperface.ui.parts.packed import Packed, gallery_of, load_packed
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.plots import Figure, chart
from hyperface.ui.parts.toasts import toasts
from hyperface.ui.photos.drawing import annotated_photo
from hyperface.ui.photos.matches import Match, MatchedFace, matched_face, similarity_table
from hyperface.ui.photos.picker import ReceivedPhoto, chosen_example, photo_picker, received_photos
from hyperface.ui.photos.sphere import sphere_figure

if TYPE_CHECKING:
    import torch

    from hyperface.faces import Face

MATCHES = 5  # nearest identities and gallery faces shown for a face
MAX_FACES = 24  # compared at once; a crowd has more, and its largest are taken
FALSE_MATCHES = 0.001  # share of pairs of strangers that the threshold of the similarity matrix lets pass
DETECTORS = [
    ("dlib: comes with the app", "dlib"),
    ("YuNet: sees faces from the side, too", "yunet"),
    ("S3FD: most thorough, slow", "sfd"),
    ("BlazeFace: quick, large faces only", "blazeface"),
    ("YuNet if it can be had, else dlib", "auto"),
]
KEPT_SECONDS = 1800  # how long the faces of an idle visitor stay in memory
PRIVACY = (
    "Photos are read in memory and dropped at once: never written to disk, logged, or shown to another visitor. "
    "The faces found in them are forgotten when you press Delete, close the page, or after half an hour."
)


@dataclass(frozen=True)
class SeenFaces:
    """What a visitor's session remembers: aligned faces (m, 3, 112, 112) and detector scores (m)."""

    images: torch.Tensor
    confidences: tuple[float, ...]


def build(context: AppContext, packing: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the tab. packing: the page's run picker; tab: opened fires its select event."""
    blocks = Context.root_block
    forget_closed_sessions(blocks)
    examples = example_photos()
    picker = photo_picker([_thumbnail(path) for path in examples])
    with gr.Row(elem_classes=["hf-privacy"]):
        gr.HTML(f'<p class="hf-note">{PRIVACY}</p>', apply_default_css=False)
        delete = gr.Button("Delete photos and faces", size="sm", min_width=200, scale=0, elem_id="photos-delete")
    with gr.Accordion("Settings", open=False, elem_id="photos-settings"), gr.Row():
        detector = gr.Dropdown(
            DETECTORS,
            value="dlib",
            label="Face detector",
            info="All but dlib's fetch their weights from the network the first time.",
            elem_id="photos-detector",
        )
        turned = gr.Checkbox(
            label="Photos may lie on their side",
            info="Searches each in all four orientations: four times slower.",
            elem_id="photos-turned",
        )
    status = gr.HTML(apply_default_css=False, elem_id="photos-status")
    photos = gr.HTML(apply_default_css=False, elem_id="photos-photos")
    cards = gr.HTML(apply_default_css=False, elem_id="photos-faces")
    with gr.Column(visible=False) as here:
        gr.HTML(_HERE, apply_default_css=False)
        sphere = chart(
            label="The packed identities on the sphere, and where your faces are", height=440, elem_id="photos-sphere"
        )
    seen = gr.State(None, time_to_live=KEPT_SECONDS)

    def show(name: str | None, detector: str, turned: bool, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        yield from forgetting(look(name, _received(event, examples), detector, turned), request)

    def demonstrate(name: str | None, first_time: bool, request: gr.Request) -> Iterator[dict]:
        """The first example, when the tab is opened for the first time."""
        yield {unopened: False}
        if first_time and examples:
            yield from forgetting(look(name, [_example(examples, 0)]), request)

    def compare(name: str | None, remembered: SeenFaces | None, request: gr.Request) -> Iterator[dict]:
        yield from forgetting(beside(name, remembered), request)

    def forgetting(steps: Iterator[dict], request: gr.Request) -> Iterator[dict]:
        """The same steps; afterwards the server has no copy of what they showed."""
        try:
            yield from steps
        finally:
            forget_shown(blocks, [photos, cards, sphere], request)

    def look(
        name: str | None, received: Sequence[ReceivedPhoto], detector: str = "dlib", turned: bool = False
    ) -> Iterator[dict]:
        """Find the faces in the photos, one photo after the other, then compare them."""
        from hyperface.faces import align, load_photo
        from hyperface.faces.detectors import load_detector

        yield {photos: "", cards: "", here: gr.Column(visible=False), seen: None, status: _progress("Reading", 0)}
        try:
            load_detector(detector)
        except HyperFaceError as error:  # its weights cannot be had
            yield {status: _problem_list([str(error)])}
            return
        pictures: list[str] = []
        faces: list[Face] = []
        problems: list[str] = []
        started = time.monotonic()
        for number, photo in enumerate(received):
            text = f"Looking for faces in photo {number + 1} of {len(received)}"
            yield {status: _progress(text, number / (len(received) + 1), started)}
            try:
                pixels = load_photo(photo.content)  # (h, w, 3) uint8
            except PhotoError as error:
                problems.append(f"{photo.name}: {error}")
                continue
            try:
                found = align(pixels, detector=detector, any_orientation=turned)
            except NoFaceError as error:
                problems.append(f"{photo.name}: {error}")
                found = []
            title = f"Photo {number + 1}"
            pictures.append(annotated_photo(pixels, found, title=title, first_number=len(faces) + 1))
            faces += found
            yield {photos: f'<div class="hf-photos">{"".join(pictures)}</div>'}
        if len(faces) > MAX_FACES:
            problems.append(f"{len(faces)} faces are too many to compare at once; the first {MAX_FACES} are.")
        yield {status: _progress("Comparing the faces", len(received) / (len(received) + 1), started)}
        remembered = _remember(faces[:MAX_FACES]) if faces else None
        yield {status: _problem_list(problems), seen: remembered}
        yield from beside(name, remembered)

    def beside(name: str | None, remembered: SeenFaces | None) -> Iterator[dict]:
        """The faces of this session beside the identities of the picked run."""
        if remembered is None:
            yield {cards: "", here: gr.Column(visible=False)}
            return
        try:
            packed = load_packed(context, name)
            embeddings = _embed(context, packed, remembered)  # (m, d)
            yield {cards: _cards(context, packed, remembered, embeddings)}
            yield {here: gr.Column(visible=True), sphere: _where(packed, embeddings)}
        except HyperFaceError as error:  # the photos are shown all the same
            yield {cards: f'<p class="hf-empty">{escape(error)}</p>', here: gr.Column(visible=False)}

    unopened = gr.State(True)
    outputs = [status, photos, cards, here, sphere, seen]
    events = {"show_progress": "hidden", "api_visibility": "private"}
    demonstration = tab.select(toasts(demonstrate), [packing, unopened], [*outputs, unopened], **events)
    reading = picker.submit(
        toasts(show),
        [packing, detector, turned],
        outputs,
        trigger_mode="always_last",
        cancels=[demonstration],
        **events,
    )
    packing.change(toasts(compare), [packing, seen], [cards, here, sphere], **events)
    delete.click(
        lambda: {
            status: '<p class="hf-note" role="status">Deleted. Nothing of your photos is left.</p>',
            photos: "",
            cards: "",
            here: gr.Column(visible=False),
            sphere: None,
            seen: None,
        },
        outputs=outputs,
        cancels=[demonstration, reading],
        **events,
    )


_HERE = """
<h3 class="hf-heading">You are here</h3>
<p class="hf-note">Each face is placed among the packed identities it is nearest to. The picture bends distances; the
angles above do not.</p>
"""


def example_photos() -> list[Path]:
    """The synthetic photos that ship with the project, in order."""
    return sorted((assets_folder() / "examples").glob("*.jpg"))


def _received(event: gr.EventData, examples: Sequence[Path]) -> list[ReceivedPhoto]:
    number = chosen_example(event)
    if number is None:
        return received_photos(event)
    if not 0 <= number < len(examples):
        raise PhotoError("That example photo is not there any more. Choose another one.")
    return [_example(examples, number)]


def _example(examples: Sequence[Path], number: int) -> ReceivedPhoto:
    return ReceivedPhoto(f"Example {number + 1}", examples[number].read_bytes())


def _remember(faces: Sequence[Face]) -> SeenFaces:
    import torch

    images = torch.stack([face.image for face in faces])  # (m, 3, 112, 112)
    return SeenFaces(images, tuple(float(face.confidence) for face in faces))


def _embed(context: AppContext, packed: Packed, seen: SeenFaces) -> torch.Tensor:
    """The faces' embeddings (m, d) by the recogniser of the packing: those of another could not be compared with it."""
    import torch

    try:
        recognizer = context.recognizer(packed.recognizer)
    except HyperFaceError as error:
        raise InputError(
            f"This packing is made of embeddings of the recogniser {packed.recognizer!r}, which cannot be loaded here: "
            f"faces cannot be compared with it. {error}"
        ) from error
    with torch.inference_mode():
        return recognizer.embed(seen.images)


def _cards(context: AppContext, packed: Packed, seen: SeenFaces, embeddings: torch.Tensor) -> str:
    """HTML: every face with its nearest identities and gallery faces, then how alike the faces are."""
    from hyperface import sphere

    gallery = gallery_of(context, packed.run)
    cosines, numbers = packed.most_alike(embeddings, MATCHES)  # (m, k) each
    gallery_cosines, places = gallery.nearest(embeddings, MATCHES, recognizer=packed.recognizer)  # (m, k) each
    drawn = _drawn(context, packed, numbers)
    cards = []
    for i, (image, confidence) in enumerate(zip(seen.images, seen.confidences, strict=True)):
        identities = [
            Match("identity", number, drawn[i][k], float(cosines[i, k]), float(sphere.angle_degrees(cosines[i, k])))
            for k, number in enumerate(numbers[i].tolist())
        ]
        neighbours = [
            Match(
                "gallery face",
                place,
                gallery.thumbnails[place],
                float(gallery_cosines[i, k]),
                float(sphere.angle_degrees(gallery_cosines[i, k])),
            )
            for k, place in enumerate(places[i].tolist())
        ]
        cards.append(matched_face(MatchedFace(i + 1, image, confidence, identities, neighbours)))
    threshold = context.cached(
        ("threshold", packed.run.options["gallery"]), lambda: gallery.stranger_threshold(FALSE_MATCHES)
    )
    table = similarity_table((embeddings @ embeddings.T).tolist(), threshold, FALSE_MATCHES)
    return f'<div class="hf-cards">{"".join(cards)}</div>{table}'


def _drawn(context: AppContext, packed: Packed, numbers: torch.Tensor) -> Sequence[Sequence[torch.Tensor | np.ndarray]]:
    """A picture of each of these identities (m, k); a blank one if the generator draws another recogniser's."""
    generator = context.generator()
    if not generator.space.same(packed.space):
        return [[np.full((48, 48, 3), 128, np.uint8)] * numbers.shape[1]] * len(numbers)
    wanted = packed.embeddings[numbers.flatten()]  # (m·k, d)
    drawn = generator.generate(wanted, [0] * len(wanted))  # (m·k, 3, h, w)
    return drawn.reshape(*numbers.shape, *drawn.shape[1:])


def _where(packed: Packed, embeddings: torch.Tensor) -> Figure:
    """The sphere with the faces on it, as the run's own picture shows it where it has one."""
    from hyperface.projection import SphereProjection

    points = packed.points  # (n, 3)
    projection = SphereProjection.from_picture(packed.embeddings, points)
    return sphere_figure(points, projection.place(embeddings), range(1, len(embeddings) + 1))


def _thumbnail(path: Path) -> str:
    from PIL import Image

    with Image.open(path) as image:
        image = image.convert("RGB")
        image.thumbnail((112, 112))
        return data_url(np.asarray(image))


def _progress(text: str, share: float, started: float | None = None) -> str:
    """HTML of a progress bar, with the time left at the pace since `started`."""
    left = ""
    if started is not None and share > 0:
        left = f" · {max(1, round((time.monotonic() - started) * (1 - share) / share))} s left"
    return (
        f'<div class="hf-busy" role="status"><span>{escape(text)}{left}</span>'
        f'<span class="hf-meter" aria-hidden="true"><span style="width:{100 * share:.0f}%"></span></span></div>'
    )


def _problem_list(problems: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
    return f'<ul class="hf-problems" role="alert">{items}</ul>' if items else ""
