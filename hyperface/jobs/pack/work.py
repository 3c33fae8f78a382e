"""The work of `pack`: the optimiser's steps into the run folder, and its snapshots to the picture."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from hyperface import bounds, gallery, packing, sphere
from hyperface.jobs.checkpoints import load_checkpoint, save_array, save_checkpoint
from hyperface.jobs.console import Console
from hyperface.jobs.driver import STOPS, Driver, Report
from hyperface.jobs.pack.options import PackOptions, packing_space, write_space
from hyperface.jobs.pack.picture import PictureProcess, Snapshot
from hyperface.jobs.pack.start import start_rows
from hyperface.packing import PackingStep
from hyperface.packing.span import principal_span
from hyperface.projection.frames import record_type
from hyperface.ranks import Ranks, own_device
from hyperface.runs import StopRequested, Worker, is_run, names

LIVE_SECONDS = 0.2  # between pictures of a slow packing, beyond the number asked for: somebody may be looking on
MOST_FRAME_BYTES = 16_000_000  # of such pictures in one run: a page that is opened later loads them all


def packing_steps(
    start: torch.Tensor, gallery: torch.Tensor, options: PackOptions, state: dict[str, torch.Tensor] | None
) -> Generator[PackingStep, None, torch.Tensor]:
    """The steps that the options ask for; the same call in every process."""
    return packing.pack(
        start,
        gallery=gallery,
        alpha=options.alpha,
        span=options.span,
        steps=options.steps,
        objective=options.objective,
        learning_rate=options.learning_rate,
        seed=options.seed,
        device=own_device(options.device),
        resume=state,
    )


def follow(
    start: torch.Tensor, gallery: torch.Tensor, options: PackOptions, state: dict[str, torch.Tensor] | None
) -> None:
    """Pack with the first process, which has the run folder, the terminal and the picture."""
    Ranks.current().take_along(packing_steps(start, gallery, options, state))


class PackWork:
    """One packing, begun or continued, inside its worker's block."""

    def __init__(self, worker: Worker, console: Console, options: PackOptions, picture: PictureProcess | None) -> None:
        self.worker = worker
        self.driver = Driver(console, worker)
        self.options = options
        self.picture = picture
        self.folder = worker.path
        self._drawn_at = -float("inf")
        self._last: PackingStep | None = None
        _set_threads(spare=picture is not None)
        self.gallery = gallery.load(
            Path(options.gallery) / names.GALLERY if is_run(options.gallery) else options.gallery
        )

    def run(self) -> None:
        """Pack until the last step, or until asked to stop; both leave a whole result."""
        self._remember_recognizer()
        state, resumed_at = load_checkpoint(self.folder / names.CHECKPOINT)
        self.worker.forget_after(resumed_at)
        start, origin = start_rows(self.options, self.gallery.embeddings)
        if origin is not None:
            save_array(self.folder / names.ORIGIN, origin)
        ranks, what = Ranks.current(), (start, self.gallery.embeddings, self.options, state)
        ranks.tell(*what)
        try:
            self.driver.follow(
                ranks.leading(packing_steps(*what)),
                "packing",
                "step",
                self._report,
                log=True,
                each=self._show,
                save=self._save,
                finish=self._finish,
            )
        except STOPS:
            if self._last is not None:
                self._draw_latest(self._last)
            raise
        with suppress(StopRequested):  # the packing is whole: only its picture is cut short
            self._wait_for_picture()
        if self._last is not None:  # now, and not before: a kill while the picture is drawn leaves it to be drawn
            self._save_state(self._last)

    def _remember_recognizer(self) -> None:
        """Write down whose embeddings these are, and how long its features were; when continuing, they must be the same
        recogniser's as before."""
        packing_space(self.worker.run).check_same(self.gallery.space)
        write_space(self.folder, self.gallery.space)

    def _report(self, step: PackingStep) -> Report:
        return Report(step.step, step.total, self._metrics(step), f"Step {step.step:,} of {step.total:,}")

    def _show(self, step: PackingStep) -> None:
        self._last = step
        every = max(1, self.options.steps // max(self.options.frames, 1))
        if step.step % every == 0 or step.step == step.total or self._live_picture_is_due(step):
            self._draw(step)

    def _draw(self, step: PackingStep) -> None:
        if self.picture is not None:
            self.picture.send(_snapshot(step))
            self._drawn_at = time.monotonic()

    def _live_picture_is_due(self, step: PackingStep) -> bool:
        if self.picture is None or self.picture.waiting > 1:
            return False
        left = self.driver.clock.seconds_left(step.step, step.total)
        affordable = MOST_FRAME_BYTES // record_type(len(step.nearest)).itemsize - self.picture.sent
        if left is None or affordable <= 0:
            return False
        return time.monotonic() - self._drawn_at >= max(LIVE_SECONDS, left / affordable)

    def _draw_latest(self, step: PackingStep) -> None:
        if self.picture is not None:
            self._draw(step)
            self.picture.finish(latest_only=True)
            self.picture.wait()

    def _wait_for_picture(self) -> None:
        if self.picture is None:
            return
        console = self.driver.console
        self.picture.finish()
        first = self.picture.waiting
        console.begin("drawing the sphere", first, "frame")
        while not self.picture.wait(0.2):
            console.step(first - self.picture.waiting, {})
            words = "Packed. Drawing the last frames of the picture"
            self.worker.progress(1.0, None, f"{words}, and umap-learn's map" if self.options.umap else words)

    def _metrics(self, step: PackingStep) -> dict[str, Any]:
        angles = sphere.angle_degrees(step.nearest_cosine)
        metrics = {
            "step": step.step,
            "objective": step.objective,
            "max_cosine": step.max_cosine,
            "mean_nearest_cosine": step.mean_nearest_cosine,
            "gallery_distance": step.gallery_distance,
            "min_angle": float(angles.min()),
            "mean_nearest_angle": float(angles.mean()),
        }
        return {**metrics, "bound_angle": self._bound_angle} if step.step == 0 else metrics

    @cached_property
    def _bound_angle(self) -> float:
        """Degrees that no packing of so many points can exceed in the dimensions they may use."""
        dimension = self.gallery.embeddings.shape[1]
        if self.options.span is not None:
            dimension = principal_span(self.gallery.embeddings, self.options.span).basis.shape[1]
        return float(sphere.angle_degrees(bounds.max_cosine_bound(self.options.identities, dimension)))

    def _save(self, step: PackingStep) -> None:
        save_array(self.folder / names.EMBEDDINGS, step.embeddings)
        self._save_state(step)

    def _save_state(self, step: PackingStep) -> None:
        save_checkpoint(self.folder / names.CHECKPOINT, step.state, step.step)

    def _finish(self, step: PackingStep) -> None:
        """Write what the packing came to, whole or stopped."""
        save_array(self.folder / names.EMBEDDINGS, step.embeddings)
        first = int(step.nearest_cosine.argmax())
        self.worker.write_results(
            {
                **self._metrics(step),
                "bound_angle": self._bound_angle,
                "closest_pair": [first, int(step.nearest[first])],
                "dimension": step.embeddings.shape[1],
                "seconds_a_step": self.driver.clock.pace(step.step),
                "recognizer": self.gallery.recognizer,
                "gallery_fingerprint": gallery.fingerprint(self.gallery),
                "threads": torch.get_num_threads(),
            }
        )
        if step.step < step.total:
            self._save_state(step)


def _snapshot(step: PackingStep) -> Snapshot:
    first = int(step.nearest_cosine.argmax())
    return Snapshot(
        step.step,
        step.coordinates.cpu().numpy().copy(),
        sphere.angle_degrees(step.nearest_cosine).cpu().numpy(),
        (first, int(step.nearest[first])),
        step.step / max(step.total, 1),
    )


def _set_threads(*, spare: bool) -> None:
    """Leave a core to the picture. More threads than cores slow torch down many times over."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(1, min(torch.get_num_threads(), cores - spare)))
