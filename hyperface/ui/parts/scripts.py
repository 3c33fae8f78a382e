"""How the page's scripts reach it: the modules beside this package's Python become one script in the page's head.

The files are JavaScript modules, so that linters and type checkers know them. A module imports names with
`import { a, b } from './file.js';` and ends with one `export { a, b };`. Nothing else of the module syntax is used, and
so joining them is no more than wrapping each into a function. A component of the page is run by one of the functions
that page.js exports.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1]
ENTRY = FOLDER / "page.js"
_IMPORT = re.compile(r"^import \{([^}]*)\} from '(\.[^']*)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (\{[^}]*\});$", re.MULTILINE)


def component_script(function: str, *, events: tuple[str, ...] = (), settings: dict[str, Any] | None = None) -> str:
    """What a component does when it is on the page: it calls a function that page.js exports.

    events: those of Gradio's component that the function raises; Gradio looks for their names, in quotes, in this text.
    settings: given to the function as JSON.
    """
    given = "" if settings is None else f", {json.dumps(settings)}"
    raised = "".join(f" // raises '{event}'" for event in events)
    return (
        f"hyperface.{function}({{ element, props, server: hyperface.heard(server), trigger, watch }}{given});{raised}"
    )


def head_script(**constants: str) -> str:
    """All modules as one script, each after those it imports, which hangs what page.js exports off `hyperface`.

    constants: what the modules find as names of their own, such as PLOTLY_PATH.
    """
    order: list[Path] = []
    _collect(ENTRY, order, ())
    named = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    modules = "".join(f"modules[{_name(path)}] = {_wrapped(path)};\n" for path in order)
    return f"(() => {{\n{named}const modules = {{}};\n{modules}window.hyperface = modules[{_name(ENTRY)}];\n}})();\n"


def _collect(path: Path, order: list[Path], importing: tuple[Path, ...]) -> None:
    """Add the module after those it imports. ValueError where modules import each other in a circle."""
    if path in importing:
        raise ValueError(f"{path.name} imports itself, by way of others.")
    if path in order:
        return
    for _, address in _IMPORT.findall(path.read_text(encoding="utf-8")):
        _collect((path.parent / address).resolve(), order, (*importing, path))
    order.append(path)


def _wrapped(path: Path) -> str:
    """The module as a call of a function that returns what it exports."""

    def bring(match: re.Match[str]) -> str:
        return f"const {{{match[1]}}} = modules[{_name((path.parent / match[2]).resolve())}];"

    text, exports = _EXPORT.subn(r"return \1;", _IMPORT.sub(bring, path.read_text(encoding="utf-8")))
    if exports != 1 or re.search(r"^(import|export)\b", text, re.MULTILINE):
        raise ValueError(f"{path.name} does not import and export as scripts.py says.")
    return f"(() => {{\n'use strict';\n{text}}})()"


def _name(path: Path) -> str:
    return json.dumps(path.relative_to(FOLDER).as_posix())
