"""Identity coordinates: bounds, independence, and colours that people have."""

import dataclasses

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.heads.hair.hairstyles import style_for
from hyperface.heads.identity import colors, coordinates


def test_rows_follow_from_their_seeds_alone():
    together = coordinates.sample([3, 9, 4])
    np.testing.assert_array_equal(coordinates.sample([9])[0], together[1])
    assert together.shape == (3, coordinates.size())
    assert len(set(coordinates.names())) == coordinates.size()


def test_coordinates_are_standard_and_uncorrelated():
    z = coordinates.sample(range(4000))
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.08)  # five standard errors
    np.testing.assert_allclose(z.std(axis=0), 1, atol=0.08)
    correlation = np.corrcoef(z.T) - np.eye(coordinates.size())
    assert np.abs(correlation).max() < 0.1


def test_limiting_keeps_order_and_never_leaves_the_bounds():
    z = np.linspace(-50, 50, 401)
    held = coordinates.limited(z)
    assert np.abs(held).max() <= coordinates.BOUND
    assert (np.diff(held) >= 0).all()
    np.testing.assert_allclose(coordinates.limited(np.array([-1.0, 0.5])), [-1, 0.5], atol=0.03)
    free = np.array([-9.0, -1.0, 0.0, 0.5, 6.0])
    np.testing.assert_allclose(coordinates.free(coordinates.limited(free)), free, atol=0.01)
    assert np.isfinite(coordinates.free(np.array([-coordinates.BOUND, coordinates.BOUND]))).all()


@pytest.mark.parametrize("bad", ["shape", "beyond", "nan"])
def test_rows_that_are_nobody_are_refused(bad):
    z = coordinates.sample([0])
    z = z[:, :-1] if bad == "shape" else z + (100 if bad == "beyond" else np.nan)
    with pytest.raises(InputError, match="coordinates"):
        coordinates.check(z)


@pytest.mark.parametrize("corner", range(24))
def test_every_corner_of_the_bounds_is_a_person(corner):
    rng = np.random.default_rng(corner)
    z = (coordinates.BOUND * rng.choice([-1, 1], coordinates.size())).astype(np.float32)
    person = coordinates.person(z)
    for color in (person.skin, person.lip, person.iris, person.hair):
        assert (color > 0).all()
        assert (color < 0.95).all()
    red, green, blue = person.skin
    assert red > green > blue  # neither green nor grey nor blue
    assert green > 0.42 * red  # nor orange
    assert person.hair[0] >= person.hair[1] >= person.hair[2]
    assert 0 <= person.beard_density <= 1
    assert sum(person.phenotype.ancestry) == pytest.approx(1)
    assert max(abs(strength) for _, strength in person.changes) < 1.1
    assert all(np.isfinite(v) for v in dataclasses.astuple(person.phenotype)[:4])


def test_skin_darkens_with_melanin_all_the_way():
    light = [colors.skin(melanin, 0).sum() for melanin in np.linspace(0, 1, 30)]
    assert (np.diff(light) < 0).all()


def test_a_coordinate_moves_what_it_is_named_after():
    z = coordinates.sample([5])[0]
    names = list(coordinates.names())

    def moved(name: str, by: float):
        other = z.copy()
        other[names.index(name)] = by
        return coordinates.person(other)

    assert moved("melanin", 2).melanin > moved("melanin", -2).melanin
    assert moved("gender", 2).male > 0.8 > 0.2 > moved("gender", -2).male
    wide = dict(moved("nose-scale-horiz-incr", 2).changes)["nose-scale-horiz-incr"]
    narrow = dict(moved("nose-scale-horiz-incr", -2).changes)["nose-scale-horiz-incr"]
    assert wide > 0.5 > -0.5 > narrow
    uneven = dict(moved("asymmetry ear-wing-incr", 2).changes)
    even = dict(moved("asymmetry ear-wing-incr", 0).changes)
    assert uneven["l-ear-wing-incr"] > uneven["r-ear-wing-incr"]
    assert even["l-ear-wing-incr"] == even["r-ear-wing-incr"]


def test_srgb_against_its_definition():
    np.testing.assert_allclose(colors.to_linear([0, 0.04045, 0.5, 1]), [0, 0.0031308, 0.2140411, 1], atol=1e-6)


def test_hair_beard_and_glasses_are_the_persons_own():
    """Two pictures of a person show the same hair unless the capture says otherwise, and coordinates say which."""
    names = list(coordinates.names())
    z = np.zeros((2, coordinates.size()), np.float32)
    z[:, names.index("gender")] = -2
    z[:, names.index("hair length")] = -2, 2
    z[:, names.index("beard length")] = -2, 2
    short, long = (coordinates.person(row) for row in z)
    assert style_for(short, None).side < 0.01 < 0.1 < style_for(long, None).side
    assert style_for(short, 3) == style_for(long, 3)
    assert short.beard_length == 0 < 0.4 < long.beard_length


def test_shapes_are_not_extreme_all_at_once():
    z = coordinates.sample([1])[0]
    usual, corner = (np.array([s for _, s in coordinates.person(row).changes]) for row in (z, 4 * np.sign(z)))
    lonely = np.zeros_like(z)
    lonely[coordinates.names().index("nose-scale-horiz-incr")] = 3
    (alone,) = [s for name, s in coordinates.person(lonely).changes if name == "nose-scale-horiz-incr"]
    assert np.sqrt(np.square(corner).mean()) < 1.6 * np.sqrt(np.square(usual).mean())
    assert alone > 0.75  # which one number may be
