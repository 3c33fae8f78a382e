"""A recipe: one file that says a whole pass, from gallery to evaluation; and what it will cost."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperface.errors import InputError
from hyperface.jobs.costs import Costs, scaled
from hyperface.jobs.generate import GenerateOptions
from hyperface.jobs.pack.options import PackOptions
from hyperface.jobs.train import TrainOptions
from hyperface.rates import Rate

STAGES = ("gallery", "pack", "generate", "train", "evaluate")
HOUR = 3600.0
EVALUATED = 12_000 * 6  # pictures of six benchmarks

PICTURE_BYTES = 6_000  # of a face of 112 pixels as JPEG
GALLERY_BYTES = 2_000  # of a face in a gallery: embedding and thumbnail
# Second-hand, from a reading of the paper: 640,000 pictures, and the packing of so many identities, on an RTX 3090.
PAPER_PICTURES, PAPER_PACKED = 174.0, {10_000: 6.0, 50_000: 84.0}


@dataclass(frozen=True)
class Stage:
    """One verb of a recipe. hours: None if nobody knows; origin: whence they are, and of which machine. size: bytes on
    disk."""

    verb: str
    what: str
    arguments: tuple[str, ...]
    hours: float | None
    origin: str
    size: float


@dataclass(frozen=True)
class Recipe:
    """title: its name. about: a sentence for people. options: for each verb, what the command line is told."""

    title: str
    about: str
    options: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path, changes: tuple[str, ...] = ()) -> Recipe:
        """The recipe in a TOML file. changes: "stage.option=value", over what it says. InputError if it is none."""
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{path} cannot be read as a recipe ({error}).") from error
        missing = [stage for stage in STAGES if not isinstance(content.get(stage), dict)]
        if missing:
            raise InputError(f"{path} is no recipe: it has no [{missing[0]}].")
        options = {stage: dict(content[stage]) for stage in STAGES}
        for change in changes:
            place, equals, value = change.partition("=")
            stage, dot, name = place.partition(".")
            if not (equals and dot and stage in options):
                raise InputError(f"A change is stage.option=value, such as train.epochs=5; it was {change!r}.")
            options[stage][name] = _value(value)
        return cls(str(content.get("title", path.stem)), str(content.get("about", "")), options)

    def stages(self, folder: str, *, device: str = "cuda", costs: Costs | None = None) -> tuple[Stage, ...]:
        """What is to be done, in order, each in a run folder below `folder`. costs: None for the published ones."""
        known = Costs() if costs is None else costs
        runs = {stage: f"{folder}/{stage}" for stage in STAGES}
        linked: dict[str, dict[str, str]] = {
            "gallery": {},
            "pack": {"gallery": runs["gallery"]},
            "generate": {"from": runs["pack"]},
            "train": {"dataset": runs["generate"]},
            "evaluate": {"model": runs["train"]},
        }
        stages = []
        for stage in STAGES:
            words = _words({**linked[stage], **self.options[stage], "device": device, "run": runs[stage]})
            cost = self._cost(stage, known)
            hours, origin = (None, "nobody knows") if cost is None else (cost.seconds / HOUR, cost.origin)
            stages.append(Stage(stage, self._what(stage), (stage, *words), hours, origin, self._size(stage)))
        return tuple(stages)

    @property
    def identities(self) -> int:
        return int(self.options["pack"].get("identities", PackOptions.identities))

    @property
    def pictures(self) -> int:
        """Of the dataset."""
        usual = GenerateOptions.images_per_identity
        return self.identities * int(self.options["generate"].get("images-per-identity", usual))

    def _what(self, stage: str) -> str:
        options = self.options[stage]
        if stage == "gallery":
            return f"{int(options.get('count', 0)):,} faces of {_kind(options)}"
        if stage == "pack":
            return f"{self.identities:,} identities"
        if stage == "generate":
            return f"{self.pictures:,} pictures by {_kind(options)}"
        if stage == "train":
            return f"{_backbone(options)}, {_epochs(options)} epochs"
        chosen = options.get("benchmark", "the benchmarks that ship")
        return chosen if isinstance(chosen, str) else ", ".join(chosen)

    def _cost(self, stage: str, costs: Costs) -> Rate | None:
        """Seconds of a stage, and whence that is."""
        options = self.options[stage]
        if stage in ("gallery", "generate"):
            count = int(options.get("count", 0)) if stage == "gallery" else self.pictures
            return scaled(costs.drawing(stage, str(options.get("generator", "heads")), _told(options)), count)
        if stage == "pack":
            return costs.packing(self.identities, int(options.get("steps", PackOptions.steps)))
        if stage == "train":
            return scaled(costs.training(_backbone(options)), self.pictures * _epochs(options))
        return scaled(costs.embedding(_backbone(self.options["train"])), EVALUATED)

    def _size(self, stage: str) -> float:
        if stage == "gallery":
            return float(int(self.options[stage].get("count", 0)) * GALLERY_BYTES)
        if stage == "pack":
            return float(self.identities * 512 * 4)
        return float(self.pictures * PICTURE_BYTES) if stage == "generate" else 2e8 if stage == "train" else 0.0


def _kind(options: dict[str, Any]) -> str:
    return str(options.get("generator", "heads")).partition(":")[0]


def _backbone(options: dict[str, Any]) -> str:
    return str(options.get("backbone", TrainOptions.backbone))


def _epochs(options: dict[str, Any]) -> int:
    return int(options.get("epochs", TrainOptions.epochs))


def _told(options: dict[str, Any]) -> dict[str, Any]:
    """What a recipe tells a generator: its NAME=VALUE words, numbers as numbers."""
    words = options.get("option", [])
    pairs = (str(word).partition("=") for word in ([words] if isinstance(words, str) else words))
    return {name.replace("-", "_"): _value(text) for name, _, text in pairs}


def _words(options: dict[str, Any]) -> list[str]:
    """The command line's words for options: a list is said once for each of its values, true is the option alone."""
    words = []
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                words.append(f"--{name}")
            elif each is not False:
                words += [f"--{name}", str(each)]
    return words


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def as_command(stage: Stage, *, processes: int = 1) -> str:
    """The line that does a stage. processes: GPUs that share the work of the verbs that can."""
    line = shlex.join(stage.arguments)
    if processes > 1 and stage.verb in ("pack", "generate", "train"):
        return f"torchrun --nproc-per-node {processes} -m -- hyperface {line}"
    return f"hyperface {line}"
