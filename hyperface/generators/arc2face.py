"""Arc2Face as a generator: `generators.load("arc2face")`. Stable Diffusion 1.5, asked by ArcFace's embedding.

Its pictures are 512 pixels large and not aligned: the face in each is found and aligned, and where there is none, the
picture is drawn again with another seed that follows from the first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from hyperface.errors import InputError, NoFaceError
from hyperface.faces import largest_face
from hyperface.files import read_object
from hyperface.generators.arc2face_encoder import Projection, check_unit, load_projection
from hyperface.generators.base import Generator, GeneratorCard, drawn
from hyperface.generators.diffusers_files import load_network, load_scheduler
from hyperface.generators.lora import merge_adapter
from hyperface.generators.weights import Place, place
from hyperface.images import ALIGNED_SIZE, to_uint8
from hyperface.seeds import seeded_normal, stream_seed
from hyperface.threads import map_ahead

DEFAULT = "hf:FoivosPar/Arc2Face"
BASE = "hf:stable-diffusion-v1-5/stable-diffusion-v1-5"
LCM = "hf:latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors"
RECOGNIZER_FILE = "arcface.onnx"
DIMENSION = 512
TRIES = 8  # pictures of a request, before it is said that there is no face in them
NEGATIVES = ("empty", "nearest")
HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
DECODED = 4  # pictures at once: the decoder needs far more memory for each than the steps before it


@dataclass(frozen=True)
class Sampling:
    """How a picture is drawn.

    steps: evaluations of the network, 25 by DPM-Solver++, or 2 to 4 with the consistency adapter. guidance: how far
    each step is led away from what `negative` says; 1 for not at all. negative: "empty", or "nearest" for the nearest
    other identity of those that `meet` was told. consistent: whether the steps are those of the consistency adapter.
    half: what "bfloat16" and "fastest" compute in on a GPU; "float16" for cards older than 2020.
    """

    steps: int = 25
    guidance: float = 3.0
    negative: str = "empty"
    consistent: bool = False
    half: str = "bfloat16"

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= 1000:
            raise InputError(f"A picture takes 1 to 1000 steps; {self.steps} were asked for.")
        if not 1 <= self.guidance < float("inf"):
            raise InputError(f"The guidance is 1 or more; it was {self.guidance:g}.")
        if self.negative not in NEGATIVES:
            raise InputError(f"Guidance leads away from one of {', '.join(NEGATIVES)}; not from {self.negative!r}.")
        if self.half not in HALVES:
            raise InputError(f"The half precision is one of {', '.join(HALVES)}; it was {self.half!r}.")


class Arc2FaceGenerator(Generator):
    """Identity-conditional generator. Wants unit embeddings of its own arcface.onnx."""

    beta = 0.01  # the paper's, for this generator and these 512 dimensions
    seconds_per_person = 60.0
    batch_size = 8
    identities: torch.Tensor | None = None

    def __init__(
        self,
        projection: Projection,
        unet: nn.Module,
        decoder: nn.Module,
        scheduler: dict[str, Any],
        card: GeneratorCard,
        sampling: Sampling,
        *,
        scaling: float,
        detector: str = "dlib",
    ) -> None:
        """unet, decoder: of diffusers. scheduler: what its configuration says. scaling: of the decoder's codes."""
        super().__init__()
        self.projection, self.unet, self.decoder = projection, unet, decoder
        self.scheduler, self.card, self.sampling = scheduler, card, sampling
        self.scaling, self.detector = scaling, detector
        settings: Any = unet.config
        self.code = (int(settings.in_channels), int(settings.sample_size), int(settings.sample_size))
        self.photo_size = self.code[1] * 8  # pixels of its pictures before a face is looked for
        extra = sampling.steps - 1 if sampling.consistent else 0  # each step but the last adds new noise
        self.style_size = (1 + extra) * self.code[0] * self.code[1] * self.code[2]
        self.pictures = 0  # drawn so far
        self.without_face = 0  # of them

    def prepare(self, *, device: str | torch.device = "cpu", precision: str = "float32") -> Self:
        """As `Model.prepare`. In half precision the weights themselves are rounded, which halves the memory too."""
        super().prepare(device=device, precision=precision)
        half = HALVES[self.sampling.half]
        old_card = precision == "fastest" and self.device.type == "cuda" and half is torch.float16
        # As any module: the method of diffusers warns of parts that it means to keep, of which there are none.
        nn.Module.to(self.unet, half if self.uses_bfloat16 or old_card else torch.float32)
        return self

    def arithmetic(self) -> AbstractContextManager[object]:
        return nullcontext()  # each network computes in the precision of its weights

    def meet(self, identities: torch.Tensor) -> None:
        self.identities = identities

    def condition(self, embeddings: torch.Tensor) -> torch.Tensor:
        """What the network is asked with for embeddings (n, 512), unit rows: float32 (n, 77, hidden)."""
        check_unit(embeddings)
        condition: torch.Tensor = self.projection(embeddings.to(self.device))
        return condition

    def generate(
        self, embeddings: torch.Tensor, seeds: Sequence[int], *, batch_size: int | None = None
    ) -> torch.Tensor:
        """As `Generator.generate`. NoFaceError if there is none in a request's pictures after eight seeds."""
        self.check(embeddings, seeds)
        faces = torch.zeros(len(embeddings), 3, ALIGNED_SIZE, ALIGNED_SIZE)
        waiting = list(range(len(embeddings)))
        for attempt in range(TRIES):
            if not waiting:
                break
            again = [seeds[row] if attempt == 0 else stream_seed(seeds[row], "no face", attempt) for row in waiting]
            large = self.photographs(embeddings[waiting], again, batch_size=batch_size)
            found = map_ahead(self._face, to_uint8(large), workers=os.cpu_count() or 1)
            missing = []
            for row, (_, face) in zip(waiting, found, strict=True):
                if face is None:
                    missing.append(row)
                else:
                    faces[row] = face
            self.pictures += len(waiting)
            self.without_face += len(missing)
            waiting = missing
        if waiting:
            raise NoFaceError(
                f"In {TRIES} pictures of one request no face was found ({len(waiting)} of {len(embeddings)} requests). "
                f"Are they embeddings of {self.recognizer!r}? Another detector: --option detector=yunet."
            )
        return faces.to(self.device)

    @torch.inference_mode()
    def photographs(
        self, embeddings: torch.Tensor, seeds: Sequence[int], *, batch_size: int | None = None
    ) -> torch.Tensor:
        """The whole pictures, before a face is looked for: float32 (n, 3, 512, 512), RGB, [0, 1]."""
        check_unit(embeddings)
        styles = seeded_normal(seeds, self.style_size)
        at_once = self.batch_size if batch_size is None else batch_size
        return drawn(self, self.draw, (embeddings.float(), styles), self.photo_size, at_once)

    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """As `photographs`: embeddings and styles on its device, to whole pictures."""
        noise = styles.float().unflatten(1, (-1, *self.code))  # (n, 1 or steps, 4, 64, 64)
        conditions = self.projection(embeddings)  # (n, 77, hidden)
        if self.sampling.guidance > 1:
            conditions = torch.cat([self._away(embeddings), conditions])
        codes = self._sampled(conditions, noise) / self.scaling
        decoder: Any = self.decoder
        pictures = torch.cat([decoder.decode(part).sample for part in codes.split(DECODED)])
        return (pictures.float() / 2 + 0.5).clamp(0, 1)

    def _away(self, embeddings: torch.Tensor) -> torch.Tensor:
        """The conditions that guidance leads away from (n, 77, hidden)."""
        if self.sampling.negative == "empty":
            return self.projection.empty(len(embeddings))
        if self.identities is None or len(self.identities) < 2:
            raise InputError("Leading away from the nearest identity needs others: tell `meet` who there is.")
        others = self.identities.to(embeddings)
        nearest = (embeddings @ others.T).topk(2, dim=1).indices[:, 1]  # the first is the identity itself
        away: torch.Tensor = self.projection(others[nearest])
        return away

    def _sampled(self, conditions: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Codes (n, 4, 64, 64) of conditions (n or, with guidance, 2n, 77, hidden)."""
        kind = "LCMScheduler" if self.sampling.consistent else "DPMSolverMultistepScheduler"
        scheduler = load_scheduler(kind, self.scheduler)
        scheduler.set_timesteps(self.sampling.steps)
        unused = torch.Generator().manual_seed(0)  # what the scheduler would draw is replaced, row by row, below
        told = {"generator": unused} if self.sampling.consistent else {}
        codes: torch.Tensor = noise[:, 0] * scheduler.init_noise_sigma
        for number, moment in enumerate(scheduler.timesteps):
            predicted = self._predicted(codes, moment, conditions)
            step = scheduler.step(predicted, moment, codes, **told)
            if not self.sampling.consistent:
                codes = step.prev_sample
            elif number + 1 < len(scheduler.timesteps):
                codes = scheduler.add_noise(step.denoised, noise[:, number + 1], scheduler.timesteps[number + 1 :][:1])
            else:
                codes = step.denoised
        return codes

    def _predicted(self, codes: torch.Tensor, moment: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """The noise in codes (n, 4, 64, 64), led away from the first half of the conditions if there are twice as
        many."""
        half = next(self.unet.parameters()).dtype
        repeated = torch.cat([codes] * (len(conditions) // len(codes))).to(half)
        found = self.unet(repeated, moment.to(codes.device), encoder_hidden_states=conditions.to(half)).sample.float()
        if len(conditions) == len(codes):
            return found  # type: ignore[no-any-return]  # modules return anything
        away, towards = found.chunk(2)
        return away + self.sampling.guidance * (towards - away)  # type: ignore[no-any-return]  # as above

    def _face(self, photo: Any) -> torch.Tensor | None:
        face = largest_face(photo, detector=self.detector)
        return None if face is None else face.image

    def notes(self) -> dict[str, Any]:
        return {"pictures": self.pictures, "without_face": self.without_face}


def load_arc2face(
    weights: str | Path = DEFAULT,
    *,
    base: str | Path = BASE,
    recognizer: str | None = None,
    adapter: str | Path | None = None,
    sampling: Sampling | None = None,
    detector: str = "dlib",
) -> Arc2FaceGenerator:
    """Load Arc2Face. Frozen, in evaluation mode.

    Args:
        weights: a folder with arc2face/ and encoder/ in it, or a name on the hub.
        base: the same for Stable Diffusion 1.5, of which vae/ and scheduler/ are read.
        recognizer: name of the recogniser whose embeddings it is to take; None for the arcface.onnx beside the weights.
        adapter: file of the consistency adapter, or its name on the hub, "lcm" for the published one; None for none.
        sampling: how pictures are drawn; None for what the authors use.
        detector: what finds the faces in its pictures.

    Returns:
        The generator.

    Raises:
        CheckpointError: diffusers is not installed, or files cannot be had or are of another network.
        UnknownNameError: The hub does not have them.
        InputError: A setting that cannot be.
    """
    there, beside = place(weights), place(base)
    unet, _ = load_network(there, "arc2face", "UNet2DConditionModel")
    decoder, config = load_network(beside, "vae", "AutoencoderKL")
    projection = load_projection(there, beside)
    name = f"arc2face:{there.name}"
    if adapter is not None:
        added = place(LCM if adapter == "lcm" else adapter)
        merge_adapter(unet, added.file("pytorch_lora_weights.safetensors"))
        name += f"+{added.name}"
    sampling = sampling or Sampling()
    return Arc2FaceGenerator(
        projection,
        unet,
        decoder,
        read_object(beside.file("scheduler/scheduler_config.json")),
        _card(name, there, recognizer, sampling),
        sampling,
        scaling=float(config.get("scaling_factor", 0.18215)),
        detector=detector,
    )


def _card(name: str, there: Place, recognizer: str | None, sampling: Sampling) -> GeneratorCard:
    kind = "consistency" if sampling.consistent else "DPM-Solver++"
    away = "" if sampling.guidance == 1 else f", guidance {sampling.guidance:g} from {sampling.negative}"
    return GeneratorCard(
        name=name,
        recognizer=recognizer or there.recognizer(RECOGNIZER_FILE) or "arcface",
        dimension=DIMENSION,
        image_size=ALIGNED_SIZE,
        training_data="restored WebFace42M, FFHQ and CelebA-HQ (Arc2Face), on top of Stable Diffusion 1.5",
        licence="MIT, as the authors give it; Stable Diffusion's CreativeML OpenRAIL-M; training images for research",
        source=there.source,
        settings=f"{sampling.steps} steps of {kind}{away}",
    )
