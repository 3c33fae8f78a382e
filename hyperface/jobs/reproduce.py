"""Making a dataset again from its data card, and comparing the bytes of every picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface.errors import DatasetError, require
from hyperface.files import LARGEST_JSON, check_regular
from hyperface.jobs import generate, pack, places
from hyperface.jobs.console import Console
from hyperface.jobs.dataset import dataset_path
from hyperface.jobs.generate import GenerateOptions
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.pack import PackOptions
from hyperface.jobs.recipe_on_card import CardRecipe, printable, read_recipe
from hyperface.runs import DONE, Run, is_run, names, open_run

if TYPE_CHECKING:
    from hyperface.datasets.provenance import Comparison

SHOWN = 10  # pictures that are named
# Entries that say when, where or with which versions a set was made, or are compared by themselves.
_MADE_ANEW = frozenset(("packing", "recipe", "pictures", "complete", "versions", "embeddings", "drawing"))


@dataclass(frozen=True)
class Named:
    """What whoever reproduces names, because a card may not: files, folders and weights. None, or nothing, for what
    ships. source: the packed people, as of `generate --from`. options: what the generator is told."""

    source: Path | None = None
    gallery: str | None = None
    generator: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """pictures: as compared; they decide. people: whether the embeddings asked for are the card's. versions: (name, on
    the card, here) of those that differ. entries: of the card that the set made again contradicts."""

    pictures: Comparison
    people: bool
    versions: tuple[tuple[str, str, str], ...]
    entries: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return self.pictures.identical


def reproduce(card: Path, output: Path | None, named: Named, console: Console) -> None:
    """Pack and draw again what a card says, in new run folders, and say whether the pictures are the same.

    card: a dataset.json, or the dataset that it is in. output: a new folder, for packing/ and faces/; None for new runs
    where runs are kept. DatasetError for what is no card, or asks for something that is not here, before anything is
    made; and in the end if the set is not identical.
    """
    content = read_card(card)
    from hyperface.datasets.provenance import check_digests

    recipe = read_recipe(content)
    whole, each = check_digests(content.get("pictures"))
    count, images = recipe.drawing["identities"], recipe.images
    if len(each) != count or any(len(row) != images for row in each):
        raise DatasetError(f"The card says {count:,} identities of {images:,} pictures and has not as many digests.")
    generator = _generator(recipe, named)
    gallery = _gallery(recipe, named)
    require(output is None or not output.exists() or output.is_dir(), f"{output} is no folder.")
    console.say(
        f"{count * images:,} pictures of {count:,} people are drawn again", pictures=count * images, people=count
    )
    source = named.source or _packed(recipe, gallery, output, console)
    options = GenerateOptions(str(source.absolute()), generator=generator, **_told(recipe, named))
    drawn = _drawn(options, output, console) / names.DATASET
    verdict = judge(content, drawn, whole, each)
    _tell(verdict, drawn, console)


def read_card(path: Path) -> dict[str, Any]:
    """The content of a card, by its file or its dataset. DatasetError if there is none."""
    from hyperface.datasets.card import CARD, parse_info

    folder = dataset_path(path) if path.is_dir() else path
    file = folder / CARD if folder.is_dir() else folder
    try:
        check_regular(file, largest=LARGEST_JSON)
        return parse_info(file.read_bytes(), str(file))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file} cannot be read as a data card ({error}).") from error


def judge(card: dict[str, Any], folder: Path, whole: str, each: list[list[str]]) -> Verdict:
    """The set made again, beside the card and its digests."""
    from hyperface import datasets
    from hyperface.datasets.provenance import compare

    images = datasets.open(folder)
    made = images.info
    said, here = _versions(card), _versions(made)
    different = [name for name in here if said.get(name) != here[name]]
    return Verdict(
        compare(images, whole, each),
        card.get("embeddings") == made["embeddings"],
        tuple((name, printable(said.get(name, "nothing")), here[name]) for name in different),
        tuple(name for name in sorted(made.keys() - _MADE_ANEW) if name in card and card[name] != made[name]),
    )


def _versions(card: dict[str, Any]) -> dict[str, str]:
    """Of what drew, and the threads that packed, as sums of several threads differ in their last bits."""
    versions, recipe = card.get("versions"), card.get("recipe")
    found = {str(name): str(value) for name, value in versions.items()} if isinstance(versions, dict) else {}
    packing = recipe.get("packing") if isinstance(recipe, dict) else None
    if isinstance(packing, dict) and "threads" in packing:
        found["threads of the packing"] = str(packing["threads"])
    return found


def _generator(recipe: CardRecipe, named: Named) -> str:
    """What draws: the one that was named, or the card's where that ships and needs nothing of its own."""
    from hyperface.generators import REGISTRY

    if named.generator is not None:
        return named.generator
    if recipe.generator not in REGISTRY:
        raise DatasetError(
            f"The card's generator, {recipe.generator!r}, is not here. Name what draws instead: --generator (known: "
            f"{', '.join(REGISTRY)})."
        )
    if recipe.weights and not named.options:
        raise DatasetError(
            f"The card's generator, {recipe.generator!r}, had {recipe.weights}. A card may not name files or "
            f"addresses: name them yourself, as --generator {recipe.generator}:FILE or --option NAME=VALUE."
        )
    return recipe.generator


def _gallery(recipe: CardRecipe, named: Named) -> str:
    """The gallery that is packed from; one that is not the card's is told before anything is packed."""
    from hyperface import gallery

    if named.source is not None:
        return ""
    if recipe.packing is None:
        raise DatasetError(
            "The card does not say how its people were packed: they were given as a file, or moved apart afterwards. "
            "Name them: --from with a run folder or a .npy file."
        )
    if named.gallery is None and recipe.gallery not in gallery.SHIPPED:
        raise DatasetError(
            f"The card's gallery, {recipe.gallery!r}, is none that ships ({', '.join(gallery.SHIPPED)}). Name its "
            "file: --gallery FILE."
        )
    name = named.gallery or recipe.gallery
    file = Path(name) / names.GALLERY if is_run(name) else Path(name) if name not in gallery.SHIPPED else name
    found = gallery.fingerprint(gallery.load(file))
    if recipe.fingerprint and found != recipe.fingerprint:
        raise DatasetError(
            f"The gallery {name!r} is not the card's: its embeddings' fingerprint is {found}, the card's "
            f"{recipe.fingerprint}. Name the right file: --gallery FILE."
        )
    return name


def _packed(recipe: CardRecipe, gallery: str, output: Path | None, console: Console) -> Path:
    import torch

    path = None if output is None else output / "packing"
    options = PackOptions(gallery=gallery, frames=0, **(recipe.packing or {}))
    before = torch.get_num_threads()
    torch.set_num_threads(min(recipe.threads or before, os.cpu_count() or 1))
    try:
        return _performed(pack.JOB, options, lambda: pack.create(options, path=path), path, console)
    finally:
        torch.set_num_threads(before)


def _drawn(options: GenerateOptions, output: Path | None, console: Console) -> Path:
    path = None if output is None else output / "faces"
    return _performed(generate.JOB, options, lambda: generate.create(options, path=path), path, console)


def _performed(
    job: Job, options: PackOptions | GenerateOptions, make: Callable[[], Run], path: Path | None, console: Console
) -> Path:
    """Do the work in a new run folder, or go on where the same was begun; the run's path."""
    made: list[Run] = []

    def noted() -> Run:
        made.append(make())
        return made[0]

    if path is not None and is_run(path):
        if options_of(open_run(path), type(options)) != options:
            raise DatasetError(f"{path} is another run. Choose another folder: --output.")
        made.append(open_run(path))
        places.resume(path, console, verb=job.verb)
    else:
        places.begin(job, noted, console, device=options.device)
    if made[0].status().state != DONE:
        raise DatasetError(f"{made[0].path} was stopped. Say the same again to go on.")
    return made[0].path


def _told(recipe: CardRecipe, named: Named) -> dict[str, Any]:
    """Options of `generate` out of a card, and of whoever reproduces."""
    return {**recipe.drawing, "generator_options": {**recipe.drawing["generator_options"], **named.options}}


def _tell(verdict: Verdict, folder: Path, console: Console) -> None:
    """Say it; DatasetError if the set is not identical."""
    pictures = verdict.pictures
    console.event(
        "reproduced",
        identical=verdict.identical,
        pictures=pictures.total,
        different=list(pictures.different),
        same_people=verdict.people,
        versions=[dict(zip(("name", "card", "here"), row, strict=True)) for row in verdict.versions],
        entries=list(verdict.entries),
        output=str(folder),
    )
    if not verdict.identical:
        raise DatasetError(f"{_difference(verdict)}\n{folder}")
    console.say(
        f"Identical: all {pictures.total:,} pictures have the bytes that the card says.{_others(verdict)}\n{folder}"
    )


def _difference(verdict: Verdict) -> str:
    pictures = verdict.pictures
    lines = ["Not identical."]
    if pictures.different:
        shown = ", ".join(pictures.different[:SHOWN]) + (", …" if len(pictures.different) > SHOWN else "")
        lines.append(f"{len(pictures.different):,} of {pictures.total:,} pictures differ from the card: {shown}.")
    else:
        lines.append("Every picture is as its own digest says, but the digest of all is another: the card was changed.")
    if not verdict.people:
        lines.append("The embeddings that were drawn are others already: the card's fingerprint of them differs.")
    return "\n".join(lines) + _others(verdict)


def _others(verdict: Verdict) -> str:
    """What else differs, a line each."""
    told = "; ".join(f"{name} {said} on the card, {here} here" for name, said, here in verdict.versions)
    lines = [f"Other versions: {told}." if told else "All versions are the card's."]
    if verdict.entries:
        lines.append(f"Beside the pictures, the card says otherwise of: {', '.join(verdict.entries)}.")
    return "".join(f"\n{line}" for line in lines)
