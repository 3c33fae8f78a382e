"""Which generator draws: the one chosen where it can, else one that ships and can; and what is loaded beforehand."""

import threading
from types import SimpleNamespace

import pytest

from hyperface import offers
from hyperface.defaults import GALLERY
from hyperface.errors import AssetError, CheckpointError, InputError
from hyperface.offers import Offer
from hyperface.recognizers.embeddings import EmbeddingSpace
from hyperface.ui.parts.context import AppContext

DRAWS = {"gan": "one", "heads": "another", "vec2face": "a third", "absent": "a fourth"}


@pytest.fixture
def context(tmp_path, monkeypatch) -> AppContext:
    """An app whose GAN draws one recogniser's embeddings and whose heads draw another's; whose Vec2Face's weights are
    on the machine, and another generator's are not. Nothing is loaded."""
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path, generator_name="gan")
    for name, recognizer in DRAWS.items():
        made = SimpleNamespace(
            name=name, space=EmbeddingSpace(recognizer, name), for_space=lambda space, name=name: name
        )
        context.cached(("generator", name), lambda made=made: made)
    monkeypatch.setattr(offers, "drawn_by", DRAWS.get)
    there = [Offer(name, name, "MIT", missing="It is not here." if name == "absent" else "") for name in DRAWS]
    monkeypatch.setattr(offers, "generators", lambda device=None: there)
    return context


@pytest.mark.parametrize(
    ("recognizer", "chosen", "draws"),
    [
        ("one", None, "gan"), ("one", "gan", "gan"), ("one", "heads", "gan"),
        ("another", None, "heads"), ("another", "gan", "heads"), ("another", "heads", "heads"),
        ("a third", "heads", "vec2face"), ("a third", None, "vec2face"), ("a third", "vec2face", "vec2face"),
        ("a fourth", "heads", "heads"), ("one", "vec2face", "gan"), (None, "heads", "heads"),
    ],
)  # fmt: skip
def test_a_packing_is_drawn_by_what_can_draw_it(context, recognizer, chosen, draws):
    space = EmbeddingSpace(recognizer, "the packing")
    assert context.artist_name(space, chosen) == draws
    made = context.artist(space, chosen)
    assert made == draws if DRAWS[draws] in (recognizer, None) or recognizer is None else made.name == draws


def test_only_what_can_be_used_here_is_loaded_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path)
    for wrong, why in (("nobody", "There is no 'nobody'"), ("../heads", "There is no"), ("vec2face", "hf download")):
        with pytest.raises(InputError, match=why):
            context.generator(wrong)
        with pytest.raises(InputError, match="ships"):
            AppContext(runs_folder=tmp_path, generator_name=wrong)


def test_a_recognizer_that_is_not_there_is_an_error_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path)
    with pytest.raises(CheckpointError, match=r"hf download a/b c\.onnx --revision main"):
        context.recognizer("hf:a/b/c.onnx@main")


@pytest.mark.parametrize("error", [None, AssetError("It is not there.")])
def test_who_waits_for_the_first_picture_is_told_until_it_is_there(tmp_path, error):
    """What draws is compiled in the background where it never was: the page is served meanwhile."""
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path)
    drawing, allowed = threading.Event(), threading.Event()

    def generate(embeddings, seeds):
        drawing.set()
        assert allowed.wait(60)
        if error is not None:
            raise error

    made = SimpleNamespace(name="heads", dimension=8, recognizer="seer", generate=generate)
    context.cached(("generator", "heads"), lambda: made)
    context.cached(("gallery", GALLERY), lambda: "faces")
    context.cached(("recognizer", "seer"), lambda: "seer")
    thread = context.warm_up()
    assert drawing.wait(60)
    assert "compiled, once" in context.preparing
    allowed.set()
    thread.join()
    assert context.preparing == ""
