"""A whole experiment as a run, with a report of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import GALLERY, GENERATOR
from hyperface.errors import require
from hyperface.files import write_atomic
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of
from hyperface.runs import Run, Worker
from hyperface.words import duration

if TYPE_CHECKING:
    from hyperface.studies import Plan, StudyStep, Trial

EXPERIMENTS = ("packed-vs-random",)
REPORT = "report.html"
DRAWING_SPEED = 150.0  # images a second on two CPU cores, for the estimate
PARTS = 1000  # of the progress bar


@dataclass(frozen=True)
class StudyOptions:
    """What a study is asked to do; see `hyperface study --help`. What is None is the plan's own."""

    experiment: str = EXPERIMENTS[0]
    seeds: int = 3
    arms: tuple[str, ...] = ("random", "packed")
    identities: int | None = None
    images_per_identity: int | None = None
    epochs: int | None = None
    backbone: str | None = None
    head: str | None = None
    batch_size: int | None = None
    input_size: int | None = None
    beta: float | None = None
    span: int | None = None
    benchmarks: tuple[str, ...] | None = None
    gallery: str = GALLERY
    generator: str = GENERATOR
    device: str = "cpu"

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(self.seeds >= 1, f"A study needs at least one seed; {self.seeds} were asked for.")
        require(len(set(self.arms)) >= 2, "A study compares at least two ways to choose identities: --arms A B.")


def create(options: StudyOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a study; an error first if the options cannot work."""
    options.check()
    title = f"{' against '.join(options.arms)}, {options.seeds} seeds"
    return runs.create("study", asdict(options), title=title, slug=options.experiment, path=path, folder=folder)


def _told(run: Run) -> str:
    tables = run.results().get("tables", [])
    return "\n".join([*tables, str(run.path / REPORT if tables else run.path)])


def _work(worker: Worker, console: Console) -> None:
    """A study that is stopped or killed goes on with the trial it was at."""
    from hyperface import gallery, generators, studies

    options = options_of(worker.run, StudyOptions)
    own = {field.name: getattr(options, field.name, None) for field in fields(studies.Plan)}
    worker.progress(0, message="Loading")
    generator = generators.load(options.generator)
    plan = studies.Plan(**{key: value for key, value in own.items() if value is not None}).drawn_by(generator)
    trials = [studies.Trial(**trial) for trial in worker.run.results().get("trials", [])]
    steps = studies.packed_vs_random(
        worker.path / "datasets",
        gallery.load(options.gallery),
        generator,
        plan=plan,
        arms=options.arms,
        seeds=options.seeds,
        device=options.device,
        finished=trials,
    )
    count = options.seeds * len(options.arms)
    _tell_time(console, plan, count - len(trials), options.device)
    written = len(trials)

    def report(step: StudyStep) -> Report:
        place = f"{step.arm}, seed {step.seed}: {step.stage}"
        figures = {"trial": f"{step.trial + 1}/{step.trials}", "stage": place}
        return Report(round(PARTS * step.share), PARTS, figures, f"Trial {step.trial + 1} of {count}, {place}")

    def write(step: StudyStep) -> None:
        nonlocal written
        if len(step.finished) > written:
            written = len(step.finished)
            worker.log({"step": written, **asdict(step.finished[-1])})
            _write(worker, plan, step.finished, options)

    Driver(console, worker).follow(steps, "study", "‰", report, each=write)


JOB = Job("study", _work, _told)


def _tell_time(console: Console, plan: Plan, trials: int, device: str) -> None:
    from hyperface import training

    speed = training.measure_speed(
        backbone=plan.backbone,
        head=plan.head,
        batch_size=plan.batch_size,
        input_size=plan.input_size,
        device=device,
    )
    seconds = trials * (plan.images * (plan.epochs / speed + 1 / DRAWING_SPEED)) / 0.9  # the rest: packing, evaluation
    console.say(
        f"about {duration(seconds)}: {trials} trials of {plan.images:,} images, seen {plan.epochs} times at "
        f"{speed:.0f} a second",
        seconds=seconds,
    )


def _write(worker: Worker, plan: Plan, trials: Sequence[Trial], options: StudyOptions) -> None:
    """Results, and the report as soon as there is something to compare."""
    from hyperface import studies
    from hyperface.studies import report

    results: dict[str, Any] = {"plan": asdict(plan), "trials": [asdict(trial) for trial in trials], "tables": []}
    seeds = [{trial.seed for trial in trials if trial.arm == arm} for arm in options.arms]
    if set.intersection(*seeds):
        first = options.arms[0]
        for arm in options.arms[1:]:
            results["tables"].append(report.text_table(studies.compare(trials, first, arm), first, arm))
        page = report.html_report(plan, trials, generator=options.generator, gallery=options.gallery)
        write_atomic(worker.path / REPORT, page.encode())
    worker.write_results(results)
