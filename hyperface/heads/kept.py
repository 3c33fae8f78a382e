"""What was made last, kept as long as there is room: several threads may ask for the same thing, and one makes it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Kept:
    """Things by name, the last ones used, up to so many bytes of arrays. Safe between threads; a copy begins empty."""

    def __init__(self, most: int) -> None:
        """most: bytes; what was used last stays even if it is larger by itself."""
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._things: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}

    def __reduce__(self) -> tuple[type[Kept], tuple[int]]:
        return Kept, (self._most,)

    def get(self, name: Hashable, make: Callable[[], T]) -> T:
        """The thing of that name; made if it is not there, and waited for if another thread is at it."""
        if self._process != os.getpid():
            self._begin()  # a process that was forked off: what other threads were making never comes
        with self._lock:
            found = self._things.get(name)
            if found is not None:
                self._things.move_to_end(name)
                promise = found
            else:
                promise = self._things[name] = Future()
        if found is None:
            self._make(name, promise, make)
        result: T = promise.result()
        return result

    def _make(self, name: Hashable, promise: Future[Any], make: Callable[[], Any]) -> None:
        try:
            thing = make()
        except BaseException as error:
            with self._lock:
                del self._things[name]
            promise.set_exception(error)
            return
        with self._lock:
            self._sizes[name] = weight(thing)
            over = sum(self._sizes.values()) - self._most
            for other in list(self._things):
                if over <= 0 or other == name:
                    break
                if other in self._sizes:  # else it is being made
                    over -= self._sizes.pop(other)
                    del self._things[other]
        promise.set_result(thing)

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        return sum(self._sizes.values())

    def __len__(self) -> int:
        return len(self._things)


def weight(thing: object) -> int:
    """Bytes of the arrays in a thing: an array, a dataclass with such, or a tuple of those."""
    things = thing if isinstance(thing, tuple) else (thing,)
    return sum(map(_weight, things))


def _weight(thing: object) -> int:
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if is_dataclass(thing):
        return sum(_weight(getattr(thing, field.name)) for field in fields(thing))
    return 0
