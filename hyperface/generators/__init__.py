"""Face generators: conditional ones (embedding → face) and unconditional ones (random faces for a gallery)."""

from hyperface.generators.base import DifferentiableGenerator, GalleryGenerator, Generator
from hyperface.registry import Registry

__all__ = [
    "GALLERY_REGISTRY",
    "REGISTRY",
    "DifferentiableGenerator",
    "GalleryGenerator",
    "Generator",
    "load",
    "load_gallery_generator",
]

REGISTRY: Registry[Generator] = Registry("generator")
GALLERY_REGISTRY: Registry[GalleryGenerator] = Registry("gallery generator")


@REGISTRY.register("gan")
def _gan() -> Generator:
    from hyperface.generators.gan import GanGenerator, load_dcgan, load_mapper

    return GanGenerator(load_dcgan(), load_mapper())


@GALLERY_REGISTRY.register("dcgan")
def _dcgan() -> GalleryGenerator:
    from hyperface.generators.gan import DcganGalleryGenerator, load_dcgan

    return DcganGalleryGenerator(load_dcgan())


def load(name: str = "gan", **options) -> Generator:
    """Load an identity-conditional generator by name."""
    return REGISTRY.load(name, **options)


def load_gallery_generator(name: str = "dcgan", **options) -> GalleryGenerator:
    """Load an unconditional generator by name."""
    return GALLERY_REGISTRY.load(name, **options)
