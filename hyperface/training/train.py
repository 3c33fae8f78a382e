"""The training loop, as an iterator over steps."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from hyperface.datasets import LabelledImages, Skipped
from hyperface.errors import CheckpointError, DeviceError, InputError, TrainingError
from hyperface.hardware import has_fast_bfloat16
from hyperface.images import from_uint8
from hyperface.recognizers.backbones import ARCHITECTURES, BackboneRecognizer, build_backbone
from hyperface.recognizers.checkpoints import save_backbone
from hyperface.training.augmentation import augment
from hyperface.training.heads import HEADS, MarginHead
from hyperface.training.validation import pair_accuracy, validation_pairs

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
LARGEST_GRADIENT = 5.0
WARM_UP = 0.1  # share of the steps in which the learning rate rises
SPEED_WINDOW = 20  # steps that images per second are averaged over
RATE_PER_BATCH = 0.1 / 256  # SGD's usual 0.1 at batches of 256, scaled linearly (Goyal et al., 2017)


@dataclass(frozen=True)
class TrainingStep:
    """After `step` of `total` batches; `epoch` counts from 1 (0 before the first batch).

    loss and accuracy (share of the batch whose own centre is nearest, margin left out) are means over the last steps;
    before the first batch there is no loss, and no telling how many seconds are left.
    validation: verification accuracy on held-out identities, measured at the start and after each epoch, else the
    last one measured; None without held-out identities. skipped: images that could not be read and were left out.
    """

    step: int
    total: int
    epoch: int
    loss: float | None
    accuracy: float
    learning_rate: float
    images_per_second: float
    seconds_left: float | None
    validation: float | None
    skipped: Skipped
    recognizer: BackboneRecognizer  # being trained: later steps change it
    capture: Callable[[], dict[str, torch.Tensor]]

    @property
    def state(self) -> dict[str, torch.Tensor]:
        """Everything that `train(…, resume=state)` needs to go on from here. Ask before the next step is taken."""
        return self.capture()


def train(
    dataset: LabelledImages,
    *,
    backbone: str = "small",
    head: str = "adaface",
    epochs: int = 10,
    batch_size: int = 128,
    learning_rate: float | None = None,
    validation_share: float = 0.1,
    input_size: int | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
    resume: dict[str, torch.Tensor] | None = None,
) -> Iterator[TrainingStep]:
    """Train a recogniser from scratch, yielding step 0 (untrained) and every batch.

    SGD with momentum, linear warm-up, then a cosine schedule to zero; weight decay on weights, not on norms and
    biases; mirroring and AdaFace's augmentations; bfloat16 where that is faster. The last batch of an epoch
    is left out where it is smaller.

    dataset: aligned images; decoded into memory at the start (38 kB each). validation_share: of the identities, never
    trained on. learning_rate: None for 0.1 at batches of 256, scaled. resume: the `state` of an earlier step from the
    same arguments; on the same machine it goes on as if never stopped.
    Raises InputError, UnknownNameError, DeviceError or CheckpointError before the first step, and TrainingError when
    the loss is no longer a number.
    """
    if epochs < 1 or batch_size < 2:
        raise InputError(f"Training needs an epoch and batches of two images; got {epochs} epochs of {batch_size}.")
    if learning_rate is not None and not learning_rate > 0:
        raise InputError(f"The learning rate must be above 0; it was {learning_rate}.")
    rest, held_out = dataset.split(validation_share, seed)
    if rest.identities < 2:
        raise InputError(f"{dataset.path} has {rest.identities} identity to train on; at least two are needed.")
    images, labels, skipped = rest.decode()  # (n, 112, 112, 3), (n,)
    if len(images) < batch_size:
        raise InputError(f"{len(images)} images do not fill a batch of {batch_size}. Use a smaller batch.")
    torch.manual_seed(seed)
    recognizer = build_backbone(
        backbone,
        input_size=input_size,
        name=f"{backbone} trained on {dataset.path.name}",
        training_data=f"{len(images):,} images of {rest.identities:,} identities",
        source="trained with HyperFace",
    )
    margin_head = HEADS.load(head, dimension=recognizer.dimension, classes=rest.identities)
    try:
        recognizer.to(device)
        margin_head.to(device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f'The device {str(device)!r} cannot be used here ({error}). Use device="cpu".') from error
    rate = RATE_PER_BATCH * batch_size if learning_rate is None else learning_rate
    loop = _Loop(recognizer, margin_head, images, labels, epochs, batch_size, rate, seed, torch.device(device))
    loop.skipped.extend(skipped)
    if held_out is not None:
        loop.hold_out(held_out)
    if resume is not None:
        loop.restore(resume)
    return loop.steps(resumed=resume is not None)


def save_recognizer(step: TrainingStep, path: str | Path) -> None:
    """Write the recogniser as it is at this step to one file that `recognizers.load(path)` opens."""
    save_backbone(step.recognizer, Path(path))


class _Loop:
    """Everything that a step reads and changes."""

    def __init__(
        self,
        recognizer: BackboneRecognizer,
        head: MarginHead,
        images: np.ndarray,
        labels: np.ndarray,
        epochs: int,
        batch_size: int,
        learning_rate: float,
        seed: int,
        device: torch.device,
    ) -> None:
        self.recognizer, self.head = recognizer.train(), head.train()
        self.images, self.labels = images, torch.from_numpy(labels)
        self.batch_size, self.learning_rate, self.seed, self.device = batch_size, learning_rate, seed, device
        self.steps_per_epoch = len(images) // batch_size
        self.total = epochs * self.steps_per_epoch
        self.step = 0
        self.optimizer = torch.optim.SGD(_parameter_groups(recognizer, head), learning_rate, MOMENTUM, nesterov=True)
        self.held_out: tuple[torch.Tensor, np.ndarray, np.ndarray] | None = None
        self.validation: float | None = None
        self.skipped = Skipped()
        self.losses: deque[float] = deque(maxlen=SPEED_WINDOW)
        self.accuracies: deque[float] = deque(maxlen=SPEED_WINDOW)

    def hold_out(self, dataset: LabelledImages) -> None:
        images, labels, skipped = dataset.decode()
        self.skipped.extend(skipped)
        pairs = validation_pairs(labels, self.seed)
        if pairs is not None:
            used, places = np.unique(pairs[0], return_inverse=True)
            self.held_out = from_uint8(images[used]).to(self.device), places.reshape(-1, 2), pairs[1]

    def steps(self, *, resumed: bool) -> Iterator[TrainingStep]:
        if not resumed:
            self._validate()
            yield self._show(loss=None, speed=0.0)
        times = deque([time.monotonic()], maxlen=SPEED_WINDOW)
        while self.step < self.total:
            self._take_step()
            if self.step % self.steps_per_epoch == 0:
                self._validate()
            times.append(time.monotonic())
            speed = (len(times) - 1) * self.batch_size / max(times[-1] - times[0], 1e-9)
            yield self._show(loss=float(np.mean(self.losses)), speed=speed)

    def _take_step(self) -> None:
        # Order and augmentation come from (seed, epoch or step) alone, so that a resumed run repeats them.
        epoch, place = divmod(self.step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.images))
        chosen = order[place * self.batch_size : (place + 1) * self.batch_size]
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
        torch.manual_seed(self.seed * 1_000_003 + self.step)  # dropout
        batch = augment(from_uint8(self.images[chosen]), generator).to(self.device)  # (b, 3, 112, 112)
        labels = self.labels[chosen].to(self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._uses_bfloat16()):
            features = self.recognizer.features(batch, batch_size=self.batch_size)  # (b, d)
        logits = self.head(features, labels)  # (b, classes)
        loss = F.cross_entropy(logits, labels)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss was {value} at step {self.step + 1} (epoch {epoch + 1}, batch {place + 1}). A lower "
                f"learning rate than {self.learning_rate:g} usually helps; the last checkpoint is still good."
            )
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*self.recognizer.parameters(), *self.head.parameters()], LARGEST_GRADIENT)
        self.optimizer.step()
        with torch.no_grad():
            cosines = F.normalize(features.float()) @ F.normalize(self.head.centres, dim=0)  # (b, classes)
            self.accuracies.append((cosines.argmax(1) == labels).float().mean().item())
        self.losses.append(value)
        self.step += 1

    def _uses_bfloat16(self) -> bool:
        slower = self.device.type == "cpu" and ARCHITECTURES[self.recognizer.architecture].depthwise
        return has_fast_bfloat16(self.device) and not slower

    def _rate(self) -> float:
        warm_up = max(1, round(WARM_UP * self.total))
        if self.step < warm_up:
            return self.learning_rate * (self.step + 1) / warm_up
        progress = (self.step - warm_up) / max(1, self.total - warm_up)
        return self.learning_rate * (0.5 + 0.5 * math.cos(math.pi * progress))

    def _validate(self) -> None:
        if self.held_out is not None:
            self.validation = pair_accuracy(self.recognizer, *self.held_out)

    def _show(self, *, loss: float | None, speed: float) -> TrainingStep:
        left = (self.total - self.step) * self.batch_size / speed if speed else None
        return TrainingStep(
            step=self.step,
            total=self.total,
            epoch=-(-self.step // self.steps_per_epoch),
            loss=loss,
            accuracy=float(np.mean(self.accuracies)) if self.accuracies else 0.0,
            learning_rate=self._rate(),
            images_per_second=speed,
            seconds_left=left,
            validation=self.validation,
            skipped=self.skipped,
            recognizer=self.recognizer,
            capture=self.state,
        )

    def state(self) -> dict[str, torch.Tensor]:
        state = {f"backbone.{name}": value.detach().clone() for name, value in self.recognizer.state_dict().items()}
        state |= {f"head.{name}": value.detach().clone() for name, value in self.head.state_dict().items()}
        for i, values in self.optimizer.state_dict()["state"].items():
            state[f"momentum.{i}"] = values["momentum_buffer"].clone()
        state["step"] = torch.tensor(self.step)
        state["losses"] = torch.tensor(list(self.losses), dtype=torch.float64)
        state["accuracies"] = torch.tensor(list(self.accuracies), dtype=torch.float64)
        state["validation"] = torch.tensor(
            math.nan if self.validation is None else self.validation, dtype=torch.float64
        )
        return state

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        try:
            self.recognizer.load_state_dict(_part(state, "backbone."))
            self.head.load_state_dict(_part(state, "head."))
            momentum = {int(i): {"momentum_buffer": value} for i, value in _part(state, "momentum.").items()}
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": momentum})
            self.step = int(state["step"])
            self.losses.extend(state["losses"].tolist())
            self.accuracies.extend(state["accuracies"].tolist())
            validation = float(state["validation"])
            self.validation = None if math.isnan(validation) else validation
        except (KeyError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise CheckpointError(
                f"The saved state belongs to another training ({reason}). Resume with the same dataset, backbone and "
                "head, or start again without it."
            ) from error


def _part(state: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _parameter_groups(*modules: nn.Module) -> list[dict]:
    """Vectors (norms, biases, PReLU slopes) are not decayed."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
