"""Drawing the frames of a packing in a process of its own, so that UMAP does not hold up the optimiser."""

from __future__ import annotations

import json
import multiprocessing
import os
import queue
import signal
import time
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hyperface.runs import names

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.sharedctypes import Synchronized

NICENESS = 5  # the optimiser comes first where cores are few
FRAME_SECONDS = 0.2  # between frames while the optimiser is at work: who looks on sees no more, and it has the core
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

    keep_until: frames of an earlier session are kept up to this step.
    Leaving the `with` block by an exception ends the drawing at once; `finish` waits for it.
    """

    def __init__(self, frames_path: Path, *, seed: int = 0, keep_until: int = -1) -> None:
        context = multiprocessing.get_context("spawn")  # fork would copy torch's thread pools in an unknown state
        self._queue: Queue[Snapshot | str] = context.Queue()
        self._drawn = context.Value("i", 0)
        self.sent = 0  # snapshots so far
        self._process: SpawnProcess = context.Process(
            target=_draw, args=(self._queue, self._drawn, frames_path, seed, keep_until), name="picture", daemon=True
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
        self._queue.put("latest" if latest_only else "end")

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


def _draw(
    incoming: Queue[Snapshot | str],
    drawn: Synchronized[int],
    frames_path: Path,
    seed: int,
    keep_until: int,
) -> None:
    """The process: ends when told to, or when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    import torch

    torch.set_num_threads(1)  # more would wait for the optimiser's
    from hyperface.files import write_atomic
    from hyperface.projection import SphereProjection, faithfulness
    from hyperface.projection.frames import FrameWriter
    from hyperface.projection.paths import PathWriter

    parent = multiprocessing.parent_process()
    SphereProjection().fit(np.eye(4, dtype=np.float32))  # loads and compiles what it needs before the first snapshot
    projection = SphereProjection(seed=seed)
    writer: FrameWriter | None = None
    paths: PathWriter | None = None
    backlog: list[Snapshot] = []
    ending = False
    seconds_each = 0.0
    shown: tuple[Snapshot, np.ndarray] | None = None  # the last snapshot, and where it was drawn
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
        snapshot = backlog.pop(0)
        started = time.monotonic()
        if writer is None or paths is None:
            writer = FrameWriter(frames_path, len(snapshot.embeddings), keep_until=keep_until)
            kept_at = frames_path.with_name(names.PATHS)
            paths = PathWriter(kept_at, *snapshot.embeddings.shape, keep_until=keep_until)
            if writer.last_points is None:
                points = projection.fit(snapshot.embeddings)
            else:  # a continued run: the picture goes on from where it was
                points = writer.last_points
                projection = SphereProjection.from_picture(snapshot.embeddings, points, seed=seed)
        else:
            points = projection.update(snapshot.embeddings)
            seconds_each = time.monotonic() - started  # of an update: the first frame also compiles
        paths.offer(snapshot.step, snapshot.share, snapshot.embeddings)  # first: who sees a frame finds its angles
        writer.append(snapshot.step, points, snapshot.angles, snapshot.closest)
        shown = snapshot, points
        drawn.value += 1
        if not ending:
            time.sleep(max(0.0, FRAME_SECONDS - (time.monotonic() - started)))
    if writer is not None and paths is not None and shown is not None:
        last, points = shown
        paths.keep(last.step, last.embeddings)
        paths.close()
        writer.close()
        measured = faithfulness(last.embeddings, points)
        content = {"trustworthiness": measured.trustworthiness, "rank_correlation": measured.rank_correlation}
        write_atomic(frames_path.with_name(names.PICTURE), json.dumps(content).encode())


def _collect(incoming: Queue[Snapshot | str], backlog: list[Snapshot]) -> bool:
    """Move what has arrived to the backlog, waiting a moment if there is nothing to do. Whether no more will come."""
    try:
        item = incoming.get(block=not backlog, timeout=1.0)
        while isinstance(item, Snapshot):
            backlog.append(item)
            item = incoming.get_nowait()
    except queue.Empty:
        return False
    if item == "latest":
        del backlog[:-1]
    return True
