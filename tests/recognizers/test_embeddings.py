import pytest
import torch

from hyperface import gallery, generators, recognizers
from hyperface.defaults import PAIRS
from hyperface.errors import InputError
from hyperface.recognizers import Embeddings, EmbeddingSpace

FIRST, SECOND = EmbeddingSpace("dlib", "the gallery 'g'"), EmbeddingSpace("other", "the generator 'x'")
UNKNOWN = EmbeddingSpace(None, "the file a.npy")


def test_two_recognizers_are_both_named_with_what_is_of_them():
    with pytest.raises(InputError) as raised:
        FIRST.check_same(SECOND)
    assert str(raised.value) == (
        "The gallery 'g' and the generator 'x' are of two recognisers, 'dlib' and 'other', whose embeddings cannot be "
        "compared: use 'dlib' for both, or 'other'."
    )
    assert not FIRST.same(SECOND)
    assert not SECOND.same(FIRST)


def test_one_recognizer_is_the_same_by_any_other_name_for_what_is_of_it():
    again = EmbeddingSpace("dlib", "the packing p", recognizers.load().card)
    FIRST.check_same(again)
    assert FIRST.same(again)


def test_whoever_brings_embeddings_that_say_nothing_answers_for_them():
    for known in (FIRST, SECOND, UNKNOWN):
        UNKNOWN.check_same(known)
        known.check_same(UNKNOWN)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.generator)
def test_what_ships_in_a_pair_is_of_one_recognizer(pair):
    faces, generator = gallery.load(pair.gallery), generators.load(pair.generator)
    recognizer = recognizers.load(pair.recognizer)
    assert recognizer.space.card == faces.space.card == recognizer.card
    faces.space.check_same(generator.space)
    generator.space.check_same(recognizer.space)


def test_galleries_ask_embeddings_that_know_their_recognizer():
    faces = gallery.load()
    cosines, numbers = faces.nearest(Embeddings(faces.embeddings[5:7], faces.space))
    assert numbers[:, 0].tolist() == [5, 6]
    torch.testing.assert_close(cosines[:, 0], torch.ones(2))
    with pytest.raises(InputError, match="'dlib-heads' and 'other'"):
        faces.nearest(Embeddings(faces.embeddings[5:7], SECOND))
    assert len(Embeddings(faces.embeddings[5:7], SECOND)) == 2
