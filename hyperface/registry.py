"""One dictionary of name → loader for each kind of part; a new part is one file and one line."""

import difflib
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from hyperface.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one kind of part (`kind` is the noun used in messages) and how each is loaded."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._loaders: dict[str, Callable[..., T]] = {}

    def register(self, name: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Decorator that files a loader under `name`."""

        def add(loader: Callable[..., T]) -> Callable[..., T]:
            if name in self._loaders:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._loaders[name] = loader
            return loader

        return add

    def load(self, name: str, **options: Any) -> T:
        """Call the loader filed under `name`; UnknownNameError lists the names that exist."""
        if name not in self._loaders:
            close = difflib.get_close_matches(name, self._loaders, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            known = ", ".join(repr(known) for known in self._loaders)
            raise UnknownNameError(f"There is no {self.kind} named {name!r}.{hint} Known: {known}.")
        return self._loaders[name](**options)

    def __contains__(self, name: str) -> bool:
        return name in self._loaders

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)
