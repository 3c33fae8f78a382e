"""What is on the sphere first, worked out while the options are set, so that it is there when Pack is pressed."""

from __future__ import annotations

import contextvars
import functools
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperface.errors import HyperFaceError
from hyperface.jobs.pack.options import PackOptions
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.imports import import_once

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)


def first_frame(context: AppContext, options: PackOptions) -> np.ndarray | None:
    """The first picture of a packing, a record of the frames file; None where there can be none."""
    o = options
    depends_on = ("first frame", o.gallery, o.identities, o.span, o.start, o.seed)
    with suppress(HyperFaceError):  # whoever presses Pack is told; it is tried again
        return context.cached(depends_on, functools.partial(_draw, context, options))
    return None


def work_ahead(context: AppContext, options: PackOptions) -> None:
    """Have it worked out in the background. What is wanted meanwhile waits, the last of it only: sliders move on."""
    wanted = context.cached("first frame wanted", _Wanted)
    asked = contextvars.copy_context()  # a gallery is looked up for whoever asks
    with wanted.lock:
        wanted.work = functools.partial(asked.run, first_frame, context, options)
        if wanted.at_work:
            return
        wanted.at_work = True
    threading.Thread(target=wanted.work_off, name="first frame", daemon=True).start()


def _draw(context: AppContext, options: PackOptions) -> np.ndarray:
    from hyperface.jobs.pack.start import start_frame

    return start_frame(options, context.gallery(options.gallery).embeddings)


@dataclass
class _Wanted:
    """What is to be worked out next, and whether somebody is at it."""

    work: Callable[[], object] | None = None
    at_work: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work_off(self) -> None:
        import_once()
        while True:
            with self.lock:
                work, self.work = self.work, None
                if work is None:
                    self.at_work = False
                    return
            try:
                work()
            except Exception:  # whoever presses Pack goes on without it
                log.warning("The first picture of a packing could not be drawn.", exc_info=True)
