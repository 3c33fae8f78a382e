"""The picture of a packing: the sphere, its frames, the true angles, the terms of the objective.

One component whose value is the run's name. Its script (view.js) asks the functions below for what is new in the
run folder, so that the picture survives a reloaded page and a restarted server, and is the same in every browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from hyperface.errors import InputError, RunError
from hyperface.files import parse_json
from hyperface.jobs.pack import PackOptions
from hyperface.runs import Run, names
from hyperface.ui.pack.ahead import first_frame
from hyperface.ui.pack.faces import alike_before, people_faces, way_faces
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.encoded import encoded, hundredths
from hyperface.ui.parts.packed import gallery_of
from hyperface.ui.parts.people import face_sheet
from hyperface.ui.parts.questions import said, whole
from hyperface.ui.parts.run_view import PROGRESS_HTML, Question, answers, columns, control_functions, status_news
from hyperface.ui.parts.scripts import component_script
from hyperface.ui.parts.telling import message_of

if TYPE_CHECKING:
    import numpy as np

FOLDER = Path(__file__).parent
BYTES_AT_ONCE = 1_000_000  # of frames in one answer, so that the first picture is soon there
SERIES = ("step", "objective", "max_cosine", "gallery_distance", "min_angle", "mean_nearest_angle")


def pack_view(context: AppContext, value: str | None) -> gr.HTML:
    """The component. Its `ended` event fires when a followed run has come to an end."""

    @answers
    def news(question: Question) -> dict[str, Any]:
        return pack_news(context, question)

    @answers
    def angles(question: Question) -> dict[str, Any]:
        return person_angles(context, question)

    @answers
    def faces(question: Question) -> dict[str, Any]:
        return people_faces(context, question)

    @answers
    def sheet(question: Question) -> dict[str, Any]:
        return face_sheet(context, question)

    @answers
    def published(question: Question) -> dict[str, Any]:
        return published_map(context, question)

    @answers
    def way(question: Question) -> dict[str, Any]:
        return way_faces(context, question)

    @answers
    def alike(question: Question) -> dict[str, Any]:
        return alike_before(context, question)

    return gr.HTML(
        value,
        html_template=(FOLDER / "view.html").read_text(encoding="utf-8").replace("@progress", PROGRESS_HTML),
        js_on_load=component_script("packView", events=("ended",)),
        apply_default_css=False,
        elem_id="pack-view",
        server_functions=[news, angles, faces, sheet, published, way, alike, *control_functions(context)],
    )


def pack_news(context: AppContext, question: Question) -> dict[str, Any]:
    """What is new in a packing since the question's cursor: status, steps, frames; all of it without a cursor."""
    from hyperface.projection.frames import read_frames

    try:
        run = context.run(str(question.get("run")))
    except RunError as error:
        return {"gone": message_of(error), "cursor": None}
    told = question.get("cursor") or {}
    if not isinstance(told, dict):
        raise InputError(f"The cursor is what the last answer said; it was {said(told)}.")
    cursor = {name: whole(told.get(name), "cursor", 0) for name in ("metrics", "frames")}
    status = status_news(context, run)  # before the figures: what it says is over has all its figures written
    rows, metrics_offset = run.metrics_from(cursor["metrics"])
    frames = read_frames(run.path / names.FRAMES)
    seen, count = max(0, cursor["frames"]), 0 if frames is None else len(frames)
    if count < seen:  # another run's frames, or a file begun anew
        seen = 0
    fresh: np.ndarray | None = None
    if frames is not None and count > seen:
        fresh = frames[seen : seen + max(1, BYTES_AT_ONCE // frames.dtype.itemsize)]
    shown = seen + (0 if fresh is None else len(fresh))
    news = {
        "cursor": {"metrics": metrics_offset, "frames": shown},
        "more": shown < count,
        "status": status,
        "metrics": columns(rows, SERIES),
        "bound_angle": next((row["bound_angle"] for row in rows if "bound_angle" in row), None),
        "frames": None
        if fresh is None
        else {
            "from": seen,
            "points": fresh["points"].shape[1],
            "records": encoded(fresh),
        },
        "picture": _picture(run),
    }
    if question.get("cursor") is None:
        news["options"] = {"steps": run.options.get("steps")}  # and no more: others name files of the server
        if news["frames"] is None:
            news["start"] = _start(context, run)
    return news


def person_angles(context: AppContext, question: Question) -> dict[str, Any]:
    """True angles from the person `identity` to everybody, at the steps that were kept, from number `seen` on.

    records: base64 of uint16 (s, n), hundredths of a degree. more: there are more steps already.
    """
    from hyperface.jobs.pack.start import kept_steps

    run = context.run(str(question.get("run")))
    seen = max(0, whole(question.get("seen"), "number of steps seen", 0))
    kept = kept_steps(run, lambda: gallery_of(context, run).embeddings)
    most = max(1, BYTES_AT_ONCE // (2 * len(kept.rows[0])))
    degrees = kept.angles(whole(question.get("identity"), "identity"), seen, most)
    steps = kept.steps[seen : seen + len(degrees)]
    return {
        "from": seen,
        "steps": steps,
        "records": hundredths(degrees),
        "more": seen + len(steps) < len(kept.steps),
    }


def published_map(context: AppContext, question: Question) -> dict[str, Any]:
    """Where umap-learn shows everybody: base64 of float32 (n, 3), unit rows."""
    from hyperface.array_files import read_array

    run = context.run(str(question.get("run")))
    try:
        points = read_array(run.file(names.UMAP)).astype("<f4")
    except (OSError, ValueError, InputError) as error:
        raise RunError(f"umap-learn's map of {run.name} is damaged ({error}).") from error
    return {"points": encoded(points)}


def _start(context: AppContext, run: Run) -> dict[str, Any] | None:
    """A first picture of a packing that has drawn none yet, as its frames are told; None where there can be none."""
    try:
        options = PackOptions(**run.options)
        record = first_frame(context, options)
    except (KeyError, TypeError):  # the options are an older version's
        return None
    return None if record is None else {"from": 0, "points": options.identities, "records": encoded(record)}


def _picture(run: Run) -> dict[str, Any] | None:
    try:
        picture = parse_json((run.path / names.PICTURE).read_bytes())
    except (OSError, ValueError):
        return None
    return picture if isinstance(picture, dict) else None
