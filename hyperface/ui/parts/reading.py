"""The documentation, read in the app: its pages as HTML, in a window over the page.

`doc_link` makes a button, anywhere on the page, that opens one; links between pages stay in the window.
"""

from __future__ import annotations

import base64
import functools
import posixpath
import re
from pathlib import Path
from typing import Any

import gradio as gr

from hyperface.assets import assets_folder
from hyperface.errors import InputError
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_view import Question, answers
from hyperface.ui.parts.scripts import component_script

IMAGES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
ELSEWHERE = ("http://", "https://")


def docs_folder() -> Path:
    """Beside the assets in a checkout; an installed package may have none."""
    return assets_folder().parent / "docs"


def doc_link(page: str, shown: str) -> str:
    """HTML of a button that opens a page, named from the docs folder: "explanation/packing.md"."""
    return f'<button type="button" class="hf-doc" data-doc="{escape(page)}">{escape(shown)}</button>'


def doc_reader() -> gr.HTML:
    """The window."""

    @answers
    def read(question: Question) -> dict[str, Any]:
        return {"html": page_html(str(question.get("page")), docs_folder())}

    return gr.HTML(
        html_template=_TEMPLATE,
        js_on_load=component_script("docReader"),
        server_functions=[read],
        apply_default_css=False,
        elem_id="doc-reader",
    )


def page_html(page: str, folder: Path) -> str:
    """A page of the docs folder as HTML. InputError where there is none of that name."""
    known = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.md")} if folder.is_dir() else {}
    if not known:
        raise InputError("The documentation is not beside this installation: it comes with the source of HyperFace.")
    if page not in known:
        raise InputError(f"The documentation has no page {page!r}.")
    path = known[page]
    return _rendered(path, path.stat().st_mtime_ns, folder)


@functools.lru_cache(maxsize=32)
def _rendered(path: Path, _modified: int, folder: Path) -> str:
    from markdown_it import MarkdownIt

    # Raw HTML is shown as text: nothing on a page runs.
    html = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(path.read_text(encoding="utf-8")))
    page = path.relative_to(folder).as_posix()
    html = re.sub(r"<h([1-6])>(.*?)</h\1>", _heading, html)
    html = re.sub(r'<a href="([^"]*)">(.*?)</a>', functools.partial(_link, page, folder), html, flags=re.DOTALL)
    html = re.sub(r'<img src="([^"]*)"', functools.partial(_image, path.parent), html)
    table = '<div class="hf-scroll" tabindex="0" role="region" aria-label="Table"><table>'
    return html.replace("<table>", table).replace("</table>", "</table></div>")


def _heading(match: re.Match[str]) -> str:
    """With what links to a part of the page name it by; the page's own is the second level, below the app's."""
    level, text = min(int(match[1]) + 1, 6), match[2]
    name = re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", re.sub("<[^>]*>", "", text).lower())).strip("-")
    return f'<h{level} data-part="{name}">{text}</h{level}>'


def _link(page: str, folder: Path, match: re.Match[str]) -> str:
    """Another page opens in the window, the web beside the app; what is no page here is only named."""
    address, text = match[1], match[2]
    if address.startswith(ELSEWHERE):
        return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{text}</a>'
    target, _, part = address.partition("#")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page), target)) if target else page
    if name.startswith("..") or not name.endswith(".md") or not (folder / name).is_file():
        return text
    shown = re.sub("<[^>]*>", "", text)
    return f'<button type="button" class="hf-doc" data-doc="{name}" data-part="{part}">{shown}</button>'


def _image(beside: Path, match: re.Match[str]) -> str:
    """In the page itself, as far as it is there."""
    file = beside / match[1]
    if file.suffix not in IMAGES or not file.is_file():
        return match[0]
    content = base64.b64encode(file.read_bytes()).decode("ascii")
    return f'<img src="data:{IMAGES[file.suffix]};base64,{content}"'


_TEMPLATE = """
<dialog class="hf-reader" aria-label="Documentation">
  <div class="hf-reader-head"><button type="button" class="hf-button hf-reader-back" hidden>Back</button>
    <button type="button" class="hf-button hf-reader-close">Close</button></div>
  <article class="hf-reader-page" tabindex="-1"></article>
</dialog>
"""
