"""Drawing many images of each packed identity, as a run: a labelled dataset, in the run folder's dataset/."""

from __future__ import annotations

import datetime
import functools
import importlib.util
import math
from collections import abc
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.errors import HyperFaceError, require
from hyperface.files import remove_all
from hyperface.jobs import correction
from hyperface.jobs.belonging import generator_of
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.pace import Pace
from hyperface.jobs.pack import packing_space
from hyperface.jobs.recipe_on_card import recipe_of
from hyperface.ranks import ALONE, Ranks, own_device
from hyperface.runs import Run, Worker, is_run, names, open_run
from hyperface.seeds import check_seed
from hyperface.steps import finish

if TYPE_CHECKING:
    from hyperface.datasets import LabeledImages, SynthesisStep
    from hyperface.generators import Generator
    from hyperface.recognizers import Embeddings, EmbeddingSpace


PATIENCE = datetime.timedelta(days=7)  # of the first of several processes, for the slowest
WRITABLE = ("parquet", "webdataset", "recordio", "lmdb")  # besides the folder of images that it is drawn as


@dataclass(frozen=True)
class GenerateOptions:
    """What a dataset is asked to be; see `hyperface generate --help`. source: an absolute path. beta: None for what the
    generator wants. generator: None for the one that draws the source's embeddings. generator_options: what it is told,
    such as its steps."""

    source: str
    identities: int | None = None
    images_per_identity: int = 50
    beta: float | None = None
    correct: int = 0
    generator: str | None = None
    seed: int = 0
    batch_size: int = 64
    also: str | tuple[str, ...] | None = None
    validate: bool = False
    device: str = "cpu"
    precision: str = "float32"
    generator_options: dict[str, Any] = field(default_factory=dict)

    @property
    def formats(self) -> tuple[str, ...]:
        """What else it is written as, each once."""
        return tuple(dict.fromkeys((self.also,) if isinstance(self.also, str) else self.also or ()))

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(
            self.identities is None or self.identities >= 1,
            f"A dataset needs at least one identity; {self.identities} were asked for.",
        )
        require(
            self.images_per_identity >= 1,
            f"Each identity needs at least one image; {self.images_per_identity} were asked for.",
        )
        require(
            "parquet" not in self.formats or importlib.util.find_spec("pyarrow") is not None,
            "Writing Parquet needs pyarrow: pip install pyarrow.",
        )
        require(
            self.beta is None or 0 <= self.beta < math.inf,
            f"beta is a variance, 0 or more and no more than finite; it was {self.beta}.",
        )
        check_seed(self.seed)
        require(self.correct >= 0, f"The rounds of a correction are 0 or more; {self.correct} were asked for.")
        require(self.batch_size >= 1, f"A batch holds at least one image; it was {self.batch_size}.")


def create(options: GenerateOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a dataset; an error first if the options cannot work."""
    options.check()
    source = Path(options.source)
    if is_run(source):
        origin = open_run(source)
        origin.file(names.EMBEDDINGS)
        parents, available = [origin.name], int(origin.options["identities"])
        require(
            options.identities is None or options.identities <= available,
            f"The packing has {available:,} identities; {options.identities or 0:,} were asked for.",
        )
        count = options.identities if options.identities is not None else available
        title = f"{count:,} identities × {options.images_per_identity}"
    else:
        require(source.is_file(), f"{source} is neither a run folder of `pack` nor a file of embeddings.")
        parents, title = [], f"{source.stem} × {options.images_per_identity}"
    options = replace(options, generator=generator_of(space_of(source), options.generator))
    slug = f"{options.identities or source.name}x{options.images_per_identity}"
    return runs.create("generate", asdict(options), title=title, parents=parents, slug=slug, path=path, folder=folder)


def draw(worker: Worker, console: Console, ranks: Ranks = ALONE) -> None:
    """The work itself, inside the worker's block. ranks: the processes that share it."""
    options = options_of(worker.run, GenerateOptions)
    worker.progress(0, message="Loading the generator")
    folder = worker.path / names.DATASET
    measuring = functools.partial(_seen, worker)
    first = _corrected(worker, console, options)
    steps = drawing(options, folder, ranks, measuring)  # makes the folder ready
    ranks.tell(options, worker.path)
    identities = identity_count(options)
    total = identities * options.images_per_identity
    pace = Pace(console, "picture")

    def report(step: SynthesisStep) -> Report:
        done = round(total * step.step / step.total)  # of all, as the others are about as far
        figures = {"step": done, "images_per_second": step.images_per_second * ranks.world}
        pace.tell(step.images_per_second, total - done, ranks.world)
        return Report(done, total, figures, f"{done:,} of {total:,} images drawn", step.seconds_left)

    Driver(console, worker).follow(steps, "drawing", "image", report, log=True, part=(first, 1.0))
    if ranks.world > 1:
        ranks.wait()
        finish(drawing(options, folder, ALONE, measuring))  # all is there: completes the data card
    results: dict[str, Any] = {"images": total, "identities": identities}
    results["images_per_identity"] = options.images_per_identity
    if options.correct:
        results["correction"] = correction.requests_of(worker.path)[1]
    worker.write_results({**results, **_afterwards(worker, console, options, folder)})


def _corrected(worker: Worker, console: Console, options: GenerateOptions) -> float:
    """Correct the requests if that is asked for and not done; the share of the run's progress that this is."""
    if not options.correct:
        return 0.0
    plan = correction.CorrectionPlan(options.correct, options.seed, options.images_per_identity)
    embeddings = load_embeddings(Path(options.source), options.identities)
    generator = _generator(options, embeddings.space)
    correction.correct(worker, console, embeddings, generator, plan)
    return plan.share


def _work(worker: Worker, console: Console) -> None:
    draw(worker, console, Ranks.current())


def _follow(options: GenerateOptions, path: Path) -> None:
    """Draw this process's part, into the folder that all of them must see, and stop when the run does."""
    run, ranks = open_run(path), Ranks.current()
    with closing(drawing(options, path / names.DATASET, ranks)) as steps:
        for _ in steps:
            if not run.status().active:
                return
    ranks.wait()


def _told(run: Run) -> str:
    return f"{run.results().get('images', 0):,} images\n{run.path / names.DATASET}"


JOB = Job(
    "generate",
    _work,
    _told,
    follow=_follow,
    patience=PATIENCE,
    anew=("images_per_identity", "also", "validate"),
    longer=("images_per_identity",),
)


def _seen(worker: Worker, images: LabeledImages) -> dict[str, Any]:
    """How far apart the identities are in the images, for the data card: as the generator's recogniser sees it and as
    a second one does that had no part in it. Left out is what cannot be loaded here."""
    from hyperface import datasets, recognizers

    worker.progress(1, message="Measuring the identities in the images")
    loaded = []
    for name in dict.fromkeys((images.info["recognizer"], recognizers.SECOND)):
        with suppress(HyperFaceError):
            loaded.append(recognizers.load(name))
    return {"seen": datasets.separation_seen(images, loaded)}


def _afterwards(worker: Worker, console: Console, options: GenerateOptions, folder: Path) -> dict[str, Any]:
    """What is done with the dataset when it is whole, and what it came to."""
    results: dict[str, Any] = {}
    if not options.formats and not options.validate:
        return results
    from hyperface import datasets
    from hyperface.jobs.dataset import check, convert

    dataset, driver = datasets.open(folder), Driver(console, worker)
    if options.validate:
        findings = check(dataset, driver, "Checking every image")
        results["findings"] = [finding.message for finding in findings]
        for finding in findings:
            console.warn(finding.message)
    shorter = worker.run.results().get("images", len(dataset)) < len(dataset)  # what is written is of fewer images
    for kind in options.formats:
        output = worker.path / kind
        if shorter:
            remove_all(output)
        if not output.exists():  # it appears when it is whole
            convert(dataset, kind, output, driver, f"Writing as {kind}")
    if options.formats:
        results["also"] = list(options.formats)
    return results


def drawing(
    options: GenerateOptions,
    folder: Path,
    ranks: Ranks,
    describe: abc.Callable[[LabeledImages], dict[str, Any]] | None = None,
) -> abc.Generator[SynthesisStep, None, Path]:
    """The steps that the options ask for, or this process's part of them, into the run's folder for the dataset.
    describe: as in `synthesize`."""
    from hyperface import datasets

    embeddings = load_embeddings(Path(options.source), options.identities)
    generator = _generator(options, embeddings.space)
    rows, lineage = embeddings.rows, {**_lineage(Path(options.source)), "recipe": recipe_of(asdict(options))}
    if options.correct:
        rows, lineage["correction"] = correction.requests_of(folder.parent)
    return datasets.synthesize(
        rows,
        generator,
        images_per_identity=options.images_per_identity,
        beta=options.beta,
        out=folder,
        seed=options.seed,
        batch_size=options.batch_size,
        lineage=lineage,
        part=(ranks.rank, ranks.world),
        describe=describe,
    )


def _generator(options: GenerateOptions, space: EmbeddingSpace) -> Generator:
    """What draws the source's embeddings, where and as it was asked for."""
    from hyperface import generators

    name = generator_of(space, options.generator)
    device, precision = own_device(options.device), options.precision
    return generators.load(name, device=device, precision=precision, **options.generator_options).for_space(space)


def _lineage(source: Path) -> dict[str, Any]:
    """What the data card says about the packing; empty for a file of embeddings."""
    if not is_run(source):
        return {}
    packing = open_run(source)
    results = packing.results()
    figures = ("min_angle", "mean_nearest_angle", "bound_angle")
    return {"packing": packing.name, "separation": {key: results[key] for key in figures if key in results}}


def identity_count(options: GenerateOptions) -> int:
    """How many identities the dataset has, or will have."""
    if options.identities is not None:
        return options.identities
    source = Path(options.source)
    return int(open_run(source).options["identities"]) if is_run(source) else len(load_embeddings(source, None))


def load_embeddings(source: Path, count: int | None) -> Embeddings:
    """The first `count` embeddings of a packing, or of a .npy file, which does not say whose. InputError if bad."""
    from hyperface import sphere
    from hyperface.array_files import read_array
    from hyperface.recognizers import Embeddings

    path = open_run(source).file(names.EMBEDDINGS) if is_run(source) else source
    embeddings = sphere.as_embeddings(read_array(path))  # (n, d)
    require(
        count is None or count <= len(embeddings),
        f"{path} has {len(embeddings):,} identities; {count or 0:,} were asked for.",
    )
    return Embeddings(embeddings[:count], space_of(source))


def space_of(source: Path) -> EmbeddingSpace:
    """What the embeddings of a packing, or of a .npy file, live in; the file does not say."""
    from hyperface.recognizers import EmbeddingSpace

    return packing_space(open_run(source)) if is_run(source) else EmbeddingSpace(None, f"the file {source.name}")
