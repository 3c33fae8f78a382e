"""Every kind of file that may be offered as a photo, made here with Pillow or byte by byte."""

import io
import os
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile, ImageOps

from hyperface.errors import PhotoError
from hyperface.faces import load_photo
from hyperface.faces.photos import MAX_PIXELS


def gradient(height: int = 40, width: int = 60) -> np.ndarray:
    """Smooth colours, different in every direction, so that a turn or a swap of channels shows."""
    y, x = np.mgrid[0:height, 0:width]
    colors = np.stack([255 * x / (width - 1), 255 * y / (height - 1), 255 * (1 - x / (width - 1))], axis=2)
    return colors.round().astype(np.uint8)


def saved(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png(width: int, height: int, *, depth: int = 8, color_type: int = 2, rows: bytes | None = None) -> bytes:
    """A PNG byte by byte: Pillow writes neither impossible sizes nor 16-bit colours."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    content = zlib.compress(rows) if rows is not None else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("file_format", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_deflate"}, 0),
        ("PPM", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG2000", {"irreversible": False}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 6),
        ("JPEG", {"quality": 95, "progressive": True, "subsampling": 0}, 6),
        ("MPO", {"quality": 95, "subsampling": 0}, 6),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 8),
        ("GIF", {}, 60),  # 256 colours
    ],
)
def test_formats(file_format, options, tolerance):
    pixels = gradient()
    photo = load_photo(saved(Image.fromarray(pixels), file_format, **options))
    assert photo.dtype == np.uint8
    assert photo.flags.c_contiguous
    assert photo.flags.writeable
    assert np.abs(photo.astype(int) - pixels).max() <= tolerance


def test_sources(tmp_path):
    pixels = gradient()
    content = saved(Image.fromarray(pixels), "PNG")
    path = tmp_path / "photo.jpg"  # the content decides, not the suffix
    path.write_bytes(content)
    for source in (path, str(path), content, bytearray(content), memoryview(content), io.BytesIO(content)):
        np.testing.assert_array_equal(load_photo(source), pixels)
    with path.open("rb") as file:
        load_photo(file)
        assert not file.closed
    read_end, write_end = os.pipe()  # a stream that cannot go back
    os.write(write_end, content)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        np.testing.assert_array_equal(load_photo(stream), pixels)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_orientation_is_undone(file_format, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = saved(Image.fromarray(gradient()), file_format, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    photo = load_photo(content)
    assert photo.shape[:2] == ((60, 40) if orientation > 4 else (40, 60))
    np.testing.assert_array_equal(photo, expected)
    assert photo.flags.c_contiguous


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow on damaged EXIF
@pytest.mark.parametrize("exif", [b"Exif\x00\x00garbage", b"Exif\x00\x00MM\x00*\x00\x00\xff\xff", b""])
def test_a_broken_tag_block_does_not_cost_the_photo(exif):
    assert load_photo(saved(Image.fromarray(gradient()), "JPEG", exif=exif)).shape == (40, 60, 3)


def test_an_impossible_orientation_is_ignored():
    for orientation in (0, 9, 4000):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        photo = load_photo(saved(Image.fromarray(gradient()), "PNG", exif=exif))
        np.testing.assert_array_equal(photo, gradient())


def test_transparent_pixels_lie_over_white():
    rgba = Image.new("RGBA", (3, 1))
    rgba.putpixel((0, 0), (200, 0, 100, 255))
    rgba.putpixel((1, 0), (200, 0, 100, 0))
    rgba.putpixel((2, 0), (200, 0, 100, 102))  # 40 %
    expected = [[200, 0, 100], [255, 255, 255], [233, 153, 193]]
    for file_format, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        photo = load_photo(saved(rgba, file_format, **options))
        np.testing.assert_allclose(photo[0], expected, atol=1)
    gray = Image.merge("LA", [Image.new("L", (2, 1), 80), Image.frombytes("L", (2, 1), b"\xff\x00")])
    np.testing.assert_array_equal(load_photo(saved(gray, "PNG"))[0], [[80] * 3, [255] * 3])


def test_a_transparent_palette_color_lies_over_white():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putdata([0, 1])
    expected = [[10, 20, 30], [255, 255, 255]]
    for file_format in ("PNG", "GIF"):
        np.testing.assert_array_equal(load_photo(saved(palette, file_format, transparency=1))[0], expected)
    color = Image.fromarray(np.array([[[10, 20, 30], [40, 50, 60]]], np.uint8))
    np.testing.assert_array_equal(load_photo(saved(color, "PNG", transparency=(40, 50, 60)))[0], expected)
    half = saved(palette, "PNG", transparency=bytes([255, 0]))
    np.testing.assert_array_equal(load_photo(half)[0], expected)


def test_gray_black_and_white_and_palette():
    gray = Image.fromarray(gradient()[:, :, 0])
    for file_format in ("PNG", "TIFF", "BMP", "PPM"):
        np.testing.assert_array_equal(load_photo(saved(gray, file_format)), np.repeat(gradient()[:, :, :1], 3, axis=2))
    bits = gray.point(lambda value: 255 * (value > 127)).convert("1")
    assert np.unique(load_photo(saved(bits, "PNG"))).tolist() == [0, 255]
    palette = Image.fromarray(gradient()).quantize(64)
    np.testing.assert_array_equal(load_photo(saved(palette, "PNG")), np.asarray(palette.convert("RGB")))


def test_cmyk():
    cmyk = Image.new("CMYK", (8, 8), (0, 255, 255, 0))  # red ink
    for file_format, tolerance in (("TIFF", 0), ("JPEG", 4)):
        np.testing.assert_allclose(load_photo(saved(cmyk, file_format))[4, 4], [255, 0, 0], atol=tolerance)


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_sixteen_bit_gray_keeps_its_brightness(mode):
    """0, half, full and a value whose high byte alone would round wrongly: 0x01FF / 257 is 2 (1.99), not 1."""
    values = np.array([[0, 32768, 65535, 0x01FF]])
    expected = np.array([0, 128, 255, 2])
    if mode == "I":  # what a 16-bit PGM opens as
        content = b"P5 4 1 65535\n" + values.astype(">u2").tobytes()
        assert Image.open(io.BytesIO(content)).mode == "I"
    else:
        order = ">u2" if mode == "I;16B" else "<u2"
        image = Image.frombytes(mode, (4, 1), values.astype(order).tobytes())
        content = saved(image, "TIFF")
        assert Image.open(io.BytesIO(content)).mode == mode
    np.testing.assert_array_equal(load_photo(content)[0], np.repeat(expected[:, None], 3, axis=1))


def test_sixteen_bit_png():
    values = np.array([0, 0x8080, 0xFFFF])
    gray = png(3, 1, depth=16, color_type=0, rows=b"\x00" + values.astype(">u2").tobytes())
    np.testing.assert_array_equal(load_photo(gray)[0, :, 0], [0, 128, 255])
    color = png(1, 1, depth=16, color_type=2, rows=b"\x00" + values.astype(">u2").tobytes())
    np.testing.assert_array_equal(load_photo(color)[0, 0], [0, 128, 255])


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_fewer_bits_in_numbers_of_sixteen_are_as_bright(bits, order):
    """As cameras and microscopes store them; the same picture with 8 bits."""
    white = 2**bits - 1
    values = np.array([[0, white // 2, white]])
    mode = "I;16" if order == "<u2" else "I;16B"
    content = saved(Image.frombytes(mode, (3, 1), values.astype(order).tobytes()), "TIFF")
    np.testing.assert_allclose(load_photo(content)[0, :, 1], [0, 127, 255], atol=1)


@pytest.mark.parametrize("white", [255, 4095, 65535, 2**31 - 1])
def test_whole_numbers_of_32_bits(white):
    values = np.array([[0, white // 2, white]], np.int32)
    np.testing.assert_allclose(load_photo(saved(Image.fromarray(values), "TIFF"))[0, :, 1], [0, 127, 255], atol=1)
    with pytest.raises(PhotoError, match="Save it as 8-bit"):
        load_photo(saved(Image.fromarray(values - 1), "TIFF"))


def test_a_dark_picture_whose_file_says_its_white_stays_dark():
    content = b"P5 2 1 65535\n" + np.array([0, 4095]).astype(">u2").tobytes()
    np.testing.assert_array_equal(load_photo(content)[0, :, 0], [0, 16])


def test_a_phones_photo_is_read_where_the_package_is_there(monkeypatch):
    heif = pytest.importorskip("pillow_heif")
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:, 32:] = (200, 40, 90)
    buffer = io.BytesIO()
    heif.from_pillow(Image.fromarray(pixels)).save(buffer, quality=95)
    np.testing.assert_allclose(load_photo(buffer.getvalue()), pixels, atol=60)
    np.testing.assert_allclose(load_photo(buffer.getvalue())[24, [5, 60]], pixels[24, [5, 60]], atol=8)
    with pytest.raises(PhotoError, match=r"damaged or incomplete"):
        load_photo(buffer.getvalue()[:200])
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PhotoError, match="pip install pillow-heif"):
        load_photo(buffer.getvalue())


def test_float_images_between_zero_and_one():
    values = np.array([[0, 0.25, 1]], np.float32)
    np.testing.assert_array_equal(load_photo(saved(Image.fromarray(values), "TIFF"))[0, :, 0], [0, 64, 255])
    for bad in (values * 255, values - 1, values * np.float32("nan")):
        with pytest.raises(PhotoError, match="Save it as 8-bit"):
            load_photo(saved(Image.fromarray(bad), "TIFF"))


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_many_frames_the_first_is_taken(file_format):
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "lime", "blue")]
    content = saved(frames[0], file_format, save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(content)).n_frames == 3
    np.testing.assert_allclose(load_photo(content)[8, 8], [255, 0, 0], atol=3)


def test_large_photos_are_converted_strip_by_strip_without_seams():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1500, 2001, 3), dtype=np.uint8)
    np.testing.assert_array_equal(load_photo(saved(Image.fromarray(pixels), "BMP")), pixels)


def test_extreme_shapes():
    assert load_photo(saved(Image.new("RGB", (1, 1)), "PNG")).shape == (1, 1, 3)
    assert load_photo(saved(Image.new("RGB", (60_000, 1)), "PNG")).shape == (1, 60_000, 3)
    assert load_photo(saved(Image.new("RGB", (1, 60_000)), "PNG")).shape == (60_000, 1, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(MAX_PIXELS + 1, 1), (10_000, 9_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_from_their_header(size):
    """The files hold no pixels: had they been decoded, they would be called damaged."""
    with pytest.raises(PhotoError, match="too large"):
        load_photo(png(*size))


def test_the_largest_allowed_size_passes_the_header_check():
    with pytest.raises(PhotoError, match="damaged"):
        load_photo(png(MAX_PIXELS, 1))


@pytest.mark.filterwarnings("error")
def test_a_bomb_is_refused_too_where_warnings_are_errors():
    with pytest.raises(PhotoError, match="too large"):
        load_photo(png(10_000, 9_900))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM"])
def test_truncated_files_are_refused(file_format):
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = saved(Image.fromarray(noise), file_format)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(PhotoError):
            load_photo(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"not a photo", "not a photo in a known format"),
        (b"%PDF-1.7 ...", "not a photo in a known format"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            "not a photo in a known format",
        ),  # would run Ghostscript
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
        (b"\xff\xd8\xff\xe0", "not a photo|damaged"),
        (png(0, 10), "not a photo|damaged"),
        (png(10, 0), "not a photo|damaged"),
        (png(4, 4, rows=b"short"), "damaged"),
    ],
)
def test_what_is_not_a_photo_is_named(content, message):
    with pytest.raises(PhotoError, match=message):
        load_photo(content)


def test_paths_without_a_photo_are_named(tmp_path):
    with pytest.raises(PhotoError, match="is a folder"):
        load_photo(tmp_path)
    with pytest.raises(PhotoError, match="There is no photo at"):
        load_photo(tmp_path / "nowhere.jpg")
    with pytest.raises(PhotoError, match="cannot be opened"):
        load_photo("x" * 5000)
    with pytest.raises(PhotoError):
        load_photo("nul\x00byte")
    os.mkfifo(tmp_path / "pipe")  # would block for ever if it were opened
    with pytest.raises(PhotoError, match="There is no photo at"):
        load_photo(tmp_path / "pipe")
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(PhotoError, match=r"text\.png is not a photo"):
        load_photo(tmp_path / "text.png")


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow on damaged TIFF
def test_flipped_bytes_never_raise_anything_else():
    rng = np.random.default_rng(2)
    for file_format in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"):
        content = np.frombuffer(saved(Image.fromarray(gradient()), file_format), np.uint8)
        for _ in range(25):
            damaged = content.copy()
            places = rng.integers(0, len(damaged), 4)
            damaged[places] = rng.integers(0, 256, 4)
            try:
                photo = load_photo(damaged.tobytes())
            except PhotoError:
                continue
            assert photo.dtype == np.uint8
            assert photo.shape[2] == 3


def test_threads_do_not_disturb_each_other_nor_pillow(capfd):
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    contents = [saved(Image.new("RGBA", (50, 40), (value, 0, 0, 255)), "PNG") for value in range(32)]
    with ThreadPoolExecutor(8) as pool:
        photos = list(pool.map(load_photo, contents * 4))
    assert [photo[20, 20, 0] for photo in photos] == list(range(32)) * 4
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    assert capfd.readouterr() == ("", "")
