"""Drawing the frames of a packing in a process of its own, so that UMAP does not hold up the optimiser."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import queue
import signal
import sys
import time
from dataclasses import asdict, dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperface.errors import HyperFaceError
from hyperface.runs import names

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.sharedctypes import Synchronized

    from hyperface.projection import Faithfulness
    from hyperface.projection.frames import FrameWriter
    from hyperface.projection.paths import PathWriter

NICENESS = 5  # the optimiser comes first where cores are few
FRAME_SECONDS = 0.18  # between frames while the optimiser is at work: who looks on sees no more, and it has the core
END, LATEST = "end", "latest"  # no more snapshots will come; and only the last of those that wait is wanted
BACKLOG_SECONDS = 6.0  # waiting frames are thinned out when drawing them all would take longer than this


@dataclass(frozen=True)
class Snapshot:
    """One step to be drawn. embeddings: float32 (n, k), unit rows, which may be coordinates in a span. angles: (n,),
    degrees, to the nearest other point. share: of the run's steps, done."""

    step: int
    embeddings: np.ndarray
    angles: np.ndarray
    closest: tuple[int, int]
    share: float = 1.0


class PictureProcess:
    """Takes snapshots, projects them onto the sphere one after the other, and appends them to the frames file. The
    paths file beside it keeps where they truly are.

    keep_until: frames of an earlier session are kept up to this step. umap: when all are drawn, umap-learn draws the
    last one as well.
    Leaving the `with` block by an exception ends the drawing at once; `finish` waits for it.
    """

    def __init__(self, frames_path: Path, *, seed: int = 0, keep_until: int = -1, umap: bool = False) -> None:
        context = multiprocessing.get_context("spawn")  # fork would copy torch's thread pools in an unknown state
        self._queue: Queue[Snapshot | str] = context.Queue()
        self._drawn = context.Value("i", 0)
        self.sent = 0  # snapshots so far
        self._process: SpawnProcess = context.Process(
            target=_draw,
            args=(self._queue, self._drawn, frames_path, seed, keep_until, umap),
            name="picture",
            daemon=True,
        )

    def __enter__(self) -> PictureProcess:
        self._process.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()
        self._queue.cancel_join_thread()

    def send(self, snapshot: Snapshot) -> None:
        """Hand over a step; returns at once."""
        self._queue.put(snapshot)
        self.sent += 1

    def finish(self, *, latest_only: bool = False) -> None:
        """Say that no more will come; with latest_only, that only the last of the waiting ones is still wanted."""
        self._queue.put(LATEST if latest_only else END)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the drawing to end, so many seconds at most; whether it has."""
        self._process.join(seconds)
        return not self._process.is_alive()

    @property
    def waiting(self) -> int:
        """How many snapshots are still to be drawn, or thinned out."""
        drawn: int = self._drawn.value
        return self.sent - drawn


def thin_out(backlog: list[Snapshot], seconds_each: float) -> list[Snapshot]:
    """Leave out every other waiting snapshot, never the last, until drawing them fits BACKLOG_SECONDS."""
    while len(backlog) > 2 and len(backlog) * seconds_each > BACKLOG_SECONDS:
        backlog = backlog[:-1][1::2] + backlog[-1:]
    return backlog


class _Album:
    """What the process keeps: frames, paths, and at the end how faithful the map is. Loads what it needs at once."""

    def __init__(self, frames_path: Path, seed: int, keep_until: int) -> None:
        from hyperface.projection import SphereProjection

        SphereProjection().fit(np.eye(4, dtype=np.float32))  # compiles before the first snapshot
        self.path = frames_path
        self.seed = seed
        self.keep_until = keep_until
        self.projection = SphereProjection(seed=seed)
        self.frames: FrameWriter | None = None
        self.paths: PathWriter | None = None
        self.last: tuple[Snapshot, np.ndarray] | None = None  # the last snapshot, and where it was drawn

    def add(self, snapshot: Snapshot) -> None:
        """Draw a snapshot and keep it."""
        if self.frames is None or self.paths is None:
            frames, paths, points = self._begin(snapshot)
        else:
            frames, paths, points = self.frames, self.paths, self.projection.update(snapshot.embeddings)
        paths.offer(snapshot.step, snapshot.share, snapshot.embeddings)  # first: who sees a frame finds its angles
        frames.append(snapshot.step, points, snapshot.angles, snapshot.closest)
        self.last = snapshot, points

    def _begin(self, snapshot: Snapshot) -> tuple[FrameWriter, PathWriter, np.ndarray]:
        from hyperface.projection import SphereProjection
        from hyperface.projection.frames import FrameWriter
        from hyperface.projection.paths import PathWriter

        rows = snapshot.embeddings
        frames = FrameWriter(self.path, len(rows), keep_until=self.keep_until)
        paths = PathWriter(self.path.with_name(names.PATHS), *rows.shape, keep_until=self.keep_until)
        self.frames, self.paths = frames, paths
        if frames.last_points is None:
            return frames, paths, self.projection.fit(rows)
        # a continued run: the picture goes on from where it was
        self.projection = SphereProjection.from_picture(rows, frames.last_points, seed=self.seed)
        return frames, paths, frames.last_points

    def close(self, *, umap: bool) -> None:
        """Finish the files. umap: draw the last snapshot with umap-learn as well."""
        from hyperface.files import write_atomic
        from hyperface.projection import faithfulness

        if self.frames is None or self.paths is None or self.last is None:
            return
        snapshot, points = self.last
        self.paths.keep(snapshot.step, snapshot.embeddings)
        self.paths.close()
        self.frames.close()
        content: dict[str, Any] = asdict(faithfulness(snapshot.embeddings, points))
        if umap:
            content["umap_learn"] = asdict(self._published(snapshot.embeddings))
        write_atomic(self.path.with_name(names.PICTURE), json.dumps(content).encode())

    def _published(self, rows: np.ndarray) -> Faithfulness:
        """Draw embeddings with umap-learn, and keep where they are; how faithful that is."""
        from hyperface.files import write_atomic
        from hyperface.projection import faithfulness
        from hyperface.projection.umap_learn import umap_learn

        points = umap_learn(rows, seed=self.seed)
        buffer = io.BytesIO()
        np.save(buffer, points)
        write_atomic(self.path.with_name(names.UMAP), buffer.getvalue())
        return faithfulness(rows, points)


def _draw(
    incoming: Queue[Snapshot | str], drawn: Synchronized[int], frames_path: Path, seed: int, keep_until: int, umap: bool
) -> None:
    """The process. What cannot be written it says in a sentence; the packing goes on without a picture."""
    try:
        _keep_drawing(incoming, drawn, frames_path, seed, keep_until, umap)
    except (HyperFaceError, OSError) as error:
        print(f"The picture ends here. {error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def _keep_drawing(
    incoming: Queue[Snapshot | str], drawn: Synchronized[int], frames_path: Path, seed: int, keep_until: int, umap: bool
) -> None:
    """Until it is told to end, or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    import torch

    torch.set_num_threads(1)  # more would wait for the optimiser's
    parent = multiprocessing.parent_process()
    album = _Album(frames_path, seed, keep_until)
    backlog: list[Snapshot] = []
    ending = ""  # what was said with the end
    seconds_each = 0.0
    while parent is not None and parent.is_alive():
        arrived = len(backlog)
        if not ending:
            ending = _collect(incoming, backlog)
        arrived = max(len(backlog), arrived)
        backlog = thin_out(backlog, seconds_each)
        drawn.value += arrived - len(backlog)
        if not backlog:
            if ending:
                break
            continue
        first = album.last is None
        started = time.monotonic()
        album.add(backlog.pop(0))
        if not first:  # which also compiles
            seconds_each = time.monotonic() - started
        drawn.value += 1
        if not ending:
            time.sleep(max(0.0, FRAME_SECONDS - (time.monotonic() - started)))
    album.close(umap=umap and ending == END)


def _collect(incoming: Queue[Snapshot | str], backlog: list[Snapshot]) -> str:
    """Move what has arrived to the backlog, waiting a moment if there is nothing to do. END or LATEST if no more will
    come, else nothing."""
    try:
        item = incoming.get(block=not backlog, timeout=1.0)
        while isinstance(item, Snapshot):
            backlog.append(item)
            item = incoming.get_nowait()
    except queue.Empty:
        return ""
    if item == LATEST:
        del backlog[:-1]
    return item
