"""Packs as InsightFace and others write them, and packs that try to do harm."""

import base64
import os
import pickle
import zlib

import numpy as np
import pytest

from hyperface.errors import DatasetError
from hyperface.evaluation.packs import pack_bytes, read_pack

IMAGES = [b"first", b"second \xff\x00\xd8", b"third", b"fourth"]
SAME = [True, False]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("answers", [SAME, [np.True_, np.False_], np.array(SAME), [1, 0], [np.int64(1), np.int64(0)]])
def test_every_pickle_protocol_is_read(protocol, answers):
    images, same = read_pack(pickle.dumps((IMAGES, answers), protocol=protocol))
    assert images == IMAGES
    assert same.dtype == np.bool_
    assert same.tolist() == SAME


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_images_as_arrays_are_read(protocol):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    stored = [pixels[0], np.asfortranarray(pixels[1]), pixels[2].transpose(1, 0, 2), np.frombuffer(b"jpeg", np.uint8)]
    images, _ = read_pack(pickle.dumps((stored, SAME), protocol=protocol))
    for image, expected in zip(images[:3], stored[:3], strict=True):
        np.testing.assert_array_equal(image, expected)
    assert images[3] == b"jpeg"
    # OpenCV's imencode gives a column
    column = [np.frombuffer(image, np.uint8)[:, None] for image in IMAGES]
    assert read_pack(pickle.dumps((column, SAME), protocol=protocol))[0] == IMAGES


def test_a_pack_of_python_2_is_read():
    """Protocols 0 and 2 with str images, an array of pixels and numpy.bool_, in the opcodes of Python 2's cPickle.

    Spelt out by hand, since Python 3 cannot write them: its pickles hold no 8-bit strings.
    """
    text_protocol = b"((lp1\nS'first'\np2\naS'se\\xff\\x00'\np3\na(lp4\nI01\natp5\n."
    images, same = read_pack(text_protocol)
    assert images == [b"first", b"se\xff\x00"]
    assert same.tolist() == [True]

    dtype = b"cnumpy\ndtype\n(U\x02%sK\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01(K\x01K\x02K\x03t"
        + dtype % b"u1"
        + b"\x89U\x06\x00\x01\x02\xfd\xfe\xfftb"
    )
    true = b"cnumpy.core.multiarray\nscalar\n(" + dtype % b"b1" + b"U\x01\x01tR"
    images, same = read_pack(b"\x80\x02](" + array + b"U\x05\x00jpeg" + b"e](" + true + b"e\x86.")
    np.testing.assert_array_equal(images[0], np.array([[[0, 1, 2], [253, 254, 255]]], np.uint8))
    assert images[1] == b"\x00jpeg"
    assert same.tolist() == [True]


def test_what_is_written_is_read_and_is_a_plain_pickle():
    content = pack_bytes(IMAGES, np.array(SAME))
    assert pickle.loads(content) == (IMAGES, SAME)  # as InsightFace's code opens it
    images, same = read_pack(content)
    assert images == IMAGES
    assert same.tolist() == SAME


class Harm:
    """Pickles into a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pack_that_runs_code_is_refused_and_nothing_runs(protocol, tmp_path):
    victim = tmp_path / "made"
    for harm in (
        Harm(os.mkdir, str(victim)),
        Harm(os.system, f"mkdir {victim}"),
        Harm(eval, f"__import__('os').mkdir({str(victim)!r})"),
        Harm(getattr, "text", "upper"),
        Harm(np.load, str(tmp_path / "x.npy")),
        Harm(zlib.decompress, b""),
        Harm(base64.b64decode, b""),
    ):
        with pytest.raises(DatasetError, match="was not run"):
            read_pack(pickle.dumps(([harm, b"second"], [True]), protocol=protocol))
    assert not victim.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04c_codecs\nencode\n(X\x01\x00\x00\x00aX\x04\x00\x00\x00zlibtR.",  # another codec
        b"\x80\x04c_codecs\nencode\n}X\x08\x00\x00\x00functionK\x01sb.",  # set an attribute of what may be called
        b"\x80\x04cnumpy.core.multiarray\n_reconstruct\n(N}X\x05\x00\x00\x00valueK\x01stb.",  # … of a class
        b"\x80\x04cnumpy\ndtype\n(U\x02O8K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb.",
        b"\x80\x04\x82\x01.",  # copyreg extension
        b"\x80\x04Pid\n.",  # persistent object
        b"\x80\x04h\x07.",  # memo that is not there
        b"\x80\x04" + b"(" * 100_000 + b".",
    ],
)
def test_other_tricks_are_refused(content):
    with pytest.raises(DatasetError):
        read_pack(content)


def test_an_array_of_objects_is_refused():
    objects = np.array([b"first", b"second"], dtype=object)
    with pytest.raises(DatasetError):
        read_pack(pickle.dumps((objects, [True])))


@pytest.mark.parametrize(
    "value",
    [
        (IMAGES, SAME, 1),
        IMAGES,
        (IMAGES[:3], SAME),
        ([], []),
        (IMAGES, ["yes", "no"]),
        (IMAGES, [0, 2]),
        ([*IMAGES[:3], "text"], SAME),
        ([*IMAGES[:3], np.zeros((2, 2))], SAME),
        ([*IMAGES[:3], np.zeros((2, 2), np.uint8)], SAME),
        (dict.fromkeys(IMAGES), SAME),
        (np.float64(1), SAME),
    ],
)
def test_other_contents_are_refused(value):
    with pytest.raises(DatasetError):
        read_pack(pickle.dumps(value))


def test_damaged_files_are_refused():
    whole = pack_bytes(IMAGES, SAME)
    for cut in range(len(whole)):
        with pytest.raises(DatasetError):
            read_pack(whole[:cut])
    with pytest.raises(DatasetError):
        read_pack(b"\xff\xd8\xff a photo")
