"""Auditing a dataset for leakage, as a run: does it show people of another set, such as its gallery?"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import GALLERY, RECOGNIZER
from hyperface.errors import require
from hyperface.files import write_atomic
from hyperface.jobs import models
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.dataset import dataset_path, embed_images
from hyperface.jobs.driver import Driver
from hyperface.jobs.job import Job, options_of
from hyperface.runs import Run, Worker, is_run, names, open_run

if TYPE_CHECKING:
    import numpy as np

    from hyperface.datasets import LabeledImages
    from hyperface.evaluation import EmbeddedImages, LeakageAudit
    from hyperface.gallery import Gallery


REPORT, TABLE, SEARCHES, PICTURES = "report.html", "pairs.csv", "searches.npz", "pictures.npz"
SHOWN = 24  # pairs as pictures


@dataclass(frozen=True)
class AuditOptions:
    """What an audit is asked to do; see `hyperface audit --help`. dataset: an absolute path. reference: a
    gallery's name, or an absolute path."""

    dataset: str
    reference: str = GALLERY
    recognizer: str | None = None
    fpir: float = 0.01
    images_per_identity: int | None = None
    device: str = "cpu"
    precision: str = "float32"
    color: str | None = None

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(0 < self.fpir < 1, f"The false positive identification rate lies between 0 and 1; it was {self.fpir}.")
        require(
            self.images_per_identity is None or self.images_per_identity >= 1,
            f"At least one image of each identity is needed; {self.images_per_identity} were asked for.",
        )
        require(Path(self.dataset).exists(), f"There is no dataset at {self.dataset}.")
        require(self.dataset != self.reference, "A dataset cannot be audited against itself. Name another reference.")


def create(options: AuditOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of an audit; an error first if the options cannot work."""
    options.check()
    source = Path(options.dataset)
    title = open_run(source).title if is_run(source) else source.name
    parents = [source.name] if is_run(source) else []
    reference = Path(options.reference).stem
    title = f"{title} against {reference}"
    return runs.create("audit", asdict(options), title=title, parents=parents, slug=reference, path=path, folder=folder)


def _told(run: Run) -> str:
    results = run.results()
    return f"{sentence(results)}\n{run.path / REPORT}" if results else ""


def sentence(results: dict[str, Any]) -> str:
    """What an audit found, in words."""
    share = f"{100 * results['share_above']:.1f} %"
    by_chance = f"{100 * results['fpir']:g} % of other people"
    return (
        f"{results['above']:,} of {results['images']:,} images ({share}), of {results['identities_above']:,} of "
        f"{results['identities']:,} identities, come nearer to a reference face than cosine {results['line']:.2f}, "
        f"as {by_chance} do by chance."
    )


def _work(worker: Worker, console: Console) -> None:
    """An audit that was stopped begins again: it takes minutes."""
    from hyperface import datasets, evaluation

    options = options_of(worker.run, AuditOptions)
    worker.progress(0, message="Loading")
    dataset = datasets.open(dataset_path(Path(options.dataset)))
    report_skipped(console, dataset.skipped)
    gallery = _gallery(options.reference)
    name = options.recognizer or (gallery.recognizer if gallery is not None else RECOGNIZER)
    recognizer = models.load(name, console, device=options.device, precision=options.precision, color=options.color)

    def embed(faces: LabeledImages, what: str, part: tuple[float, float]) -> EmbeddedImages:
        message = f"{what}: {faces.path.name}"
        return embed_images(
            faces,
            recognizer,
            Driver(console, worker),
            what.lower(),
            limit=options.images_per_identity,
            message=message,
            part=part,
        )

    if gallery is not None:
        gallery.space.check_same(recognizer.space)
        images = embed(dataset, "Searching", (0.0, 0.95))
        references, people, shown = gallery.embeddings, None, _gallery_picture(gallery)
        names: Callable[[int], str] = gallery.sources.__getitem__
    else:
        others = datasets.open(dataset_path(Path(options.reference)))
        known = embed(others, "Reference", (0.0, 0.5))
        images = embed(dataset, "Searching", (0.5, 0.95))
        references, people = known.embeddings, known.labels
        shown, names = _dataset_picture(others, known), lambda number: others.name(int(known.places[number]))
    found = evaluation.audit(images, references, people, fpir=options.fpir)
    _write(worker, found, dataset, shown, names, skipped=len(images.unreadable), recognizer=recognizer.name)


JOB = Job("audit", _work, _told)


def _gallery(reference: str) -> Gallery | None:
    """The gallery of this name, file or run folder; None for a dataset."""
    from hyperface import gallery

    path = Path(reference)
    if is_run(path) and open_run(path).verb == "gallery":
        return gallery.load(open_run(path).file(names.GALLERY))
    return gallery.load(reference) if reference in gallery.SHIPPED or path.suffix == ".safetensors" else None


def _gallery_picture(gallery: Gallery) -> Callable[[int], np.ndarray]:
    return lambda number: gallery.thumbnails[number]


def _dataset_picture(dataset: LabeledImages, images: EmbeddedImages) -> Callable[[int], np.ndarray]:
    return lambda number: dataset[int(images.places[number])][0]


def _write(
    worker: Worker,
    found: LeakageAudit,
    dataset: LabeledImages,
    shown: Callable[[int], np.ndarray],
    names: Callable[[int], str],
    *,
    skipped: int,
    recognizer: str,
) -> None:
    import numpy as np

    from hyperface.evaluation.leakage_report import PicturedPair, html_report

    nearest = found.nearest()
    pairs = [
        PicturedPair(
            dataset.name(int(found.places[search])),
            names(int(found.reference[search])),
            float(found.cosine[search]),
            dataset[int(found.places[search])][0],
            _enlarged(shown(int(found.reference[search]))),
        )
        for search in nearest[:SHOWN]
    ]
    above = int((found.cosine >= found.line).sum())
    results = {
        "images": len(found.cosine),
        "identities": len(nearest),
        "above": above,
        "share_above": found.share_above,
        "identities_above": found.identities_above(),
        "fpir": found.fpir,
        "line": found.line,
        "strangers": len(found.strangers),
        "unreadable": skipped,
        "recognizer": recognizer,
    }
    searches, pictures = io.BytesIO(), io.BytesIO()
    np.savez(searches, cosine=found.cosine, strangers=found.strangers)
    np.savez(pictures, images=np.stack([np.stack([pair.image, pair.reference_image]) for pair in pairs]),
             cosine=np.array([pair.cosine for pair in pairs]))  # fmt: skip
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("identity", "image", "reference", "cosine", "above"))
    for search in nearest:
        cosine = float(found.cosine[search])
        rows.writerow(
            (
                int(found.labels[search]),
                dataset.name(int(found.places[search])),
                names(int(found.reference[search])),
                f"{cosine:.4f}",
                int(cosine >= found.line),
            )
        )
    page = html_report(found, pairs, title=worker.run.title, text=sentence(results))
    for name, content in (
        (SEARCHES, searches.getvalue()),
        (PICTURES, pictures.getvalue()),
        (TABLE, table.getvalue().encode()),
        (REPORT, page.encode()),
    ):
        write_atomic(worker.path / name, content)
    worker.write_results(results)


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    import numpy as np
    from PIL import Image

    from hyperface.images import ALIGNED_SIZE

    return np.asarray(Image.fromarray(pixels).resize((ALIGNED_SIZE, ALIGNED_SIZE), Image.Resampling.BICUBIC))
