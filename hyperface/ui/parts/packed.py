"""The packed identities of a run, read for showing: which is nearest to which, and which two are closest."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.errors import InputError, RunError
from hyperface.jobs.pack import packing_space
from hyperface.runs import Run, names
from hyperface.ui.parts.context import AppContext

if TYPE_CHECKING:
    import numpy as np
    import torch

    from hyperface.gallery import Gallery
    from hyperface.recognizers import EmbeddingSpace


@dataclass(
    frozen=True, eq=False
)  # compared by identity: reading a run again gives the same object while it is unchanged
class Packed:
    """embeddings: (n, d), unit rows. nearest: (n,), each identity's nearest other. nearest_angle: (n,), degrees."""

    run: Run
    embeddings: torch.Tensor
    nearest: torch.Tensor
    nearest_angle: torch.Tensor

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def closest(self) -> tuple[int, int]:
        """The two identities at the smallest angle."""
        first = int(self.nearest_angle.argmin())
        return first, int(self.nearest[first])

    @property
    def recognizer(self) -> str:
        """The name of the recogniser whose embeddings these are."""
        return str(self.space.recognizer)

    @property
    def space(self) -> EmbeddingSpace:
        """What its embeddings live in."""
        return packing_space(self.run)

    def most_alike(self, embeddings: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The `count` most similar identities of each row: cosines (m, count), falling, and numbers (m, count).

        RunError if the rows have another number of dimensions: the packing's file is not what its recogniser gives.
        """
        asked, own = embeddings.shape[1], self.embeddings.shape[1]
        if asked != own:
            raise RunError(
                f"The people of the packing “{self.run.title}” have {own} numbers each, and {self.recognizer} gives "
                f"{asked}: its embeddings are of another recogniser. Pick another packing."
            )
        return (embeddings @ self.embeddings.T).topk(min(count, len(self)), dim=1)

    def angles_from(self, identity: int) -> np.ndarray:
        """True angles from one identity to all, (n,), degrees."""
        import torch

        from hyperface import sphere

        return torch.rad2deg(sphere.angles(self.embeddings, self.embeddings[identity])).numpy()

    @functools.cached_property
    def points(self) -> np.ndarray:
        """Where the picture of the sphere shows the identities: float32 (n, 3), unit rows."""
        import numpy as np

        from hyperface.projection import SphereProjection
        from hyperface.projection.frames import RADIUS, read_frames

        frames = read_frames(self.run.path / names.FRAMES)
        if frames is None or len(frames) == 0 or frames.dtype["points"].shape != (len(self), 3):
            return SphereProjection().fit(self.embeddings)  # a run without pictures
        return np.asarray(frames[-1]["points"], np.float32) / RADIUS


def gallery_of(context: AppContext, run: Run) -> Gallery:
    """The gallery that a packing started from and was kept near to."""
    return context.gallery(str(run.options["gallery"]))


def load_packed(context: AppContext, name: str | None) -> Packed:
    """The packing with this run's name, as it is now. RunError if there is none, or it has no embeddings yet."""
    if not name:
        raise RunError("There is no packing yet. Make one on the Pack tab: press Pack there and come back.")
    run = context.run(name)
    if not (run.path / names.EMBEDDINGS).is_file() and run.status().active:
        raise RunError(f"The packing “{run.title}” is at work and has no people yet. They are shown as soon as it has.")
    path = run.file(names.EMBEDDINGS)
    return _read(run.path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _read(run_path: Path, _modified: int) -> Packed:  # a running packing rewrites its embeddings: hence the time
    import torch

    from hyperface import runs, sphere
    from hyperface.array_files import read_array
    from hyperface.packing.neighbors import nearest_points

    run = runs.open_run(run_path)
    try:
        embeddings = sphere.as_embeddings(read_array(run.file(names.EMBEDDINGS)))  # (n, d)
    except (OSError, ValueError, InputError) as error:
        raise RunError(f"The embeddings of the packing {run.name} are damaged ({error}). Pick another run.") from error
    nearest = nearest_points(embeddings)  # (n,)
    angle = torch.rad2deg(sphere.angles(embeddings, embeddings[nearest]))  # (n,)
    return Packed(run, embeddings, nearest, angle)
