"""This checkout as a Hugging Face Space: which files it is made of, and how they get there.

A Space is a repository that the Hub builds: the block on top of README.md says what it is, requirements.txt what is
installed, app.py what is started (https://huggingface.co/docs/hub/spaces-config-reference). Only what the app needs and
what README.md links to is sent: no tests, no runs, nothing that is hidden or unknown to Git. Files that are not text go
to the Hub's storage for large files, as .gitattributes says: the Hub refuses them anywhere else.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import hyperface
from hyperface.errors import InputError, RunError, require
from hyperface.files import atomic_path
from hyperface.jobs.console import Console
from hyperface.uploads import hub_api, uploading
from hyperface.words import duration

NAME = re.compile(r"[\w.-]+/[\w.-]+")
FILES = ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "app.py", "requirements.txt")
FOLDERS = ("hyperface", "assets", "docs", "examples")
MADE = ("__pycache__", "*.pyc", "*.pyi")  # by Python and by Gradio, beside the modules
CPU_BASIC, CPU_UPGRADE, ZERO_GPU = "cpu-basic", "cpu-upgrade", "zero-a10g"
HARDWARE = (CPU_BASIC, CPU_UPGRADE, ZERO_GPU)  # dearer ones are chosen in the Space's settings, by whoever pays
MOUNTED = "/data"  # where a bucket is
BYTES_A_SECOND = 1e6  # of a usual line upwards, to say how long it may take
ALREADY_PAID = (
    "Gradio Spaces on a CPU need a paid plan; a free account may have two on shared GPUs: --hardware zero-a10g."
)


@dataclass(frozen=True)
class SpaceOptions:
    """What a Space is asked to be; see `hyperface space --help`. name: owner/name; None where it is only written.
    hardware, public, bucket: of a new one. torch_index: address of an index that has a torch for CPUs."""

    name: str | None = None
    output: Path | None = None
    hardware: str = CPU_BASIC
    public: bool = False
    torch_index: str | None = None
    bucket: str | None = None

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(
            (self.name is None) != (self.output is None),
            "Say where the Space is to be: OWNER/NAME on the Hub, or --output and a new folder; one of the two.",
        )
        for name in filter(None, (self.name, self.bucket)):
            require(
                NAME.fullmatch(name) is not None, f"{name!r} is no name on the Hub: write owner/name, such as me/faces."
            )
        require(self.hardware in HARDWARE, f"The hardware is one of {', '.join(HARDWARE)}; it was {self.hardware!r}.")
        if self.torch_index is not None:
            require(
                re.fullmatch(r"https://[^\s@]+", self.torch_index) is not None,
                "An index's address begins with https:// and holds neither spaces nor a password: all can read it "
                f"there. It was {self.torch_index[:100]!r}.",
            )
            require(
                self.hardware != ZERO_GPU,
                "A torch for CPUs cannot use the shared GPU: leave --torch-index out, or choose another --hardware.",
            )


def create(options: SpaceOptions, console: Console) -> None:
    """Write the Space's files to a new folder, or push them, and say where they are.

    InputError for options that cannot work, RunError where the Hub is not reached or refuses, or the disk does.
    """
    options.check()
    files = space_files(checkout())
    made = added_files(files, options)
    if options.output is not None:
        write(options.output, files, made)
        place = str(options.output)
    else:
        console.say(f"pushing {_size(files, made)} to {options.name}")
        place = push(str(options.name), files, made, options, console)
    console.event("done", output=place, files=len(files) + len(made), bytes=_bytes(files, made))
    if not console.json_lines:
        console.say(f"{_size(files, made)}\n{place}")


def estimate(options: SpaceOptions, console: Console) -> None:
    """Say what would be sent, and about how long that takes; nothing is asked of the Hub."""
    options.check()
    files = space_files(checkout())
    made = added_files(files, options)
    seconds = _bytes(files, made) / BYTES_A_SECOND
    console.say(
        f"about {duration(seconds)}: {_size(files, made)} at {BYTES_A_SECOND / 1e6:g} MB a second, of which what is "
        "there already is not sent",
        seconds=seconds,
        files=len(files) + len(made),
        bytes=_bytes(files, made),
    )


def checkout() -> Path:
    """The folder that holds this package and what belongs to a Space. InputError for an installation."""
    root = Path(hyperface.__file__).resolve().parents[1]
    lacking = [name for name in (*FILES, *FOLDERS) if not (root / name).exists()]
    require(
        not lacking,
        f"A Space is made of a checkout of HyperFace, and {root} is none: {', '.join(lacking)} is not there. "
        "Run this from a checkout, as `python -m hyperface space`.",
    )
    return root


def space_files(root: Path) -> dict[str, Path]:
    """Name in the Space → file, of everything that is sent as it is."""
    inside = (path for folder in FOLDERS for path in (root / folder).rglob("*"))
    names = {path.relative_to(root).as_posix(): path for path in inside if path.is_file() and not path.is_symlink()}
    known = _known_to_git(root)
    kept = {
        name: path for name, path in names.items() if not _unwanted(Path(name)) and (known is None or name in known)
    }
    return dict(sorted({**kept, **{name: root / name for name in FILES}}.items()))


def added_files(files: dict[str, Path], options: SpaceOptions) -> dict[str, bytes]:
    """Name in the Space → content, of what a checkout does not have."""
    rules = "".join(f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in large_patterns(files))
    added = {".gitattributes": rules.encode()}
    if options.torch_index is not None:
        # Installed before requirements.txt, whose torch is then there already and stays.
        lines = files["requirements.txt"].read_text(encoding="utf-8").splitlines()
        pin = next(line for line in lines if line.startswith("torch=="))
        added["pre-requirements.txt"] = f"--extra-index-url {options.torch_index}\n{pin}\n".encode()
    return added


def large_patterns(files: dict[str, Path]) -> list[str]:
    """What .gitattributes says of files that are not text: a pattern for each kind of them."""
    return sorted({f"*{path.suffix}" for path in files.values() if not _is_text(path)})


def write(folder: Path, files: dict[str, Path], made: dict[str, bytes]) -> None:
    """Write the Space to a new folder, which appears once all is there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already. Name a new folder, or remove it first.")
    require(folder.absolute().parent.is_dir(), f"The folder that {folder} is to lie in does not exist. Make it first.")
    with atomic_path(folder.absolute()) as partial:
        for name, file in files.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, partial / name)
        for name, content in made.items():
            (partial / name).write_bytes(content)


def push(name: str, files: dict[str, Path], made: dict[str, bytes], options: SpaceOptions, console: Console) -> str:
    """Push the Space in one commit, so that it is built once; its address.

    A new one is private unless asked for otherwise. One that is there keeps its settings; what it has in our folders
    and we have no more is removed. RunError for one that is something else.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api = hub_api()
    adding = [CommitOperationAdd(path, file) for path, file in files.items()]
    adding += [CommitOperationAdd(path, text) for path, text in made.items()]
    with uploading(name, RunError):
        known = _content_of(name)
        if known is None:
            _make(name, options)
            known = []
        else:
            _check_ours(name, known)
            console.say(f"{name} is there already: its hardware, visibility and storage stay as they are")
        old = [each for each in known if each.partition("/")[0] in FOLDERS and each not in files]
        api.create_commit(
            name,
            [*adding, *(CommitOperationDelete(each) for each in old)],
            repo_type="space",
            commit_message=f"HyperFace {hyperface.__version__}",
        )
    return f"{api.endpoint}/spaces/{name}"


def _make(name: str, options: SpaceOptions) -> None:
    from huggingface_hub import SpaceHardware, Volume, errors

    bucket = options.bucket
    try:
        hub_api().create_repo(
            name,
            repo_type="space",
            space_sdk="gradio",
            private=not options.public,
            space_hardware=SpaceHardware(options.hardware),
            space_variables=None if bucket is None else [{"key": "HYPERFACE_RUNS", "value": f"{MOUNTED}/runs"}],
            space_volumes=None if bucket is None else [Volume(type="bucket", source=bucket, mount_path=MOUNTED)],
        )
    except errors.HfHubHTTPError as error:
        if error.response is not None and error.response.status_code == 402:
            raise RunError(f"The hub asks to be paid for {name}. {ALREADY_PAID}") from error
        raise


def _content_of(name: str) -> list[str] | None:
    """The files of a Space; None where there is none."""
    from huggingface_hub import errors

    try:
        return [file.rfilename for file in hub_api().space_info(name).siblings or ()]
    except errors.RepositoryNotFoundError:
        return None


def _check_ours(name: str, known: list[str]) -> None:
    others = set(known) - {".gitattributes", "README.md"}
    if others and "hyperface/__init__.py" not in others:
        raise RunError(f"{name} is another Space already, with {len(others):,} files. Choose another name.")


def _known_to_git(root: Path) -> set[str] | None:
    """The files that Git keeps there, so that what merely lies beside them is not sent; None where it keeps nothing."""
    if not (root / ".git").exists():
        return None
    try:
        told = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return set(told.stdout.decode("utf-8", "replace").split("\0"))


def _unwanted(name: Path) -> bool:
    return any(part.startswith(".") or any(Path(part).match(made) for made in MADE) for part in name.parts)


def _is_text(path: Path) -> bool:
    """Whether it is UTF-8 without zero bytes, as Git tells text from other files."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def _bytes(files: dict[str, Path], made: dict[str, bytes]) -> int:
    return sum(path.stat().st_size for path in files.values()) + sum(map(len, made.values()))


def _size(files: dict[str, Path], made: dict[str, bytes]) -> str:
    return f"{len(files) + len(made):,} files, {_bytes(files, made) / 1e6:.1f} MB"
