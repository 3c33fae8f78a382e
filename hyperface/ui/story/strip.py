"""The strip above the tabs: the stages of the shown packing's story, each a door, and the button that leads on.

One component whose value says which packing is shown ({"run": name}), whether this page has just started it ({"own":
true}), and who is looked at ({"identity": number}). Its script keeps the page's address, and tells Python of what came
from there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import gradio as gr

from hyperface.errors import HyperFaceError, RunError
from hyperface.jobs import generate
from hyperface.jobs.archive import archive_name
from hyperface.runs import Run
from hyperface.serving import sweeping
from hyperface.ui.parts import worker
from hyperface.ui.parts.carrying import address_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, EACH, LATEST, QUIET
from hyperface.ui.parts.packed import load_packed
from hyperface.ui.parts.run_picker import NOUNS, picker_at, picker_update
from hyperface.ui.parts.run_view import Question, answers
from hyperface.ui.parts.scripts import component_script
from hyperface.ui.parts.toasts import show
from hyperface.ui.story.chain import chain_of, landing_run, pictures_to_make
from hyperface.ui.story.stages import captions, next_steps, stages_of

FOLDER = Path(__file__).parent
EVENTS = ("opened", "chosen", "listed", "ended", "make", "train", "test")
MOST_WANTED = 50  # runs that a page may ask for


def story_strip(context: AppContext, value: str | None) -> gr.HTML:
    """The component, with the packing that it begins with.

    Events: `opened` asks for a packing, `chosen` for an identity, `listed` says that there are other runs than before,
    `ended` that the packing has come to its end, `make`, `train` and `test` that the button was pressed.
    """

    @answers
    def news(question: Question) -> dict[str, Any]:
        return story_news(context, question)

    @answers
    def rename(question: Question) -> dict[str, Any]:
        worker.rename(context, str(question.get("run")), str(question.get("title", "")))
        return {}

    @answers
    def remove(question: Question) -> dict[str, Any]:
        worker.delete(context, str(question.get("run")))
        return {}

    @answers
    def whole(question: Question) -> dict[str, Any]:
        run = context.run(str(question.get("run")))
        if run.status().active:
            raise RunError("It is still at work. Wait for its end, or stop it first.")
        return {"address": address_of(run), "name": archive_name(run)}

    return gr.HTML(
        {"run": value},
        html_template=(FOLDER / "strip.html").read_text(encoding="utf-8"),
        js_on_load=component_script("storyStrip", events=EVENTS),
        apply_default_css=False,
        elem_id="story",
        server_functions=[news, rename, remove, whole],
    )


def wire(context: AppContext, strip: gr.HTML, packing: gr.Dropdown) -> None:
    """Let the strip and the page's run picker follow each other."""

    def opened(event: gr.EventData) -> Any:
        runs = getattr(event, "runs", None)
        wanted = [str(name) for name in runs[:MOST_WANTED]] if isinstance(runs, list) else []
        name = landing_run(context, wanted)
        if name is None:
            return gr.skip()
        return {packing: picker_at(context, "pack", name), strip: {"run": name, "opened": True}}

    def make(name: str | None) -> None:
        try:
            make_pictures(context, name)
        except HyperFaceError as error:
            show(error)  # and nothing changes: it has no outputs

    strip.opened(opened, outputs=[packing, strip], **EACH)
    strip.listed(lambda name: picker_update(context, "pack", name), packing, packing, **LATEST)
    strip.make(make, packing, None, **QUIET)
    packing.change(lambda name: {"run": name}, packing, strip, **AT_ONCE)


def story_news(context: AppContext, question: Question) -> dict[str, Any]:
    """The story of the question's packing. cursor: of the last answer; one that says the same is not sent again."""
    chain = chain_of(context, str(question.get("run")))
    listed = [run.name + run.title for verb in ("pack", "generate", "train") for run in context.runs(verb)]
    listed += [run.name for run in context.damaged_runs()]
    told: dict[str, Any] = {"listing": _digest(listed), "stages": [], "next": {}, "captions": {}, "runs": []}
    if chain is not None:
        told |= {
            "stages": stages_of(context, chain),
            "next": next_steps(context, chain),
            "captions": captions(chain),
            "ready": context.is_demo(chain.packing),
            "active": chain.packing.status().active,
            "runs": [
                {
                    "name": run.name,
                    "title": run.title,
                    "noun": NOUNS.get(run.verb, run.verb),
                    "warning": sweeping.warning(run),
                }
                for run in chain.runs
                if not context.is_demo(run)
            ],
        }
    cursor = _digest(told)
    return {"cursor": cursor, "same": True} if cursor == question.get("cursor") else told | {"cursor": cursor}


def make_pictures(context: AppContext, name: str | None) -> Run:
    """Begin a dataset of the packing with this name, of the usual size."""
    packed = load_packed(context, name)
    people, each = pictures_to_make(packed.run)
    options = generate.GenerateOptions(source=str(packed.run.path), identities=people, images_per_identity=each)
    return worker.begin(context, lambda folder: generate.create(options, folder=folder))


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
