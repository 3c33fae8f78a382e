"""Learning rates: the usual peak of a backbone, and step of so many → share of the peak."""

import math

from hyperface.registry import Registry

SCHEDULES: Registry[float] = Registry("schedule")
WARM_UP = 0.1  # share of the steps in which the rate rises linearly
RATE = 0.1 / 256  # for each image of a batch: SGD's usual 0.1 at batches of 256, scaled linearly (Goyal et al., 2017)
OF_THEIR_OWN = {"small": 0.1 / 128}  # backbones that learn more at another rate (docs/explanation/training.md)
MILESTONES = (12 / 26, 20 / 26, 24 / 26)  # of the steps, after each of which "step" divides by ten (AdaFace's epochs)


def usual_rate(backbone: str, batch_size: int) -> float:
    """The peak rate that a backbone is trained with from scratch, in batches of so many images."""
    return OF_THEIR_OWN.get(backbone, RATE) * batch_size


def learning_rate_share(schedule: str, step: int, total: int) -> float:
    """Share of the peak rate that step `step` (from 0) of `total` is taken with, in [0, 1].

    schedule: "cosine", to zero, or "step"; both after a linear warm-up. UnknownNameError for another.
    """
    warm_up = max(1, round(WARM_UP * total))
    if step < warm_up:
        return (step + 1) / warm_up
    return SCHEDULES.load(schedule, step=step, warm_up=warm_up, total=total)


@SCHEDULES.register("cosine")
def _cosine(*, step: int, warm_up: int, total: int) -> float:
    return 0.5 + 0.5 * math.cos(math.pi * (step - warm_up) / max(1, total - warm_up))


@SCHEDULES.register("step")
def _step(*, step: int, warm_up: int, total: int) -> float:
    return 0.1 ** sum(step >= milestone * total for milestone in MILESTONES)
