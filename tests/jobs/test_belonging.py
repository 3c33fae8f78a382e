"""Packing, generator and gallery belong together: what is not named follows, and what does not fit is one sentence."""

import json

import numpy as np
import pytest

from hyperface import gallery, recognizers, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.defaults import GENERATOR, PAIRS, pair_of, recognizer_for
from hyperface.errors import InputError
from hyperface.gallery import Gallery
from hyperface.generators import GALLERY_REGISTRY, REGISTRY
from hyperface.jobs import generate, separate
from hyperface.jobs.belonging import generator_of
from hyperface.jobs.gallery import GalleryOptions
from hyperface.recognizers import EmbeddingSpace
from hyperface.sphere import random_points


def space(recognizer: str | None) -> EmbeddingSpace:
    return EmbeddingSpace(recognizer, "the packing p")


def test_what_ships_in_pairs_fits():
    for pair in PAIRS:
        made = REGISTRY.load(pair.generator)
        assert (made.recognizer, made.title) == (pair.recognizer, pair.title)
        assert pair.gallery_generator in GALLERY_REGISTRY
        assert pair.recognizer in recognizers.REGISTRY
        if pair.gallery in gallery.SHIPPED:
            shipped = gallery.load(pair.gallery)
            assert (shipped.recognizer, shipped.generator) == (pair.recognizer, pair.gallery_generator)
            assert pair.span < shipped.embeddings.shape[1]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.generator)
def test_what_is_not_named_follows(pair):
    assert generator_of(space(pair.recognizer), None) == pair.generator
    assert generator_of(space(pair.recognizer), pair.generator) == pair.generator
    assert recognizer_for(pair.gallery_generator) == pair.recognizer
    assert GalleryOptions(generator=pair.gallery_generator).embedded_by == pair.recognizer
    assert generator_of(space(None), pair.generator) == pair.generator  # nobody knows whose embeddings they are


def test_what_nobody_knows_is_the_defaults():
    assert generator_of(space(None), None) == GENERATOR
    assert recognizer_for(None) == recognizer_for("stylegan") == PAIRS[0].recognizer
    assert GalleryOptions(folder="photos", generator="dcgan").embedded_by == PAIRS[0].recognizer
    assert GalleryOptions(recognizer="mine.onnx").embedded_by == "mine.onnx"
    assert pair_of("mine") is None


def test_a_generator_that_does_not_ship_speaks_for_itself():
    assert generator_of(space("arcface"), "arc2face") == "arc2face"


@pytest.mark.parametrize(
    ("recognizer", "chosen", "says"),
    [
        ("dlib", "heads", "'dlib'.* 'heads' .* 'dlib-heads': draw it with 'gan', or .*, such as heads-10k"),
        ("dlib-heads", "gan", "'dlib-heads'.* 'gan' .* 'dlib': draw it with 'heads', or .*, such as gan-10k"),
        ("mine", "heads", "'mine'.* 'heads' .* 'dlib-heads': pack a gallery for 'heads', such as heads-10k"),
        ("mine", None, "'mine', which no generator that ships draws"),
    ],
)  # fmt: skip
def test_what_does_not_belong_together_is_one_sentence(recognizer, chosen, says):
    with pytest.raises(InputError, match=f"^The packing p is of embeddings of the recogniser {says}") as raised:
        generator_of(space(recognizer), chosen)
    assert str(raised.value).count(". ") == 0


@pytest.fixture(scope="module")
def packings(tmp_path_factory) -> dict[str, str]:
    """generator → run folder of four points packed of a gallery that it draws."""
    folder, made = tmp_path_factory.mktemp("packings"), {}
    for pair in PAIRS:
        card = recognizers.load(pair.recognizer).card
        faces = Gallery(
            "few", card.name, pair.gallery_generator, random_points(6, card.dimension, seed=0),
            np.zeros((6, 48, 48, 3), np.uint8), tuple(map(str, range(6))), card,
        )  # fmt: skip
        place, made[pair.generator] = folder / f"{pair.generator}.safetensors", str(folder / pair.generator)
        place.write_bytes(gallery.to_bytes(faces))
        pack = ["pack", "--identities", "4", "--steps", "1", "--frames", "0", "--gallery", str(place)]
        assert main([*pack, "--run", made[pair.generator]]) == 0
    return made


@pytest.mark.parametrize("generator", [pair.generator for pair in PAIRS])
def test_datasets_and_closed_loops_are_drawn_by_what_fits(packings, generator, tmp_path):
    source = packings[generator]
    dataset = generate.create(generate.GenerateOptions(source), path=tmp_path / "dataset")
    loop = separate.create(separate.SeparateOptions(source), path=tmp_path / "loop")
    assert dataset.options["generator"] == loop.options["generator"] == generator


def test_what_does_not_fit_is_refused_before_a_run_is_made(packings, tmp_path, capsys):
    for generator, source in packings.items():
        (other,) = packings.keys() - {generator}
        for verb in ("generate", "separate"):
            run = tmp_path / f"{verb}-{other}"
            assert main([verb, "--from", source, "--generator", other, "--run", str(run)]) == EXIT_USER_ERROR
            told = capsys.readouterr().err.strip()
            assert f"draw it with {generator!r}" in told
            assert len(told.splitlines()) == 1
            assert not run.exists()


def test_a_packing_that_does_not_say_is_older_than_any_other_recognizer(tmp_path):
    run = runs.create("pack", {"identities": 2}, title="old", path=tmp_path / "old")
    assert generate.space_of(run.path).recognizer is None  # it has not begun
    np.save(run.path / "embeddings.npy", np.eye(2, 128, dtype=np.float32))
    faces = generate.create(generate.GenerateOptions(str(run.path)), path=tmp_path / "faces")
    assert faces.options["generator"] == "gan"
    (run.path / "recognizer.json").write_text(json.dumps({"name": "dlib-heads"}))
    assert generator_of(generate.space_of(run.path), None) == "heads"
