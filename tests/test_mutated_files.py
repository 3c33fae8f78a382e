"""Every kind of file that the product reads, damaged at random: a HyperFaceError within seconds, or it is still read.

HYPERFACE_MUTATIONS=1000 python -m pytest tests/test_mutated_files.py does at length what runs briefly in the suite.
"""

import contextlib
import io
import json
import os
import time

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import gallery, runs
from hyperface.array_files import read_array, read_arrays
from hyperface.errors import HyperFaceError
from hyperface.evaluation import read_pair_list
from hyperface.evaluation.packs import pack_bytes, read_pack
from hyperface.files import read_object
from hyperface.jobs.checkpoints import load_checkpoint, save_checkpoint
from hyperface.jobs.evaluate import read_scores
from hyperface.recognizers.checkpoints import card_of
from hyperface.tensor_files import read_content

MUTATIONS = int(os.environ.get("HYPERFACE_MUTATIONS", "25"))
SECONDS = 5.0


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, distances=np.linspace(0, 4, 40), same=np.arange(40) % 2 == 0)
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.eye(6, dtype=np.float32))
    return buffer.getvalue()


def _gallery() -> bytes:
    pictures = np.zeros((4, 48, 48, 3), np.uint8)
    return gallery.to_bytes(gallery.Gallery("g", "dlib", "none", torch.eye(4), pictures, tuple("abcd")))


def _checkpoint(tmp_path) -> bytes:
    save_checkpoint(tmp_path / "made", {"points": torch.eye(3), "step": torch.tensor(3)}, 3)
    return (tmp_path / "made").read_bytes()


def _torch() -> bytes:
    buffer = io.BytesIO()
    torch.save({"state_dict": {"weight": torch.eye(3), "bias": torch.zeros(3)}}, buffer)
    return buffer.getvalue()


def _pack() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (112, 112)).save(picture, "PNG")
    return pack_bytes([picture.getvalue()] * 2, [True])


def _config() -> bytes:
    return json.dumps(
        {"format": 1, "verb": "pack", "title": "A", "created": "now", "options": {}, "parents": []}
    ).encode()


def _scores(path):
    return read_scores(path, "b")


def _run(path):
    found = runs.open_run(path.parent)
    return found.status(), found.metrics(), found.results()


KINDS = {
    "scores.npz": (lambda _: _npz(), _scores),
    "arrays.npz": (lambda _: _npz(), lambda path: read_arrays(path, ("distances", "same"))),
    "embeddings.npy": (lambda _: _npy(), read_array),
    "gallery.safetensors": (lambda _: _gallery(), gallery.load),
    "checkpoint.safetensors": (_checkpoint, load_checkpoint),
    "recognizer.safetensors": (_checkpoint, card_of),
    "weights.pth": (lambda _: _torch(), read_content),
    "pack.bin": (lambda _: _pack(), lambda path: read_pack(path.read_bytes())),
    "pairs.txt": (lambda _: b"anna 1 2\nanna 1 ben 2\n", read_pair_list),
    "declared.json": (lambda _: b'{"color": "BGR"}', read_object),
    "config.json": (lambda _: _config(), _run),
    "status.json": (lambda _: b'{"state": "running", "progress": 0.5, "pid": 1, "message": "m"}', _run),
    "metrics.jsonl": (lambda _: b'{"step": 1}\n{"step": 2}\n', _run),
    "results.json": (lambda _: b'{"evaluations": []}', _run),
}


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, cut off, left out, doubled, or put there."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at, length = int(rng.integers(len(data) or 1)), int(rng.integers(1, 9))
        match int(rng.integers(6)):
            case 0:
                data[at : at + length] = rng.bytes(length)
            case 1:
                del data[at:]
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + 64]
            case 4 if data:
                data[at % len(data)] ^= 1 << int(rng.integers(8))
            case _:
                data[at:at] = rng.choice([b"\xff" * 8, b"\0" * 8, b"[" * 5000, b"9" * 300, b"\n"])
    return bytes(data)


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_is_a_hyperface_error_or_still_a_file(name, tmp_path):
    make, read = KINDS[name]
    content, rng = make(tmp_path), np.random.default_rng(len(name))
    (tmp_path / "config.json").write_bytes(_config())
    path = tmp_path / name
    for number in range(MUTATIONS):
        path.write_bytes(mutated(content, rng) if number else b"")
        started = time.process_time()
        with contextlib.suppress(HyperFaceError):  # anything else is a bug
            read(path)
        assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", ["config.json", "status.json", "results.json", "metrics.jsonl", "launched"])
def test_a_pipe_or_brackets_without_end_take_no_list_of_runs_down(name, tmp_path):
    good = runs.create("pack", {}, title="Good", folder=tmp_path)
    for number, make in enumerate((os.mkfifo, lambda path: path.write_bytes(b"[" * 200_000))):
        bad = runs.create("pack", {}, title="Bad", path=tmp_path / f"bad{number}")
        (bad.path / name).unlink(missing_ok=True)
        make(bad.path / name)
    listed = runs.list_runs([tmp_path])
    assert good in listed
    assert {run.name for run in runs.damaged_runs([tmp_path])} == ({"bad0", "bad1"} if name == "config.json" else set())
    for run in listed:
        assert run.status().state in ("starting", "interrupted")
        assert (run.results(), run.metrics()) == ({}, [])


def test_an_array_cannot_be_larger_than_its_file(tmp_path):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**4)})
    (tmp_path / "huge.npy").write_bytes(buffer.getvalue() + b"12345678")
    with pytest.raises(HyperFaceError, match=r"huge\.npy is not a readable"):
        read_array(tmp_path / "huge.npy")
