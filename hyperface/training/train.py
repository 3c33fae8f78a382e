"""Training a recogniser: the call that checks what is wished for and gives back the iterator over steps."""

from collections.abc import Generator
from pathlib import Path

import torch

from hyperface.datasets import LabeledImages
from hyperface.errors import InputError
from hyperface.hardware import usable_device
from hyperface.ranks import own_device
from hyperface.recognizers.backbones import BackboneRecognizer, build_backbone, check_backbone
from hyperface.recognizers.checkpoints import save_backbone
from hyperface.recognizers.stages import freeze
from hyperface.training.batches import Batches
from hyperface.training.heads import HEADS
from hyperface.training.loop import Loop, TrainingStep
from hyperface.training.optimizers import OPTIMIZERS, usual_optimizer
from hyperface.training.processes import join, part_of
from hyperface.training.schedules import learning_rate_share, usual_rate

FINE_TUNING = 0.1  # of the usual rate, where a training begins with weights


def train(
    dataset: LabeledImages,
    *,
    backbone: str = "small",
    start: BackboneRecognizer | None = None,
    frozen_stages: int = 0,
    head: str = "adaface",
    epochs: int = 8,
    batch_size: int = 128,
    learning_rate: float | None = None,
    schedule: str = "cosine",
    optimizer: str | None = None,
    validation_share: float = 0.1,
    input_size: int | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
    precision: str = "fastest",
    resume: dict[str, torch.Tensor] | None = None,
) -> Generator[TrainingStep, None, BackboneRecognizer]:
    """Train a recogniser, from scratch or from weights, yielding step 0 and every batch, and returning it.

    SGD or Muon with momentum, linear warm-up, then a cosine schedule to zero or AdaFace's steps; weight decay on
    weights, not on norms and biases; mirroring and AdaFace's augmentations. The last batch of an epoch is left out
    where it is smaller.

    Launched with `accelerate launch` or `torchrun`, the processes share each batch, and all of them yield the steps
    that one process would.

    Args:
        dataset: aligned images; up to 160,000 are kept decoded in memory (38 kB each). Of more, each batch is read as
            it is needed, and shuffled as `training.order` says. Of more than 50,000 people, each step compares with
            that many centres (`training.heads`).
        backbone: "small", "ir_18", "ir_34", "ir_50", "ir_100" or "ir_se_50".
        start: a recogniser whose network and weights it begins with, instead of `backbone` and `input_size`; the head
            is new. It is not changed.
        frozen_stages: so many of the network's first stages stay as they are.
        head: the margin head: "adaface", "arcface" or "cosface".
        epochs: how often each image is seen, 1 or more.
        batch_size: images a step, 2 or more; of all processes together.
        learning_rate: the peak; None for the backbone's own (`schedules.usual_rate`: 0.1 at batches of 128 for "small",
            of 256 for the others, scaled), and a tenth of that from weights.
        schedule: "cosine" or "step".
        optimizer: "sgd" or "muon" (`training.optimizers`); None for the backbone's own, and "sgd" from weights.
        validation_share: of the identities, never trained on.
        input_size: pixels that the backbone sees, a multiple of 16 from 32 to 112; None for its own.
        seed: of the weights, the order, the augmentation and the identities held out.
        device: where torch computes.
        precision: "float32", "bfloat16", or "fastest", bfloat16 where the hardware is fast in it.
        resume: the `state` of an earlier step from the same arguments; on the same machine it goes on as if never
            stopped.

    Returns:
        The recogniser, trained, on the device.

    Raises:
        InputError: A value or a dataset that cannot work, before the first step.
        UnknownNameError: No backbone, head, schedule or optimiser of that name, before the first step.
        DeviceError: The device cannot be used, before the first step.
        CheckpointError: `resume` belongs to another training, before the first step.
        TrainingError: The loss is no longer a number.
    """
    check_wishes(
        backbone=backbone,
        head=head,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        schedule=schedule,
        optimizer=optimizer,
        input_size=input_size,
    )
    rest, held_out = dataset.split(validation_share, seed)
    if rest.identities < 2:
        raise InputError(f"{dataset.path} has {rest.identities} identity to train on; at least two are needed.")
    if learning_rate is None:
        learning_rate = usual_rate(backbone if start is None else start.architecture, batch_size)
        learning_rate *= 1.0 if start is None else FINE_TUNING
    if optimizer is None:
        optimizer = usual_optimizer(backbone) if start is None else "sgd"
    torch.manual_seed(seed)
    recognizer = _begun(backbone, input_size, start, dataset.path.name, rest)
    freeze(recognizer, frozen_stages)
    margin_head = HEADS.load(head, dimension=recognizer.dimension, classes=rest.identities)
    ranks, own = join(device), usable_device(own_device(device))
    recognizer.to(own)
    margin_head.to(own)
    part = part_of(batch_size, ranks)
    batches = Batches(rest, batch_size=batch_size, part=part, seed=seed, device=own)
    loop = Loop(
        recognizer,
        margin_head,
        batches,
        own,
        ranks,
        epochs=epochs,
        learning_rate=learning_rate,
        schedule=schedule,
        optimizer=optimizer,
        precision=precision,
    )
    if held_out is not None:
        loop.hold_out(held_out)
    if resume is not None:
        loop.restore(resume)
    return loop.steps(resumed=resume is not None)


def check_wishes(
    *,
    backbone: str = "small",
    head: str = "adaface",
    epochs: int = 8,
    batch_size: int = 128,
    learning_rate: float | None = None,
    schedule: str = "cosine",
    optimizer: str | None = None,
    input_size: int | None = None,
) -> None:
    """Nothing, or an error for arguments of `train` that no dataset could be trained with.

    Args:
        backbone: as in `train`, like all others.
        head: the margin head.
        epochs: 1 or more.
        batch_size: 2 or more.
        learning_rate: above 0, or None.
        schedule: its name.
        optimizer: its name, or None.
        input_size: pixels, or None.

    Returns:
        None.

    Raises:
        InputError: A number that cannot work.
        UnknownNameError: No backbone, head, schedule or optimiser of that name.
    """
    if epochs < 1 or batch_size < 2:
        raise InputError(f"Training needs an epoch and batches of two images; got {epochs} epochs of {batch_size}.")
    if learning_rate is not None and not learning_rate > 0:
        raise InputError(f"The learning rate must be above 0; it was {learning_rate}.")
    learning_rate_share(schedule, 1, 1)  # is there one of this name?
    check_backbone(backbone, input_size)
    HEADS.options(head)
    if optimizer is not None:
        OPTIMIZERS.options(optimizer)


def _begun(
    backbone: str, input_size: int | None, start: BackboneRecognizer | None, name: str, images: LabeledImages
) -> BackboneRecognizer:
    """A network to be trained: new, or with the weights of another."""
    data = f"{len(images):,} images of {images.identities:,} identities"
    if start is None:
        return build_backbone(
            backbone,
            input_size=input_size,
            name=f"{backbone} trained on {name}",
            training_data=data,
            source="trained with HyperFace",
        )
    begun = build_backbone(
        start.architecture,
        input_size=start.card.input_size,
        name=f"{start.name.partition('#')[0]} trained on {name}",
        training_data=f"{data}, from weights trained on {start.card.training_data}",
        source=f"trained with HyperFace from {start.name}",
        licence=start.card.licence,
        color=start.card.color,
    )
    begun.backbone.load_state_dict(start.backbone.state_dict())
    return begun


def save_recognizer(step: TrainingStep, path: str | Path) -> None:
    """Write the recogniser as it is at this step to one file that `recognizers.load(path)` opens."""
    save_backbone(step.recognizer, Path(path))
