"""What every network has that is loaded by name: a card that says what it is, a device, and a precision."""

from __future__ import annotations

from abc import ABC
from contextlib import AbstractContextManager, nullcontext
from dataclasses import MISSING, asdict, dataclass, fields
from itertools import chain
from typing import Any, ClassVar, Self, TypeVar

import torch
from torch import nn

from hyperface.errors import CheckpointError
from hyperface.hardware import computes_in_bfloat16, usable_device

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Card:
    """What a model is: shown in the app, and remembered by what was made with it. A subclass names the fields."""

    kind: ClassVar[str] = "model"  # the noun in messages

    def to_json(self) -> dict[str, Any]:
        """What is written into files."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: object) -> Self:
        """The card that `to_json` gave; CheckpointError if this is none.

        Fields with a default may be missing, as in files that are older than them; further ones are passed over.
        """
        try:
            return cls(
                **{
                    field.name: content[field.name]  # type: ignore[index]  # whatever has no keys is a TypeError below
                    for field in fields(cls)
                    if field.default is MISSING or field.name in content  # type: ignore[operator]  # as above
                }
            )
        except (KeyError, TypeError) as error:
            raise CheckpointError(f"This describes no {cls.kind}: {error} is missing or wrong.") from error


class Model(nn.Module, ABC):
    """A network that can be told where and how to compute."""

    autocasts = True  # whether it is faster in bfloat16 where the hardware is
    uses_bfloat16 = False  # whether it computes in it
    fits_at_once: int | None = None  # inputs that the device's memory was found to hold; None while it held all

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(chain(self.parameters(), self.buffers()), torch.empty(0)).device

    def prepare(self, *, device: str | torch.device = "cpu", precision: str = "float32") -> Self:
        """Move it to a device and choose the arithmetic.

        Args:
            device: "cpu", "cuda", "cuda:1" …
            precision: "float32"; "bfloat16", which rounds (embeddings change by a cosine of about 1e-4); or "fastest",
                bfloat16 where the hardware is fast in it.

        Returns:
            Itself.

        Raises:
            DeviceError: The device cannot be used here.
            InputError: There is no such precision.
        """
        target = usable_device(device)
        self.to(target)
        uses_bfloat16 = computes_in_bfloat16(precision, target)
        self.uses_bfloat16 = uses_bfloat16 and (self.autocasts or precision == "bfloat16")
        return self

    def arithmetic(self) -> AbstractContextManager[object]:
        """Within this block its own precision holds. In float32 nothing changes, so that a caller, such as training,
        may have switched autocast on."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.uses_bfloat16 else nullcontext()


def channels_last(module: Module) -> Module:
    """The module itself, its weights in the order of memory in which CPUs and GPUs convolve fastest."""
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]  # torch's gap


def frozen(module: Module) -> Module:
    """The module itself, in evaluation mode, without gradients for its parameters."""
    return module.eval().requires_grad_(False)
