"""A run's state as it changes, from its folder: the work goes on in a process of its own, whoever listens."""

import time
from collections.abc import Iterator

from hyperface.runs import Run, RunStatus

PAUSE = 0.25  # seconds between looks


def followed(run: Run) -> Iterator[RunStatus]:
    """The run's status, again whenever it has changed, until its work has ended; the last is of its end."""
    last = None
    while True:
        status = run.status()
        if status != last:
            yield status
        if not status.active:
            return
        last = status
        time.sleep(PAUSE)
