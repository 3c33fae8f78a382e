"""Measuring identification, as a run: whose face is this, among those enrolled, and is it anybody's?"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import RECOGNIZER
from hyperface.errors import InputError, RunError, require
from hyperface.files import write_atomic
from hyperface.jobs import models
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.dataset import dataset_path, embed_images
from hyperface.jobs.driver import Driver
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.models import model_label
from hyperface.runs import Run, Worker, is_run, open_run
from hyperface.words import collapsed

if TYPE_CHECKING:
    from hyperface.evaluation import EmbeddedImages, Identification, OpenSet
    from hyperface.evaluation.identification_report import Identified

TABLE, REPORT = "results.csv", "report.html"


@dataclass(frozen=True)
class IdentifyOptions:
    """What an identification is asked to do. dataset: an absolute path. models: as in `EvaluateOptions`. seed: of who
    is enrolled first in the open set."""

    dataset: str
    models: tuple[str, ...] = (RECOGNIZER,)
    images_per_identity: int | None = None
    seed: int = 0
    device: str = "cpu"
    precision: str = "float32"
    color: str | None = None

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(len(self.models) > 0, "Say which models to measure: at least one.")
        require(Path(self.dataset).exists(), f"There is no dataset at {self.dataset}.")
        require(
            self.images_per_identity is None or self.images_per_identity >= 2,
            f"One image is enrolled and others are searched, so two are needed; it was {self.images_per_identity}.",
        )


def create(options: IdentifyOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of an identification; an error first if the options cannot work."""
    options.check()
    for model in options.models:
        models.model_file(model)
    models.check_color(options.color, options.models)
    source = Path(options.dataset)
    parents = [Path(each).name for each in (options.dataset, *options.models) if is_run(each)]
    dataset = open_run(source).title if is_run(source) else source.name
    title = f"{', '.join(map(model_label, options.models))} among the people of {dataset}"
    slug = source.stem
    return runs.create("identify", asdict(options), title=title, parents=parents, slug=slug, path=path, folder=folder)


def _work(worker: Worker, console: Console) -> None:
    """What was measured before it was stopped is kept."""
    from hyperface import datasets

    options = options_of(worker.run, IdentifyOptions)
    entries: list[dict[str, Any]] = list(worker.run.results().get("identifications", []))
    finished = {entry["model"] for entry in entries}
    worker.progress(0, message="Loading")
    dataset = datasets.open(dataset_path(Path(options.dataset)))
    report_skipped(console, dataset.skipped)
    (worker.path / "scores").mkdir(exist_ok=True)
    for model in options.models:
        if model in finished:
            continue
        part = (len(entries) / len(options.models), (len(entries) + 1) / len(options.models))
        recognizer = models.load_one_of_several(
            model, console, device=options.device, precision=options.precision, color=options.color
        )
        label = model_label(model)
        images = embed_images(
            dataset,
            recognizer,
            Driver(console, worker),
            label,
            limit=options.images_per_identity,
            message=label,
            part=part,
        )
        entry, scores = _measure(images, model, label, options.seed, f"scores/{len(entries)}.npz")
        write_atomic(worker.path / entry["scores"], scores)
        entries.append(entry)
        worker.write_results({"identifications": entries})
    _write_reports(worker.run, entries)


def _measure(images: EmbeddedImages, model: str, label: str, seed: int, scores: str) -> tuple[dict[str, Any], bytes]:
    """The entry of results.json, and the file from which its curves can be drawn again."""
    from hyperface import evaluation
    from hyperface.evaluation.identification_report import RANKS
    from hyperface.evaluation.open_set import FALSE_POSITIVE_RATES

    closed = evaluation.identify(images)
    try:
        opened, refused = evaluation.identify_open_set(images, seed=seed), ""
    except InputError as error:
        opened, refused = None, str(error)
    entry = {
        "model": model,
        "label": label,
        "searches": len(closed.ranks),
        "enrolled": closed.enrolled,
        "unreadable": len(images.unreadable),
        **({"collapsed": True} if images.collapsed else {}),
        "rates": {str(rank): closed.rate(rank) for rank in RANKS if rank <= closed.enrolled},
        "rank_1_interval": list(closed.interval()),
        "cumulative_match": closed.cumulative_match.tolist(),
        "open_set": [] if opened is None else [asdict(opened.tpir_at(fpir)) for fpir in FALSE_POSITIVE_RATES],
        "open_set_refused": refused,
        "scores": scores,
    }
    return entry, _kept(closed, opened)


def _told(run: Run) -> str:
    lines = []
    for entry in run.results().get("identifications", []):
        lines.append(sentence(entry))
        if entry.get("collapsed"):
            lines.append(collapsed(entry["label"]))
    return "\n".join([*lines, str(run.path)]) if lines else ""


def sentence(entry: dict[str, Any]) -> str:
    """What an identification found, in words."""
    low, high = entry["rank_1_interval"]
    ranks = ", ".join(f"rank {rank} {100 * rate:.2f} %" for rank, rate in entry["rates"].items())
    told = [rate for rate in entry["open_set"] if rate["tpir"] is not None]
    found = ", ".join(
        f"{100 * rate['tpir']:.2f} % ({100 * rate['interval'][0]:.2f} to {100 * rate['interval'][1]:.2f}) at FPIR "
        f"{100 * rate['fpir']:g} %"
        for rate in told
    )
    opened = f"TPIR {found}" if told else entry["open_set_refused"] or "too few strangers to tell the open set"
    return (
        f"{entry['label']}: {ranks} (95 % interval of rank 1: {100 * low:.2f} to {100 * high:.2f} %); "
        f"{entry['searches']:,} searches among {entry['enrolled']:,} people; open set: {opened}"
    )


JOB = Job("identify", _work, _told)


def read_scores(path: Path) -> tuple[Identification, OpenSet | None]:
    """What was kept in this file. RunError if it is damaged."""
    import numpy as np

    from hyperface.evaluation import Identification, OpenSet, Searches

    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            halves = range(int(arrays["galleries"]))
            searches = tuple(
                Searches(arrays[f"own_{half}"], arrays[f"first_{half}"], arrays[f"strangers_{half}"]) for half in halves
            )
            return Identification(arrays["ranks"], int(arrays["enrolled"])), OpenSet(searches) if searches else None
    except Exception as error:  # a damaged archive fails with almost any exception
        raise RunError(f"{path} is damaged ({error}). Measure again.") from error


def _kept(closed: Identification, opened: OpenSet | None) -> bytes:
    import numpy as np

    galleries = () if opened is None else opened.galleries
    arrays: dict[str, Any] = {"ranks": closed.ranks, "enrolled": closed.enrolled, "galleries": len(galleries)}
    for half, searches in enumerate(galleries):
        arrays |= {f"{name}_{half}": getattr(searches, name) for name in ("own", "first", "strangers")}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _write_reports(run: Run, entries: list[dict[str, Any]]) -> None:
    from hyperface.evaluation import identification_report as report

    identified: list[Identified] = [
        report.Identified(entry["label"], *read_scores(run.path / entry["scores"])) for entry in entries
    ]
    write_atomic(run.path / TABLE, report.csv_table(identified).encode())
    write_atomic(run.path / REPORT, report.html_report(identified, title=run.title).encode())
