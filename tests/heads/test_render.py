"""Whole pictures: alignment, sameness by seed, what is kept, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.faces.template import ARCFACE_TEMPLATE
from hyperface.heads.hair import growing, hairstyles, strands
from hyperface.heads.identity import coordinates
from hyperface.heads.parts import neutral_head
from hyperface.heads.photo.capture import STYLE_SIZE, Camera, capture_of, studio_light
from hyperface.heads.render import Studio
from hyperface.seeds import seeded_normal


def conditions(seed: int, **changes):
    return replace(capture_of(seeded_normal([seed], STYLE_SIZE)[0].numpy()), **changes)


@pytest.fixture(scope="module")
def people():
    return coordinates.sample(range(40, 46))


@pytest.fixture(scope="module")
def plain():
    return conditions(0, yaw=0.0, pitch=0.0, roll=0.0, expression={}, light=studio_light(), camera=Camera())


def test_a_picture_follows_from_person_and_conditions(people):
    first, again = (Studio().photograph(people[0], conditions(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (112, 112, 3)
    assert first.dtype == np.float32
    assert 0 <= first.min() < 0.3
    assert 0.5 < first.max() <= 1
    assert np.abs(first - Studio().photograph(people[0], conditions(4))).mean() > 0.02
    assert np.abs(first - Studio().photograph(people[1], conditions(3))).mean() > 0.01


def test_a_picture_does_not_depend_on_what_was_drawn_before(people):
    busy = Studio()
    for person in people[:3]:
        busy.photograph(person, conditions(1))
    np.testing.assert_array_equal(
        busy.photograph(people[4], conditions(2)), Studio().photograph(people[4], conditions(2))
    )


@pytest.mark.slow
def test_only_so_much_is_kept(people):
    studio, sizes = Studio(kept_bytes=12 * 2**20), []
    for person in people:
        studio.photograph(person, conditions(1))
        sizes.append(studio.kept.size)
    assert sizes[0] < sizes[1]
    assert max(sizes) <= 12 * 2**20


def test_threads_share_a_studio_and_draw_what_one_draws(people):
    shared, alone = Studio(), Studio()
    wanted = [(person, conditions(seed)) for person in people[:2] for seed in (1, 2)]
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda each: shared.photograph(*each), wanted))
    for picture, each in zip(drawn, wanted, strict=True):
        np.testing.assert_array_equal(picture, alone.photograph(*each))
    assert shared.kept.size == alone.kept.size  # what two threads needed was made once


@pytest.mark.slow
def test_eyes_are_where_an_aligned_face_has_them(people, plain):
    """What changes when the lids close lies around the eyes, a little above their middle: the upper lids move most."""
    shut = replace(plain, expression={"eyeBlinkLeft": 0.8, "eyeBlinkRight": 0.8})
    studio, found = Studio(), []
    for person in people[:4]:
        change = np.abs(studio.photograph(person, plain) - studio.photograph(person, shut)).mean(axis=2)
        for x, y in np.rint(ARCFACE_TEMPLATE[:2]).astype(int):
            window = change[y - 10 : y + 11, x - 12 : x + 13]
            rows, columns = np.mgrid[-10:11, -12:13]
            found.append([(window * rows).sum() / window.sum(), (window * columns).sum() / window.sum()])
    down, across = np.mean(found, axis=0)
    assert -3.5 < down < 1.0
    assert abs(across) < 1.0


@pytest.mark.slow
def test_a_larger_picture_shows_the_same_face(people, plain):
    studio = Studio()
    small = studio.photograph(people[1], plain)
    large = studio.photograph(people[1], plain, size=224)
    shrunk = large.reshape(112, 2, 112, 2, 3).mean(axis=(1, 3))
    face = slice(35, 95), slice(35, 80)  # hair is drawn with more strands where they can be seen
    assert np.abs(small[face] - shrunk[face]).mean() < 0.03
    assert np.corrcoef(small[face].ravel(), shrunk[face].ravel())[0, 1] > 0.97


@pytest.mark.parametrize("size", [0, 10_000, -3, 112.5])
def test_sizes_that_are_none_are_refused(people, plain, size):
    with pytest.raises(InputError, match="pixels a side"):
        Studio().photograph(people[0], plain, size=size)


def test_people_that_are_none_are_refused(people, plain):
    with pytest.raises(InputError, match="have the shape"):
        Studio().photograph(people[0][:-1], plain)
    for number in (9.0, np.nan, np.inf):
        with pytest.raises(InputError, match="lie between"):
            Studio().photograph(np.full_like(people[0], number), plain)


@pytest.mark.parametrize("corner", range(3))
def test_people_at_the_corners_of_the_bounds_can_be_drawn(plain, corner):
    rng = np.random.default_rng(corner)
    z = (coordinates.BOUND * rng.choice([-1, 1], coordinates.size())).astype(np.float32)
    picture = Studio().photograph(z, plain)
    assert np.isfinite(picture).all()
    assert picture.std() > 0.03


def test_lids_are_open_as_the_person_has_them(people):
    from hyperface.heads.shape.model import load_head_model

    head = load_head_model()
    for z in coordinates.sample(range(16)):
        person = coordinates.person(z)
        gaps = head.lid_openings(neutral_head(person, 0.7))
        assert (gaps > 0.006).all(), gaps


@pytest.mark.slow
def test_dark_skin_stays_darker_and_readable(people, plain):
    names = list(coordinates.names())
    means = []
    for value, side in ((-2.0, -2.5), (2.0, 2.5)):
        z = people[2].copy()
        z[names.index("melanin")], z[names.index("ancestry 1")] = value, side
        middle = Studio().photograph(z, plain)[35:95, 35:77]
        means.append(middle.mean())
    assert means[0] > means[1] + 0.05
    assert means[1] > 0.20


def test_a_hairline_that_recedes_loses_strands(people):
    person = coordinates.person(people[0])
    old = replace(person, receding=1.3)
    style = hairstyles.STYLES["short"]
    vertices = neutral_head(person, 0.7)
    counts = [len(strands.wear(old, vertices, style, age, 9000).points) for age in (0.66, 1.0)]
    assert counts[1] < counts[0]


@pytest.mark.slow
def test_hair_stays_outside_the_head_and_off_the_eyes():
    from scipy.spatial import KDTree

    from hyperface.heads.numerics.raster import normals_of
    from hyperface.heads.shape.model import SKIN, load_head_model

    head = load_head_model()
    normals = normals_of(head.mean, head.triangles)
    skin = np.unique(head.triangles[head.parts == SKIN])
    tree = KDTree(head.mean[skin])
    eyes = np.stack([head.mean[head.landmarks[f"rim_{side}"]].mean(axis=0) for side in ("right", "left")])
    for name in ("short", "long", "bob"):
        points = growing.grow(hairstyles.STYLES[name]).points.reshape(-1, 3)
        nearest = skin[tree.query(points)[1]]
        above = ((points - head.mean[nearest]) * normals[nearest]).sum(axis=1)
        assert np.quantile(above, 0.02) > -0.004
        in_front = points[points[:, 1] < 0.02]
        assert (KDTree(in_front).query(eyes)[0] > 0.012).all()


@pytest.mark.slow
def test_a_steady_head_turns_around_its_own_middle(people, plain):
    """What is the same before two backgrounds is the head; it must neither swim about nor change its size."""
    studio = Studio()

    def head(yaw: float, steady: bool) -> np.ndarray:
        pictures = [
            studio.photograph(people[0], replace(plain, yaw=yaw, background=seed), size=64, framing=0.6, steady=steady)
            for seed in (1, 2)
        ]
        return np.abs(pictures[0] - pictures[1]).max(axis=2) < 0.01

    def middle_and_height(mask: np.ndarray) -> tuple[float, float]:
        columns, rows = np.flatnonzero(mask.sum(axis=0) > 6), np.flatnonzero(mask.sum(axis=1) > 6)
        return (columns[0] + columns[-1]) / 2, float(rows[0])

    front, left, right = (middle_and_height(head(yaw, True)) for yaw in (0, -60, 60))
    for side in (left, right):
        assert abs(side[0] - front[0]) < 3
        assert abs(side[1] - front[1]) < 3
    assert middle_and_height(head(60, False))[0] < front[0] - 4  # the aligned crop follows the face
    straight = [studio.photograph(people[0], plain, size=64, steady=steady) for steady in (False, True)]
    np.testing.assert_allclose(straight[0], straight[1], atol=0.02)
