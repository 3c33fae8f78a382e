"""Face generators: conditional ones (embedding → face) and unconditional ones (random faces for a gallery)."""

from pathlib import Path
from typing import Any, TypeVar

from hyperface.defaults import GALLERY_GENERATOR, GENERATOR
from hyperface.generators.base import (
    DifferentiableGenerator,
    GalleryGenerator,
    GalleryGeneratorCard,
    Generator,
    GeneratorCard,
    LinearPeople,
    LinearResponse,
    Portraits,
    Sitting,
)
from hyperface.own_weights import own_weights
from hyperface.registry import Registry

__all__ = [
    "GALLERY_REGISTRY",
    "REGISTRY",
    "DifferentiableGenerator",
    "GalleryGenerator",
    "GalleryGeneratorCard",
    "Generator",
    "GeneratorCard",
    "LinearPeople",
    "LinearResponse",
    "Portraits",
    "Sitting",
    "load",
    "load_gallery_generator",
]

REGISTRY: Registry[Generator] = Registry("generator")
GALLERY_REGISTRY: Registry[GalleryGenerator] = Registry("gallery generator")
T = TypeVar("T")


@REGISTRY.register("gan")
def _gan() -> Generator:
    from hyperface.generators.dcgan import load_dcgan
    from hyperface.generators.gan import GanGenerator
    from hyperface.generators.mapper import load_mapper

    return GanGenerator(load_dcgan(), load_mapper())


@REGISTRY.register("heads")
def _heads(widest: float = 60.0, variation: float = 1.0) -> Generator:
    from hyperface.generators.heads import HeadsGenerator
    from hyperface.heads.identity.embedding import load_map

    return HeadsGenerator(load_map(), widest=widest, variation=variation)


@REGISTRY.register("vec2face")
def _vec2face(
    weights: str | Path | None = None,
    recognizer: str | None = None,
    length: float | None = None,
    variation: float = 1.0,
) -> Generator:
    from hyperface.generators.vec2face import DEFAULT, load_vec2face

    weights = weights or own_weights("vec2face") or DEFAULT
    return load_vec2face(weights, recognizer=recognizer, length=length, variation=variation)


@REGISTRY.register("vec2face-plus")
def _vec2face_plus(
    weights: str | Path | None = None,
    recognizer: str | None = None,
    length: float | None = None,
    variation: float = 1.0,
) -> Generator:
    from hyperface.generators.vec2face import PLUS

    return _vec2face(weights or own_weights("vec2face-plus") or PLUS, recognizer, length, variation)


@REGISTRY.register("arc2face")
def _arc2face(
    weights: str | Path | None = None,
    base: str | Path | None = None,
    recognizer: str | None = None,
    adapter: str | Path | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str = "empty",
    half: str = "bfloat16",
    detector: str = "dlib",
) -> Generator:
    from hyperface.generators import arc2face

    usual = arc2face.Sampling(steps=4, guidance=1.0) if adapter is not None else arc2face.Sampling()
    sampling = arc2face.Sampling(
        steps=usual.steps if steps is None else steps,
        guidance=usual.guidance if guidance is None else guidance,
        negative=negative,
        consistent=adapter is not None,
        half=half,
    )
    return arc2face.load_arc2face(
        weights or own_weights("arc2face") or arc2face.DEFAULT,
        base=base or own_weights("stable-diffusion-v1-5") or arc2face.BASE,
        recognizer=recognizer,
        adapter=adapter,
        sampling=sampling,
        detector=detector,
    )


@GALLERY_REGISTRY.register("heads")
def _heads_gallery() -> GalleryGenerator:
    from hyperface.generators.heads import HeadsGalleryGenerator

    return HeadsGalleryGenerator()


@GALLERY_REGISTRY.register("dcgan")
def _dcgan() -> GalleryGenerator:
    from hyperface.generators.dcgan import DcganGalleryGenerator, load_dcgan

    return DcganGalleryGenerator(load_dcgan())


@GALLERY_REGISTRY.register("diffusion")
def _diffusion(weights: str | Path | None = None, steps: int | None = None, eta: float = 0.0) -> GalleryGenerator:
    from hyperface.generators.latent_diffusion import DEFAULT, STEPS, load_diffusion

    weights = weights or own_weights("diffusion") or DEFAULT
    return load_diffusion(weights, steps=STEPS if steps is None else steps, eta=eta)


@GALLERY_REGISTRY.register("stylegan")
def _stylegan(weights: str | Path | None = None, psi: float = 1.0, noise: str = "const") -> GalleryGenerator:
    from hyperface.generators.stylegan import load_stylegan

    return load_stylegan(weights or own_weights("stylegan"), psi=psi, noise=noise)


def load(name: str = GENERATOR, *, device: str = "cpu", precision: str = "float32", **options: Any) -> Generator:
    """Load an identity-conditional generator by name, ready to draw.

    Args:
        name: a key of `REGISTRY`; for one that has its weights elsewhere, with them behind it if they are not the
            published ones: "vec2face:<file>", "vec2face:hf:owner/repo/file@revision".
        device: where it draws, as in `Generator.prepare`.
        precision: as in `Generator.prepare`.
        options: what the part that loads it takes.

    Returns:
        The generator.

    Raises:
        UnknownNameError: Nothing has that name.
        AssetError: A file that ships is missing.
        DeviceError: The device cannot be used here.
        InputError: There is no such precision, or an option that it does not take.
        CheckpointError: Its weights cannot be had.
    """
    return _load(REGISTRY, name, options).prepare(device=device, precision=precision)


def load_gallery_generator(
    name: str = GALLERY_GENERATOR, *, device: str = "cpu", precision: str = "float32", **options: Any
) -> GalleryGenerator:
    """Load an unconditional generator by name, ready to draw. Arguments and errors as of `load`."""
    return _load(GALLERY_REGISTRY, name, options).prepare(device=device, precision=precision)


def _load(registry: Registry[T], name: str, options: dict[str, Any]) -> T:
    """By its name, or by its name and its weights."""
    kind, colon, weights = name.partition(":")
    if colon and kind in registry and "weights" in (registry.options(kind) or ()):
        return registry.load(kind, **{"weights": weights, **options})
    return registry.load(name, **options)
