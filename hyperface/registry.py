"""One dictionary of name → loader for each kind of part; a new part is one file and one line."""

import difflib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from hyperface.errors import InputError, UnknownNameError

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
        """Call the loader filed under `name`.

        UnknownNameError lists the names that exist; InputError the options that the loader takes, for another one.
        """
        unknown = [] if (taken := self.options(name)) is None else sorted(options.keys() - set(taken))
        if unknown:
            takes = f"it takes {', '.join(taken)}" if taken else "it takes none"
            raise InputError(f"The {self.kind} {name!r} has no option {unknown[0]!r}: {takes}.")
        return self._loader(name)(**options)

    def options(self, name: str) -> tuple[str, ...] | None:
        """What the loader filed under `name` can be told, None for anything; UnknownNameError as of `load`."""
        parameters = inspect.signature(self._loader(name)).parameters.values()
        if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            return None
        return tuple(parameter.name for parameter in parameters)

    def _loader(self, name: str) -> Callable[..., T]:
        if name not in self._loaders:
            close = difflib.get_close_matches(name, self._loaders, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            known = ", ".join(repr(known) for known in self._loaders)
            raise UnknownNameError(f"There is no {self.kind} named {name!r}.{hint} Known: {known}.")
        return self._loaders[name]

    def __contains__(self, name: str) -> bool:
        return name in self._loaders

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)
