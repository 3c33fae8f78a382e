"""The Photos tab: find faces in photos, and see where they lie among the packed identities."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from hyperface import offers
from hyperface.errors import HyperFaceError
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.balls import ball
from hyperface.ui.parts.choices import list_offers
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import EACH, QUIET, Given, Updates
from hyperface.ui.parts.gradio_internals import forget_closed_sessions
from hyperface.ui.parts.packed import load_packed
from hyperface.ui.parts.remembered import remember
from hyperface.ui.parts.telling import message_html, message_of
from hyperface.ui.parts.toasts import toasts
from hyperface.ui.parts.turns import Turns
from hyperface.ui.photos.comparing import SeenFaces, cards_text, embed, seen_faces, sphere_with
from hyperface.ui.photos.examples import example, example_photos, received, thumbnail
from hyperface.ui.photos.looking import USUAL, Found, How, find_faces, problem_list, progress_text
from hyperface.ui.photos.picker import ReceivedPhoto, photo_picker
from hyperface.ui.photos.walking import ways_text

MAX_FACES = 24  # compared at once; a crowd has more, and its largest are taken
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
FOLLOWS = (
    '<p class="hf-note">Faces are seen by the recogniser of the packing’s gallery, and its people drawn by a generator '
    "for the same one: to compare by another, pack a gallery that it sees (Pack, “Another gallery”).</p>"
)
HERE = """
<h2 class="hf-heading">You are here</h2>
<p class="hf-note">Your face among the packed identities. Press one of them to see from there; it is chosen on every
tab then.</p>
"""


@dataclass(frozen=True)
class Settings:
    """How photos are searched."""

    detector: gr.Dropdown
    turned: gr.Checkbox
    aligned: gr.Checkbox


@dataclass(frozen=True)
class Results:
    """What the tab shows of photos, and what the session remembers of them: `seen`."""

    status: gr.HTML
    photos: gr.HTML
    cards: gr.HTML
    here: gr.Column
    sphere: gr.HTML
    ways: gr.HTML
    seen: gr.State

    @property
    def outputs(self) -> list[Block]:
        """All of them, for an event."""
        return [self.status, self.photos, self.cards, self.here, self.sphere, self.ways, self.seen]


def build(page: AppPage, tab: gr.Tab) -> None:
    """Lay out the tab, which compares with the packing of the page's picker. tab: opened fires its select event."""
    forget_closed_sessions(page.blocks)
    picker = photo_picker([thumbnail(path) for path in example_photos()])
    with gr.Row(elem_classes=["hf-privacy"]):
        gr.HTML(f'<p class="hf-note">{PRIVACY}</p>', apply_default_css=False)
        delete = gr.Button("Delete photos and faces", size="sm", min_width=200, scale=0, elem_id="photos-delete")
    settings = _settings(page)
    # The others are folded away: a visitor who comes back would wonder what they did to a new photo.
    remember(page.blocks, "photos", settings, but=["turned", "aligned"])
    results = _results(page.context)
    _wire(page, tab, picker, delete, settings, results)


def _settings(page: AppPage) -> Settings:
    with gr.Accordion("Settings", open=False, elem_id="photos-settings"):
        with gr.Row():
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
            aligned = gr.Checkbox(
                label="These pictures are aligned faces already",
                info="Takes each square picture as it is. Those of 112 × 112 pixels are taken so without it.",
                elem_id="photos-aligned",
            )
        gr.HTML(FOLLOWS, apply_default_css=False)
        list_offers(page.blocks, offers.recognizers, "What can see faces", elem_id="photos-recognizers")
        list_offers(page.blocks, offers.generators, "What can draw people", elem_id="photos-generators")
    return Settings(detector, turned, aligned)


def _results(context: AppContext) -> Results:
    status = gr.HTML(apply_default_css=False, elem_id="photos-status")
    photos = gr.HTML(apply_default_css=False, elem_id="photos-photos")
    cards = gr.HTML(apply_default_css=False, elem_id="photos-faces")
    with gr.Column(visible=False) as here:
        gr.HTML(HERE, apply_default_css=False)
        sphere = ball(
            label="The packed identities on the sphere, and where your faces are",
            height=440,
            elem_id="photos-sphere",
            context=context,
        )
    ways = gr.HTML(apply_default_css=False, elem_id="photos-ways")
    return Results(status, photos, cards, here, sphere, ways, gr.State(None, time_to_live=KEPT_SECONDS))


def _wire(page: AppPage, tab: gr.Tab, picker: gr.HTML, delete: gr.Button, settings: Settings, results: Results) -> None:
    context, packing = page.context, page.packing
    examples = example_photos()
    unopened, turns = gr.State(True), gr.State(Turns())

    def show(given: Given, event: gr.EventData) -> Iterator[Updates]:
        searched = How(given[settings.detector], given[settings.turned], "yes" if given[settings.aligned] else "auto")
        photos = received(event, examples)
        given[turns].take()
        yield from given[turns].until_next(look(context, results, given[packing], photos, searched))

    def demonstrate(given: Given) -> Iterator[Updates]:
        """The first example, when the tab is opened for the first time."""
        yield {unopened: False}
        if given[unopened] and examples:
            yield from given[turns].until_next(look(context, results, given[packing], [example(examples, 0)]))

    def compare(given: Given) -> Iterator[Updates]:
        yield from given[turns].until_next(beside(context, results, given[packing], given[results.seen]))

    def forget(given: Given) -> Updates:
        given[turns].take()
        return deleted(results)

    outputs = results.outputs
    going: list[dict[str, Any]] = []
    going += [tab.select(toasts(demonstrate), {packing, turns, unopened}, [*outputs, unopened], **QUIET)]
    asked: set[Block] = {packing, turns, settings.detector, settings.turned, settings.aligned}
    compared = [results.cards, results.here, results.sphere, results.ways]
    going += [event(toasts(compare), {packing, turns, results.seen}, compared, **QUIET) for event in page.packing_shown]
    going += [picker.submit(toasts(show), asked, outputs, **EACH)]
    # Cancelled as well: what still waits in the queue would take its turn after this.
    delete.click(forget, {turns}, outputs, cancels=going, **QUIET)


def look(
    context: AppContext,
    results: Results,
    name: str | None,
    photos: Sequence[ReceivedPhoto],
    searched: How = USUAL,
) -> Iterator[Updates]:
    """Find the faces in the photos, then compare them with the packing that has this name."""
    from hyperface.faces.detectors import load_detector

    yield {
        results.photos: "",
        results.cards: "",
        results.ways: "",
        results.here: gr.update(visible=False),
        results.seen: None,
        results.status: progress_text("Reading", 0),
    }
    try:
        load_detector(searched.detector)
    except HyperFaceError as error:  # the detector's weights cannot be had
        yield {results.status: problem_list([message_of(error)])}
        return
    found = yield from _looking(results, photos, searched)
    problems = found.problems
    if len(found.faces) > MAX_FACES:
        problems += [f"{len(found.faces)} faces are too many to compare at once; the first {MAX_FACES} are."]
    remembered = seen_faces(found.faces[:MAX_FACES]) if found.faces else None
    yield {results.status: problem_list(problems), results.seen: remembered}
    yield from beside(context, results, name, remembered)


def _looking(results: Results, photos: Sequence[ReceivedPhoto], searched: How) -> Generator[Updates, None, Found]:
    steps = find_faces(photos, searched)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found
        yield {results.status: step.status} if step.photos is None else {results.photos: step.photos}


def beside(context: AppContext, results: Results, name: str | None, remembered: SeenFaces | None) -> Iterator[Updates]:
    """The faces that the session remembers beside the identities of the packing that has this name."""
    if remembered is None:
        yield {results.cards: "", results.ways: "", results.here: gr.update(visible=False)}
        return
    try:
        packed = load_packed(context, name)
        embeddings = embed(context, packed, remembered)  # (m, d)
        yield {results.cards: cards_text(context, packed, remembered, embeddings), results.ways: ""}
        yield {results.here: gr.update(visible=True), results.sphere: sphere_with(packed, remembered, embeddings)}
        yield {results.ways: ways_text(context, packed, remembered, embeddings)}
    except HyperFaceError as error:  # the photos are shown all the same
        empty = f'<p class="hf-empty">{message_html(error)}</p>'
        yield {results.cards: empty, results.ways: "", results.here: gr.update(visible=False)}


def deleted(results: Results) -> Updates:
    """Nothing of the photos is left, on the page or in the session."""
    return {
        results.status: '<p class="hf-note" role="status">Deleted. Nothing of your photos is left.</p>',
        results.photos: "",
        results.cards: "",
        results.here: gr.update(visible=False),
        results.sphere: None,
        results.ways: "",
        results.seen: None,
    }
