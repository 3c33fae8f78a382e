"""Turn photos into embeddings.

The largest face of each photo (or all of them) is found, aligned and embedded. The output's suffix says its format:
.npz (arrays embeddings (n, d) float32, files, boxes, confidences), .csv or .parquet (a row for each face). Photos that
cannot be read, or show no face, are left out and listed.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.commands.base import Console, add_json_argument, require
from hyperface.errors import HyperFaceError, NoFaceError
from hyperface.runs import write_atomic

if TYPE_CHECKING:
    import numpy as np

    from hyperface.faces import Face
    from hyperface.recognizers import Recognizer

HELP = "turn photos into embeddings"
BATCH_SIZE = 32
LISTED = 10  # photos without a face that are named; the rest are counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, metavar="FOLDER", help="folder of photos, with all below it, or one photo")
    parser.add_argument(
        "--output", "-o", type=Path, required=True, metavar="FILE", help=f"one of {', '.join(sorted(WRITERS))}"
    )
    parser.add_argument("--recognizer", default="dlib", metavar="NAME", help="a name, or a .safetensors trained here")
    parser.add_argument("--all-faces", action="store_true", help="every face of a photo, not only the largest")
    parser.add_argument(
        "--any-orientation", action="store_true", help="photos may be turned by 90 or 180 degrees (four times slower)"
    )
    add_json_argument(parser)


@dataclass
class _Table:
    """Embedded faces, one to a row."""

    files: list[str] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)  # (b, d) each
    left_out: list[tuple[str, str]] = field(default_factory=list)  # file, why

    def embed_waiting(self, recognizer: Recognizer) -> None:
        import torch

        done = sum(map(len, self.embeddings))
        if len(self.faces) > done:
            images = torch.stack([face.image for face in self.faces[done:]])  # (b, 3, 112, 112)
            with torch.inference_mode():
                self.embeddings.append(recognizer.embed(images).cpu().numpy())


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    output: Path = arguments.output
    require(
        output.suffix in WRITERS,
        f"The output {output.name} says no known format. Give it one of the suffixes {', '.join(sorted(WRITERS))}.",
    )
    require(
        output.suffix != ".parquet" or importlib.util.find_spec("pyarrow") is not None,
        "Writing .parquet needs the package pyarrow: pip install pyarrow, or write .npz.",
    )
    require(output.absolute().parent.is_dir(), f"The folder of {output} does not exist. Make it first.")
    require(arguments.photos.exists(), f"{arguments.photos} does not exist.")
    from hyperface import faces, recognizers
    from hyperface.gallery import photo_files

    one = arguments.photos.is_file()
    root = arguments.photos.parent if one else arguments.photos
    files = [arguments.photos] if one else photo_files(arguments.photos)
    recognizer = recognizers.load(arguments.recognizer)
    table = _Table()
    console.begin("embedding", len(files), "photo")
    for number, path in enumerate(files, 1):
        name = path.relative_to(root).as_posix()
        try:
            found = faces.align(
                faces.load_photo(path),
                max_faces=None if arguments.all_faces else 1,
                any_orientation=arguments.any_orientation,
            )
        except HyperFaceError as error:
            table.left_out.append((name, str(error)))
            found = []
        table.files += [name] * len(found)
        table.faces += found
        if len(table.faces) - sum(map(len, table.embeddings)) >= BATCH_SIZE:
            table.embed_waiting(recognizer)
        console.step(number, {"faces": len(table.faces)})
    table.embed_waiting(recognizer)
    console.end()
    if not table.faces:
        why = table.left_out[0]
        raise NoFaceError(f"None of the {len(files)} photos could be embedded. {why[0]}: {why[1]}")
    write_atomic(output, WRITERS[output.suffix](table))
    _report(console, table, len(files), output)


def _report(console: Console, table: _Table, photos: int, output: Path) -> None:
    console.event(
        "done",
        output=str(output),
        faces=len(table.faces),
        photos=photos,
        left_out=[{"file": name, "why": why} for name, why in table.left_out],
    )
    if console.json_lines:
        return
    console.say(f"{len(table.faces):,} faces of {photos:,} photos in {output}")
    for name, why in table.left_out[:LISTED]:
        console.say(f"left out {name}: {why}")
    if len(table.left_out) > LISTED:
        console.say(f"… and {len(table.left_out) - LISTED:,} more photos")


def _arrays(table: _Table) -> dict[str, np.ndarray]:
    import numpy as np

    return {
        "embeddings": np.concatenate(table.embeddings).astype(np.float32),
        "files": np.array(table.files),
        "boxes": np.array([face.box.tolist() for face in table.faces], np.float32),
        "confidences": np.array([face.confidence for face in table.faces], np.float32),
    }


def _npz(table: _Table) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, **_arrays(table))
    return buffer.getvalue()


def _frame(table: _Table):
    import pandas as pd

    arrays = _arrays(table)
    sides = {side: arrays["boxes"][:, i] for i, side in enumerate(("left", "top", "right", "bottom"))}
    return pd.DataFrame({"file": arrays["files"], "confidence": arrays["confidences"], **sides}), arrays["embeddings"]


def _csv(table: _Table) -> bytes:
    import pandas as pd

    frame, embeddings = _frame(table)
    columns = pd.DataFrame(embeddings, columns=[f"e{i}" for i in range(embeddings.shape[1])])
    return pd.concat([frame, columns], axis=1).to_csv(index=False).encode()


def _parquet(table: _Table) -> bytes:
    frame, embeddings = _frame(table)
    frame["embedding"] = list(embeddings)
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


WRITERS: dict[str, Callable[[_Table], bytes]] = {".npz": _npz, ".csv": _csv, ".parquet": _parquet}
