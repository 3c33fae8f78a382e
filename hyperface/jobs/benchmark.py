"""Making a benchmark, a .bin pack as InsightFace's, of photos and a list of their pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.defaults import DETECTOR, RENDERED_BENCHMARKS
from hyperface.errors import DatasetError, require
from hyperface.files import json_bytes, write_atomic
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report

if TYPE_CHECKING:
    from hyperface.evaluation import Benchmark, PairList, PreparationStep

LFW = "lfw"


def make(
    source: str,
    output: Path,
    console: Console,
    *,
    title: str | None = None,
    detector: str = DETECTOR,
    aligned: str = "auto",
    pairs: int = 3000,
    seed: int = 1,
) -> None:
    """Write the pack `output` of the pairs at `source`, a folder or a list, or the official release of a known
    benchmark, NAME:FOLDER; or of LFW, which is downloaded.

    pairs, seed: of a benchmark that is rendered, where the source is the name of one.
    """
    require(output.suffix == ".bin", f"A pack's name ends in .bin; {output.name} does not.")
    require(output.absolute().parent.is_dir(), f"The folder of {output} does not exist. Make it first.")
    from hyperface.evaluation import (
        RELEASES,
        fetch_lfw,
        official_release,
        read_official,
        read_pair_list,
        save_benchmark,
    )

    if source in RENDERED_BENCHMARKS and not Path(source).exists():
        return _render(source, output, console, title=title, pairs=pairs, seed=seed)
    name = output.stem
    if source == LFW and not Path(LFW).exists():
        console.say("LFW: downloading about 230 MB, unless scikit-learn has it already")
        listed, name = read_pair_list(fetch_lfw()), "LFW"
    elif (release := official_release(source)) is not None:
        listed, name = read_official(*release), RELEASES[release[0]].title
    else:
        listed = read_pair_list(Path(source))
    console.say(
        f"{len(listed.same):,} pairs, {int(listed.same.sum()):,} of one person; the list was read as {listed.form}",
        pairs=len(listed.same),
        same=int(listed.same.sum()),
        form=listed.form,
    )
    benchmark = prepare(listed, console, detector=detector, aligned=aligned, title=title or name)
    save_benchmark(benchmark, output)
    console.event("done", output=str(output), pairs=len(benchmark), same=int(benchmark.same.sum()))
    console.say(f"{len(benchmark):,} pairs. {benchmark.note}\n{output}")


def _render(source: str, output: Path, console: Console, *, title: str | None, pairs: int, seed: int) -> None:
    from hyperface.evaluation.rendered import DrawingStep, render_benchmarks

    def report(step: DrawingStep) -> Report:
        return Report(step.done, step.total, seconds_left=step.seconds_left)

    steps = render_benchmarks([source], pairs=pairs, seed=seed)
    drawn = Driver(console).follow(steps, f"rendering {source}", "picture", report)[source]
    about = json.loads(drawn.with_suffix(".json").read_bytes())
    about |= {"name": output.stem, "title": title or about["title"]}
    write_atomic(output.with_suffix(".json"), json_bytes(about), error=DatasetError)
    write_atomic(output, drawn.read_bytes(), error=DatasetError)
    console.event("done", output=str(output), pairs=about["pairs"], same=about["same"])
    console.say(f"{about['pairs']:,} pairs. {about['note']}\n{output}")


def prepare(
    pairs: PairList,
    console: Console,
    *,
    detector: str = DETECTOR,
    aligned: str = "auto",
    title: str | None = None,
) -> Benchmark:
    """`evaluation.prepare_benchmark` with a bar."""
    from hyperface.evaluation import prepare_benchmark

    left_out: dict[Path, str] = {}

    def report(step: PreparationStep) -> Report:
        left_out.update(step.left_out)
        return Report(step.done, step.total, {"left_out": len(step.left_out)} if step.left_out else {})

    steps = prepare_benchmark(pairs, detector=detector, aligned=aligned, title=title)
    benchmark = Driver(console).follow(steps, f"aligning {pairs.name}", "photo", report)
    for photo, reason in left_out.items():
        console.event("left_out", photo=str(photo), reason=reason)
    return benchmark
