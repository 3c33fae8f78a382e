"""The Hugging Face Hub: names on it (`hf:owner/repo`, `hf:owner/repo/file@revision`), and what is downloaded from it.

huggingface_hub downloads, shows progress and keeps what it has downloaded (HF_HOME); with HF_HUB_OFFLINE=1, or without
a network, what is kept is used. HF_ENDPOINT names another hub, HF_TOKEN a token for closed repositories.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hyperface.errors import CheckpointError, UnknownNameError

SCHEME = "hf:"
# What may hold weights, best first: of a repository that has one model in several formats, the first is taken.
WEIGHTS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".onnx")


@dataclass(frozen=True)
class Released:
    """A recogniser whose network and origin its repository does not say in a form that programs can read.

    architecture: the network of its weights; None where the file says it. alone: whether the repository holds nothing
    else, so that its name says enough.
    """

    repo: str
    file: str
    architecture: str | None
    training_data: str
    licence: str
    alone: bool = True

    @property
    def name(self) -> str:
        """Its name on the hub."""
        return f"{SCHEME}{self.repo}" if self.alone else f"{SCHEME}{self.repo}/{self.file}"


def _hyperface(name: str, gallery: str, identities: int, images: int) -> Released:
    data = f"{images:,} synthetic images of {identities:,} identities (HyperFace, {gallery} gallery, Arc2Face)"
    return Released(f"Idiap/{name}", f"{name.replace('-', '_')}.ckpt", "ir_50", data, "MIT")


def _arcface(repo: str, file: str, what: str, licence: str) -> Released:
    return Released(repo, file, None, f"photographs of people (ArcFace, {what})", licence, alone=False)


_INSIGHTFACE = "for non-commercial research only, as InsightFace gives its models (its code is MIT)"
_ARC2FACE = "MIT, as Arc2Face's authors give it; the photographs that it was trained on are for research"
RELEASED = {
    # Otroshi Shahreza & Marcel, ICLR 2025: the three models that the authors released.
    "hyperface-10k-ldm": _hyperface("HyperFace-10k-LDM", "LDM", 10_000, 640_000),
    "hyperface-10k-stylegan": _hyperface("HyperFace-10k-StyleGAN", "StyleGAN", 10_000, 640_000),
    "hyperface-50k-stylegan": _hyperface("HyperFace-50k-StyleGAN", "StyleGAN", 50_000, 3_200_000),
    # The recognisers of InsightFace's two packs, in copies on the hub, and the one that Arc2Face was trained with.
    "antelopev2": _arcface("DIAMONIK7777/antelopev2", "glintr100.onnx", "R100, Glint360K", _INSIGHTFACE),
    "buffalo_l": _arcface(
        "public-data/insightface", "models/buffalo_l/w600k_r50.onnx", "R50, WebFace600K", _INSIGHTFACE
    ),
    "arc2face-arcface": _arcface("FoivosPar/Arc2Face", "arcface.onnx", "R100, WebFace42M", _ARC2FACE),
}


def on_hub(name: str) -> bool:
    """Whether a name means something on the hub; `HubName.parse` says whether it can be."""
    return name.startswith(SCHEME)


@dataclass(frozen=True)
class HubName:
    """`hf:owner/repo[/file][@revision]`, taken apart."""

    repo: str
    file: str | None
    revision: str | None

    @classmethod
    def parse(cls, name: str) -> HubName:
        """UnknownNameError if it is not of that form."""
        match = re.fullmatch(SCHEME + r"([\w.-]+/[\w.-]+)(?:/([^@\s]+))?(?:@([^@\s]+))?", name)
        if match is None:
            raise UnknownNameError(
                f"{name!r} names nothing on the Hugging Face Hub. Write {SCHEME}owner/repository, with @revision to "
                f"pin a version, or {SCHEME}owner/repository/file for one file of several."
            )
        return cls(*match.groups())


@dataclass(frozen=True)
class Download:
    """A file of the hub on this machine.

    file: its name in the repository, None where nothing else could be meant: the file of a released model. commit: the
    version it is of. released: what is known of its repository, None of most.
    """

    path: Path
    repo: str
    file: str | None
    commit: str
    released: Released | None

    @property
    def name(self) -> str:
        """The name of just this file, pinned to its commit: the same weights, whenever it is asked for."""
        return f"{SCHEME}{self.repo}{'' if self.file is None else '/' + self.file}@{self.commit}"

    @property
    def source(self) -> str:
        """Where it is from, for people."""
        return f"huggingface.co/{self.repo}, {self.path.name}, commit {self.commit}"

    @property
    def licence(self) -> str:
        """What may be done with it, as far as is known here."""
        return f"as huggingface.co/{self.repo} says" if self.released is None else self.released.licence


def download(name: str, *, suffixes: Sequence[str] = WEIGHTS) -> Download:
    """Download a file of weights, or take it from the cache.

    Args:
        name: `hf:owner/repo[/file][@revision]`.
        suffixes: what may be meant where no file is named, best first.

    Returns:
        The file and the commit it is of.

    Raises:
        UnknownNameError: The hub does not have it, or several files could be meant.
        CheckpointError: It cannot be downloaded.
    """
    wanted = HubName.parse(name)
    released = _known(wanted)
    repo = wanted.repo if released is None else released.repo
    files = _list_files(repo, wanted.revision)
    if released is not None and wanted.file in (None, released.file):
        path = _download(repo, released.file, wanted.revision, files)
        return Download(path, repo, None if released.alone else released.file, commit_of(path), released)
    file = wanted.file or _only_file(files.names, repo, suffixes)
    path = _download(repo, file, wanted.revision, files)
    return Download(path, repo, file, commit_of(path), None)


def _known(wanted: HubName) -> Released | None:
    """What is known of the model that a name means, or of the one that its repository is there for."""
    there = [model for model in RELEASED.values() if model.repo.lower() == wanted.repo.lower()]
    return next((model for model in there if wanted.file == model.file or model.alone), None)


class Repository:
    """A repository of the hub at one commit, whose files are downloaded when they are asked for."""

    def __init__(self, name: str) -> None:
        """name: `hf:owner/repo[@revision]`. UnknownNameError and CheckpointError as of `download`."""
        wanted = HubName.parse(name)
        if wanted.file is not None:
            raise UnknownNameError(f"{name} names one file; what is wanted has several: {SCHEME}{wanted.repo}.")
        self.repo = wanted.repo
        self._revision = wanted.revision
        self._files = _list_files(wanted.repo, wanted.revision)
        self.commit = self._files.commit

    @property
    def names(self) -> tuple[str, ...]:
        """Of all its files; where the hub is not reached, of those that were downloaded before."""
        return self._files.names

    def may_have(self, name: str) -> bool:
        """Whether it has a file of this name, as far as is known where the hub is not reached."""
        return name in self._files.names or self._files.cached

    @property
    def name(self) -> str:
        """Its name, pinned to the commit."""
        return f"{SCHEME}{self.repo}@{self.commit}"

    def file(self, name: str) -> Path:
        """A file of it, downloaded or out of the cache."""
        return _download(self.repo, name, self._revision, self._files)


def cached_file(repo: str, file: str, revision: str | None = None) -> Path | None:
    """A file of a repository that was downloaded before; None if it was not. Nothing is asked of the network.

    revision: None for the main version.
    """
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file, cache_dir=_cache(), revision=revision)
    return Path(found) if isinstance(found, str) else None


def commit_of(path: Path) -> str:
    """The commit that a file of the cache belongs to: …/snapshots/<commit>/<file>."""
    parts = path.parts
    return parts[len(parts) - parts[::-1].index("snapshots")]


def _only_file(files: Iterable[str], repo: str, suffixes: Sequence[str]) -> str:
    """The file with the weights; UnknownNameError if there is none, or if several could be meant."""
    models = [file for file in files if file.endswith(tuple(suffixes))]
    if not models:
        raise UnknownNameError(f"{repo} has no file of weights (looked for {', '.join(suffixes)}).")
    for suffix in suffixes:
        of_kind = [file for file in models if file.endswith(suffix)]
        if len(of_kind) == 1:
            return of_kind[0]
        if of_kind:
            raise UnknownNameError(
                f"{repo} has several files of weights: {', '.join(sorted(of_kind))}. Name one: "
                f"{SCHEME}{repo}/{sorted(of_kind)[0]}."
            )
    raise AssertionError("unreachable: every model has one of the suffixes")


@dataclass(frozen=True)
class _Files:
    """The files of a repository at one commit; cached: the hub was not reached, and these are what the cache has."""

    commit: str
    names: tuple[str, ...]
    cached: bool = False


def _list_files(repo: str, revision: str | None) -> _Files:
    from huggingface_hub import HfApi, errors

    with _hub_errors(repo, revision):
        try:
            info = HfApi(endpoint=_endpoint()).model_info(repo, revision=revision)
            return _Files(info.sha or "", tuple(file.rfilename for file in info.siblings or ()))
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
            raise
        except Exception:  # whichever way the hub was not reached: what was downloaded before may be enough
            cached = _cached_files(repo, revision)
            if cached is None:
                raise
            return cached


def _cached_files(repo: str, revision: str | None) -> _Files | None:
    """What earlier downloads have left of a revision; None if nothing."""
    from huggingface_hub import errors, scan_cache_dir

    with suppress(errors.CacheNotFound):
        kept = [found for found in scan_cache_dir(_cache()).repos if found.repo_id.lower() == repo.lower()]
        for version in (version for found in kept if found.repo_type == "model" for version in found.revisions):
            if version.commit_hash == revision or (revision or "main") in version.refs:
                names = (file.file_path.relative_to(version.snapshot_path).as_posix() for file in version.files)
                return _Files(version.commit_hash, tuple(names), cached=True)
    return None


def _download(repo: str, file: str, revision: str | None, files: _Files) -> Path:
    from huggingface_hub import hf_hub_download

    with _hub_errors(repo, revision, file):
        return Path(
            hf_hub_download(
                repo,
                file,
                revision=files.commit if files.cached else revision,  # by name, so that the cache knows it by name
                endpoint=_endpoint(),
                cache_dir=_cache(),
                local_files_only=files.cached,
            )
        )


def _endpoint() -> str | None:
    """Looked up at each call: huggingface_hub reads its variables only once, when it is imported."""
    return os.environ.get("HF_ENDPOINT")


def _cache() -> str | None:
    return os.environ.get("HF_HUB_CACHE")


@contextmanager
def _hub_errors(repo: str, revision: str | None, file: str = "") -> Iterator[None]:
    """Turn whatever goes wrong between here and the hub into an error that says what to do."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise CheckpointError(
            f"{repo} is closed: accept its terms on huggingface.co/{repo}, and set HF_TOKEN to a token of yours."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UnknownNameError(
            f"The hub has no repository {repo}. Check its spelling; a private one needs HF_TOKEN."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UnknownNameError(f"{repo} has no revision {revision!r}: give a branch, a tag or a commit.") from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise CheckpointError(_unreachable(repo, file)) from error
    except errors.EntryNotFoundError as error:
        raise UnknownNameError(f"{repo} has no file {file}" + (f" at {revision}." if revision else ".")) from error
    except errors.HfHubHTTPError as error:
        raise CheckpointError(f"The hub refused {repo} ({str(error).splitlines()[0]}). Try again later.") from error
    except Exception as error:  # transport errors of whichever HTTP library it uses, full disks
        reason = f" ({type(error).__name__}: {error})"
        raise CheckpointError(_unreachable(repo, file) + reason) from error


def _unreachable(repo: str, file: str) -> str:
    command = f"hf download {repo} {file}".strip()
    return (
        f"{repo} is not in the cache, and the Hugging Face Hub cannot be reached. Connect to the network (and unset "
        f"HF_HUB_OFFLINE), or run `{command}` on a machine that is connected and copy its HF_HOME here."
    )
