"""Does packing help? The same generator and the same budget, with identities taken at random or packed.

For each draw of people, each seed of the training and each way to choose identities: so many are chosen, the same
number of images of each is drawn, a recogniser is trained from scratch on them for the same number of steps, and it is
evaluated on benchmarks that nothing of this was tuned on. Trials with the same draw and seed differ in nothing but how
identities were chosen.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hyperface import datasets, evaluation, generators, packing, realization, recognizers, training
from hyperface.defaults import RENDERED_BENCHMARKS
from hyperface.errors import InputError
from hyperface.evaluation.rendered import check_pairs, render_benchmarks
from hyperface.files import sweep, write_atomic
from hyperface.gallery import Gallery
from hyperface.recognizers.base import Recognizer
from hyperface.seeds import check_seed, stream_seed
from hyperface.steps import translated
from hyperface.studies.arms import ARMS
from hyperface.studies.plan import Plan, Trial, packed_bits

RENDER = "render"  # the stage before the first trial
STAGES = {"choose": 0.02, "draw": 0.09, "train": 0.55, "evaluate": 0.34}  # and their usual shares of a trial's time
RENDERING = 1.8  # the time that the large benchmarks take to be rendered, in trials

Place = tuple[str, int, int, int]  # arm, identities, draw, seed


@dataclass(frozen=True)
class StudyStep:
    """`done` of `total` in a stage of trial number `trial` (from 0) of `trials`, at `place`; None while benchmarks are
    rendered. share: of the whole study. finished: all trials that are done, in the order in which they were."""

    place: Place | None
    stage: str
    done: int
    total: int
    trial: int
    trials: int
    share: float
    finished: tuple[Trial, ...]


@dataclass(frozen=True)
class _Study:
    """What all trials have in common."""

    folder: Path
    gallery: Gallery
    generator: generators.Generator
    plan: Plan
    device: str
    places: tuple[Place, ...]
    trials: list[Trial]  # that are finished
    rendering: bool  # whether benchmarks are rendered first

    def step(self, number: int, stage: str, done: int, total: int) -> StudyStep:
        """number: of the trial; of the first one that is left, while benchmarks are rendered."""
        before = RENDERING if self.rendering else 0.0
        if stage == RENDER:
            passed, place = before * done / max(total, 1) + number, None
        else:
            names = list(STAGES)
            within = sum(STAGES[name] for name in names[: names.index(stage)])
            passed, place = before + number + within + STAGES[stage] * done / max(total, 1), self.places[number]
        share = min(passed / (before + len(self.places)), 1.0)
        return StudyStep(place, stage, done, total, number, len(self.places), share, tuple(self.trials))


def packed_vs_random(
    folder: Path,
    gallery: Gallery,
    generator: generators.Generator,
    *,
    plan: Plan | None = None,
    arms: Sequence[str] = ("random", "packed"),
    draws: int = 8,
    seeds: int = 1,
    device: str = "cpu",
    finished: Sequence[Trial] = (),
) -> Generator[StudyStep, None, list[Trial]]:
    """Run all trials, draw after draw, so that the arms are comparable whenever it is stopped.

    Args:
        folder: where the datasets go, one for each draw of each arm; one that was being drawn is drawn on.
        gallery: whom the identities start from.
        generator: draws them.
        plan: the size of each trial; None for the default one.
        arms: what is compared, of ARMS; the first is what the others are compared with.
        draws: how often other people are taken.
        seeds: how many trainings with each draw's people; every draw has training seeds of its own.
        device: where torch trains.
        finished: trials that need not be done again.

    Returns:
        All trials.

    Raises:
        InputError: A plan that cannot work, or a gallery of another recogniser than the generator's; before any work,
            as are all other errors but a full disk.
        UnknownNameError: A name in the plan that nothing answers to.
        DatasetError: A benchmark that cannot be read, or written into the cache.
    """
    plan = (Plan() if plan is None else plan).drawn_by(generator)
    gallery.space.check_same(generator.space)
    _check(plan, gallery, arms, draws, seeds)
    shipped = [evaluation.load_benchmark(name) for name in plan.benchmarks]
    places = tuple(
        (arm, identities, draw, seed)
        for draw in range(draws)
        for seed in range(seeds)
        for identities in plan.identities
        for arm in arms
    )
    _check_comparable(plan, finished, places)
    study = _Study(folder, gallery, generator, plan, device, places, list(finished), bool(plan.unrendered))
    return _steps(study, shipped)


def _check(plan: Plan, gallery: Gallery, arms: Sequence[str], draws: int, seeds: int) -> None:
    unknown = [arm for arm in arms if arm not in ARMS]
    if unknown or not arms:
        raise InputError(f"A study compares {', '.join(ARMS)}; got {', '.join(arms) or 'nothing'}.")
    if plan.correct < 0:
        raise InputError(f"The rounds of a correction are 0 or more; {plan.correct} were asked for.")
    if draws < 1 or seeds < 1:
        raise InputError(f"A study needs at least one draw and one seed; got {draws} and {seeds}.")
    if not plan.identities:
        raise InputError("Say how many identities a trial has.")
    for identities in plan.identities:
        if not 2 <= identities <= len(gallery):
            raise InputError(
                f"A trial has two identities at least, and at most the gallery's {len(gallery):,}; {identities} were "
                "asked for."
            )
        if plan.images_of_each(identities) < 1:
            raise InputError(f"{plan.images:,} images are not enough for {identities:,} identities.")
    if plan.pairs:
        check_pairs(plan.pairs)
        check_seed(plan.pairs_seed)
    elif not plan.benchmarks:
        raise InputError("There is nothing to evaluate on: name benchmarks, or a number of pairs.")
    if plan.beta is not None and not 0 <= plan.beta < math.inf:
        raise InputError(f"The variance beta must be 0 or more; it was {plan.beta}.")
    least = min(count * plan.images_of_each(count) for count in plan.identities)
    training.check_wishes(**_wishes(plan))
    if plan.batch_size > least:
        raise InputError(
            f"A batch of {plan.batch_size} is more than the {least:,} images of a trial. Take a smaller one."
        )
    span = plan.span if "packed" in arms else None
    few = gallery.embeddings[:2]  # what cannot be packed is told when it is called, before a first step
    packing.pack(few, gallery=gallery.embeddings, alpha=plan.alpha, span=span, steps=plan.packing_steps).close()


def _wishes(plan: Plan) -> dict[str, Any]:
    """What the plan wishes of every training, as `training.train` takes it."""
    names = ("backbone", "head", "epochs", "batch_size", "learning_rate", "optimizer", "input_size")
    return {name: getattr(plan, name) for name in names}


def _check_comparable(plan: Plan, finished: Sequence[Trial], places: Sequence[Place]) -> None:
    """InputError if what is left would be asked about other pairs than what is finished was."""
    done = {trial.place for trial in finished}
    if set(places) <= done or all(set(plan.large) <= trial.accuracy.keys() for trial in finished):
        return
    raise InputError(
        "What is finished of this study was measured on larger benchmarks that another version of HyperFace rendered: "
        "what is left cannot be compared with it. Begin a new study."
    )


def _steps(study: _Study, shipped: Sequence[evaluation.Benchmark]) -> Generator[StudyStep, None, list[Trial]]:
    done = {trial.place for trial in study.trials}
    left = [number for number, place in enumerate(study.places) if place not in done]
    if not left:
        return study.trials
    benchmarks = [*shipped, *(yield from _large(study, left[0]))]
    for number in left:
        study.trials.append((yield from _trial(study, number, benchmarks)))
        yield study.step(number, "evaluate", len(benchmarks), len(benchmarks))
    return study.trials


def _large(study: _Study, number: int) -> Generator[StudyStep, None, list[evaluation.Benchmark]]:
    """The benchmarks that are rendered for studies, when first needed. number: of the first trial that is left."""
    if not study.plan.pairs:
        return []
    rendering = render_benchmarks(RENDERED_BENCHMARKS, pairs=study.plan.pairs, seed=study.plan.pairs_seed)
    paths = yield from translated(rendering, lambda step: study.step(number, RENDER, step.done, step.total))
    return [evaluation.load_benchmark(path) for path in paths.values()]


def _trial(study: _Study, number: int, benchmarks: Sequence[evaluation.Benchmark]) -> Generator[StudyStep, None, Trial]:
    plan, (arm, count, draw, seed) = study.plan, study.places[number]
    at = partial(study.step, number)
    times = [time.monotonic()]
    yield at("choose", 0, 1)
    identities = ARMS[arm](study.gallery, plan, count, draw)  # (n, d)
    requests = yield from _requests(study, number, identities)
    times.append(time.monotonic())
    drawing = datasets.synthesize(
        requests,
        study.generator,
        images_per_identity=plan.images_of_each(count),
        beta=plan.beta,
        out=study.folder / f"{arm}-{count}-{draw}",
        seed=draw,
    )
    path = yield from translated(drawing, lambda step: at("draw", step.step, step.total))
    times.append(time.monotonic())
    recognizer, loss = yield from _trained(study, number, path)
    times.append(time.monotonic())
    results = []
    for place, benchmark in enumerate(benchmarks):
        yield at("evaluate", place, len(benchmarks))
        results.append(evaluation.verify(recognizer, benchmark))
    times.append(time.monotonic())
    return Trial(
        arm,
        count,
        draw,
        seed,
        accuracy={result.benchmark: result.accuracy for result in results},
        auc={result.benchmark: result.auc for result in results},
        nearest_cosine=_nearest_cosine(identities),
        loss=loss,
        right={result.benchmark: packed_bits(result.right) for result in results},
        pairs={result.benchmark: len(result.same) for result in results},
        seconds={name: times[i + 1] - times[i] for i, name in enumerate(STAGES)},
    )


def _requests(study: _Study, number: int, identities: torch.Tensor) -> Generator[StudyStep, None, torch.Tensor]:
    """What is asked of the generator for these identities (n, d); kept, as a draw may have several trainings."""
    arm, count, draw, _ = study.places[number]
    if not study.plan.correct:
        return identities
    study.generator.meet(identities)
    kept = study.folder / f"{arm}-{count}-{draw}.npy"
    if kept.is_file():
        return torch.from_numpy(np.load(kept, allow_pickle=False))
    work = realization.corrected(
        identities,
        study.generator,
        recognizers.load(study.generator.recognizer),
        rounds=study.plan.correct,
        seed=draw,
    )
    correction = yield from translated(work, lambda step: study.step(number, "choose", step.step, step.total))
    content = io.BytesIO()
    np.save(content, correction.requests.numpy())
    study.folder.mkdir(parents=True, exist_ok=True)
    sweep(study.folder)
    write_atomic(kept, content.getvalue())
    return correction.requests


def _trained(study: _Study, number: int, dataset: Path) -> Generator[StudyStep, None, tuple[Recognizer, float]]:
    """The recogniser of a trial, and its loss in the end."""
    plan, (_, _, draw, seed) = study.plan, study.places[number]
    learning = training.train(
        datasets.open(dataset),
        **_wishes(plan),
        validation_share=0,  # every identity of the budget is trained on, and nothing is chosen by a validation
        seed=stream_seed(draw, "training of a study", seed) >> 32,  # 31 bits: training counts its steps on from it
        device=study.device,
    )
    losses = [float("nan")]

    def learned(step: training.TrainingStep) -> StudyStep:
        if step.loss is not None:
            losses.append(step.loss)
        return study.step(number, "train", step.step, step.total)

    recognizer = yield from translated(learning, learned)
    # As it was trained: cosines change by about 1e-4, and the many pairs take half the time.
    return recognizer.prepare(device=study.device, precision="fastest"), losses[-1]


def _nearest_cosine(identities: torch.Tensor) -> float:
    cosines = identities.double() @ identities.double().T
    return float(cosines.fill_diagonal_(-1).amax(dim=1).mean())
