"""What can be chosen on this machine: generators, gallery generators, recognisers, detectors and devices.

Each is offered with its licence, size and time, or with the reason why it cannot be used here, which is found without
loading anything: a package that is not installed, weights that are not on the machine, no GPU, or a picture that would
take too long without one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hyperface.defaults import PAIRS, RECOGNIZER, SECOND_RECOGNIZER
from hyperface.errors import InputError
from hyperface.hub import RELEASED, Released, cached_file
from hyperface.own_weights import FOLDER_VARIABLE, files_called, own_weights
from hyperface.rates import Rate, drawing_rate
from hyperface.words import duration

LONGEST = 20.0  # seconds a picture that a person waits for


@dataclass(frozen=True)
class Weights:
    """part: their name among the machine's own weights; "" where one file is taken by its own name, wherever it is.
    repo: on the hub, "" for nowhere. files: that are needed there, each under any one of its names. size: bytes,
    about. beside: further files that are worth having: the recogniser whose embeddings these weights take.
    """

    part: str
    repo: str
    files: tuple[tuple[str, ...], ...]
    size: float
    beside: tuple[str, ...] = ()

    def found(self) -> list[Path]:
        """Where the files are; empty unless all are there."""
        if not self.part and (loose := files_called(Path(self.files[0][0]).stem)):
            return loose[:1]
        own = own_weights(self.part) if self.part else None
        if own is not None and own.is_file():
            return [own]

        def find(names: Sequence[str]) -> Path | None:
            places = (own / name if own is not None else cached_file(self.repo, name) for name in names)
            return next((path for path in places if path is not None and path.is_file()), None)

        paths = [find(names) for names in self.files] if own is not None or self.repo else []
        there = [path for path in paths if path is not None]
        return there if len(there) == len(self.files) else []

    def missing(self) -> str:
        """What to do where they are not there, as a sentence."""
        at_hand = f"in the folder that {FOLDER_VARIABLE} names"
        if not self.repo:
            return f"Nobody publishes weights that all may use: put yours {at_hand}, as {self.part}.pkl."
        # Everything in a repository may be many times more than what is needed.
        wanted = " ".join([*(names[0] for names in self.files), *self.beside])
        return (
            f"Its weights, {size_text(self.size)}, are not on this machine: `hf download {self.repo} {wanted}` brings "
            f"them, or they lie {at_hand} as {self.part or Path(self.files[0][0]).name}."
        )


@dataclass(frozen=True)
class Offer:
    """A part that can be chosen, or could be. name: as it is loaded. title: for people. weights: that it needs, none
    for one that ships. package: that is imported when it is used, and install: the command that brings it.

    missing: why it cannot be used here, as a sentence; "" where it can. size: bytes of its weights, 0 if it ships.
    rate: of one picture here, None where there is none.
    """

    name: str
    title: str
    licence: str
    weights: tuple[Weights, ...] = ()
    package: str = ""
    install: str = ""
    missing: str = ""
    size: float = 0.0
    rate: Rate | None = None

    @property
    def available(self) -> bool:
        return not self.missing

    @property
    def label(self) -> str:
        """What it is in one line: title, time a picture, size, licence."""
        time = "" if self.rate is None else f"{_pace(self.rate)} a picture"
        size = size_text(self.size) if self.size else ""
        return " · ".join(filter(None, (self.title, time, size, self.licence)))


def capital(text: str) -> str:
    """The same as the beginning of a sentence or a line."""
    return text[:1].upper() + text[1:]


def _title(name: str, known: Released) -> str:
    """What a released recogniser is called: by its repository where it is alone there, else by what it is."""
    return known.repo.partition("/")[2] if known.alone else f"ArcFace of {name}: {known.training_data}"


_RESEARCH = "MIT, trained on images for research"
_VEC2FACE = "BooBooWu/Vec2Face"
_RECOGNIZER = "weights/arcface-r100-glint360k.pth"
_WEIGHTS = "diffusion_pytorch_model"
_DIFFUSERS = 'pip install "diffusers>=0.42,<0.43"'


def _network(folder: str) -> tuple[tuple[str, ...], ...]:
    """The files of a network in the layout of diffusers."""
    weights = tuple(f"{folder}/{_WEIGHTS}.{suffix}" for suffix in ("safetensors", "bin", "fp16.safetensors"))
    return (f"{folder}/config.json",), weights


STABLE_DIFFUSION = Weights(
    "stable-diffusion-v1-5",
    "stable-diffusion-v1-5/stable-diffusion-v1-5",
    (*_network("vae"), ("scheduler/scheduler_config.json",)),
    3.4e8,
)
ARC2FACE = Weights(
    "arc2face",
    "FoivosPar/Arc2Face",
    (*_network("arc2face"), ("encoder/config.json",), ("encoder/pytorch_model.bin", "encoder/model.safetensors")),
    3.9e9,
    ("arcface.onnx",),
)
DIFFUSION = Weights(
    "diffusion",
    "CompVis/ldm-celebahq-256",
    (
        ("unet/config.json",),
        (f"unet/{_WEIGHTS}.bin", f"unet/{_WEIGHTS}.safetensors"),
        ("vqvae/config.json",),
        (f"vqvae/{_WEIGHTS}.bin", f"vqvae/{_WEIGHTS}.safetensors"),
        ("scheduler/scheduler_config.json",),
    ),
    1.3e9,
)

GENERATORS = (
    *(Offer(pair.generator, capital(pair.title), "MIT") for pair in PAIRS),
    Offer(
        "vec2face",
        "Vec2Face",
        _RESEARCH,
        (Weights("vec2face", _VEC2FACE, (("weights/vec2face_generator.pth",),), 7e8, (_RECOGNIZER,)),),
    ),
    Offer(
        "vec2face-plus",
        "Vec2Face+",
        _RESEARCH,
        (Weights("vec2face-plus", "BooBooWu/Vec2Face_plus", (("vec2face_plus/main_model.pth",),), 7e8),),
    ),
    Offer(
        "arc2face",
        "Arc2Face",
        "MIT and OpenRAIL-M, trained on images for research",
        (ARC2FACE, STABLE_DIFFUSION),
        "diffusers",
        _DIFFUSERS,
    ),
)
GALLERY_GENERATORS = (
    *(Offer(pair.gallery_generator, capital(pair.title), "MIT") for pair in PAIRS),
    Offer("diffusion", "Latent diffusion (CelebA-HQ)", "Apache-2.0", (DIFFUSION,), "diffusers", _DIFFUSERS),
    Offer(
        "stylegan", "StyleGAN2", "NVIDIA's: non-commercial", (Weights("stylegan", "", (("generator.pkl",),), 3.6e8),)
    ),
)
RECOGNIZERS = (
    *(
        Offer(name, title, "CC0" if name.startswith("dlib") else "MIT")
        for name, title in (
            (PAIRS[0].recognizer, "dlib, centred on 3-D heads"),
            (RECOGNIZER, "dlib"),
            (SECOND_RECOGNIZER, "A small network trained on rendered heads"),
        )
    ),
    *(
        Offer(name, _title(name, known), known.licence, (Weights("", known.repo, ((known.file,),), size),))
        for name, known in RELEASED.items()
        for size in (1.75e8 if "hyperface" in name or name == "buffalo_l" else 2.6e8,)
    ),
)


def generators(device: str | None = None) -> list[Offer]:
    """What draws packed people, and on what terms. device: where; None for a GPU if there is one."""
    return [_on(offer, device) for offer in GENERATORS]


def gallery_generators(device: str | None = None) -> list[Offer]:
    """What draws random faces for a gallery. Arguments as of `generators`."""
    return [_on(offer, device) for offer in GALLERY_GENERATORS]


def recognizers() -> list[Offer]:
    """What embeds faces, by name."""
    return [_here(offer) for offer in RECOGNIZERS]


def devices() -> list[Offer]:
    """Where work is done: the CPU, and a GPU, there or not."""
    from hyperface.hardware import device_title, gpu_missing

    missing = gpu_missing()
    gpu = "A GPU" if missing else device_title("cuda")
    return [Offer("cpu", capital(device_title("cpu")), ""), Offer("cuda", gpu, "", missing=missing)]


def check_offered(offers: Sequence[Offer], name: str) -> None:
    """InputError, saying what is missing, if the one of this name cannot be used here; or if there is none."""
    offer = next((offer for offer in offers if offer.name == name), None)
    if offer is None:
        raise InputError(f"There is no {name!r} to choose: it is one of {', '.join(each.name for each in offers)}.")
    if not offer.available:
        raise InputError(f"{offer.title} cannot be used here. {offer.missing}")


def drawn_by(name: str) -> str | None:
    """The name of the recogniser whose embeddings a generator that is on this machine draws; None where that cannot be
    told without loading it."""
    pair = next((pair for pair in PAIRS if pair.generator == name), None)
    if pair is not None:
        return pair.recognizer
    beside = _BESIDE.get(name)
    return None if beside is None else beside()


def _beside_arc2face() -> str | None:
    from hyperface.generators.arc2face import RECOGNIZER_FILE

    return _recognizer_of(ARC2FACE, RECOGNIZER_FILE, "")


def _beside_vec2face() -> str | None:
    from hyperface.generators.vec2face import RECOGNIZER_FILE, RECOGNIZER_NETWORK

    weights = next(offer.weights[0] for offer in GENERATORS if offer.name == "vec2face")
    return _recognizer_of(weights, RECOGNIZER_FILE, RECOGNIZER_NETWORK)


_BESIDE: dict[str, Callable[[], str | None]] = {"arc2face": _beside_arc2face, "vec2face": _beside_vec2face}


def _recognizer_of(weights: Weights, file: str, architecture: str) -> str | None:
    """As `generators.weights.Place.recognizer`, of what is on this machine."""
    from hyperface.generators.weights import place
    from hyperface.hub import SCHEME, commit_of

    own = own_weights(weights.part)
    if own is not None:
        return place(own).recognizer(file, architecture) or Path(file).stem
    there = cached_file(weights.repo, weights.files[-1][0])
    if there is None:
        return None
    return (f"{architecture}:" if architecture else "") + f"{SCHEME}{weights.repo}/{file}@{commit_of(there)}"


def recognizer_missing(name: str) -> str:
    """Why a recogniser that a packing remembers cannot be loaded without a network, as a sentence; "" where it can, as
    far as that can be told beforehand."""
    from hyperface.hub import SCHEME, HubName

    _, found, rest = name.partition(SCHEME)
    if not found:
        return ""
    wanted = HubName.parse(SCHEME + rest)
    if wanted.file is None or cached_file(wanted.repo, wanted.file, wanted.revision) is not None:
        return ""
    version = "" if wanted.revision is None else f" --revision {wanted.revision}"
    return (
        f"{name} is not on this machine: `hf download {wanted.repo} {wanted.file}{version}` brings it. Then this page "
        "can be loaded again."
    )


def _on(offer: Offer, device: str | None) -> Offer:
    """The offer as it is on this machine, on a device."""
    from hyperface.hardware import usual_device

    found = _here(offer)
    where = "cpu" if not offer.weights else usual_device() if device is None else device
    rate = drawing_rate(offer.name, where)
    found = replace(found, rate=rate)
    if found.available and where == "cpu" and rate is not None and rate.seconds > LONGEST:
        reason = f"It needs a GPU: without one, a picture takes about {duration(rate.seconds)}."
        return replace(found, missing=reason)
    return found


def _here(offer: Offer) -> Offer:
    """The offer with its size, and what it lacks of packages and weights."""
    if offer.package and importlib.util.find_spec(offer.package) is None:
        missing = f"It needs the package {offer.package}: {offer.install}."
        return replace(offer, missing=missing, size=sum(each.size for each in offer.weights))
    lacking, size = [], 0.0
    for weights in offer.weights:
        paths = weights.found()
        size += sum(path.stat().st_size for path in paths) if paths else weights.size
        if not paths:
            lacking.append(weights.missing())
    return replace(offer, missing=" ".join(lacking), size=size)


def size_text(size: float) -> str:
    """Bytes in words."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 1):.0f} MB"


def _pace(rate: Rate) -> str:
    return duration(rate.seconds) if rate.seconds >= 1 else f"{rate.seconds:.2g} s"
