"""Which generator draws: the one chosen where it can, else one that ships and can; and what is loaded beforehand."""

import threading
from types import SimpleNamespace

import pytest

from hyperface.defaults import GALLERY
from hyperface.errors import AssetError, InputError
from hyperface.recognizers.embeddings import EmbeddingSpace
from hyperface.ui.parts.context import AppContext


@pytest.fixture
def context(tmp_path) -> AppContext:
    """An app whose GAN draws one recogniser's embeddings and whose heads draw another's; nothing is loaded."""
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path, generator_name="gan")
    for name, recognizer in (("gan", "one"), ("heads", "another")):
        made = SimpleNamespace(name=name, space=EmbeddingSpace(recognizer, name))
        context.cached(("generator", name), lambda made=made: made)
    return context


@pytest.mark.parametrize(
    ("recognizer", "chosen", "draws"),
    [
        ("one", None, "gan"), ("one", "gan", "gan"), ("one", "heads", "gan"),
        ("another", None, "heads"), ("another", "gan", "heads"), ("another", "heads", "heads"),
        ("a third", "heads", "heads"), (None, "heads", "heads"),
    ],
)  # fmt: skip
def test_a_packing_is_drawn_by_what_can_draw_it(context, recognizer, chosen, draws):
    assert context.artist(EmbeddingSpace(recognizer, "the packing"), chosen).name == draws


def test_only_generators_that_ship_are_loaded_by_name(context, tmp_path):
    for wrong in ("nobody", "../heads", "vec2face"):
        with pytest.raises(InputError, match="ships"):
            context.generator(wrong)
        with pytest.raises(InputError, match="ships"):
            AppContext(runs_folder=tmp_path, generator_name=wrong)


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
