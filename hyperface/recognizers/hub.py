"""Recognisers from the Hugging Face Hub: `hf:owner/repo`, `hf:owner/repo/file@revision`.

huggingface_hub downloads, shows progress and keeps what it has downloaded (HF_HOME); with HF_HUB_OFFLINE=1, or without
a network, what is kept is used. HF_ENDPOINT names another hub, HF_TOKEN a token for closed repositories.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hyperface.errors import CheckpointError, UnknownNameError
from hyperface.recognizers.base import Recognizer

SCHEME = "hf:"
# What may hold weights, best first: of a repository that has one model in several formats, the first is taken.
SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".onnx")


@dataclass(frozen=True)
class Released:
    """A model whose network and origin its repository does not say in a form that programs can read."""

    repo: str
    file: str
    architecture: str
    training_data: str
    licence: str


def _hyperface(name: str, gallery: str, identities: int, images: int) -> Released:
    data = f"{images:,} synthetic images of {identities:,} identities (HyperFace, {gallery} gallery, Arc2Face)"
    return Released(f"Idiap/{name}", f"{name.replace('-', '_')}.ckpt", "ir_50", data, "MIT")


# Otroshi Shahreza & Marcel, ICLR 2025: the three models that the authors released.
RELEASED = {
    "hyperface-10k-ldm": _hyperface("HyperFace-10k-LDM", "LDM", 10_000, 640_000),
    "hyperface-10k-stylegan": _hyperface("HyperFace-10k-StyleGAN", "StyleGAN", 10_000, 640_000),
    "hyperface-50k-stylegan": _hyperface("HyperFace-50k-StyleGAN", "StyleGAN", 50_000, 3_200_000),
}


@dataclass(frozen=True)
class HubName:
    """`hf:owner/repo[/file][@revision]`, taken apart."""

    repo: str
    file: str | None
    revision: str | None

    @classmethod
    def parse(cls, name: str) -> HubName:
        """UnknownNameError if it is not of that form."""
        match = re.fullmatch(r"hf:([\w.-]+/[\w.-]+)(?:/([^@\s]+))?(?:@([^@\s]+))?", name)
        if match is None:
            raise UnknownNameError(
                f"{name!r} names nothing on the Hugging Face Hub. Write hf:owner/repository, with @revision to pin a "
                "version, or hf:owner/repository/file for one file of several."
            )
        return cls(*match.groups())


def load_from_hub(name: str, *, architecture: str | None = None, **options) -> Recognizer:
    """Download (or take from the cache) and load a model of the hub. Evaluation mode, frozen.

    name: `hf:owner/repo[/file][@revision]`. architecture: the backbone that the weights belong to ("ir_50", …); not
    needed for models trained with HyperFace, .onnx files and the three released HyperFace models.
    Its card's name is pinned to the commit, so that loading by it gives the same weights. UnknownNameError for what the
    hub does not have; CheckpointError if it cannot be downloaded or is no model that can be loaded.
    """
    wanted = HubName.parse(name)
    released = next((model for model in RELEASED.values() if model.repo.lower() == wanted.repo.lower()), None)
    repo = wanted.repo if released is None else released.repo
    files = _list_files(repo, wanted.revision)
    if released is not None and wanted.file in (None, released.file):
        path = _download(repo, released.file, wanted.revision, files)
        card = {"training_data": released.training_data, "licence": released.licence}
        return _load(path, repo, None, architecture or released.architecture, {**card, **options})
    file = wanted.file or _only_model(files.names, repo)
    return _load(_download(repo, file, wanted.revision, files), repo, file, architecture, options)


def _load(path: Path, repo: str, file: str | None, architecture: str | None, options: dict) -> Recognizer:
    """file: None for the file that a released model's repository is known to have."""
    from hyperface.recognizers.checkpoints import describes_itself, load_backbone, load_recognizer
    from hyperface.recognizers.onnx import load_onnx

    commit = _commit(path)
    prefix = "" if architecture is None or file is None else f"{architecture}:"
    card = {
        "name": f"{prefix}{SCHEME}{repo}{'' if file is None else '/' + file}@{commit}",
        "source": f"huggingface.co/{repo}, {path.name}, commit {commit}",
        "licence": f"as huggingface.co/{repo} says",
        **options,
    }
    if path.suffix == ".onnx":
        return load_onnx(path, **card)
    if architecture is not None:
        return load_backbone(architecture, path, **card)
    if path.suffix == ".safetensors" and describes_itself(path):
        return load_recognizer(path, name=card["name"])
    raise CheckpointError(
        f"{path.name} of {repo} does not say which network it belongs to. Name it in front, such as "
        f"ir_50:{SCHEME}{repo}."
    )


def _commit(path: Path) -> str:
    """The commit that a file of the cache belongs to: …/snapshots/<commit>/<file>."""
    parts = path.parts
    return parts[len(parts) - parts[::-1].index("snapshots")]


def _only_model(files: Iterable[str], repo: str) -> str:
    """The file with the weights; UnknownNameError if there is none, or if several could be meant."""
    models = [file for file in files if file.endswith(SUFFIXES)]
    if not models:
        raise UnknownNameError(f"{repo} has no file of weights (looked for {', '.join(SUFFIXES)}).")
    for suffix in SUFFIXES:
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
            return _Files(info.sha, tuple(file.rfilename for file in info.siblings))
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
