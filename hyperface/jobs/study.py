"""A whole experiment as a run, with a report of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hyperface import runs
from hyperface.defaults import GALLERY, RENDERED_BENCHMARKS
from hyperface.errors import require
from hyperface.files import write_atomic
from hyperface.jobs.belonging import generator_of
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of, require_learning_rate
from hyperface.runs import Run, Worker
from hyperface.words import duration

if TYPE_CHECKING:
    from hyperface.studies import Plan, StudyStep, Trial

EXPERIMENTS = ("packed-vs-random",)
REPORT, FIGURE, PEOPLE_FIGURE = "report.html", "difference.svg", "by_number_of_people.svg"
DRAWING_SPEED = 80.0  # images a second on two CPU cores, for the estimate
# Time to evaluate one picture, in times that training sees one: it is looked at twice, but only forwards.
EVALUATION_COST = 0.65
PARTS = 1000  # of the progress bar


@dataclass(frozen=True)
class StudyOptions:
    """What a study is asked to do; see `hyperface study --help`. What is None is the plan's own;
    generator: the one that draws the gallery's recogniser's embeddings."""

    experiment: str = EXPERIMENTS[0]
    draws: int = 8
    seeds: int = 1
    arms: tuple[str, ...] = ("random", "packed")
    identities: tuple[int, ...] | None = None
    images_per_identity: int | None = None
    epochs: int | None = None
    backbone: str | None = None
    head: str | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: str | None = None
    input_size: int | None = None
    beta: float | None = None
    alpha: float | None = None
    span: int | None = None
    correct: int | None = None
    benchmarks: tuple[str, ...] | None = None
    pairs: int | None = None
    pairs_seed: int | None = None
    gallery: str = GALLERY
    generator: str | None = None
    device: str = "cpu"

    EARLIER: ClassVar = {"optimizer": "sgd"}

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(self.draws >= 1, f"A study needs at least one draw of people; {self.draws} were asked for.")
        require(self.seeds >= 1, f"A study needs at least one seed; {self.seeds} were asked for.")
        require_learning_rate(self.learning_rate)
        require(len(set(self.arms)) >= 2, "A study compares at least two ways to choose identities: --arms A B.")


def create(options: StudyOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a study; an error first if the options cannot work."""
    options.check()
    title = f"{' against '.join(options.arms)}, {options.draws} draws"
    return runs.create("study", asdict(options), title=title, slug=options.experiment, path=path, folder=folder)


def _told(run: Run) -> str:
    tables = run.results().get("tables", [])
    return "\n".join([*tables, str(run.path / REPORT if tables else run.path)])


def _work(worker: Worker, console: Console) -> None:
    """A study that is stopped or killed goes on with the trial it was at."""
    from hyperface import gallery, generators, studies

    options, plan = _asked(worker.run)
    worker.progress(0, message="Loading")
    trials = [_trial(entry, plan) for entry in worker.run.results().get("trials", [])]
    worker.forget_after(len(trials))  # a kill between its row and its result: that trial is done again
    faces = gallery.load(options.gallery)
    generator = generators.load(generator_of(faces.space, options.generator))
    options, plan = replace(options, generator=generator.name), plan.drawn_by(generator)
    steps = studies.packed_vs_random(
        worker.path / "datasets",
        faces,
        generator,
        plan=plan,
        arms=options.arms,
        draws=options.draws,
        seeds=options.seeds,
        device=options.device,
        finished=trials,
    )
    count = options.draws * options.seeds * len(options.arms) * len(plan.identities)
    worker.progress(0, _tell_time(console, plan, count - len(trials), options.device), "Beginning")
    written = len(trials)

    def write(step: StudyStep) -> None:
        nonlocal written
        if len(step.finished) > written:
            written = len(step.finished)
            figures = asdict(step.finished[-1])
            worker.log({"step": written, **{name: figures[name] for name in figures if name != "right"}})
            _write(worker, plan, step.finished, options)

    Driver(console, worker).follow(steps, "study", "part", _report, each=write)


JOB = Job("study", _work, _told)


def _report(step: StudyStep) -> Report:
    if step.place is None:
        place = f"rendering benchmarks, {step.done:,} of {step.total:,} pictures"
        return Report(round(PARTS * step.share), PARTS, {"stage": step.stage}, place[0].upper() + place[1:])
    arm, identities, draw, seed = step.place
    place = f"{arm}, {identities:,} people, draw {draw}, seed {seed}: {step.stage}"
    figures = {"trial": f"{step.trial + 1}/{step.trials}", "stage": place}
    return Report(round(PARTS * step.share), PARTS, figures, f"Trial {step.trial + 1} of {step.trials}, {place}")


def _asked(run: Run) -> tuple[StudyOptions, Plan]:
    """A run's options and plan. What earlier versions began has a draw for each seed, and the plan of its time."""
    from hyperface import studies
    from hyperface.training.schedules import RATE

    options = options_of(run, StudyOptions)
    if isinstance(options.identities, int):
        options = replace(options, identities=(options.identities,))
    own = {field.name: getattr(options, field.name, None) for field in fields(studies.Plan)}
    if "draws" not in run.options:
        options = replace(options, draws=options.seeds, seeds=1)
        of_its_time = {"identities": 300, "images_per_identity": 20, "epochs": 10, "pairs": 0}
        own |= {name: value for name, value in of_its_time.items() if own[name] is None}
        own["identities"] = own["identities"] if isinstance(own["identities"], tuple) else (own["identities"],)
    if "learning_rate" not in run.options:  # every backbone was trained at the same, and longer
        own["learning_rate"] = RATE * (own["batch_size"] or studies.Plan.batch_size)
        own["epochs"] = own["epochs"] or 15
    if "optimizer" not in run.options:
        own["epochs"] = own["epochs"] or 12
    return options, studies.Plan(**{name: value for name, value in own.items() if value is not None})


def _trial(entry: dict[str, Any], plan: Plan) -> Trial:
    """A trial from results.json; those of earlier versions have a seed in place of a draw."""
    from hyperface import studies

    if "draw" not in entry:
        entry = {**entry, "draw": entry["seed"], "seed": 0, "identities": plan.identities[0]}
    return studies.Trial(**entry)


def _tell_time(console: Console, plan: Plan, trials: int, device: str) -> float:
    """Say how long it will take, and return it in seconds."""
    from hyperface import training
    from hyperface.evaluation import rendered

    speed = training.measure_speed(
        backbone=plan.backbone,
        head=plan.head,
        batch_size=plan.batch_size,
        input_size=plan.input_size,
        device=device,
    )
    asked = 2 * plan.pairs * len(RENDERED_BENCHMARKS) + 1200 * len(plan.benchmarks)  # pictures
    seconds = trials * (plan.images * (plan.epochs / speed + 1 / DRAWING_SPEED) + asked * EVALUATION_COST / speed)
    missing = plan.unrendered
    rendering = ""
    if missing and trials:
        pictures = 2 * plan.pairs * len(missing)
        first = pictures / rendered.measure_speed()
        seconds += first
        rendering = (
            f", after {duration(first)} in which {len(missing)} benchmarks of {plan.pairs:,} pairs are rendered "
            f"({rendered.estimate_size(missing, pairs=plan.pairs) / 1e6:.0f} MB in the cache, for later studies too)"
        )
    console.say(
        f"about {duration(seconds)}: {trials} trials of {plan.images:,} images, seen {plan.epochs} times at "
        f"{speed:.0f} a second{rendering}",
        seconds=seconds,
    )
    return seconds


def _write(worker: Worker, plan: Plan, trials: Sequence[Trial], options: StudyOptions) -> None:
    """Results, and the report as soon as there is something to compare."""
    from hyperface import studies
    from hyperface.studies import report
    from hyperface.studies.summary import paired

    results: dict[str, Any] = {"plan": asdict(plan), "trials": [asdict(trial) for trial in trials], "tables": []}
    first = options.arms[0]
    known = {"headline": plan.large}
    for identities in plan.identities:
        for arm in options.arms[1:]:
            if not paired(trials, first, arm, identities=identities):
                continue
            table = studies.compare(trials, first, arm, identities=identities, **known)
            noise = studies.noise_of_difference(trials, first, arm, identities=identities, **known)
            heading = f"{identities:,} people\n" if len(plan.identities) > 1 else ""
            results["tables"].append(heading + report.text_table(table, first, arm, plan=plan, noise=noise))
            if "difference" not in results:
                figure = report.figure_of(plan, trials, first, arm, identities)
                write_atomic(worker.path / FIGURE, figure.encode())
                results["difference"] = asdict(table[-1].difference)
    if results["tables"]:
        page = report.html_report(plan, trials, generator=str(options.generator), gallery=options.gallery)
        write_atomic(worker.path / REPORT, page.encode())
        if len(plan.identities) > 1:
            write_atomic(worker.path / PEOPLE_FIGURE, report.by_number_of_people(plan, trials).encode())
    worker.write_results(results)
