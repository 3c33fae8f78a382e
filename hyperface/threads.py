"""Work shared between threads, for what lets others run meanwhile: decoding and searching photos."""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4  # items for each worker that are begun before their turn: results are large, and must not pile up


def map_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Generator[tuple[Item, Result], None, None]:
    """(item, function(item)) in order, computed by `workers` threads a few items ahead of who takes them.

    What the function raises is raised here, in its turn. Closed early, it leaves alone what has not begun.
    """
    pending: deque[tuple[Item, Future[Result]]] = deque()
    remaining = iter(items)
    pool = ThreadPoolExecutor(workers)
    try:
        while True:
            for item in itertools.islice(remaining, AHEAD * workers - len(pending)):
                pending.append((item, pool.submit(function, item)))
            if not pending:
                return
            item, future = pending.popleft()
            yield item, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
