import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.evaluation import score_pairs
from hyperface.lessons import thresholds


def test_pairs_are_counted_as_the_evaluation_counts_them():
    rng = np.random.default_rng(0)
    same = np.arange(60) % 2 == 0
    distances = np.where(same, rng.uniform(0, 2, 60), rng.uniform(1, 4, 60))
    result = score_pairs(distances, same)
    pairs = thresholds.pairs_of([result, result])
    for squared in (0.5, 1.2, 2.0, 3.1):
        line = np.degrees(np.arccos(1 - squared / 2))
        confusion = result.confusion(squared)
        assert pairs.errors(line) == (2 * confusion.false_accepts, 2 * confusion.false_rejects)
    with pytest.raises(InputError, match="Evaluate"):
        thresholds.pairs_of([])


@pytest.mark.slow
def test_known_people_are_nearer_than_strangers():
    from hyperface import gallery, generators, recognizers

    faces, heads = gallery.load("heads-10k"), generators.load("heads")
    recognizer = recognizers.load(heads.recognizer)
    found = thresholds.search(faces, heads.calm(), recognizer, seed=1)
    assert sorted(found.kinds) == sorted(thresholds.DATASET)
    stranger = np.array([kind == thresholds.STRANGER for kind in found.kinds])
    assert found.cosine[~stranger].mean() > found.cosine[stranger].mean() + 0.1
    assert found.pictures.shape == (12, 112, 112, 3)


def test_a_gallery_of_others_is_refused():
    with pytest.raises(InputError, match="gallery of heads"):
        thresholds._seed("dcgan:17")
