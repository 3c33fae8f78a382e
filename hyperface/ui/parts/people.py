"""The faces of a packing's people: those they started from, those they have become, and many as sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperface.drawing import data_url
from hyperface.errors import HyperFaceError, RunError
from hyperface.jobs.pack import PackOptions, packing_space
from hyperface.runs import Run, names
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import gallery_of
from hyperface.ui.parts.questions import whole
from hyperface.ui.parts.run_view import Question

if TYPE_CHECKING:
    import numpy as np
    import torch

SHEET_SIDE = 8  # people in a row of a sheet, and rows
CELL = 48  # pixels of a face in a sheet


def face_sheet(context: AppContext, question: Question) -> dict[str, Any]:
    """The faces of 64 people, number `part`, in one picture of 8 rows: as they started, or with `packed` as they are.

    None as `image` where there is none.
    """
    run = context.run(str(question.get("run")))
    part, packed = whole(question.get("part"), "part"), bool(question.get("packed"))
    if part < 0 or (packed and run.status().active):
        return {"image": None}
    try:
        return {"image": _sheet(context, run, part, packed)}
    except (OSError, ValueError, HyperFaceError):
        return {"image": None}


def start_faces(context: AppContext, run: Run, identities: list[int]) -> np.ndarray | None:
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


def packed_faces(context: AppContext, run: Run, identities: list[int]) -> np.ndarray | None:
    """Pictures (m, h, w, 3) of these people as they are packed."""
    import numpy as np
    import torch

    try:
        embeddings = np.load(run.path / names.EMBEDDINGS, mmap_mode="r", allow_pickle=False)
        if any(not 0 <= index < len(embeddings) for index in identities):
            return None
        return drawn_faces(context, run, torch.from_numpy(np.array(embeddings[identities])))
    except (OSError, ValueError, HyperFaceError):
        return None


def drawn_faces(context: AppContext, run: Run, rows: torch.Tensor) -> np.ndarray:
    """Pictures (m, h, w, 3) of embeddings (m, d) of the packing's kind, in style 0."""
    import torch

    from hyperface.images import to_uint8

    with torch.inference_mode():
        images: np.ndarray = to_uint8(context.artist(packing_space(run)).generate(rows, [0] * len(rows)))
    return images


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
    images = packed_faces(context, run, identities) if packed else start_faces(context, run, identities)
    if images is None:
        raise RunError(f"The faces of {run.name} cannot be shown.")  # not remembered: they may come
    sheet = np.full((SHEET_SIDE * CELL, SHEET_SIDE * CELL, 3), 128, np.uint8)
    for place, image in enumerate(images):
        top, left = CELL * (place // SHEET_SIDE), CELL * (place % SHEET_SIDE)
        small = Image.fromarray(image).resize((CELL, CELL), Image.Resampling.BOX)
        sheet[top : top + CELL, left : left + CELL] = np.asarray(small)
    return data_url(sheet, quality=80)
