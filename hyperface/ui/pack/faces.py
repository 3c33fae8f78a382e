"""The faces of a packing's people: of a few by name, of many as sheets, of one along its way, of those most alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperface.drawing import data_url
from hyperface.errors import HyperFaceError, RunError
from hyperface.jobs.pack import PackOptions, packing_space
from hyperface.runs import Run, names
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import gallery_of, load_packed
from hyperface.ui.parts.run_view import Question

if TYPE_CHECKING:
    import numpy as np
    import torch

MOST_AT_ONCE = 24  # people of one question
SHEET_SIDE = 8  # people in a row of a sheet, and rows
CELL = 48  # pixels of a face in a sheet
WAYPOINTS = 9  # pictures of one person's way
FALSE_MATCHES = 0.001  # share of pairs of strangers that pass for one person at the threshold of look-alikes


def people_faces(context: AppContext, question: Question) -> dict[str, Any]:
    """For each of the asked `identities` the gallery face it started from and, once packed, the face it has become.

    Addresses (`data:`) or None where there is none.
    """
    run = context.run(str(question.get("run")))
    identities = [int(index) for index in list(question.get("identities") or [])[:MOST_AT_ONCE]]
    now = None if run.status().active else _packed(context, run, identities)
    return {"start": _addresses(_start(context, run, identities), identities), "now": _addresses(now, identities)}


def face_sheet(context: AppContext, question: Question) -> dict[str, Any]:
    """The faces of 64 people, number `part`, in one picture of 8 rows: as they started, or with `packed` as they are.

    None as `image` where there is none.
    """
    run = context.run(str(question.get("run")))
    part, packed = int(question["part"]), bool(question.get("packed"))
    if part < 0 or (packed and run.status().active):
        return {"image": None}
    try:
        return {"image": _sheet(context, run, part, packed)}
    except (OSError, ValueError, HyperFaceError):
        return {"image": None}


def way_faces(context: AppContext, question: Question) -> dict[str, Any]:
    """How the person `identity` would be drawn at some of the steps that the packing kept: steps, and addresses."""
    import torch

    from hyperface.jobs.pack.start import embeddings_on_the_way

    run = context.run(str(question.get("run")))
    steps, rows = embeddings_on_the_way(
        run, lambda: gallery_of(context, run).embeddings, int(question["identity"]), WAYPOINTS
    )
    return {"steps": steps, "images": [data_url(image) for image in _drawn(context, run, torch.from_numpy(rows))]}


def alike_before(context: AppContext, question: Question) -> dict[str, Any]:
    """The most alike pairs of a finished packing's start beside the same people packed; how many had a look-alike."""
    from hyperface.jobs.pack.alike import look_alikes
    from hyperface.jobs.pack.start import start_rows

    run = context.run(str(question.get("run")))
    gallery = gallery_of(context, run)
    try:
        start, _ = start_rows(PackOptions(**run.options), gallery.embeddings)
    except TypeError as error:  # the options are another version's
        raise RunError(f"How {run.name} started is not known to this version of HyperFace.") from error
    packed = load_packed(context, run.name)
    threshold = gallery.stranger_threshold(FALSE_MATCHES)
    if len(packed) != len(start) or threshold is None:
        raise RunError("Who looked alike before cannot be told of this packing.")
    found = look_alikes(start, packed.embeddings, threshold)
    return {
        "pairs": found.pairs,
        "before": found.before,
        "after": found.after,
        "people": found.people,
        "alike_before": found.alike_before,
        "alike_after": found.alike_after,
        "threshold": _degrees(threshold),
    }


def _degrees(cosine: float) -> float:
    from hyperface import sphere

    return sphere.angle_degrees(cosine)


def _start(context: AppContext, run: Run, identities: list[int]) -> np.ndarray | None:
    """Thumbnails (m, h, w, 3) of the gallery faces that these people started from."""
    import numpy as np

    from hyperface.jobs.pack.start import start_rows

    try:
        gallery = gallery_of(context, run)
        if (run.path / names.ORIGIN).exists():
            origin = np.load(run.path / names.ORIGIN, allow_pickle=False)
        else:  # its worker is still loading
            rows = start_rows(PackOptions(**run.options), gallery.embeddings)[1]
            origin = np.zeros(0, int) if rows is None else rows.numpy()
        if any(not 0 <= index < len(origin) for index in identities):
            return None
        return np.asarray(gallery.thumbnails[origin[identities]])
    except (OSError, ValueError, KeyError, TypeError, HyperFaceError):
        return None


def _packed(context: AppContext, run: Run, identities: list[int]) -> np.ndarray | None:
    """Pictures (m, h, w, 3) of these people as they are packed."""
    import numpy as np
    import torch

    try:
        embeddings = np.load(run.path / names.EMBEDDINGS, mmap_mode="r", allow_pickle=False)
        if any(not 0 <= index < len(embeddings) for index in identities):
            return None
        return _drawn(context, run, torch.from_numpy(np.array(embeddings[identities])))
    except (OSError, ValueError, HyperFaceError):
        return None


def _drawn(context: AppContext, run: Run, rows: torch.Tensor) -> np.ndarray:
    import torch

    from hyperface.images import to_uint8

    with torch.inference_mode():
        images: np.ndarray = to_uint8(context.artist(packing_space(run)).generate(rows, [0] * len(rows)))
    return images


def _addresses(images: np.ndarray | None, identities: list[int]) -> list[str | None]:
    return [None] * len(identities) if images is None else [data_url(image) for image in images]


def _sheet(context: AppContext, run: Run, part: int, packed: bool) -> str | None:
    if not packed:
        return _made_sheet(context, run, part, packed)
    changed = (run.path / names.EMBEDDINGS).stat().st_mtime_ns
    key = ("sheet", run.path, part, changed)  # drawn once, for all visitors
    return context.cached(key, lambda: _made_sheet(context, run, part, packed))


def _made_sheet(context: AppContext, run: Run, part: int, packed: bool) -> str | None:
    import numpy as np
    from PIL import Image

    size = SHEET_SIDE**2
    identities = list(range(part * size, min((part + 1) * size, int(run.options["identities"]))))
    if not identities:
        return None
    images = _packed(context, run, identities) if packed else _start(context, run, identities)
    if images is None:
        raise RunError(f"The faces of {run.name} cannot be shown.")  # not remembered: they may come
    sheet = np.full((SHEET_SIDE * CELL, SHEET_SIDE * CELL, 3), 128, np.uint8)
    for place, image in enumerate(images):
        top, left = CELL * (place // SHEET_SIDE), CELL * (place % SHEET_SIDE)
        small = Image.fromarray(image).resize((CELL, CELL), Image.Resampling.BOX)
        sheet[top : top + CELL, left : left + CELL] = np.asarray(small)
    return data_url(sheet, quality=80)
