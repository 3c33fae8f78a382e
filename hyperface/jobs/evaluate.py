"""Measuring how well recognisers verify faces, as a run: every model on every benchmark."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import RECOGNIZER, RELEASED_BENCHMARKS
from hyperface.errors import RunError, require
from hyperface.files import write_atomic
from hyperface.jobs import models
from hyperface.jobs.benchmark import prepare
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.models import model_label
from hyperface.runs import Run, Worker, is_run, names
from hyperface.words import collapsed

if TYPE_CHECKING:
    from hyperface.evaluation import Benchmark, Figures, VerificationResult, VerificationStep
    from hyperface.recognizers import Recognizer

TABLE, REPORT = "results.csv", "report.html"


@dataclass(frozen=True)
class EvaluateOptions:
    """What an evaluation is asked to do. models: registered names, absolute paths of run folders of `train`, or of
    recogniser files. benchmarks: names, or absolute paths of .bin packs and of lists of pairs."""

    models: tuple[str, ...] = (RECOGNIZER,)
    benchmarks: tuple[str, ...] = ("rendered_everyday",)
    batch_size: int = 64
    device: str = "cpu"
    precision: str = "float32"
    color: str | None = None

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(len(self.models) > 0, "Say which models to evaluate: at least one.")
        require(len(self.benchmarks) > 0, "Say which benchmarks to evaluate on: at least one.")
        require(self.batch_size >= 1, f"A batch holds at least one image; it was {self.batch_size}.")


def create(options: EvaluateOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of an evaluation; an error first if the options cannot work."""
    options.check()
    parents = [Path(model).name for model in options.models if is_run(model)]
    for model in options.models:
        models.model_file(model)
    models.check_color(options.color, options.models)
    labels = ", ".join(model_label(model) for model in options.models)
    title = f"{labels} on {', '.join(map(benchmark_label, options.benchmarks))}"
    slug = benchmark_label(options.benchmarks[0])
    return runs.create("evaluate", asdict(options), title=title, parents=parents, slug=slug, path=path, folder=folder)


def benchmark_label(name: str) -> str:
    """How a benchmark is listed: its name, its file's, or that in front of the folder of its release."""
    known, colon, _ = name.partition(":")
    return known if colon and known in RELEASED_BENCHMARKS else Path(name).stem


def absolute_benchmark(name: str) -> str:
    """As `models.absolute`, also for the folder of an official release behind the benchmark's name."""
    known, colon, folder = name.partition(":")
    if colon and known in RELEASED_BENCHMARKS:
        return f"{known}:{Path(folder).absolute()}"
    return models.absolute(name)


def _work(worker: Worker, console: Console) -> None:
    """What was evaluated before it was stopped is kept."""
    options = options_of(worker.run, EvaluateOptions)
    entries: list[dict[str, Any]] = list(worker.run.results().get("evaluations", []))
    finished = {(entry["model"], entry["benchmark"]) for entry in entries}
    total = len(options.models) * len(options.benchmarks)
    (worker.path / "scores").mkdir(exist_ok=True)
    benchmarks = [_load_benchmark(worker, console, name) for name in options.benchmarks]  # missing: told at once
    for model in options.models:
        label = model_label(model)
        todo = [benchmark for benchmark in benchmarks if (model, benchmark.name) not in finished]
        if not todo:
            continue
        worker.progress(len(entries) / total, None, f"Loading {label}")
        recognizer = models.load_one_of_several(
            model, console, device=options.device, precision=options.precision, color=options.color
        )
        weights = {"weights": weights_digest(model)} if (Path(model) / names.MODEL).is_file() else {}
        for benchmark in todo:
            part = (len(entries) / total, (len(entries) + 1) / total)
            result = _verify(Driver(console, worker), recognizer, benchmark, label, options.batch_size, part)
            entries.append({**_entry(model, label, benchmark.title, result, len(entries)), **weights})
            write_atomic(worker.path / entries[-1]["scores"], _scores(result))
            worker.write_results({"evaluations": entries})
    _write_reports(worker.run, entries)


def weights_digest(training: str | Path) -> str:
    """Tells what a training's model was when it was evaluated from what it is after more epochs."""
    with (Path(training) / names.MODEL).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _told(run: Run) -> str:
    lines = []
    for entry in run.results().get("evaluations", []):
        accuracy, spread = 100 * entry["accuracy"], 100 * entry["accuracy_std"]
        lines.append(f"{entry['label']} on {entry['benchmark']}: {accuracy:.2f} ± {spread:.2f} %")
        if entry.get("collapsed"):
            lines.append(collapsed(entry["label"]))
    return "\n".join([*lines, str(run.path)])


JOB = Job("evaluate", _work, _told)


def _load_benchmark(worker: Worker, console: Console, name: str) -> Benchmark:
    """By name or path. One that has to be aligned first is kept in the run folder."""
    from hyperface import evaluation

    release = evaluation.official_release(name)
    path = Path(name if release is None else release[0])
    if release is None and not (evaluation.is_path(name) and evaluation.is_pair_list(path)):
        return evaluation.load_benchmark(name)
    kept = worker.path / "benchmarks" / f"{path.stem}.bin"
    if kept.is_file():
        return evaluation.load_benchmark(kept)
    worker.progress(0, None, f"Aligning {path.name}")
    if release is None:
        prepared = prepare(evaluation.read_pair_list(path), console)
    else:
        prepared = prepare(evaluation.read_official(*release), console, title=evaluation.RELEASES[path.name].title)
    kept.parent.mkdir(exist_ok=True)
    evaluation.save_benchmark(prepared, kept)
    return prepared


def _verify(
    driver: Driver,
    recognizer: Recognizer,
    benchmark: Benchmark,
    label: str,
    batch_size: int,
    part: tuple[float, float],
) -> VerificationResult:
    from hyperface import evaluation

    def report(step: VerificationStep) -> Report:
        message = f"{label} on {benchmark.title}"
        return Report(step.done, step.total, message=message, seconds_left=step.seconds_left)

    steps = evaluation.verify_steps(recognizer, benchmark, batch_size=batch_size)
    stage = f"{label} on {benchmark.name}"
    return driver.follow(steps, stage, "image", report, total=len(benchmark.images), part=part)


def _entry(model: str, label: str, title: str, result: VerificationResult, number: int) -> dict[str, Any]:
    from hyperface.evaluation import figures_of

    return {
        "model": model,
        "label": label,
        "benchmark": result.benchmark,
        "title": title,
        **({"collapsed": True} if result.collapsed else {}),
        **figures_of(result).as_json(),
        "scores": f"scores/{number}.npz",
    }


def entries_of(run: Run) -> list[dict[str, Any]]:
    """What the results of an evaluation say of each model on each benchmark, as far as they say of which.

    Keys model, benchmark and scores are strings; others may be missing or of any kind, in a file that is damaged.
    """
    entries = run.results().get("evaluations")
    said = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [entry for entry in said if all(isinstance(entry.get(key), str) for key in ("model", "benchmark", "scores"))]


def read_scores(path: Path, benchmark: str) -> VerificationResult:
    """The result whose distances were kept in this file. RunError, InputError if it is damaged."""
    from hyperface.array_files import read_arrays
    from hyperface.evaluation import score_pairs

    distances, same = read_arrays(path, ("distances", "same"), error=RunError)
    if distances.dtype.kind not in "fiu" or same.dtype.kind not in "biu" or distances.shape != same.shape:
        raise RunError(f"{path} is damaged: it holds no distances of pairs. Evaluate again.")
    return score_pairs(distances, same, benchmark=benchmark)


def read_figures(entry: dict[str, Any]) -> Figures:
    """The figures of an entry of results.json. KeyError if they are not there."""
    from hyperface.evaluation import Figures, figures_from

    return figures_from({name: entry[name] for name in Figures.__dataclass_fields__})


def _write_reports(run: Run, entries: list[dict[str, Any]]) -> None:
    from hyperface.evaluation import report

    measured = [
        report.Measured(
            entry["label"],
            entry["title"],
            read_scores(run.path / entry["scores"], entry["benchmark"]),
            read_figures(entry),
        )
        for entry in entries
    ]
    write_atomic(run.path / TABLE, report.csv_table(measured).encode())
    write_atomic(run.path / REPORT, report.html_report(measured, title=run.title).encode())


def _scores(result: VerificationResult) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, distances=result.distances, same=result.same)
    return buffer.getvalue()
