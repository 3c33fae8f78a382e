"""Saying what a dataset is, checking it, writing it in another format, uploading it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.errors import require
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.driver import Driver, Report
from hyperface.runs import is_run, names, open_run

if TYPE_CHECKING:
    from hyperface.datasets import Finding, LabeledImages, SavingStep, Skipped, ValidationStep
    from hyperface.evaluation import EmbeddedImages, EmbeddingStep
    from hyperface.recognizers import Recognizer

WRITABLE = ("recordio", "parquet", "webdataset", "folder")  # as `datasets.writable_formats()`, which loads torch


def handle(
    source: Path,
    console: Console,
    *,
    check: bool = False,
    to: str | None = None,
    output: Path | None = None,
    push_to_hub: str | None = None,
    private: bool = False,
) -> None:
    """Say what a dataset is; then, where asked, check it, write it to the folder `output` in the format `to`, and
    upload what was written, or else the source. source: a run folder of `generate`, or a dataset on disk."""
    require(
        (to is None) == (output is None), "Writing a dataset needs both: --to with a format and --output with a folder."
    )
    from hyperface import datasets

    path = dataset_path(source)
    kind = datasets.FORMATS[datasets.format_of(path)].description
    dataset = datasets.open(path)
    console.event(
        "dataset", path=str(path), format=kind, images=len(dataset), identities=dataset.identities, info=dataset.info
    )
    console.say(f"{path}: {kind}, {len(dataset):,} images of {dataset.identities:,} identities")
    report_skipped(console, dataset.skipped)
    if check:
        _check_aloud(dataset, console)
    if to is not None and output is not None:
        _convert_aloud(dataset, to, output, console)
    if push_to_hub is not None:
        console.say(f"uploading to {push_to_hub}")
        address = datasets.push_to_hub(output or path, push_to_hub, private=private)
        console.event("uploaded", address=address)
        console.say(address)


def dataset_path(source: Path) -> Path:
    """The dataset of a run folder of `generate`; any other path as it is."""
    if not is_run(source):
        return source
    run = open_run(source)
    require(run.verb == "generate", f"{source} is a run of `{run.verb}`, not a dataset.")
    return source / names.DATASET


def check(dataset: LabeledImages, driver: Driver, message: str = "") -> tuple[Finding, ...]:
    """Read every image; what looks wrong."""
    from hyperface import datasets

    def report(step: ValidationStep) -> Report:
        return Report(step.step, step.total, message=message)

    return driver.follow(datasets.validate(dataset), "checking", "image", report)


def convert(dataset: LabeledImages, format: str, output: Path, driver: Driver, message: str = "") -> Skipped:
    """Write the dataset in a format; what was left out."""
    from hyperface import datasets

    def report(step: SavingStep) -> Report:
        figures = {"skipped": len(step.skipped)} if len(step.skipped) else {}
        return Report(step.step, step.total, figures, message, step.seconds_left)

    steps = datasets.save(dataset, output, format=format)
    return driver.follow(steps, "writing", "image", report, total=len(dataset))


def embed_images(
    dataset: LabeledImages,
    recognizer: Recognizer,
    driver: Driver,
    stage: str,
    *,
    limit: int | None = None,
    message: str = "",
    part: tuple[float, float] = (0.0, 1.0),
) -> EmbeddedImages:
    """Embed a dataset, or the first `limit` images of each identity."""
    from hyperface import evaluation

    def report(step: EmbeddingStep) -> Report:
        return Report(step.done, step.total, message=message)

    steps = evaluation.embed_dataset(dataset, recognizer, images_per_identity=limit)
    return driver.follow(steps, stage, "image", report, part=part)


def _check_aloud(dataset: LabeledImages, console: Console) -> None:
    findings = check(dataset, Driver(console))
    for finding in findings:
        console.event("finding", **asdict(finding))
        if not console.json_lines:
            console.say(f"- {finding.message}")
            for example in finding.examples:
                console.say(f"    {example}")
    console.event("checked", findings=len(findings))
    if not findings and not console.json_lines:
        console.say("Nothing looks wrong.")


def _convert_aloud(dataset: LabeledImages, format: str, output: Path, console: Console) -> None:
    skipped = convert(dataset, format, output, Driver(console))
    report_skipped(console, skipped)
    images = len(dataset) - len(skipped)
    console.event("done", output=str(output), images=images, skipped=len(skipped))
    if not console.json_lines:
        console.say(f"{images:,} images in {output}")
