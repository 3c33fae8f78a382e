"""Long work: a generator that yields its steps, frozen dataclasses, and *returns* its result.

for step in work: …            looks at the steps alone
result = yield from work       inside longer work, which shows the same steps (others: `translated`)
result = finish(work, show)    runs it to its end
"""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

Step = TypeVar("Step")
Other = TypeVar("Other")
Result = TypeVar("Result")


def finish(work: Generator[Step, None, Result], show: Callable[[Step], object] | None = None) -> Result:
    """Run long work to its end and return its result; `show` is called with every step.

    What the work or `show` raises is raised here, and the work is closed.
    """
    try:
        while True:
            step = next(work)
            if show is not None:
                show(step)
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        work.close()


def translated(work: Generator[Step, None, Result], into: Callable[[Step], Other]) -> Generator[Other, None, Result]:
    """The same work, each of its steps told in other words: inside longer work, with that one's own steps."""
    with closing(work):
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield into(step)
