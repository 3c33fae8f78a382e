"""Choosing a run: drop-downs that list the runs of a verb, and the line that tells what a run was made from."""

from __future__ import annotations

import datetime
from typing import Any

import gradio as gr

from hyperface.runs import DONE, Run
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE
from hyperface.ui.parts.gradio_internals import changing_dropdown
from hyperface.ui.parts.pictures import escape
from hyperface.words import damaged

NOUNS = {"pack": "packing", "generate": "dataset", "train": "model", "evaluate": "evaluation", "gallery": "gallery"}


def run_picker(context: AppContext, verb: str, *, label: str, value: str | None = None, **options: Any) -> gr.Dropdown:
    """A drop-down of the runs of a verb. Its value is the run's name, None while there is no such run.

    value: the one to begin with, the newest if not given.

    Refresh it with `picker_update` when its tab is opened: the page may be older than the newest run.
    """
    choices = run_choices(context, verb)
    value = value or (choices[0][1] if choices else None)
    told = damaged_line(context, verb)
    return changing_dropdown(choices, value=value, label=label, info=told, interactive=True, **options)


def picker_update(context: AppContext, verb: str, chosen: str | None) -> dict[str, Any]:
    """An update of the drop-down to today's runs. What was chosen stays chosen while it exists, else the newest is."""
    choices = run_choices(context, verb)
    return {**keeping(choices, chosen, choices[0][1] if choices else None), "info": damaged_line(context, verb)}


def picker_at(context: AppContext, verb: str, chosen: str) -> dict[str, Any]:
    """An update of the drop-down to today's runs, and another one of them chosen."""
    return gr.update(choices=run_choices(context, verb), value=chosen)


def keeping(choices: list[tuple[str, str]], chosen: str | None, otherwise: str | None) -> dict[str, Any]:
    """An update of a drop-down to new choices (what to show, name). What was chosen stays while it is among them.

    It is not sent again: by the time a slow answer reaches the page, something else may have been chosen.
    """
    if chosen in [name for _, name in choices]:
        return gr.update(choices=choices)
    return gr.update(choices=choices, value=otherwise)


def newest_at_load(blocks: gr.Blocks, context: AppContext, verb: str, picker: gr.Dropdown) -> None:
    """Begin each page with the newest run there is: the picker itself is as old as the server."""

    def newest() -> dict[str, Any]:
        return picker_update(context, verb, None)

    blocks.load(newest, outputs=picker, **AT_ONCE)


def run_choices(context: AppContext, verb: str) -> list[tuple[str, str]]:
    """(what to show, name) of each run of the verb, newest first, then those that ship."""
    return [(run_title(context, run), run.name) for run in context.runs(verb)]


def damaged_line(context: AppContext, verb: str) -> str | None:
    """What is said below a list of the verb's runs of those that cannot be listed; None where there are none.

    Which verb a damaged folder was of, its name alone may tell; one that does not is named in every list.
    """
    verbs = [(run, run.name.partition("-")[0]) for run in context.damaged_runs()]
    return damaged([run.reason for run, said in verbs if said == verb or said not in NOUNS]) or None


def run_title(context: AppContext, run: Run) -> str:
    """Title, date and, unless it is finished, the state of a run."""
    if context.is_demo(run):
        return f"{run.title} · ready-made"
    state = run.status().state
    return " · ".join(part for part in (run.title, _local_time(run.created), "" if state == DONE else state) if part)


def lineage_line(context: AppContext, run: Run) -> str:
    """HTML: the runs that this one was made from, oldest first, and itself."""
    steps = [
        f"<span><small>{escape(NOUNS.get(step.verb, step.verb))}</small> {escape(step.title)}</span>"
        for step in context.lineage(run)
    ]
    arrow = '<span aria-hidden="true">→</span>'
    return f'<p class="hf-lineage" aria-label="Made from">{arrow.join(steps)}</p>'


def _local_time(created: str) -> str:
    try:
        moment = datetime.datetime.fromisoformat(created).astimezone()
    except ValueError:
        return ""
    return f"{moment.day} {moment:%b %H:%M}"
