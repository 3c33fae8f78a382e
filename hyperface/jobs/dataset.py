"""Say what a dataset is, check it, write it in another format, or upload it.

SOURCE is a run folder of `generate`, or a dataset on disk: an image folder, Parquet, WebDataset, InsightFace's RecordIO
or Vec2Face's LMDB, recognised by its content. The output is a folder that appears once all is there; images keep their
bytes. Parquet needs pyarrow, LMDB the packages lmdb and msgpack. --push-to-hub uploads what --to wrote, or else the
source; Parquet is what the hub shows best. HF_TOKEN holds the token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.jobs.base import Console, is_run, require
from hyperface.runs import open_run

if TYPE_CHECKING:
    from hyperface.datasets import Finding, LabelledImages, SavingStep, Skipped


WRITABLE = ("recordio", "parquet", "webdataset", "folder")  # as `datasets.writable_formats()`, which loads torch
LISTED = 10  # records left out that are named; the rest are counted
Progress = Callable[[int, int], None]  # told (done, total) as the work goes on


def _unseen(done: int, total: int) -> None:
    """The progress of work that nothing but the terminal shows."""


def dataset_path(source: Path) -> Path:
    """The dataset of a run folder of `generate`; any other path as it is."""
    if not is_run(source):
        return source
    run = open_run(source)
    require(run.verb == "generate", f"{source} is a run of `{run.verb}`, not a dataset.")
    return source / "dataset"


def report_skipped(console: Console, skipped: Skipped) -> None:
    """Name what had to be left out."""
    if not len(skipped):
        return
    console.event("skipped", count=len(skipped), reasons=skipped.reasons)
    if console.json_lines:
        return
    console.say(f"records left out: {len(skipped):,}")
    for reason in skipped.reasons[:LISTED]:
        console.say(f"  {reason}")
    if len(skipped) > LISTED:
        console.say(f"  … and {len(skipped) - LISTED:,} more")


def check(dataset: LabelledImages, console: Console, progress: Progress = _unseen) -> tuple[Finding, ...]:
    """Read every image, with a bar; what looks wrong."""
    from hyperface import datasets

    steps = datasets.validate(dataset)
    findings = ()
    try:
        for number, step in enumerate(steps):
            if number == 0:
                console.begin("checking", step.total, "image")
            console.step(step.step, {})
            progress(step.step, step.total)
            findings = step.findings
    finally:
        steps.close()
    console.end()
    return findings


def check_aloud(dataset: LabelledImages, console: Console) -> None:
    findings = check(dataset, console)
    for finding in findings:
        console.event("finding", **asdict(finding))
        if not console.json_lines:
            console.say(f"- {finding.message}")
            for example in finding.examples:
                console.say(f"    {example}")
    console.event("checked", findings=len(findings))
    if not findings and not console.json_lines:
        console.say("Nothing looks wrong.")


def convert(
    dataset: LabelledImages, format: str, output: Path, console: Console, progress: Progress = _unseen
) -> SavingStep:
    """Write the dataset in a format, with a bar; the last step."""
    from hyperface import datasets

    steps = datasets.save(dataset, output, format=format)
    console.begin("writing", len(dataset), "image")
    try:
        for step in steps:
            console.step(step.step, {"skipped": len(step.skipped)} if len(step.skipped) else {})
            progress(step.step, step.total)
    finally:
        steps.close()
    console.end()
    return step


def convert_aloud(dataset: LabelledImages, format: str, output: Path, console: Console) -> None:
    step = convert(dataset, format, output, console)
    report_skipped(console, step.skipped)
    console.event("done", output=str(output), images=step.total - len(step.skipped), skipped=len(step.skipped))
    if not console.json_lines:
        console.say(f"{step.total - len(step.skipped):,} images in {output}")
