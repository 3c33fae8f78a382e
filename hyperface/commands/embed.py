"""Turn photos into embeddings.

The largest face of each photo (or all of them) is found, aligned and embedded. The output's suffix says its format:
.npz (arrays embeddings (n, d) float32, files, boxes, landmarks, confidences …), .csv or .parquet (a row for each face).
Photos that cannot be read, or show no face, are left out and listed with the reason in <output>.left-out.csv.

Work that was broken off is continued by the same command.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import DETECTOR_HELP, RECOGNIZER_HELP, add_compute_arguments, add_json_argument
from hyperface.errors import NoFaceError
from hyperface.files import write_atomic
from hyperface.jobs.base import Console
from hyperface.jobs.embed import SUFFIXES, Work, check, report
from hyperface.jobs.models import load

HELP = "turn photos into embeddings"
CONTINUED_BY = "the same command"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("photos", type=Path, metavar="FOLDER", help="folder of photos, with all below it, or one photo")
    add("--output", "-o", type=Path, required=True, metavar="FILE", help=f"one of {', '.join(SUFFIXES)}")
    add("--recognizer", default="dlib", metavar="NAME", help=f"{RECOGNIZER_HELP} (default %(default)s)")
    add("--detector", default="dlib", metavar="NAME", help=DETECTOR_HELP)
    add("--all-faces", action="store_true", help="every face of a photo, not only the largest")
    add("--any-orientation", action="store_true", help="photos may be turned by 90 or 180 degrees (four times slower)")
    add("--crops", type=Path, metavar="DIR", help="also write each aligned face here, as PNG")
    add("--workers", type=int, metavar="N", help="photos looked at side by side (default: one for each core)")
    add("--fresh", action="store_true", help="begin again, forgetting what an earlier, broken-off call has done")
    add_compute_arguments(add)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    check(arguments)
    from hyperface.faces.detectors import load_detector
    from hyperface.gallery import photo_files
    from hyperface.jobs.embed_table import FaceTable

    one = arguments.photos.is_file()
    root = arguments.photos.parent if one else arguments.photos
    files = [arguments.photos] if one else photo_files(arguments.photos)
    detector = load_detector(arguments.detector).name  # what "auto" came to; weights that are missing are told at once
    recognizer = load(arguments.recognizer, console, device=arguments.device, precision=arguments.precision)
    table = FaceTable(
        recognizer.card,
        {
            "photos": str(arguments.photos.absolute()),
            "detector": detector,
            "all_faces": arguments.all_faces,
            "any_orientation": arguments.any_orientation,
            "crops": None if arguments.crops is None else str(arguments.crops.absolute()),
        },
    )
    partial = arguments.output.with_name(f".{arguments.output.name}.partial.npz")
    if partial.is_file() and not arguments.fresh:
        table.restore(partial)
        console.say(
            f"continuing: {len(table.done):,} of {len(files):,} photos were done before", resumed=len(table.done)
        )
    work = Work(table, recognizer, root, arguments.crops, partial)
    work.run(files, console, arguments.workers)
    if not len(table):
        partial.unlink(missing_ok=True)
        raise NoFaceError(
            f"None of the {len(files)} photos could be embedded. {table.left_out[0][0]}: {table.left_out[0][2]}"
        )
    table.sort(files=[path.relative_to(root).as_posix() for path in files])
    write_atomic(arguments.output, table.to_bytes(arguments.output.suffix))
    listing = arguments.output.with_name(f"{arguments.output.name}.left-out.csv")
    if table.left_out:
        write_atomic(listing, table.left_out_csv())
    else:
        listing.unlink(missing_ok=True)  # of an earlier call
    partial.unlink(missing_ok=True)
    report(console, table, len(files), arguments.output, listing)
