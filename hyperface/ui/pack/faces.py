"""The faces of a packing's people: of a few by name, of one along its way, of those most alike."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hyperface.drawing import data_url
from hyperface.errors import RunError
from hyperface.jobs.pack import PackOptions
from hyperface.runs import Run
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import gallery_of, load_packed
from hyperface.ui.parts.people import drawn_faces, packed_faces, start_faces
from hyperface.ui.parts.questions import whole, wholes
from hyperface.ui.parts.run_view import Question

if TYPE_CHECKING:
    import numpy as np

    from hyperface.jobs.pack.alike import LookAlikes

MOST_AT_ONCE = 24  # people of one question
WAYPOINTS = 9  # pictures of one person's way
FALSE_MATCHES = 0.001  # share of pairs of strangers that pass for one person at the threshold of look-alikes


def people_faces(context: AppContext, question: Question) -> dict[str, Any]:
    """For each of the asked `identities` the gallery face it started from and, once packed, the face it has become.

    Addresses (`data:`) or None where there is none.
    """
    run = context.run(str(question.get("run")))
    identities = wholes(question.get("identities"), "identities")[:MOST_AT_ONCE]
    now = None if run.status().active else packed_faces(context, run, identities)
    return {"start": _addresses(start_faces(context, run, identities), identities), "now": _addresses(now, identities)}


def way_faces(context: AppContext, question: Question) -> dict[str, Any]:
    """How the person `identity` would be drawn at some of the steps that the packing kept: steps, and addresses."""
    import torch

    from hyperface.jobs.pack.start import embeddings_on_the_way

    run = context.run(str(question.get("run")))
    steps, rows = embeddings_on_the_way(
        run, lambda: gallery_of(context, run).embeddings, whole(question.get("identity"), "identity"), WAYPOINTS
    )
    return {"steps": steps, "images": [data_url(image) for image in drawn_faces(context, run, torch.from_numpy(rows))]}


def alike_before(context: AppContext, question: Question) -> dict[str, Any]:
    """The most alike pairs of a finished packing's start beside the same people packed; how many had a look-alike."""
    found, threshold = looked_alike(context, context.run(str(question.get("run"))))
    return {**asdict(found), "threshold": threshold}


def looked_alike(context: AppContext, run: Run) -> tuple[LookAlikes, float]:
    """Who of a packing looked alike before it, and does now; and up to how many degrees two people do.

    RunError where that cannot be told.
    """
    from hyperface import sphere
    from hyperface.jobs.pack.alike import look_alikes
    from hyperface.jobs.pack.start import start_rows

    gallery = gallery_of(context, run)
    try:
        start, _ = start_rows(PackOptions(**run.options), gallery.embeddings)
    except TypeError as error:  # the options are another version's
        raise RunError(f"How {run.name} started is not known to this version of HyperFace.") from error
    packed = load_packed(context, run.name)
    threshold = gallery.stranger_threshold(FALSE_MATCHES)
    if len(packed) != len(start) or threshold is None:
        raise RunError("Who looked alike before cannot be told of this packing.")
    return look_alikes(start, packed.embeddings, threshold), float(sphere.angle_degrees(threshold))


def _addresses(images: np.ndarray | None, identities: list[int]) -> list[str | None]:
    return [None] * len(identities) if images is None else [data_url(image) for image in images]
