"""Two thousand broken files: each ends in faces or in a HyperFaceError, soon and without much memory."""

import io
import struct
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface.errors import HyperFaceError
from hyperface.faces import align, load_photo

FILES = 2000
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "PPM"]
SECONDS, BYTES = 5.0, 1 << 30


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def originals() -> list[bytes]:
    """Small pictures in every format and in odd modes, one of them with a face, one with many frames."""
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (40, 56, 3), dtype=np.uint8))
    files = [encoded(noise, file_format) for file_format in FORMATS]
    files += [encoded(noise.convert(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGBA", "I;16")]
    files += [encoded(noise.convert("CMYK"), "JPEG"), encoded(noise.convert("CMYK"), "TIFF", compression="tiff_lzw")]
    frames = [noise.rotate(90 * turn) for turn in range(12)]
    animated = {"save_all": True, "append_images": frames}
    files += [encoded(noise, file_format, **animated) for file_format in ("GIF", "WEBP", "TIFF")]
    example = next((Path(__file__).resolve().parents[2] / "assets" / "examples").glob("*.jpg"))
    files.append(encoded(Image.open(example).resize((160, 160)), "JPEG"))
    return files


def mutated(original: bytes, rng: np.random.Generator) -> bytes:
    content = bytearray(original)
    kind = rng.integers(6)
    if kind == 0:  # truncated, possibly to nothing
        return bytes(content[: rng.integers(len(content))])
    if kind == 1:  # some bits flipped, mostly in the header
        for _ in range(rng.integers(1, 30)):
            place = rng.integers(min(len(content), rng.choice([32, 200, len(content)])))
            content[place] ^= 1 << rng.integers(8)
    elif kind == 2:  # a stretch of other bytes
        start = rng.integers(len(content))
        content[start : start + rng.integers(1, 64)] = rng.bytes(rng.integers(0, 64))
    elif kind == 3:  # the head of one file and the tail of it from elsewhere
        cut = rng.integers(1, len(content))
        content = content[:cut] + content[rng.integers(len(content)) :]
    elif kind == 4:  # four bytes of the header as a huge number
        place = rng.integers(min(len(content), 64))
        content[place : place + 4] = b"\xff\xff\xff\x7f"
    else:  # something in front
        content[:0] = rng.bytes(rng.integers(1, 16))
    return bytes(content)


def huge_headers() -> list[bytes]:
    """Whole small files that claim to be enormous."""
    ihdr = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", ihdr), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b""))
    )
    bitmap = bytearray(encoded(Image.new("RGB", (4, 4)), "BMP"))
    bitmap[18:26] = struct.pack("<ii", 65_000, -65_000)
    return [b"\x89PNG\r\n\x1a\n" + chunks, bytes(bitmap), b"P6\n99999 99999\n255\n" + bytes(100)]


def memory(line: str) -> int:
    return 1024 * int(Path("/proc/self/status").read_text().split(f"{line}:")[1].split()[0])


@pytest.mark.slow
def test_broken_files_end_in_faces_or_in_an_error_that_says_so(originals):
    rng = np.random.default_rng(1)
    files = huge_headers() + [b""] + [mutated(originals[i % len(originals)], rng) for i in range(FILES)]
    measured = sys.platform == "linux"
    if measured:
        Path("/proc/self/clear_refs").write_text("5")  # forget the largest use so far
        before = memory("VmRSS")
    read, messages = 0, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about damage
        for number, content in enumerate(files):
            started = time.process_time()
            try:
                photo = load_photo(content)
                read += 1
                assert photo.dtype == np.uint8
                assert photo.shape[2:] == (3,)
                if number % 8 == 0:  # the detector sees only pixels: a part of them will do
                    align(photo)
            except HyperFaceError as error:
                messages.append(str(error))
            assert time.process_time() - started < SECONDS, number
    if measured:
        assert memory("VmHWM") - before < BYTES
    assert min(read, len(messages)) > FILES / 10  # of both
    assert all(message.strip() for message in messages)
