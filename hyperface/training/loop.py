"""The training loop: everything that a step reads and changes."""

import math
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from hyperface.datasets import LabeledImages, Skipped
from hyperface.errors import CheckpointError, TrainingError
from hyperface.hardware import computes_in_bfloat16
from hyperface.images import ALIGNED_SIZE
from hyperface.memory import freed_memory_kept
from hyperface.ranks import Ranks
from hyperface.recognizers.backbones import BackboneRecognizer
from hyperface.seeds import stream, stream_seed
from hyperface.training.batches import Batches
from hyperface.training.heads import MarginHead
from hyperface.training.optimizers import OPTIMIZERS
from hyperface.training.processes import wrap
from hyperface.training.schedules import learning_rate_share
from hyperface.training.validation import Guesses, HeldOut, readable_pairs

LARGEST_GRADIENT = 5.0
SAVED_NAMES = {"head.centers": "head.centres"}  # in checkpoints, where they are not those of the code
SPEED_WINDOW = 20  # steps that images per second are averaged over
GUESSES_AN_EPOCH = 4  # how often a few held-out pairs are looked at


@dataclass(frozen=True)
class TrainingStep:
    """After `step` of `total` batches; `epoch` counts from 1 (0 before the first batch).

    loss and accuracy (share of the batch whose own centre is nearest, margin left out) are means over the last steps;
    before the first batch there is no loss, and no telling how many seconds are left.
    validation: verification accuracy on held-out identities, measured at the start and after each epoch, else the
    last one measured; None without held-out identities. guesses: of a few of their pairs, at the steps at which they
    were looked at, some in every epoch. skipped: images that could not be read and were left out.
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
    is_sound: Callable[[], bool]  # whether what would be saved is made of numbers; ask before the next step, too
    guesses: Guesses | None = None

    @property
    def state(self) -> dict[str, torch.Tensor]:
        """Everything that `train(…, resume=state)` needs to go on from here. Ask before the next step is taken."""
        return self.capture()


class _Objective(nn.Module):
    """What is differentiated: images (b, 3, 112, 112) and labels (b,) → loss, and share of nearest own centres."""

    def __init__(self, recognizer: BackboneRecognizer, head: MarginHead, device: torch.device, precision: str) -> None:
        super().__init__()
        self.recognizer, self.head, self.device = recognizer, head, device
        self.uses_bfloat16 = computes_in_bfloat16(precision, device)

    def forward(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.uses_bfloat16):
            features = self.recognizer.features(images, batch_size=len(images))  # (b, d)
        places = self.head.places(labels)
        loss = F.cross_entropy(self.head(features, labels), places)
        with torch.no_grad():
            cosines = F.normalize(features.float()) @ F.normalize(self.head.compared(), dim=0)  # (b, c)
            return loss, (cosines.argmax(1) == places).float().mean()


class Loop:
    """recognizer and head, on this process's device, are trained in place on the batches."""

    def __init__(
        self,
        recognizer: BackboneRecognizer,
        head: MarginHead,
        batches: Batches,
        device: torch.device,
        ranks: Ranks,
        *,
        epochs: int,
        learning_rate: float,
        schedule: str,
        optimizer: str,
        precision: str,
    ) -> None:
        self.recognizer, self.head = recognizer.train(), head.train()
        self.head.gather = lambda rows: ranks.gather(rows, ranks.world * len(rows))  # equal parts of a batch
        self.batches, self.device, self.ranks = batches, device, ranks
        self.learning_rate, self.schedule = learning_rate, schedule
        self.steps_per_epoch = batches.steps_per_epoch
        self.total = epochs * self.steps_per_epoch
        self.step = 0
        self.objective = wrap(_Objective(recognizer, head, device, precision), device, ranks)
        self.parameters = list(self.objective.parameters())
        self.optimizer = OPTIMIZERS.load(optimizer, backbone=recognizer, head=head, learning_rate=learning_rate)
        self.held_out: HeldOut | None = None
        self.guesses: Guesses | None = None  # of this step
        self.validation: float | None = None
        self.skipped = batches.skipped
        self.losses: deque[float] = deque(maxlen=SPEED_WINDOW)
        self.accuracies: deque[float] = deque(maxlen=SPEED_WINDOW)

    def hold_out(self, dataset: LabeledImages) -> None:
        """Measure verification on these identities, which are not among those of the batches."""
        found = readable_pairs(dataset, self.batches.seed, self.skipped)
        if found is not None:
            self.held_out = HeldOut(*found, self.device)

    def steps(self, *, resumed: bool) -> Generator[TrainingStep, None, BackboneRecognizer]:
        """All steps that are left, after the one that shows the untrained network; returns the recogniser."""
        if not resumed:
            self._validate()
            yield self._show(loss=None, speed=0.0)
        times = deque([time.monotonic()], maxlen=SPEED_WINDOW)
        with freed_memory_kept():
            for images, labels in self.batches.from_step(self.step, self.total):
                self._take_step(images.to(self.device), labels.to(self.device))
                self._look_at_held_out()
                times.append(time.monotonic())
                speed = (len(times) - 1) * self.batches.batch_size / max(times[-1] - times[0], 1e-9)
                yield self._show(loss=float(np.mean(self.losses)), speed=speed)
        return self.recognizer.eval()

    def _take_step(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        # Dropout, too, comes from the seed and the step, so that a resumed run repeats it; each process has its own.
        torch.manual_seed(stream_seed(self.batches.seed, "dropout", self.step, self.ranks.rank))
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        everybody = self.ranks.gather(labels, self.ranks.world * len(labels))
        self.head.choose(everybody, stream(self.batches.seed, "centers", self.step))
        own_loss, accuracy = self.objective(images, labels)
        loss, accuracy = self.ranks.mean(torch.stack([own_loss.detach(), accuracy])).tolist()
        if not math.isfinite(loss):
            raise self._derailed(f"The loss was {loss}")
        self.optimizer.zero_grad()
        own_loss.backward()
        length = nn.utils.clip_grad_norm_(self.parameters, LARGEST_GRADIENT)
        if not length.isfinite():
            raise self._derailed(f"The gradient's length was {float(length)}")
        with self.head.others_at_rest(self.optimizer):
            self.optimizer.step()
        self.losses.append(loss)
        self.accuracies.append(accuracy)
        self.step += 1

    def _derailed(self, what: str) -> TrainingError:
        epoch, place = divmod(self.step, self.steps_per_epoch)
        return TrainingError(
            f"{what} at step {self.step + 1} (epoch {epoch + 1}, batch {place + 1}). A lower learning rate than "
            f"{self.learning_rate:g} usually helps; the last checkpoint is still good, and --resume with another "
            "--learning-rate goes on from it."
        )

    def is_sound(self) -> bool:
        """Whether everything that would be saved now is made of numbers, and the network gives some for a picture."""
        kept = [*self.recognizer.state_dict().values(), *self.head.state_dict().values()]
        if not all(bool(value.isfinite().all()) for value in kept):
            return False
        picture = torch.rand(2, 3, ALIGNED_SIZE, ALIGNED_SIZE, generator=torch.Generator().manual_seed(0))
        was_training = self.recognizer.training
        self.recognizer.eval()
        with torch.inference_mode():
            features = self.recognizer.features(picture)
        self.recognizer.train(was_training)
        return bool(features.isfinite().all())

    def _rate(self) -> float:
        return self.learning_rate * learning_rate_share(self.schedule, min(self.step, self.total - 1), self.total)

    def _validate(self) -> None:
        if self.held_out is not None:
            self.validation, self.guesses = self.held_out.accuracy(self.recognizer)
            self._check_guesses()

    def _look_at_held_out(self) -> None:
        """All pairs at the end of an epoch, a few on the way."""
        self.guesses = None
        done = self.step % self.steps_per_epoch
        if done == 0:
            self._validate()
        elif self.held_out is not None and done % max(1, self.steps_per_epoch // GUESSES_AN_EPOCH) == 0:
            self.guesses = self.held_out.guesses(self.recognizer)
            self._check_guesses()

    def _check_guesses(self) -> None:
        """TrainingError if the network gives no numbers any more."""
        if self.guesses is not None and not np.isfinite(self.guesses.cosines).all():
            self.step -= 1  # the step that has led here
            raise self._derailed("The network gave no numbers for held-out pictures")

    def _show(self, *, loss: float | None, speed: float) -> TrainingStep:
        left = (self.total - self.step) * self.batches.batch_size / speed if speed else None
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
            is_sound=self.is_sound,
            guesses=self.guesses,
        )

    def state(self) -> dict[str, torch.Tensor]:
        state = {f"backbone.{name}": value.detach().clone() for name, value in self.recognizer.state_dict().items()}
        for name, value in self.head.state_dict(prefix="head.").items():
            state[SAVED_NAMES.get(name, name)] = value.detach().clone()
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
            names = {saved: name for name, saved in SAVED_NAMES.items()}
            self.head.load_state_dict(_part({names.get(key, key): value for key, value in state.items()}, "head."))
            momentum = {int(i): {"momentum_buffer": value} for i, value in _part(state, "momentum.").items()}
            _check_momentum(momentum, self.optimizer)
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": momentum})
            self.step = int(state["step"])
            self.losses.extend(state["losses"].tolist())
            self.accuracies.extend(state["accuracies"].tolist())
            validation = float(state["validation"])
            self.validation = None if math.isnan(validation) else validation
        except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            reason = str(error).splitlines()[0]
            raise CheckpointError(
                f"The saved state belongs to another training ({reason}). Resume with the same dataset, backbone and "
                "head, or start again without it."
            ) from error


def _part(state: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _check_momentum(state: dict[int, dict[str, torch.Tensor]], optimizer: torch.optim.Optimizer) -> None:
    """ValueError for the momenta of another optimiser: torch takes them without a look."""
    moved = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, values in state.items():
        if not (number < len(moved) and values["momentum_buffer"].shape == moved[number].shape):
            raise ValueError("its optimiser kept something else")
