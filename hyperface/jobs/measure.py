"""Measuring what a dataset is worth, as a run: figures by two recognisers, and a sentence of advice for each."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import RECOGNIZER, SECOND_RECOGNIZER
from hyperface.errors import HyperFaceError, require
from hyperface.files import write_atomic
from hyperface.jobs import correction, models
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.dataset import dataset_path
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.generate import GenerateOptions, load_embeddings
from hyperface.jobs.job import Job, options_of
from hyperface.runs import Run, Worker, is_run, names, open_run

if TYPE_CHECKING:
    import torch

    from hyperface.datasets import LabeledImages
    from hyperface.evaluation import VerificationStep
    from hyperface.evaluation.worth import Background, Worth, WorthStep
    from hyperface.gallery import Gallery
    from hyperface.recognizers import Recognizer

TABLE = "worth.csv"
PAIRS = 200  # of the benchmark's: the line moves by a few hundredths with more
LINES = 0.1  # of a run's progress that is finding where the recognisers draw it
BENCHMARK = "rendered_everyday"  # tells where each recogniser draws the line between one person and two


@dataclass(frozen=True)
class MeasureOptions:
    """What is asked; see `hyperface dataset --help`. dataset: an absolute path. recognizers: beside dlib; None for the
    one that had no part in any generator that ships. gallery: a name or a file; None for the one that the set's card
    names, if it ships. people, pictures: at most so many, and so many of each."""

    dataset: str
    recognizers: tuple[str, ...] = (SECOND_RECOGNIZER,)
    gallery: str | None = None
    people: int = 1_000
    pictures: int = 10
    seed: int = 0
    device: str = "cpu"
    precision: str = "float32"

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(Path(self.dataset).exists(), f"There is no dataset at {self.dataset}.")
        require(self.people >= 2, f"Measuring takes at least 2 people; {self.people} were asked for.")
        require(self.pictures >= 1, f"Measuring takes a picture of each person; {self.pictures} were asked for.")


def create(options: MeasureOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a measurement; an error first if the options cannot work."""
    options.check()
    source = Path(options.dataset)
    title = open_run(source).title if is_run(source) else source.name
    parents = [source.name] if is_run(source) else []
    title = f"What {title} is worth"
    return runs.create(
        "measure", asdict(options), title=title, parents=parents, slug=source.name, path=path, folder=folder
    )


def sentence(results: dict[str, Any]) -> str:
    """How much was looked at, in words."""
    people, pictures = results["people"], results["pictures"]
    if people == results["all_people"] and pictures == results["all_pictures"]:
        return f"All {pictures:,} pictures of {people:,} people were looked at."
    return (
        f"A sample was looked at: {pictures:,} of {results['all_pictures']:,} pictures, of {people:,} of "
        f"{results['all_people']:,} people."
    )


def _told(run: Run) -> str:
    results = run.results()
    if not results:
        return ""
    lines = [sentence(results)]
    for row in results["rows"]:
        by = f", by {row['seen_by']}" if row["seen_by"] else ""
        lines.append(f"{'  ' if row['fine'] else '! '}{row['measure']}{by}: {row['value']}. {row['advice']}")
    return "\n".join([*lines, str(run.path / TABLE)])


def _work(worker: Worker, console: Console) -> None:
    """A measurement that was stopped begins again: it takes minutes."""
    from hyperface import datasets
    from hyperface.evaluation import worth

    options = options_of(worker.run, MeasureOptions)
    worker.progress(0, message="Loading")
    dataset = datasets.open(dataset_path(Path(options.dataset)))
    report_skipped(console, dataset.skipped)
    wanted = dict.fromkeys((RECOGNIZER, *options.recognizers))
    loaded = [models.load(name, console, device=options.device, precision=options.precision) for name in wanted]
    driver = Driver(console, worker)
    share = LINES / len(loaded)
    lines = {
        each.name: _line(each, driver, (share * number, share * (number + 1))) for number, each in enumerate(loaded)
    }
    steps = worth.measure(
        dataset,
        loaded,
        lines,
        background=_background(options, dataset, loaded, console),
        sample=worth.Sample(options.people, options.pictures, seed=options.seed),
    )

    def report(step: WorthStep) -> Report:
        return Report(step.done, step.total, message=f"{step.done:,} of {step.total:,} pictures looked at")

    found = driver.follow(steps, "measuring", "picture", report, part=(LINES, 1.0))
    _write(worker, found)


JOB = Job("measure", _work, _told)


def _line(recognizer: Recognizer, driver: Driver, part: tuple[float, float]) -> float:
    """The cosine above which two pictures of the benchmark are best taken for one person. part: of the run's
    progress."""
    import numpy as np

    from hyperface import evaluation

    whole = evaluation.load_benchmark(BENCHMARK)
    pairs = np.unique(np.linspace(0, len(whole.same) - 1, PAIRS).round().astype(int))
    pictures = whole.images.reshape(-1, 2, *whole.images.shape[1:])[pairs]  # (p, 2, h, w, 3)
    some = replace(whole, images=pictures.reshape(-1, *whole.images.shape[1:]), same=whole.same[pairs])

    def report(step: VerificationStep) -> Report:
        return Report(step.done, step.total, message=f"Finding where {recognizer.name} tells two people apart")

    steps = evaluation.verify_steps(recognizer, some)
    return driver.follow(steps, "finding the line", "picture", report, part=part).cosine_threshold


def _background(
    options: MeasureOptions, dataset: LabeledImages, loaded: Sequence[Recognizer], console: Console
) -> Background:
    """What the set's card and its run tell; what cannot be had is left out, or told where it was asked for."""
    from hyperface import generators
    from hyperface.evaluation.worth import Background

    gallery = _gallery(options, dataset)
    judge = None
    if gallery is not None:
        judge = next((each for each in loaded if each.name == gallery.recognizer), None)
        with suppress(HyperFaceError):
            judge = judge or models.load(gallery.recognizer, console, device=options.device)
    info, generator, people = dataset.info, None, None
    if info.get("generator") == "heads" and not info.get("fused"):
        recipe = info.get("recipe")
        settings = recipe.get("generator_options") if isinstance(recipe, dict) else None
        with suppress(HyperFaceError, TypeError):  # a stranger's card may say anything
            generator = generators.load("heads", **(settings if isinstance(settings, dict) else {}))
        people = _people(Path(options.dataset))
    seed = info.get("seed")
    whole = isinstance(seed, int) and seed >= 0 and "skipped" not in info
    return Background(gallery, judge, generator, seed if whole else None, people)


def _gallery(options: MeasureOptions, dataset: LabeledImages) -> Gallery | None:
    """The one that was named; else the card's, by its name alone: a card names no file."""
    from hyperface import gallery

    if options.gallery is not None:
        path = Path(options.gallery)
        return gallery.load(path / names.GALLERY if is_run(path) else options.gallery)
    recipe = dataset.info.get("recipe")
    packing = recipe.get("packing") if isinstance(recipe, dict) else None
    name = packing.get("gallery") if isinstance(packing, dict) else None
    return gallery.load(name) if isinstance(name, str) and name in gallery.SHIPPED else None


def _people(path: Path) -> torch.Tensor | None:
    """Whom a run of `generate` asked for (p, d); None of other sets, and where that cannot be read any more."""
    if not is_run(path):
        return None
    with suppress(HyperFaceError):
        options = options_of(open_run(path), GenerateOptions)
        if options.correct:
            return correction.requests_of(path)[0]
        return load_embeddings(Path(options.source), options.identities).rows
    return None


def _write(worker: Worker, found: Worth) -> None:
    from hyperface.evaluation.worth import advise

    rows = advise(found)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("measure", "seen_by", "value", "advice", "fine"))
    writer.writerows((row.measure, row.seen_by, row.value, row.advice, int(row.fine)) for row in rows)
    write_atomic(worker.path / TABLE, table.getvalue().encode())
    worker.write_results({**asdict(found), "rows": [asdict(row) for row in rows]})
