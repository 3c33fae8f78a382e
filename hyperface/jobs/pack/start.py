"""Where a packing starts, and what is known of its way: the same to its worker and to who looks on before it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hyperface import sphere
from hyperface.array_files import read_array
from hyperface.errors import HyperFaceError, InputError, RunError
from hyperface.jobs.pack.options import PackOptions
from hyperface.packing.neighbors import nearest_points
from hyperface.packing.span import principal_span
from hyperface.projection.frames import frame_record
from hyperface.projection.paths import angles_from, read_paths
from hyperface.projection.sphere_projection import principal_start
from hyperface.runs import Run, names


def start_rows(options: PackOptions, gallery: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The first embeddings (n, d), and which rows of the gallery (m, d) they are (n,), if they are."""
    options.check_gallery(len(gallery))
    if options.start == "random":
        return sphere.random_points(options.identities, gallery.shape[1], options.seed), None
    order = torch.randperm(len(gallery), generator=torch.Generator().manual_seed(options.seed))
    origin = order[: options.identities]
    return gallery[origin], origin


def start_coordinates(options: PackOptions, gallery: torch.Tensor) -> torch.Tensor:
    """The same embeddings as the optimiser begins with them: unit rows (n, k), inside the span if there is one."""
    rows, _ = start_rows(options, gallery)
    return rows if options.span is None else principal_span(gallery, options.span).start(rows)


def start_frame(options: PackOptions, gallery: torch.Tensor) -> np.ndarray:
    """A first picture in no time, by principal components: a record of the frames file, ()."""
    rows = start_coordinates(options, gallery)
    nearest = nearest_points(rows)  # (n,)
    angles = torch.rad2deg(sphere.angles(rows, rows[nearest])).numpy()
    first = int(angles.argmin())
    return frame_record(0, principal_start(rows, options.seed), angles, (first, int(nearest[first])))


@dataclass(frozen=True)
class KeptSteps:
    """Where everybody was at some of a run's steps. rows: for each of the steps (n, k), of one length."""

    steps: list[int]
    rows: Sequence[np.ndarray]

    def check(self, person: int) -> int:
        """How many people there are; InputError if this one is not among them."""
        count = len(self.rows[0])
        if not 0 <= person < count:
            raise InputError(f"There is no identity {person}: they are numbered from 0 to {count - 1}.")
        return count

    def angles(self, person: int, seen: int, most: int) -> np.ndarray:
        """From a person to everybody, at the steps from number `seen` on, `most` of them: float32 (s, n), degrees.

        InputError if there is no such person.
        """
        count = self.check(person)
        told = [angles_from(np.asarray(rows), person) for rows in self.rows[seen : seen + most]]
        return np.stack(told) if told else np.zeros((0, count), np.float32)


def kept_steps(run: Run, gallery: Callable[[], torch.Tensor]) -> KeptSteps:
    """What a packing has kept of its way. Of one that has just begun, or is older than that file: the start, as far as
    its gallery can be read, and the end. RunError if there is nothing at all."""
    paths = read_paths(run.path / names.PATHS)
    if paths is not None and len(paths):
        return KeptSteps(paths["step"].tolist(), list(paths["coordinates"]))
    steps: list[int] = []
    rows: list[np.ndarray] = []
    try:
        rows.append(start_coordinates(PackOptions(**run.options), gallery()).numpy())
        steps.append(0)
    except (HyperFaceError, KeyError, TypeError):  # the gallery is gone, or the options are an older version's
        pass
    last = run.results().get("step")
    if last is not None:
        try:
            end = read_array(run.path / names.EMBEDDINGS, error=RunError)
        except RunError:
            end = None
        if end is not None and end.ndim == 2 and all(len(end) == len(start) for start in rows):
            rows.append(_coordinates(run, gallery, end))
            steps.append(int(last))
    if not rows:
        raise RunError(f"Nothing is known yet of where the identities of {run.name} are.")
    return KeptSteps(steps, rows)


def embeddings_on_the_way(
    run: Run, gallery: Callable[[], torch.Tensor], person: int, most: int
) -> tuple[list[int], np.ndarray]:
    """One person at `most` of the steps that were kept, evenly, the first and the last among them: the steps, and
    embeddings float32 (s, d). InputError if there is no such person, RunError if nothing is known."""
    kept = kept_steps(run, gallery)
    chosen = np.unique(np.linspace(0, len(kept.steps) - 1, most).round().astype(int))
    kept.check(person)
    rows = sphere.as_embeddings(np.stack([np.asarray(kept.rows[number][person], np.float32) for number in chosen]))
    span = run.options.get("span")
    if span is not None:
        rows = sphere.as_embeddings(principal_span(gallery(), span).embed(rows))
    return [kept.steps[number] for number in chosen], rows.numpy()


def _coordinates(run: Run, gallery: Callable[[], torch.Tensor], rows: np.ndarray) -> np.ndarray:
    """Embeddings (n, d) as the optimiser has them, inside the span if there is one."""
    span = run.options.get("span")
    return rows if span is None else principal_span(gallery(), span).start(torch.from_numpy(rows)).numpy()
