"""Measuring recognisers on IJB-B or IJB-C, as a run: templates compared 1:1 and searched 1:N."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import RECOGNIZER
from hyperface.errors import RunError, require
from hyperface.files import json_bytes, read_object, remove, write_atomic
from hyperface.jobs import models
from hyperface.jobs.checkpoints import load_checkpoint, save_checkpoint
from hyperface.jobs.console import LISTED, Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.models import model_label
from hyperface.runs import Run, Worker, is_run, names

if TYPE_CHECKING:
    import torch

    from hyperface.evaluation.ijb import Ijb, TemplateFeatures, TemplateStep
    from hyperface.recognizers import Recognizer

TABLE, REPORT = "results.csv", "report.html"
EMBEDDED = "embedded.json"  # whose features the checkpoint holds, and which photos they lack
SAVE_SECONDS = 60.0  # between two checkpoints, which hold the features of all templates


@dataclass(frozen=True)
class IjbOptions:
    """What is asked for. folder: an absolute path. models: as in `EvaluateOptions`."""

    folder: str
    models: tuple[str, ...] = (RECOGNIZER,)
    batch_size: int = 64
    device: str = "cpu"
    precision: str = "float32"
    color: str | None = None

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(len(self.models) > 0, "Say which models to measure: at least one.")
        require(self.batch_size >= 1, f"A batch holds at least one photo; it was {self.batch_size}.")


def create(options: IjbOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder; an error first if the options cannot work or the benchmark is not whole."""
    from hyperface.evaluation import ijb

    options.check()
    for model in options.models:
        models.model_file(model)
    models.check_color(options.color, options.models)
    benchmark = ijb.open_ijb(Path(options.folder)).title
    parents = [Path(model).name for model in options.models if is_run(model)]
    title = f"{', '.join(map(model_label, options.models))} on {benchmark}"
    return runs.create("ijb", asdict(options), title=title, parents=parents, slug=benchmark, path=path, folder=folder)


def _work(worker: Worker, console: Console) -> None:
    """What was measured before it was stopped is kept, and so are the photos that were embedded."""
    from hyperface.evaluation import ijb
    from hyperface.evaluation.ijb import report

    options = options_of(worker.run, IjbOptions)
    worker.progress(0, message="Loading")
    benchmark = ijb.open_ijb(Path(options.folder))
    entries: list[dict[str, Any]] = list(worker.run.results().get("templates", []))
    finished = {entry["model"] for entry in entries}
    for model in options.models:
        if model in finished:
            continue
        part = (len(entries) / len(options.models), (len(entries) + 1) / len(options.models))
        recognizer = models.load_one_of_several(
            model, console, device=options.device, precision=options.precision, color=options.color
        )
        found = _embed(worker, console, benchmark, model, recognizer, options.batch_size, part)
        _tell_unreadable(console, found.unreadable)
        worker.progress(part[1], None, f"Comparing the templates of {benchmark.title}")
        pairs = ijb.compare_templates(benchmark, found)
        search = None if benchmark.probes is None else ijb.search_templates(benchmark, found)
        about = {"model": model, "label": model_label(model), "benchmark": benchmark.title}
        entries.append({**about, "unreadable": len(found.unreadable), **report.entry_of(pairs, search)})
        worker.write_results({"templates": entries})
        remove(worker.path / names.CHECKPOINT)
    write_atomic(worker.path / TABLE, report.csv_table(entries).encode())
    write_atomic(worker.path / REPORT, report.html_report(entries, title=worker.run.title).encode())


def _embed(
    worker: Worker,
    console: Console,
    benchmark: Ijb,
    model: str,
    recognizer: Recognizer,
    batch_size: int,
    part: tuple[float, float],
) -> TemplateFeatures:
    from hyperface.evaluation import ijb

    checkpoint, about = worker.path / names.CHECKPOINT, worker.path / EMBEDDED
    state: dict[str, torch.Tensor] | None = None
    unreadable: tuple[str, ...] = ()
    told = read_object(about, error=RunError) if about.is_file() else {}
    if told.get("model") == model:
        state, unreadable = load_checkpoint(checkpoint)[0], tuple(map(str, told.get("unreadable", ())))
    saved = time.monotonic()

    def keep(step: TemplateStep) -> None:
        nonlocal saved
        saved = time.monotonic()
        write_atomic(about, json_bytes({"model": model, "unreadable": list(step.unreadable)}))
        save_checkpoint(checkpoint, step.state, step.done)

    def keep_seldom(step: TemplateStep) -> None:
        if time.monotonic() - saved > SAVE_SECONDS:
            keep(step)

    def report(step: TemplateStep) -> Report:
        message = f"{recognizer.name} on {benchmark.title}"
        return Report(step.done, step.total, message=message, seconds_left=step.seconds_left)

    steps = ijb.embed_templates(
        benchmark, recognizer, batch_size=batch_size, resume=state, unreadable=unreadable if state is not None else ()
    )
    stage = f"{model_label(model)} on {benchmark.title}"
    return Driver(console, worker).follow(steps, stage, "photo", report, part=part, each=keep_seldom, finish=keep)


def _tell_unreadable(console: Console, unreadable: tuple[str, ...]) -> None:
    if unreadable:
        console.event("skipped", count=len(unreadable), reasons=list(unreadable))
        console.say(f"photos left out: {len(unreadable):,}")
        for reason in unreadable[:LISTED]:
            console.say(f"  {reason}")


def _told(run: Run) -> str:
    entries = run.results().get("templates", [])
    return "\n".join([*map(sentence, entries), str(run.path)]) if entries else ""


def sentence(entry: dict[str, Any]) -> str:
    """What was found, in words."""
    rates = [
        f"{100 * rate['tar']:.2f} % at FAR {rate['far']:g}" for rate in entry["tar_at_far"] if rate["tar"] is not None
    ]
    text = f"{entry['label']} on {entry['benchmark']}: TAR {', '.join(rates) or 'not told by so few comparisons'}"
    search = entry.get("search")
    if search is None:
        return text
    found = [
        f"{100 * rate['tpir']:.2f} % at FPIR {rate['fpir']:g}"
        for rate in search["tpir_at_fpir"]
        if rate["tpir"] is not None
    ]
    theirs = ", ".join(f"{100 * rate['tpir']:.2f} %" for rate in search["insightface"]["tpir_at_fpir"])
    return (
        f"{text}; rank 1 {100 * search['ranks']['1']:.2f} %, TPIR {', '.join(found) or 'not told by so few strangers'} "
        f"(as InsightFace counts it: {theirs})"
    )


JOB = Job("ijb", _work, _told)
