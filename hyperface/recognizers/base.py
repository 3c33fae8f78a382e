"""What every face recogniser F offers."""

from abc import abstractmethod
from dataclasses import asdict, dataclass, fields
from itertools import chain

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.errors import CheckpointError, DeviceError, InputError
from hyperface.hardware import computes_in_bfloat16
from hyperface.images import check_images


@dataclass(frozen=True)
class RecognizerCard:
    """What a recogniser is: shown in the app, and remembered by galleries and packings made with it."""

    name: str
    dimension: int
    input_size: int  # pixels, square; what the network sees after its own preprocessing
    training_data: str
    licence: str
    source: str
    color: str = "RGB"  # order in which the network itself wants the colours: "RGB" or "BGR"

    def to_json(self) -> dict[str, str | int]:
        """What is written into the files of galleries, packings and recognisers."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: object) -> "RecognizerCard":
        """The card that `to_json` gave; CheckpointError if this is none. Cards of old files know no colour order."""
        try:
            return cls(
                **{
                    field.name: content[field.name]  # type: ignore[index]
                    for field in fields(cls)
                    if field.name != "color" or "color" in content  # type: ignore[operator]
                }
            )
        except (KeyError, TypeError) as error:
            raise CheckpointError(f"This describes no recogniser: {error} is missing or wrong.") from error


def check_same_recognizer(first: str, first_what: str, second: str, second_what: str) -> None:
    """InputError naming both, unless two sets of embeddings are of one recogniser. first, second: recognisers' names.

    first_what, second_what: what the embeddings are, for the message. Cosines between the embeddings of two
    recognisers mean nothing, even where both have the same dimension.
    """
    if first != second:
        raise InputError(
            f"{first_what} is made of embeddings of the recogniser {first!r}, {second_what} of embeddings of "
            f"{second!r}. Embeddings of two recognisers cannot be compared: use {first!r} for both, or {second!r}."
        )


class Recognizer(nn.Module):
    """An aligned face in, a unit embedding out.

    A subclass sets `card` and writes `_features`. Everything else (checks, batches, normalisation) is here.
    """

    card: RecognizerCard
    autocasts = True  # whether it is faster in bfloat16 where the hardware is
    uses_bfloat16 = False  # whether features are computed in it

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def dimension(self) -> int:
        return self.card.dimension

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(chain(self.parameters(), self.buffers()), torch.empty(0)).device

    def prepare(self, *, device: str | torch.device = "cpu", precision: str = "float32") -> "Recognizer":
        """Move it to a device and choose the arithmetic; returns itself.

        precision: "float32"; "bfloat16", which changes embeddings by a cosine of about 1e-4; or "fastest", bfloat16
        where the hardware is fast in it. DeviceError for a device that cannot be used, InputError for a precision.
        """
        try:
            self.to(device)
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise DeviceError(f"The device {str(device)!r} cannot be used here ({reason}). Use 'cpu'.") from error
        uses_bfloat16 = computes_in_bfloat16(precision, torch.device(device))
        self.uses_bfloat16 = uses_bfloat16 and (self.autocasts or precision == "bfloat16")
        return self

    @abstractmethod
    def _features(self, images: torch.Tensor) -> torch.Tensor:
        """Aligned faces (n, 3, 112, 112), RGB, [0, 1] → raw features (n, dimension). Does its own preprocessing."""

    def features(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """Raw features (n, dimension) before normalisation, as verification protocols add them.

        images: float32 (n, 3, 112, 112), RGB, [0, 1], aligned; each batch is brought to the recogniser's device, where
        the features then are. Differentiable with respect to the images.
        """
        check_images(images)
        if len(images) == 0:
            return images.new_zeros(0, self.dimension)
        device = self.device
        if not self.uses_bfloat16:  # and no autocast switched off either: a caller, such as training, may have its own
            return torch.cat([self._features(batch.to(device)) for batch in images.split(batch_size)])
        with torch.autocast(device.type, torch.bfloat16):
            return torch.cat([self._features(batch.to(device)) for batch in images.split(batch_size)]).float()

    def embed(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """Unit embeddings (n, dimension), float32. Arguments as in `features`."""
        return F.normalize(self.features(images, batch_size=batch_size).float(), dim=1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.embed(images)
