"""Moving packed identities until the generator's pictures of them are far apart, too (the closed loop), as a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import SECOND_RECOGNIZER
from hyperface.errors import require
from hyperface.jobs.belonging import generator_of
from hyperface.jobs.checkpoints import load_checkpoint, save_array, save_checkpoint
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.generate import load_embeddings
from hyperface.jobs.job import Job, options_of, require_learning_rate
from hyperface.jobs.models import load
from hyperface.jobs.pack import write_space
from hyperface.runs import Run, Worker, is_run, names, open_run
from hyperface.seeds import check_seed

if TYPE_CHECKING:
    import torch

    from hyperface.closed_loop import ClosedLoopStep
    from hyperface.generators import Generator
    from hyperface.recognizers import Recognizer

MOST_JUDGED = 400  # identities that the second recogniser looks at, fewer where drawing them would take longer than
MOST_SECONDS = 10.0


@dataclass(frozen=True)
class SeparateOptions:
    """What a closed loop is asked to do; see `hyperface separate --help`. source: an absolute path. generator: None
    for the one that draws the source's embeddings."""

    source: str
    identities: int | None = None
    rounds: int = 20
    repulsion: float = 1.0
    learning_rate: float | None = None
    generator: str | None = None
    seed: int = 0
    batch_size: int = 64
    judge: str = SECOND_RECOGNIZER

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        check_seed(self.seed)
        require(
            self.identities is None or self.identities >= 2,
            f"Moving identities apart needs at least 2 of them; {self.identities} were asked for.",
        )
        require(self.rounds >= 1, f"At least one round is needed; {self.rounds} were asked for.")
        require(self.repulsion >= 0, f"The repulsion cannot be negative; it was {self.repulsion}.")
        require_learning_rate(self.learning_rate, "Leave it out for the tuned one.")
        require(self.batch_size >= 1, f"A batch holds at least one identity; it was {self.batch_size}.")


def create(options: SeparateOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a closed loop; an error first if the options cannot work."""
    options.check()
    source = Path(options.source)
    packed = load_embeddings(source, options.identities)
    count = len(packed)
    require(count >= 2, f"Moving identities apart needs at least 2 of them; {source} has {count}.")
    options = replace(options, generator=generator_of(packed.space, options.generator))
    parents = [open_run(source).name] if is_run(source) else []
    return runs.create(
        "separate",
        asdict(options) | {"identities": count},
        title=f"{count:,} identities, separated in their pictures",
        parents=parents,
        slug=f"{count}",
        path=path,
        folder=folder,
    )


def _told(run: Run) -> str:
    results = run.results()
    if not results:
        return ""
    told = [f"mean nearest angle in the pictures {_gain(results)}"]
    if "second_recognizer" in results:
        judge = results["second_recognizer"]
        told.append(f"the same in one picture each, as {judge} sees it {_gain(results, 'second_')}")
    return "\n".join([*told, str(run.path)])


def _gain(results: dict[str, Any], whose: str = "") -> str:
    start, end = results[f"{whose}start_mean_seen_angle"], results[f"{whose}mean_seen_angle"]
    return f"{start:.1f}° at the start, {end:.1f}° now"


def _work(worker: Worker, console: Console) -> None:
    worker.progress(0, message="Loading the models")
    from hyperface import generators, recognizers
    from hyperface.closed_loop import close_loop

    options = options_of(worker.run, SeparateOptions)
    source = Path(options.source)
    packed = load_embeddings(source, options.identities)
    generator = generators.load(generator_of(packed.space, options.generator)).for_space(packed.space)
    identities = packed.rows  # (n, d)
    recognizer, judge = recognizers.load(generator.recognizer), load(options.judge, console)
    require(
        not judge.card.shares_network(recognizer.card),
        f"{judge.name!r} sees with the network that leads the loop, so it cannot judge what comes out: choose another "
        "--judge.",
    )
    write_space(worker.path, replace(recognizer.space, length=packed.space.length))
    state, resumed_at = load_checkpoint(worker.path / names.CHECKPOINT)
    worker.forget_after(resumed_at)
    worker.progress(0, message="Drawing every identity once")
    steps = close_loop(
        identities,
        generator,
        recognizer,
        rounds=options.rounds,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        repulsion=options.repulsion,
        seed=options.seed,
        resume=state,
    )
    earlier = worker.run.metrics()
    began: float | None = earlier[0]["mean_seen_angle"] if earlier else None

    def report(step: ClosedLoopStep) -> Report:
        nonlocal began
        metrics = _metrics(step)
        began = metrics["mean_seen_angle"] if began is None else began
        seen = f"nearest pictures {metrics['mean_seen_angle']:.1f}° apart, {began:.1f}° at the start"
        return Report(step.step, step.total, metrics, f"Step {step.step:,} of {step.total:,}: {seen}")

    def save(step: ClosedLoopStep) -> None:
        save_checkpoint(worker.path / names.CHECKPOINT, step.state, step.step)

    def finish(step: ClosedLoopStep) -> None:
        save_array(worker.path / names.EMBEDDINGS, step.requests)
        first = worker.run.metrics()[0]
        worker.write_results({**_metrics(step), "start_mean_seen_angle": first["mean_seen_angle"]})
        save(step)

    moved = Driver(console, worker).follow(steps, "separating", "step", report, log=True, save=save, finish=finish)
    worker.progress(1, message="A second recogniser looks at the pictures")
    worker.write_results({**worker.run.results(), **_second_opinion(identities, moved, generator, judge)})


def _second_opinion(start: torch.Tensor, end: torch.Tensor, generator: Generator, judge: Recognizer) -> dict[str, Any]:
    """What a recogniser that did not lead sees of the gain."""
    from hyperface.realization import mean_nearest_angle

    most = max(2, min(MOST_JUDGED, int(MOST_SECONDS / generator.seconds_per_person)))

    def angle(identities: torch.Tensor) -> float:
        drawn = identities[:most].cpu()
        return mean_nearest_angle(generator.generate(drawn, [0] * len(drawn)), judge)

    return {
        "second_recognizer": judge.name,
        "second_start_mean_seen_angle": angle(start),
        "second_mean_seen_angle": angle(end),
    }


def _metrics(step: ClosedLoopStep) -> dict[str, Any]:
    from hyperface.sphere import angle_degrees

    angles = angle_degrees(step.nearest_cosine)
    return {
        "step": step.step,
        "mean_seen_cosine": float(step.nearest_cosine.mean()),
        "mean_seen_angle": float(angles.mean()),
        "min_seen_angle": float(angles.min()),
        "consistency": step.consistency,
    }


JOB = Job("separate", _work, _told)
