"""Where a network's files are: beside each other in a folder, a single file, or a repository of the hub."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path

from hyperface.errors import CheckpointError
from hyperface.hub import SCHEME, HubName, Repository, on_hub
from hyperface.tensor_files import file_digest


class Place(ABC):
    """Files by the names that they have in the public repository."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the weights are called, the version included: two that differ have two names."""

    @property
    @abstractmethod
    def source(self) -> str:
        """Where they are, for people."""

    @abstractmethod
    def find(self, *alternatives: str) -> Path | None:
        """The first of these files that is there, downloaded if it has to be; None if none is."""

    @abstractmethod
    def recognizer(self, file: str, architecture: str = "") -> str | None:
        """The name that `recognizers.load` gives the recogniser in a file of the place; None if it is not there.

        architecture: the network that it is loaded with, empty where the file says it.
        """

    def file(self, *alternatives: str) -> Path:
        """As `find`; CheckpointError if none is there."""
        found = self.find(*alternatives)
        if found is None:
            raise CheckpointError(f"{self.source} has no {' or '.join(alternatives)}.")
        return found


class Folder(Place):
    """A folder laid out as the repository, or one file with its neighbours."""

    def __init__(self, path: Path) -> None:
        """path: the folder, or the file that is taken whatever the weights are called."""
        if not path.exists():
            raise CheckpointError(f"There is no file or folder {path}.")
        self.path = path
        self._found: dict[str, Path] = {}

    @property
    def name(self) -> str:
        weights = [path for path in self._found.values() if path.suffix != ".json"]
        digests = "".join(sorted(map(file_digest, weights)))
        digest = digests if len(weights) == 1 else hashlib.sha256(digests.encode()).hexdigest()[:8]
        return f"{self.path.stem if self.path.is_file() else self.path.name}#{digest}"

    @property
    def source(self) -> str:
        return f"the {'file' if self.path.is_file() else 'folder'} {self.path.name}"

    def find(self, *alternatives: str) -> Path | None:
        if self.path.is_file():
            found: Path | None = self.path
        else:
            paths = (self.path / name for name in alternatives)
            found = next((path for path in paths if path.is_file()), None)
        if found is not None:
            self._found[alternatives[0]] = found
        return found

    def recognizer(self, file: str, architecture: str = "") -> str | None:
        beside = self.path.parent / Path(file).name if self.path.is_file() else self.path / file
        return f"{beside.stem}#{file_digest(beside)}" if beside.is_file() else None


class OnHub(Place):
    """A repository, or one file of it."""

    def __init__(self, name: str) -> None:
        wanted = HubName.parse(name)
        at = "" if wanted.revision is None else f"@{wanted.revision}"
        self._file, self._repository = wanted.file, Repository(f"{SCHEME}{wanted.repo}{at}")

    @property
    def name(self) -> str:
        return self._pinned(self._file)

    @property
    def source(self) -> str:
        file = "" if self._file is None else f", {self._file}"
        return f"huggingface.co/{self._repository.repo}{file}, commit {self._repository.commit}"

    def find(self, *alternatives: str) -> Path | None:
        wanted = alternatives if self._file is None else (self._file,)
        there = next((name for name in wanted if name in self._repository.names), None)
        return None if there is None else self._repository.file(there)

    def recognizer(self, file: str, architecture: str = "") -> str | None:
        if not self._repository.may_have(file):
            return None
        return (f"{architecture}:" if architecture else "") + self._pinned(file)

    def _pinned(self, file: str | None) -> str:
        inside = "" if file is None else f"/{file}"
        return f"{SCHEME}{self._repository.repo}{inside}@{self._repository.commit}"


def place(weights: str | Path) -> Place:
    """Where weights are that a person named: a file, a folder, or `hf:owner/repo[/file][@revision]`.

    CheckpointError if they are not there, UnknownNameError if the hub has no such repository.
    """
    return OnHub(str(weights)) if on_hub(str(weights)) else Folder(Path(weights))
