"""Buttons that save what is on the page as files. They are made when asked for; the server keeps nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hyperface.errors import InputError
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.questions import whole
from hyperface.ui.parts.run_view import Question, answers
from hyperface.ui.parts.scripts import component_script


@dataclass(frozen=True)
class Download:
    """label: on the button. name: of the file. media_type: as in HTTP. make: the component's value → the file."""

    label: str
    name: str
    media_type: str
    make: Callable[[Any], bytes]


def downloads(files: Sequence[Download], *, elem_id: str) -> gr.HTML:
    """A component with a button for each file; its value, anything that JSON holds, is given to `make`."""

    @answers
    def made(question: Question) -> dict[str, Any]:
        number = whole(question.get("number"), "number of a file")
        if not 0 <= number < len(files):
            raise InputError("There is no such file to save.")
        try:
            content = files[number].make(question.get("value"))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:  # it came from outside
            raise InputError("What this would be a file of is not what the page shows. Load it again.") from error
        return {"content": base64.b64encode(content).decode("ascii")}

    buttons = "".join(
        f'<button type="button" class="hf-download" data-number="{number}" data-name="{escape(file.name)}" '
        f'data-type="{escape(file.media_type)}">{escape(file.label)}</button>'
        for number, file in enumerate(files)
    )
    return gr.HTML(
        None,
        html_template=f'<div class="hf-downloads">{buttons}<span role="status"></span></div>',
        js_on_load=component_script("downloads"),
        server_functions=[made],
        apply_default_css=False,
        elem_id=elem_id,
    )
