"""Every kind of file that the product reads, damaged at random, in a process of its own.

A line {"kind": …, "count": …, "seed": …, "folder": …} on stdin asks for so many mutations of a kind, and a line answers
what they came to: the slowest, in seconds, the most memory, in bytes beyond what it took before the first, and the
traceback of the first that is no HyperFaceError. A process of its own, since a reader in C may end it, and since memory
is counted for whole processes.
"""

import contextlib
import faulthandler
import io
import json
import os
import pickle
import resource
import sys
import tarfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow
import torch
from PIL import Image

from hyperface import datasets, gallery, runs
from hyperface.array_files import read_array, read_arrays
from hyperface.errors import HyperFaceError
from hyperface.evaluation import read_pair_list
from hyperface.evaluation.packs import pack_bytes, read_pack
from hyperface.faces import load_photo
from hyperface.files import read_object
from hyperface.generators.nvidia_pickle import read_generator
from hyperface.jobs.checkpoints import load_checkpoint, save_checkpoint
from hyperface.jobs.evaluate import read_scores
from hyperface.jobs.recipe import Recipe
from hyperface.projection.frames import FrameWriter, read_frames
from hyperface.recognizers.checkpoints import card_of
from hyperface.recognizers.onnx_file import read_onnx
from hyperface.tensor_files import read_content

GUARD = 4 * 2**30  # bytes beyond which memory is refused, to spare the machine; the test asks for much less
HANGS = 60  # seconds of one reading, after which the process ends with its traceback
LONG = b"[" * 5000


class Kind(NamedTuple):
    """make: writes a whole one into an empty folder and returns the file that is damaged. read: that file."""

    make: Callable[[Path], Path]
    read: Callable[[Path], object]


def _bytes_in(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content())
        return folder / name

    return make


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


def _checkpoint(folder: Path) -> Path:
    save_checkpoint(folder / "checkpoint.safetensors", {"points": torch.eye(3), "step": torch.tensor(3)}, 3)
    return folder / "checkpoint.safetensors"


def _torch() -> bytes:
    buffer = io.BytesIO()
    torch.save({"state_dict": {"weight": torch.eye(3), "bias": torch.zeros(3)}}, buffer)
    return buffer.getvalue()


def _picture(format: str) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, format)
    return buffer.getvalue()


def _pack() -> bytes:
    return pack_bytes([_picture("PNG")] * 2, [True])


def _frames(folder: Path) -> Path:
    writer = FrameWriter(folder / "frames.bin", 4)
    for step in range(3):
        writer.append(step, np.eye(4, 3), np.ones(4), [0, 1])
    writer.close()
    return folder / "frames.bin"


def _onnx() -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.ones((4, 3, 1, 1), np.float32), "weight")
    graph = helper.make_graph(
        [helper.make_node("Conv", ["data", "weight"], ["out"])],
        "g",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 4, 8, 8])],
        [weight],
    )
    return bytes(helper.make_model(graph).SerializeToString())


def _in_run(name: str, content: bytes = b"") -> Kind:
    """A file of a run folder."""

    def make(folder: Path) -> Path:
        config = {"format": 1, "verb": "pack", "title": "A", "created": "now", "options": {}, "parents": []}
        (folder / "config.json").write_text(json.dumps(config))
        if content:
            (folder / name).write_bytes(content)
        return folder / name

    def read(path: Path) -> object:
        found = runs.open_run(path.parent)
        return found.status(), found.metrics(), found.results()

    return Kind(make, read)


def _folder(folder: Path) -> Path:
    """Two people with two pictures each, as a folder; the last picture."""
    for name in ("anna/0.jpg", "anna/1.png", "ben/0.jpg", "ben/1.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_picture("PNG" if name.endswith("png") else "JPEG"))
    return folder / "ben" / "1.jpg"


def _saved(format: str, pattern: str) -> Kind:
    """The same as `datasets.save` writes it; the first file of this pattern is the damaged one."""

    def make(folder: Path) -> Path:
        _folder(folder / "source")
        list(datasets.save(datasets.open(folder / "source"), folder / "data", format=format))
        return sorted((folder / "data").rglob(pattern))[0]

    def read(path: Path) -> object:
        return _whole(next(folder for folder in path.parents if folder.with_name("source").is_dir()))

    return Kind(make, read)


def _listed(folder: Path) -> Path:
    _folder(folder)
    (folder / "list.txt").write_text("anna/0.jpg 0\nanna/1.png 0\nben/0.jpg 1\nben/1.jpg 1\n")
    return folder / "list.txt"


def _arrow(folder: Path) -> Path:
    (folder / "data").mkdir()
    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    schema = pyarrow.schema([("image", image), ("label", pyarrow.int64())])
    rows = [[{"bytes": _picture("JPEG"), "path": str(i)} for i in range(4)], [0, 0, 1, 1]]
    with pyarrow.ipc.new_stream(str(folder / "data" / "data.arrow"), schema) as stream:
        stream.write_table(pyarrow.table(rows, schema=schema))
    (folder / "data" / "state.json").write_text('{"_split": null, "_data_files": [{"filename": "data.arrow"}]}')
    return folder / "data" / "data.arrow"


def _archive(folder: Path, name: str) -> Path:
    _folder(folder / "source")
    (folder / "data").mkdir()
    path = folder / "data" / name
    files = sorted((folder / "source").rglob("*.*"))
    if name.endswith("tar"):
        with tarfile.open(path, "w") as tar:
            for file in files:
                tar.add(file, str(file.relative_to(folder / "source")))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in files:
                packed.write(file, str(file.relative_to(folder / "source")))
    return path


def _whole(path: Path) -> object:
    """A dataset, opened, and every picture of it decoded."""
    return datasets.open(path).decode()


RECIPE = b'title = "A"\n' + b"".join(
    b"[%s]\nseed = 1\n" % name for name in (b"gallery", b"pack", b"generate", b"train")
)
KINDS = {
    "scores.npz": Kind(_bytes_in("scores.npz", _npz), lambda path: read_scores(path, "b")),
    "arrays.npz": Kind(_bytes_in("arrays.npz", _npz), lambda path: read_arrays(path, ("distances", "same"))),
    "embeddings.npy": Kind(_bytes_in("embeddings.npy", _npy), read_array),
    "frames.bin": Kind(_frames, read_frames),
    "gallery": Kind(_bytes_in("gallery.safetensors", _gallery), gallery.load),
    "checkpoint": Kind(_checkpoint, load_checkpoint),
    "recognizer": Kind(_checkpoint, card_of),
    "weights.pth": Kind(_bytes_in("weights.pth", _torch), read_content),
    "network.pkl": Kind(
        _bytes_in("network.pkl", lambda: pickle.dumps({"G_ema": {"state": [1.5, "w", (2, 3)]}})), read_generator
    ),
    "network.onnx": Kind(_bytes_in("network.onnx", _onnx), read_onnx),
    "pack.bin": Kind(_bytes_in("pack.bin", _pack), lambda path: read_pack(path.read_bytes())),
    "pairs.txt": Kind(_bytes_in("pairs.txt", lambda: b"anna 1 2\nanna 1 ben 2\n"), read_pair_list),
    "declared.json": Kind(_bytes_in("declared.json", lambda: b'{"color": "BGR"}'), read_object),
    "recipe.toml": Kind(_bytes_in("recipe.toml", lambda: RECIPE + b"[evaluate]\n"), Recipe.read),
    "config.json": _in_run("config.json"),
    "status.json": _in_run("status.json", b'{"state": "running", "progress": 0.5, "pid": 1, "message": "m"}'),
    "metrics.jsonl": _in_run("metrics.jsonl", b'{"step": 1}\n{"step": 2}\n'),
    "results.json": _in_run("results.json", b'{"evaluations": []}'),
    **{
        f"photo.{suffix}": Kind(_bytes_in(f"photo.{suffix}", lambda format=format: _picture(format)), load_photo)
        for suffix, format in (
            ("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("avif", "AVIF"), ("gif", "GIF"), ("bmp", "BMP"),
            ("tif", "TIFF"), ("jp2", "JPEG2000"), ("ppm", "PPM"),
        )
    },
    "folder": Kind(_folder, lambda path: _whole(path.parent.parent)),
    "list": Kind(_listed, _whole),
    "recordio.rec": _saved("recordio", "*.rec"),
    "recordio.idx": _saved("recordio", "*.idx"),
    "webdataset": _saved("webdataset", "*.tar"),
    "parquet": _saved("parquet", "*.parquet"),
    "lmdb": _saved("lmdb", "*.lmdb"),
    "dataset.json": _saved("folder", "*.json"),
    "arrow": Kind(_arrow, lambda path: _whole(path.parent)),
    "arrow state": Kind(lambda folder: _arrow(folder).with_name("state.json"), lambda path: _whole(path.parent)),
    "tar": Kind(lambda folder: _archive(folder, "people.tar"), _whole),
    "zip": Kind(lambda folder: _archive(folder, "people.zip"), _whole),
}  # fmt: skip


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
                data[at:at] = rng.choice([b"\xff" * 8, b"\0" * 8, LONG, b"9" * 300, b"\n"])
    return bytes(data)


def peak() -> int:
    """The most memory that this process ever took, bytes."""
    with contextlib.suppress(OSError, StopIteration):  # what getrusage says begins with what the parent process took
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _refuse_much_more() -> None:
    """Let the system refuse memory that would hurt the machine."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        now = next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmData"))
        resource.setrlimit(resource.RLIMIT_DATA, (now + GUARD, resource.RLIM_INFINITY))


def damage(name: str, count: int, seed: int, folder: Path) -> dict[str, object]:
    """Read so many mutations of a kind; stops at the first that is no HyperFaceError, whose file stays."""
    make, read = KINDS[name]
    path = make(folder)
    content, rng = path.read_bytes(), np.random.default_rng([seed, *name.encode()])
    read_whole = contextlib.suppress(HyperFaceError) if name in UNREAD_WHOLE else contextlib.nullcontext()
    with read_whole:
        read(path)
    _refuse_much_more()
    before, slowest = peak(), 0.0
    for number in range(count):
        path.write_bytes(mutated(content, rng) if number else b"")
        faulthandler.dump_traceback_later(HANGS, exit=True)
        started = time.process_time()
        try:
            read(path)
        except HyperFaceError:
            pass
        except BaseException:
            return {"number": number, "problem": traceback.format_exc(), "seconds": 0.0, "bytes": 0}
        finally:
            faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, time.process_time() - started)
    return {"number": count, "problem": None, "seconds": slowest, "bytes": peak() - before}


# What is no whole file even undamaged: a recogniser without its card, a generator of no known network.
UNREAD_WHOLE = ("recognizer", "network.pkl", "list", "pairs.txt", "recipe.toml")


def main() -> None:
    """Answer until there are no more questions."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        asked = json.loads(line)
        print(
            json.dumps(damage(asked["kind"], asked["count"], asked["seed"], Path(asked["folder"]))),
            file=answers,
            flush=True,
        )


if __name__ == "__main__":
    main()
