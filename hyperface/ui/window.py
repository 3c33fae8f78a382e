"""The app in a window of its own, by the package pywebview: the page is served as ever, and shown without a browser.

The window remembers its size and place, saves downloads as files, and hands links that lead elsewhere to the browser.
Work goes on in processes of its own: whoever closes the window while some is going on is asked what becomes of it.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hyperface.cache import cache_folder
from hyperface.errors import HyperFaceError, InputError, require
from hyperface.files import json_bytes, read_object, write_atomic
from hyperface.runs import Run, list_runs
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext

TITLE = "HyperFace"
SMALLEST, LARGEST = (360, 480), (10_000, 10_000)  # pixels of a window, wide and high
STOP_SECONDS = 20.0  # that work which was asked to stop is waited for
INSTALL = "pip install pywebview" + (" PyQt6 PyQt6-WebEngine QtPy" if sys.platform.startswith("linux") else "")
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


@dataclass(frozen=True)
class Place:
    """Of a window, in pixels. x, y: of its upper left corner; None where it has none yet."""

    width: int = 1280
    height: int = 900
    x: int | None = None
    y: int | None = None


def check_window() -> Any:
    """The module webview. InputError, saying what to do, where it or a display is missing."""
    try:
        webview = importlib.import_module("webview")
    except ImportError as error:
        raise InputError(
            f"A window needs the package pywebview: {INSTALL}. Without --window the app opens in a browser."
        ) from error
    require(
        not sys.platform.startswith("linux") or any(map(os.environ.get, DISPLAYS)),
        "There is no display here to show a window on. Without --window the app opens in a browser, also one of "
        "another computer.",
    )
    return webview


def show_window(context: AppContext, url: str) -> None:
    """Show the page at an address until its window is closed; must be called in the main thread. InputError where no
    window can be shown."""
    webview = check_window()
    webview.settings["ALLOW_DOWNLOADS"] = True
    webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = True
    kept = cache_folder() / "window"
    place = _on_a_screen(load_place(kept / "place.json"), webview.screens)
    window = webview.create_window(TITLE, url, **asdict(place), min_size=SMALLEST, text_select=True, zoomable=True)
    Closing(context, window, kept / "place.json", place)
    try:
        kept.mkdir(parents=True, exist_ok=True)
        webview.start(private_mode=False, storage_path=str(kept))  # so that the page remembers what it keeps
    except webview.WebViewException as error:
        raise InputError(f"No window can be shown here ({error}). What shows it may be missing: {INSTALL}.") from error


class Closing:
    """Follows a window from its opening to its end. file: where its place is kept. place: where it begins."""

    def __init__(self, context: AppContext, window: Any, file: Path, place: Place) -> None:
        self._context, self._window, self._file, self._place = context, window, file, place
        self._sure = False
        self._asking = threading.Lock()
        window.events.resized += self.resized
        window.events.moved += self.moved
        window.events.closing += self.closing

    def resized(self, width: int, height: int) -> None:
        self._place = replace(self._place, width=int(width), height=int(height))

    def moved(self, x: int, y: int) -> None:
        self._place = replace(self._place, x=int(x), y=int(y))

    def closing(self) -> bool:
        """Whether the window may close now. Asked by its own thread, which could not show a question meanwhile."""
        if self._sure or not at_work(self._context):
            save_place(self._file, self._place)
            return True
        threading.Thread(target=self.ask, name="closing", daemon=True).start()
        return False

    def ask(self) -> None:
        """Ask what becomes of what is at work, and close the window unless it is to stay."""
        if not self._asking.acquire(blocking=False):
            return
        try:
            runs = at_work(self._context)
            titles = ", ".join(run.title for run in runs[:3]) + (" …" if len(runs) > 3 else "")
            asked = self._window.create_confirmation_dialog
            if not asked("Quit?", f"{len(runs)} at work: {titles}. Quit HyperFace?"):
                return
            if asked("Stop the work?", "OK: it stops, and can be continued later. Cancel: it goes on by itself."):
                stop_work(self._context)
            self._sure = True
            self._window.destroy()
        finally:
            self._asking.release()


def at_work(context: AppContext) -> list[Run]:
    """What is going on, or waits for its turn, in the app's folder of runs, whoever began it."""
    return [run for run in list_runs([context.runs_folder]) if run.status().active]


def stop_work(context: AppContext, patience: float = STOP_SECONDS) -> None:
    """Stop all of it, and wait until it has ended; each leaves what it has."""
    for run in at_work(context):
        with suppress(HyperFaceError):
            worker.end(context, run)
    end = time.monotonic() + patience
    while at_work(context) and time.monotonic() < end:
        time.sleep(0.1)


def load_place(file: Path) -> Place:
    """Where the window was when it was closed last."""
    try:
        told = read_object(file)
    except HyperFaceError:
        return Place()
    return _checked(told)


def save_place(file: Path, place: Place) -> None:
    """Remember it; a folder that cannot be written forgets it."""
    with suppress(HyperFaceError, OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, json_bytes(asdict(place)))


def _checked(told: Mapping[str, object]) -> Place:
    size = (told.get("width"), told.get("height"))
    for value, least, most in zip(size, SMALLEST, LARGEST, strict=True):
        if not isinstance(value, int) or not least <= value <= most:
            return Place()
    place = replace(Place(), width=size[0], height=size[1])  # type: ignore[arg-type]  # numbers, as was just seen
    x, y = told.get("x"), told.get("y")
    return replace(place, x=x, y=y) if isinstance(x, int) and isinstance(y, int) else place


def _on_a_screen(place: Place, screens: Any) -> Place:
    """The place, or the middle of the screen where the one it was on is gone: its upper left corner must be seen."""
    for screen in screens or ():
        if place.x is None or place.y is None:
            break
        if 0 <= place.x - screen.x < screen.width and 0 <= place.y - screen.y < screen.height:
            return place
    return replace(place, x=None, y=None)
