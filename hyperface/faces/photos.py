"""Photos in: any file a camera, phone or browser makes → upright uint8 RGB pixels, or a PhotoError that says why not.

Files are untrusted. Only formats decoded inside Pillow are tried (its PostScript reader would start Ghostscript), the
size is read from the header before anything is decoded, and nothing is written, logged or set globally, so that
threads may load photos side by side.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from hyperface.errors import PhotoError

# Pillow itself warns on stderr above 89.5 megapixels. A photo of this size takes about 700 MB while it is decoded.
MAX_PIXELS = 89_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PPM")  # "JPEG" covers MPO

_STRIP_PIXELS = 2_000_000  # converted at a time: intermediate copies stay small beside the photo
_HEIC_BRANDS = frozenset([b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"])
_WIDE_MODES = frozenset(["I;16", "I;16L", "I;16B", "I;16N", "I"])  # "I" is of 32 bits, and what 16-bit PGM opens as
# White in them. Cameras, microscopes and X-ray devices store 10, 12 or 14 bits in numbers of 16; which, no file says.
_WHITES = (2**8 - 1, 2**10 - 1, 2**12 - 1, 2**14 - 1, 2**16 - 1, 2**24 - 1, 2**31 - 1)


def load_photo(source: str | os.PathLike[str] | bytes | BinaryIO) -> np.ndarray:
    """Read a photo: uint8 (height, width, 3), RGB, upright, contiguous and writable.

    source: a path, the file's content, or an open binary file (left open).
    The EXIF orientation is applied; transparent pixels are laid over white; greyscale, palette, CMYK, 16-bit, 32-bit
    and float images (in [0, 1]) are converted, whole numbers by the fewest bits that hold the brightest: 12-bit values
    in a 16-bit file are no dark photo. Of an animation or a multi-page file the first frame is taken. Colour profiles
    are not applied. HEIC needs the package pillow-heif. At most 89 megapixels.
    PhotoError if the file is missing, empty, truncated, too large or not a photo.
    """
    name = Path(source).name if isinstance(source, str | os.PathLike) else "The photo"
    with _opened(source, name) as file, _reading(file, name):
        pixels, orientation = _decode(file, name)
    return _upright(pixels, orientation)


def _decode(file: BinaryIO, name: str) -> tuple[np.ndarray, int]:
    """Pixels as stored, uint8 (h, w, 3), and the EXIF orientation. Pillow's own copy is gone on return."""
    formats = (*FORMATS, "HEIF") if _is_heic(file) and _reads_heic() else FORMATS
    with Image.open(file, formats=formats) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise _too_large(name, f"{width} × {height} pixels")
        image.load()
        white = _white(image) if image.mode in _WIDE_MODES else 1
        pixels = np.empty((height, width, 3), np.uint8)
        rows = max(1, _STRIP_PIXELS // width)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            pixels[top:bottom] = _to_rgb(image.crop((0, top, width, bottom)), white, name)
        return pixels, _orientation(image)


@contextlib.contextmanager
def _opened(source: str | os.PathLike[str] | bytes | BinaryIO, name: str) -> Iterator[BinaryIO]:
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            if path.is_dir():
                raise PhotoError(f"{name} is a folder, not a photo.")
            if not path.is_file():  # pipes and devices too: they could block for ever
                raise PhotoError(f"There is no photo at {path}.")
            file = path.open("rb")
        except OSError as error:
            raise PhotoError(f"{name} cannot be opened: {error.strerror}.") from error
        with file:
            yield file
    else:
        yield source if source.seekable() else io.BytesIO(source.read())


@contextlib.contextmanager
def _reading(file: BinaryIO, name: str) -> Iterator[None]:
    """Turn whatever goes wrong in a decoder into a PhotoError."""
    try:
        yield
    except PhotoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, "far more pixels") from error
    except MemoryError as error:
        raise PhotoError(f"{name} needs more memory than there is. Make the photo smaller and try again.") from error
    except UnidentifiedImageError as error:
        raise _not_a_photo(file, name) from error
    # Decoders stumble over damaged files with almost any exception: OSError, ValueError, SyntaxError, zlib.error,
    # struct.error, KeyError … Whatever it was, the file is what cannot be read.
    except Exception as error:
        raise PhotoError(f"{name} is damaged or incomplete and cannot be read ({error}).") from error


def _too_large(name: str, size: str) -> PhotoError:
    return PhotoError(
        f"{name} is too large: {size}, where at most {MAX_PIXELS // 1_000_000} megapixels are read. Make it smaller."
    )


def _not_a_photo(file: BinaryIO, name: str) -> PhotoError:
    file.seek(0)
    if _is_heic(file):
        if _reads_heic():
            return PhotoError(f"{name} is a HEIC photo, but a damaged or incomplete one. Get it again.")
        return PhotoError(
            f"{name} is a HEIC photo, as phones make them. Reading it needs one more package: pip install pillow-heif. "
            "Or save or export it as JPEG."
        )
    if not file.read(1):
        return PhotoError(f"{name} is empty.")
    return PhotoError(f"{name} is not a photo in a known format. Use JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP.")


def _is_heic(file: BinaryIO) -> bool:
    """Whether a file, at its beginning and left there, is a HEIC photo."""
    start = file.read(12)
    file.seek(0)
    return start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS


def _reads_heic() -> bool:
    """Whether the package that reads HEIC is installed; if so, Pillow knows of it from now on."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _white(image: Image.Image) -> int:
    """The value of white in a picture of whole numbers of 16 or 32 bits."""
    if image.format == "PPM":  # which says it, and Pillow has stretched its values to 16 bits
        return 2**16 - 1
    brightest = float(np.asarray(image).max(initial=0))
    return next((white for white in _WHITES if brightest <= white), _WHITES[-1])


def _to_rgb(strip: Image.Image, white: int, name: str) -> np.ndarray:
    """Pixels of any mode → uint8 (h, w, 3). white: its value, in a mode of more than 8 bits."""
    if strip.mode in _WIDE_MODES:
        return _gray_from_range(np.asarray(strip), white, name)
    if strip.mode == "F":
        return _gray_from_range(np.asarray(strip), 1, name)
    if strip.has_transparency_data:
        over_white = Image.new("RGB", strip.size, "white")
        rgba = strip.convert("RGBA")
        over_white.paste(rgba, mask=rgba.getchannel("A"))
        return np.asarray(over_white)
    return np.asarray(strip.convert("RGB"))


def _gray_from_range(values: np.ndarray, top: int, name: str) -> np.ndarray:
    """Values (h, w) from 0 (black) to `top` (white) → uint8 (h, w, 3)."""
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= top):  # NaN must fail too
        raise PhotoError(
            f"{name} holds values from {low:g} to {high:g}, where black is 0 and white is {top}. Save it as 8-bit."
        )
    gray = np.rint(values * (255 / top)).astype(np.uint8)  # (h, w)
    return np.repeat(gray[:, :, None], 3, axis=2)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8. Read after loading: some formats keep it behind the pixels, TIFF is upright by then."""
    try:
        orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
        return orientation
    except Exception:  # a broken tag block is no reason to refuse good pixels
        return 1


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo the camera's turn (CIPA DC-008, tag 274): stored pixels (h, w, 3) → as seen."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
