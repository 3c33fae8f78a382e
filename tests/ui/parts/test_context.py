"""Which generator draws: the one chosen where it can, else one that ships and can."""

from types import SimpleNamespace

import pytest

from hyperface.errors import InputError
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
