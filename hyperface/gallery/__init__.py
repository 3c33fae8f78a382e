"""Galleries: random faces, filtered to detectable ones, with their embeddings.

A gallery marks where faces lie on the sphere. Packing starts from it and is regularised towards it.

gallery = load("gan-10k")
cosines, indices = gallery.nearest(embeddings, 3)
"""

from hyperface.gallery.base import Gallery
from hyperface.gallery.building import GalleryStep, build
from hyperface.gallery.files import SHIPPED, fingerprint, load, to_bytes
from hyperface.gallery.photos import PHOTO_SUFFIXES, folder_faces, photo_files
from hyperface.gallery.sampling import sample_faces
from hyperface.gallery.strangers import stranger_threshold
from hyperface.gallery.thumbnails import THUMBNAIL_SIZE

__all__ = [
    "PHOTO_SUFFIXES",
    "SHIPPED",
    "THUMBNAIL_SIZE",
    "Gallery",
    "GalleryStep",
    "build",
    "fingerprint",
    "folder_faces",
    "load",
    "photo_files",
    "sample_faces",
    "stranger_threshold",
    "to_bytes",
]
