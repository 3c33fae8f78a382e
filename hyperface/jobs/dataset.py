"""Saying what a dataset is, checking it, writing it in another format, uploading it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.errors import InputError, require
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.driver import Driver, Report
from hyperface.runs import is_run, names, open_run

if TYPE_CHECKING:
    from hyperface.datasets import Finding, LabeledImages, SavingStep, Skipped, ValidationStep
    from hyperface.evaluation import EmbeddedImages, EmbeddingStep
    from hyperface.recognizers import Recognizer

WRITABLE = (
    "recordio",
    "parquet",
    "webdataset",
    "lmdb",
    "folder",
)  # as `writable_formats()`, which loads torch


def handle(
    source: Path,
    console: Console,
    *,
    others: Sequence[Path] = (),
    check: bool = False,
    to: str | None = None,
    output: Path | None = None,
    hold_out: float | None = None,
    seed: int = 0,
    push_to_hub: str | None = None,
    private: bool = False,
) -> None:
    """Say what a dataset is; then, where asked, fuse it with others, check it, write it to the folder `output` in the
    format `to`, and upload what was written, or else the source.

    source, others: run folders of `generate`, or datasets on disk. hold_out: about this share of the identities, drawn
    with the seed, is written beside it.
    """
    require(
        (to is None) == (output is None), "Writing a dataset needs both: --to with a format and --output with a folder."
    )
    require(hold_out is None or to is not None, "To hold identities out, write the dataset: --to and --output.")
    require(hold_out is None or 0 < hold_out < 1, f"The share to hold out lies between 0 and 1; it was {hold_out}.")
    fused_only = bool(others) and to is None
    require(push_to_hub is None or not fused_only, "Write what is fused before it is uploaded: --to and --output.")
    from hyperface import datasets

    dataset = _open_aloud(source, console)
    if others:
        dataset = datasets.fuse(dataset, *(_open_aloud(other, console) for other in others))
        console.event("fused", images=len(dataset), identities=dataset.identities)
        console.say(f"fused: {len(dataset):,} images of {dataset.identities:,} identities")
    if check:
        _check_aloud(dataset, console)
    if to is not None and output is not None:
        if hold_out is not None:
            dataset, held_out = _split(dataset, hold_out, seed)
            _convert_aloud(held_out, to, held_out_folder(output), console)
        _convert_aloud(dataset, to, output, console)
    if push_to_hub is not None:
        console.say(f"uploading to {push_to_hub}")
        address = datasets.push_to_hub(output or dataset.path, push_to_hub, private=private)
        console.event("uploaded", address=address)
        console.say(address)


def held_out_folder(output: Path) -> Path:
    """Where the identities held out of the dataset `output` are written."""
    return output.with_name(f"{output.name}-held-out")


def _open_aloud(source: Path, console: Console) -> LabeledImages:
    from hyperface import datasets

    path = dataset_path(source)
    kind = datasets.FORMATS[datasets.format_of(path)].description
    dataset = datasets.open(path)
    console.event(
        "dataset", path=str(path), format=kind, images=len(dataset), identities=dataset.identities, info=dataset.info
    )
    console.say(f"{path}: {kind}, {len(dataset):,} images of {dataset.identities:,} identities")
    report_skipped(console, dataset.skipped)
    return dataset


def _split(dataset: LabeledImages, share: float, seed: int) -> tuple[LabeledImages, LabeledImages]:
    rest, held_out = dataset.split(share, seed)
    if held_out is None or held_out.identities == dataset.identities:
        raise InputError(f"{share:g} of {dataset.identities:,} identities leaves one side without anybody.")
    return rest, held_out


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
        console.say(f"{images:,} images in {output}\n{output}")
