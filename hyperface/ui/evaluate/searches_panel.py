"""The part of the Evaluate tab that shows what `identify` and `ijb` measured: searches among many, and templates.

Both begin on the command line; their runs are listed here, newest first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from hyperface.runs import Run
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import Given, Updates
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_picker import run_title
from hyperface.words import collapsed

SHOWN = 12  # runs of each verb
NOTHING = """
<p class="hf-note">Nothing yet. <code>python -m hyperface identify DATASET --model MODEL</code> enrols one picture of
everybody and searches all others; <code>python -m hyperface ijb FOLDER --model MODEL</code> compares the templates of
IJB-B or IJB-C. What they measure is listed here.</p>
"""


def searches_panel(context: AppContext, tab: gr.Tab) -> None:
    """Lay out the panel. tab: opened fires its select event."""
    with gr.Accordion("Whose face is this? Searches among many people", open=False, elem_id="searches") as panel:
        listed = gr.HTML(apply_default_css=False, elem_id="searches-list")

    def show(_: Given) -> Updates:
        return {listed: searches_text(context)}

    when_open(panel, show, [], [listed], also=[tab.select])


def searches_text(context: AppContext) -> str:
    """HTML: the figures of the newest runs of both verbs."""
    from hyperface.jobs import identify, ijb

    kinds: tuple[tuple[str, str, str, Callable[[dict[str, Any]], str]], ...] = (
        ("identify", "identifications", "Identification", identify.sentence),
        ("ijb", "templates", "Templates: IJB-B and IJB-C", ijb.sentence),
    )
    parts = []
    for verb, key, heading, sentence in kinds:
        runs = [run for run in context.runs(verb) if run.results()][:SHOWN]
        if runs:
            parts.append(f'<h2 class="hf-heading">{heading}</h2>')
            parts += [_run_text(context, run, run.results().get(key), sentence) for run in runs]
    return "".join(parts) or NOTHING


def _run_text(context: AppContext, run: Run, entries: object, sentence: Callable[[dict[str, Any]], str]) -> str:
    """HTML of a run: its title, and a sentence for each model; that it is damaged, if its results are."""
    lines = []
    measured: list[Any] = entries if isinstance(entries, list) else [None]
    try:
        for entry in measured:
            lines.append(f"<p>{escape(sentence(entry))}</p>")
            if entry.get("collapsed"):
                lines.append(f"<p>{escape(collapsed(entry['label']))}</p>")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        lines = [f"<p>The results of {escape(run.name)} are damaged. Measure again.</p>"]
    return f'<p class="hf-note"><b>{escape(run_title(context, run))}</b></p>{"".join(lines)}'
