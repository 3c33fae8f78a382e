"""What the tabs share: where the runs are, and the parts that are loaded once, when first needed."""

from __future__ import annotations

import contextvars
import logging
import os
import threading
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hyperface import offers, runs
from hyperface.assets import assets_folder
from hyperface.defaults import EMBEDDED_GENERATORS, GALLERY, GENERATOR, PAIRS, RECOGNIZER
from hyperface.errors import CheckpointError, HyperFaceError, RunError, require
from hyperface.runs import DamagedRun, Run, Shown, names
from hyperface.serving.limits import Limits, limits_from
from hyperface.serving.owners import claim, owner_of
from hyperface.serving.visitors import NOBODY
from hyperface.ui.parts.gradio_internals import asking
from hyperface.ui.parts.imports import import_once
from hyperface.ui.parts.kept import Kept

if TYPE_CHECKING:
    from hyperface.gallery import Gallery
    from hyperface.generators import Generator
    from hyperface.recognizers import EmbeddingSpace, Recognizer

PREPARING = (
    "The first picture takes a few seconds, and half a minute on a computer that never drew heads: what draws them is "
    "compiled, once."
)
T = TypeVar("T")
log = logging.getLogger(__name__)


def usual_generator() -> str:
    """The generator that pages begin with: HYPERFACE_GENERATOR, or the default one."""
    return os.environ.get("HYPERFACE_GENERATOR") or GENERATOR


@dataclass
class AppContext:
    """One for the whole server; every method may be called from any thread.

    Whoever asks is known by the request that is being answered (`asking`). On a shared server they find the runs that
    ship and their own; all others are not there. Where no request is answered, nobody asks, and none is theirs.

    runs_folder: where new runs go. demo_folder: runs that ship with the project, shown below the visitor's own.
    generator_name: the generator that draws where a page does not choose one. InputError if it does not ship.
    limits: whether strangers share the server, and how much it does for whom.
    """

    runs_folder: Path = field(default_factory=runs.runs_folder)
    demo_folder: Path = field(default_factory=lambda: assets_folder() / "demo")
    generator_name: str = field(default_factory=usual_generator)
    limits: Limits = field(default_factory=limits_from)
    preparing: str = ""  # what a visitor who waits for a first picture is told; "" once there is one
    _parts: Kept = field(default_factory=Kept, repr=False)

    def __post_init__(self) -> None:
        _require_embedded(self.generator_name)

    @property
    def folders(self) -> list[Path]:
        """Where runs are looked for."""
        return [self.runs_folder, self.demo_folder]

    def runs(self, verb: str | None = None) -> list[Run]:
        """The visitor's runs, newest first, then those that ship."""
        return [run for folder in self.folders for run in runs.list_runs([folder], verb, self.shown_to())]

    def damaged_runs(self) -> list[DamagedRun]:
        """The visitor's run folders that cannot be read any more."""
        return runs.damaged_runs([self.runs_folder], self.shown_to())

    def run(self, name: str) -> Run:
        """The visitor's run, or one that ships, by its name; RunError if it is gone, or another's."""
        return runs.find_run(name, self.folders, self.shown_to())

    def shown_to(self, visitor: str | None = None) -> Shown:
        """Says of a run folder whether a visitor, whoever asks if not given, may look at it."""
        if not self.limits.shared:
            return runs.everything
        who, demos = asking() if visitor is None else visitor, self.demo_folder.absolute()
        return lambda folder: folder.absolute().parent == demos or (who != NOBODY and owner_of(folder) == who)

    def claim(self, made: Iterable[Run]) -> None:
        """Say that these runs, just made, are the visitor's who asks."""
        claim(made, asking())

    def is_demo(self, run: Run) -> bool:
        """Whether it ships with the project and so must not be changed."""
        return run.path.parent == self.demo_folder.absolute()

    def lineage(self, run: Run) -> list[Run]:
        """The run and those it was made from, oldest first."""
        return runs.lineage(run, self.folders, self.shown_to())

    def gallery(self, name: str = GALLERY) -> Gallery:
        """A gallery as `gallery_place` knows it."""
        place = self.gallery_place(name)

        def load() -> Gallery:
            from hyperface import gallery

            return gallery.load(Path(place) / names.GALLERY if runs.is_run(place) else place)

        return self.cached(("gallery", place), load)

    def gallery_place(self, name: str) -> str:
        """What a packing's options call a gallery: the name of one that ships, or the path of a file or of a run.

        name: that, or the name of a run that made one. InputError, on a shared server, for what is not the visitor's.
        """
        if name in [pair.gallery for pair in PAIRS]:
            return name
        with suppress(RunError):
            return str(self.run(name).path)
        require(
            not self.limits.shared or self._is_own(Path(name)), "There is no such gallery here. Choose another one."
        )
        return name

    def recognizer(self, name: str = RECOGNIZER) -> Recognizer:
        """A recogniser by the name that galleries and packings remember, trained here or not."""

        def load() -> Recognizer:
            from hyperface import recognizers

            if missing := offers.recognizer_missing(name):  # rather than an error after the network was waited for
                raise CheckpointError(missing)
            return recognizers.load(name if trained is None else trained)

        trained = self._trained(name)
        return self.cached(("recognizer", name, trained), load)

    def _trained(self, name: str) -> Path | None:
        """The file of the visitor's model with this name; None for one that was not trained here."""
        from hyperface.recognizers import REGISTRY
        from hyperface.recognizers.checkpoints import card_of

        for run in [] if name in REGISTRY else self.runs("train"):
            with suppress(CheckpointError):  # one that is missing or damaged is not the one
                if card_of(run.path / names.MODEL).name == name:
                    return run.path / names.MODEL
        return None

    def _is_own(self, path: Path) -> bool:
        """Whether it lies in a run that the visitor may look at."""
        place, folders = path.absolute().resolve(), {folder.absolute().resolve() for folder in self.folders}
        owned = (each for each in (place, *place.parents) if each.parent in folders and runs.is_run(each))
        return any(map(self.shown_to(), owned))

    def generator(self, name: str | None = None) -> Generator:
        """An identity-conditional generator by name, one that can be used here; the server's own if none is named.

        InputError, saying what is missing, for another.
        """
        wanted = self.generator_name if name is None else name
        if ("generator", wanted) not in self._parts:
            offers.check_offered(offers.generators(), wanted)

        def load() -> Generator:
            from hyperface import generators
            from hyperface.hardware import usual_device

            if wanted in EMBEDDED_GENERATORS:
                return generators.load(wanted)
            return generators.load(wanted, device=usual_device(), precision="fastest")

        return self.cached(("generator", wanted), load)

    def artist_name(self, space: EmbeddingSpace, chosen: str | None = None) -> str:
        """The name of what draws embeddings of this space: the generator chosen (None: the server's own) if it can,
        else one that ships and can, else one whose weights are on this machine, else the one chosen."""
        first = self.generator_name if chosen is None else chosen
        if _draws(first, space) is not False:
            return first
        there = (offer.name for offer in offers.generators() if offer.available and offer.name != first)
        return next((name for name in there if _draws(name, space)), first)

    def artist(self, space: EmbeddingSpace, chosen: str | None = None) -> Generator:
        """What has that name, for requests of this space. One that draws another's embeddings is given all the same:
        it says itself what is wrong, or what its pictures are."""
        generator = self.generator(self.artist_name(space, chosen))
        return generator.for_space(space) if generator.space.same(space) else generator

    def cached(self, key: Hashable, load: Callable[[], T]) -> T:
        """The value of `load()`, called once for each key while it is among those kept (`Kept`)."""
        return self._parts.get(key, load)

    def once_there(self, key: Hashable, load: Callable[[], T]) -> T | None:
        """The same, worked out in the background: None until it is there, and where `load` raises."""

        def begin(work: Callable[[], None]) -> None:
            def run() -> None:
                import_once()
                try:
                    work()
                except Exception as error:  # whoever asked goes on without it
                    log.warning("%s could not be made: %s", key, error)

            asked = contextvars.copy_context()  # what is worked out is still for whoever asked
            threading.Thread(target=asked.run, args=(run,), name="once-there", daemon=True).start()

        return self._parts.once_there(key, load, begin)

    def warm_up(self) -> threading.Thread:
        """Load in the background what a visitor will need first, in the order of the tabs."""

        def load() -> None:
            import_once()
            import torch

            torch.set_num_threads(min(2, torch.get_num_threads()))  # visitors share the machine with the workers
            try:
                for part in (self.gallery, self._draw_once, self._see_once):
                    try:
                        part()
                    except HyperFaceError as error:  # the tab that needs it says so too
                        log.warning("%s", error)
            finally:
                self.preparing = ""

        self.preparing = PREPARING
        thread = threading.Thread(target=load, name="warm-up", daemon=True)
        thread.start()
        return thread

    def _draw_once(self) -> None:
        """A first picture, which nobody sees: what draws it is compiled for that where it never was."""
        from hyperface.sphere import random_points

        generator = self.generator()
        generator.generate(random_points(1, generator.dimension, seed=0), [0])
        self.preparing = ""

    def _see_once(self) -> None:
        """Load what sees the generator's pictures."""
        self.recognizer(self.generator().recognizer)


def _draws(name: str, space: EmbeddingSpace) -> bool | None:
    """Whether a generator draws embeddings of a space; None where only the generator itself can say, loaded."""
    whose = offers.drawn_by(name)
    return None if whose is None else space.recognizer in (None, whose)


def _require_embedded(name: str) -> None:
    known = ", ".join(EMBEDDED_GENERATORS)
    require(name in EMBEDDED_GENERATORS, f"The app draws with a generator that ships ({known}); {name!r} is none.")
