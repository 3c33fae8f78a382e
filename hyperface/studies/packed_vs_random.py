"""Does packing help? The same generator and the same budget, with identities taken at random or packed.

For each seed and each way to choose identities: so many are chosen, the same number of images of each is drawn, a
recogniser is trained from scratch on them for the same number of steps, and it is evaluated on benchmarks that nothing
of this was tuned on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from hyperface import datasets, evaluation, generators, packing, training
from hyperface.errors import InputError
from hyperface.gallery import Gallery
from hyperface.steps import finish, translated

STAGES = {"choose": 0.03, "draw": 0.15, "train": 0.75, "evaluate": 0.07}  # and their usual shares of a trial's time


@dataclass(frozen=True)
class Plan:
    """The budget, the same for every trial.

    identities × images_per_identity images are drawn with the noise beta (None for what the generator wants) and seen
    `epochs` times. span and packing_steps: of the packing, which starts at the random identities of its seed.
    """

    identities: int = 300
    images_per_identity: int = 20
    epochs: int = 10
    backbone: str = "small"
    head: str = "adaface"
    batch_size: int = 128
    input_size: int | None = None
    beta: float | None = None
    span: int = 40
    packing_steps: int = 300
    benchmarks: tuple[str, ...] = (
        "rendered_everyday",
        "rendered_cross_pose",
        "rendered_cross_age",
        "rendered_frontal_profile",
        "rendered_large_age_gap",
    )

    @property
    def images(self) -> int:
        """Of one trial's dataset."""
        return self.identities * self.images_per_identity

    def drawn_by(self, generator: generators.Generator) -> Plan:
        """The plan with the generator's own beta, where it has none."""
        return self if self.beta is not None else replace(self, beta=generator.beta)


@dataclass(frozen=True)
class Trial:
    """One way to choose identities, with one seed. accuracy, auc: benchmark → share in [0, 1]. nearest_cosine: mean
    over identities of the largest cosine to another one, as requested. loss: of training, at its end."""

    arm: str
    seed: int
    accuracy: dict[str, float]
    auc: dict[str, float]
    nearest_cosine: float
    loss: float


@dataclass(frozen=True)
class StudyStep:
    """`done` of `total` in this stage of trial number `trial` (from 0) of `trials`; share: of the whole study.
    finished: all trials that are done, in the order in which they were."""

    arm: str
    seed: int
    stage: str
    done: int
    total: int
    trial: int
    trials: int
    finished: tuple[Trial, ...]

    @property
    def share(self) -> float:
        names = list(STAGES)
        before = sum(STAGES[name] for name in names[: names.index(self.stage)])
        within = before + STAGES[self.stage] * self.done / max(self.total, 1)
        return (self.trial + within) / self.trials


def _random(gallery: Gallery, plan: Plan, seed: int) -> torch.Tensor:
    order = np.random.default_rng(seed).permutation(len(gallery))
    return gallery.embeddings[order[: plan.identities]]


def _packed(span: bool) -> Callable[[Gallery, Plan, int], torch.Tensor]:
    def choose(gallery: Gallery, plan: Plan, seed: int) -> torch.Tensor:
        return finish(
            packing.pack(
                _random(gallery, plan, seed),
                gallery=gallery.embeddings,
                span=plan.span if span else None,
                steps=plan.packing_steps,
                seed=seed,
            )
        )

    return choose


# How identities are chosen: (gallery, plan, seed) → embeddings (n, d).
ARMS: dict[str, Callable[[Gallery, Plan, int], torch.Tensor]] = {
    "random": _random,
    "packed": _packed(span=True),
    "packed-full-sphere": _packed(span=False),
}


def packed_vs_random(
    folder: Path,
    gallery: Gallery,
    generator: generators.Generator,
    *,
    plan: Plan | None = None,
    arms: Sequence[str] = ("random", "packed"),
    seeds: int = 3,
    device: str = "cpu",
    finished: Sequence[Trial] = (),
) -> Generator[StudyStep, None, list[Trial]]:
    """Run all trials, seed after seed, so that the arms are comparable whenever it is stopped.

    Args:
        folder: where the datasets go, one for each trial; one that was being drawn is drawn on.
        gallery: whom the identities start from.
        generator: draws them.
        plan: the size of each trial; None for the default one.
        arms: what is compared, of ARMS; the first is what the others are compared with.
        seeds: how many trials of each arm.
        device: where torch trains.
        finished: trials that need not be done again.

    Returns:
        All trials.

    Raises:
        InputError: A plan that cannot work, before any work; so are all other errors.
        UnknownNameError: A name in the plan that nothing answers to.
        DatasetError: A benchmark that cannot be read.
    """
    plan = (Plan() if plan is None else plan).drawn_by(generator)
    unknown = [arm for arm in arms if arm not in ARMS]
    if unknown or not arms or seeds < 1:
        raise InputError(f"A study compares {', '.join(ARMS)} over at least one seed; got {', '.join(arms)}, {seeds}.")
    if not 2 <= plan.identities <= len(gallery):
        raise InputError(f"{plan.identities} identities were asked for; the gallery has {len(gallery):,}.")
    benchmarks = [evaluation.load_benchmark(name) for name in plan.benchmarks]
    return _steps(folder, gallery, generator, plan, benchmarks, arms, seeds, device, list(finished))


def _steps(
    folder: Path,
    gallery: Gallery,
    generator: generators.Generator,
    plan: Plan,
    benchmarks: Sequence[evaluation.Benchmark],
    arms: Sequence[str],
    seeds: int,
    device: str,
    trials: list[Trial],
) -> Generator[StudyStep, None, list[Trial]]:
    done = {(trial.arm, trial.seed) for trial in trials}
    order = [(arm, seed) for seed in range(seeds) for arm in arms]
    for number, (arm, seed) in enumerate(order):
        if (arm, seed) in done:
            continue

        def at(stage: str, done: int, total: int, arm: str = arm, seed: int = seed, number: int = number) -> StudyStep:
            return StudyStep(arm, seed, stage, done, total, number, len(order), tuple(trials))

        trials.append((yield from _trial(folder, gallery, generator, plan, benchmarks, arm, seed, device, at)))
        yield at("evaluate", len(benchmarks), len(benchmarks))
    return trials


def _trial(
    folder: Path,
    gallery: Gallery,
    generator: generators.Generator,
    plan: Plan,
    benchmarks: Sequence[evaluation.Benchmark],
    arm: str,
    seed: int,
    device: str,
    at: Callable[[str, int, int], StudyStep],
) -> Generator[StudyStep, None, Trial]:
    """One trial. at: the study's step for (stage, done, total)."""
    yield at("choose", 0, 1)
    identities = ARMS[arm](gallery, plan, seed)  # (n, d)
    drawing = datasets.synthesize(
        identities,
        generator,
        images_per_identity=plan.images_per_identity,
        beta=plan.beta,
        out=folder / f"{arm}-{seed}",
        seed=seed,
    )
    path = yield from translated(drawing, lambda step: at("draw", step.step, step.total))
    learning = training.train(
        datasets.open(path),
        backbone=plan.backbone,
        head=plan.head,
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        input_size=plan.input_size,
        validation_share=0,  # every identity of the budget is trained on, and nothing is chosen by a validation
        seed=seed,
        device=device,
    )
    losses: list[float] = []

    def learned(step: training.TrainingStep) -> StudyStep:
        if step.loss is not None:
            losses.append(step.loss)
        return at("train", step.step, step.total)

    recognizer = yield from translated(learning, learned)
    accuracy, auc = {}, {}
    for number, benchmark in enumerate(benchmarks):
        yield at("evaluate", number, len(benchmarks))
        result = evaluation.verify(recognizer, benchmark)
        accuracy[benchmark.name], auc[benchmark.name] = result.accuracy, result.auc
    cosines = identities.double() @ identities.double().T
    nearest = cosines.fill_diagonal_(-1).amax(dim=1).mean().item()
    return Trial(arm, seed, accuracy, auc, nearest, losses[-1])
