"""How long a training will take, told before it starts."""

from __future__ import annotations

import statistics

from hyperface.errors import RunError
from hyperface.hardware import only_lent
from hyperface.jobs.placement import training_pace
from hyperface.jobs.train import TrainOptions
from hyperface.runs import Run
from hyperface.ui.parts.choices import CPU
from hyperface.ui.parts.context import AppContext
from hyperface.words import duration

# Images a second on two CPU cores, until a run on this machine has shown its own pace.
TYPICAL_TRAINING = {"small": 130.0, "ir_18": 12.0, "ir_34": 7.0, "ir_50": 5.0, "ir_100": 2.5}
MEASURED_BATCH = 16  # enough to see the speed within some ten percent, and done in seconds
TYPICAL_DRAWING = 100.0  # of heads
NEW = "new"


def training_estimate(
    context: AppContext,
    dataset: str,
    identities: float,
    images: float,
    against: str,
    epochs: float,
    backbone: str,
    device: str = CPU,
    speed: float | None = None,
) -> str:
    """One line of HTML: images, passes, expected time. speed: images a second, None for what earlier runs on the device
    showed; without any, a GPU's is not told before it is measured."""
    sizes = [_size(context, name, identities, images) for name in (dataset, against) if name]
    count = min(sizes)
    if count == 0:
        return ""
    drawing = count / _pace(context, "generate", None, TYPICAL_DRAWING) if dataset == NEW else 0.0
    if speed is None:
        speed = _pace(context, "train", backbone, TYPICAL_TRAINING.get(backbone, 2.0) if device == CPU else 0.0, device)
        if speed == 0:
            return f"<p class='hf-note'>{len(sizes) * count:,} images, {int(epochs)} times.</p>"
    training = len(sizes) * count * int(epochs) / speed
    twice = " on each of the two" if len(sizes) == 2 else ""
    seconds = duration(drawing + training)
    return f"<p class='hf-note'>{count:,} images, {int(epochs)} times{twice}: about {seconds}.</p>"


def measured_estimate(
    context: AppContext,
    dataset: str,
    identities: float,
    images: float,
    against: str,
    epochs: float,
    backbone: str,
    device: str = CPU,
) -> str:
    """The same, at the speed of a few steps taken here; earlier runs of this machine, if there are any, know better."""
    sizes = (dataset, identities, images, against, epochs, backbone, device)
    if _pace(context, "train", backbone, 0.0, device):
        return training_estimate(context, *sizes)
    if device != CPU and only_lent():
        return training_estimate(context, *sizes, speed=training_pace(backbone))

    def measure() -> float:
        from hyperface.training import measure_speed

        batch = MEASURED_BATCH if device == CPU else TrainOptions.batch_size
        return measure_speed(backbone=backbone, batch_size=batch, device=device)

    return training_estimate(context, *sizes, speed=context.cached(("training speed", backbone, device), measure))


def _size(context: AppContext, name: str, identities: float, images: float) -> int:
    """Images of a dataset; 0 while they are not known."""
    if name == NEW:
        return int(identities) * int(images)
    try:
        return int(context.run(name).results().get("images", 0))
    except RunError:
        return 0


def _pace(context: AppContext, verb: str, backbone: str | None, otherwise: float, device: str = CPU) -> float:
    """Images a second of the newest run of the kind that got anywhere on the device."""
    for run in context.runs(verb):
        here = not context.is_demo(run) and run.options.get("device", CPU) == device
        if here and (backbone is None or run.options.get("backbone") == backbone):
            seen = _paces(run)
            if len(seen) >= 3:
                return max(statistics.median(seen), 0.1)
    return otherwise


def _paces(run: Run) -> list[float]:
    return [row["images_per_second"] for row in run.metrics() if isinstance(row.get("images_per_second"), float)]
