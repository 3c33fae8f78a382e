"""Values that are worked out once, for whoever asks next: so many of each kind, the latest used ones."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar, cast

T = TypeVar("T")
MOST = 64  # of a kind
FEW = {"recognizer": 8, "gallery": 8}  # of what takes tens of megabytes
FAILED = 256  # keys whose value could not be worked out, and is not tried again in the background


@dataclass
class _Turn:
    """One at a time for a key. waiting: how many hold or want it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class Kept:
    """Values by key. The first of a key that is a tuple is its kind; any other key is the only one of its kind.

    Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._kinds: dict[Hashable, OrderedDict[Hashable, object]] = {}
        self._turns: dict[Hashable, _Turn] = {}
        self._begun: set[Hashable] = set()  # in the background, now
        self._failed: OrderedDict[Hashable, None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kinds.get(_kind(key), ())

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._kinds.values()))

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """The value of `load()`, called once while the value is kept; a call that raised is tried again next time."""
        with self._turn(key):  # one at a time for each key: two visitors must not load the same weights twice
            there, value = self._find(key)
            if there:
                return cast(T, value)
            made = load()
            self._keep(key, made)
            return made

    def once_there(self, key: Hashable, load: Callable[[], T], begin: Callable[[Callable[[], None]], None]) -> T | None:
        """The same, worked out by what `begin` is given, elsewhere: None until it is there, and where `load` raises."""
        there, value = self._find(key)
        if there:
            return cast(T, value)
        with self._lock:
            if key in self._begun or key in self._failed:
                return None
            self._begun.add(key)

        def work() -> None:
            try:
                self.get(key, load)
            except BaseException:
                with self._lock:
                    self._failed[key] = None
                    if len(self._failed) > FAILED:
                        self._failed.popitem(last=False)
                raise
            finally:
                with self._lock:
                    self._begun.discard(key)

        begin(work)
        return None

    def _find(self, key: Hashable) -> tuple[bool, object]:
        with self._lock:
            values = self._kinds.get(_kind(key), OrderedDict())
            if key not in values:
                return False, None
            values.move_to_end(key)
            return True, values[key]

    def _keep(self, key: Hashable, value: object) -> None:
        kind = _kind(key)
        with self._lock:
            values = self._kinds.setdefault(kind, OrderedDict())
            values[key] = value
            while len(values) > FEW.get(str(kind), MOST):
                values.popitem(last=False)

    @contextlib.contextmanager
    def _turn(self, key: Hashable) -> Iterator[None]:
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.waiting -= 1
                if turn.waiting == 0:
                    del self._turns[key]


def _kind(key: Hashable) -> Hashable:
    return key[0] if isinstance(key, tuple) else key
