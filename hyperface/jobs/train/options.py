"""What a training is asked to do, and its run folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from hyperface import runs
from hyperface.errors import require
from hyperface.jobs import models
from hyperface.jobs.job import require_learning_rate
from hyperface.runs import Run, is_run, open_run
from hyperface.seeds import check_seed


@dataclass(frozen=True)
class TrainOptions:
    """What a training is asked to do; the meaning of each is in `hyperface train --help`. dataset, against: absolute
    paths."""

    dataset: str
    backbone: str = "small"
    head: str = "adaface"
    epochs: int = 8
    batch_size: int = 128
    learning_rate: float | None = None
    schedule: str = "cosine"
    optimizer: str | None = None
    validation_share: float = 0.1
    input_size: int | None = None
    against: str | None = None
    seed: int = 0
    device: str = "cpu"
    precision: str = "fastest"
    start: str | None = None
    freeze: int = 0
    color: str | None = None
    watch: tuple[str, ...] = ()

    EARLIER: ClassVar = {"optimizer": "sgd"}

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        check_seed(self.seed)
        require(self.epochs >= 1, f"Training needs at least one epoch; {self.epochs} were asked for.")
        require(self.batch_size >= 2, f"A batch holds at least two images; it was {self.batch_size}.")
        require_learning_rate(self.learning_rate)
        require(
            0 <= self.validation_share < 1,
            f"The share of identities kept for validation is at least 0 and below 1; it was {self.validation_share}.",
        )
        require(self.freeze >= 0, f"The number of frozen stages is 0 or more; it was {self.freeze}.")
        require(
            self.freeze == 0 or self.start is not None,
            "Stages are frozen of a network that has learnt something: name it with --from.",
        )
        require(self.against != self.dataset, "A dataset cannot be compared with itself. Choose another one.")


def create(options: TrainOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a training; an error first if the options cannot work."""
    options.check()
    what, parents = _dataset_title(Path(options.dataset))
    network = options.backbone if options.start is None else f"{models.model_label(options.start)}, fine-tuned"
    title = f"{network} on {what}"
    if options.against is not None:
        title += f", against {_dataset_title(Path(options.against))[0]}"
    slug = f"{options.backbone if options.start is None else 'from'}-{options.head}"
    return runs.create("train", asdict(options), title=title, parents=parents, slug=slug, path=path, folder=folder)


def _dataset_title(dataset: Path) -> tuple[str, list[str]]:
    """How a dataset is called, and the name of its run if it has one. An error if it cannot be trained on."""
    require(dataset.exists(), f"There is no dataset at {dataset}.")
    if not is_run(dataset):
        return dataset.name, []
    origin = open_run(dataset)
    require(origin.verb == "generate", f"{dataset} is a run of `{origin.verb}`, not a dataset.")
    return origin.title, [origin.name]
