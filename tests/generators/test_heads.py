"""The generator of heads: the contract of every generator, requests answered, and what is refused."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from hyperface import generators, recognizers
from hyperface.datasets.synthesis import perturb
from hyperface.errors import InputError
from hyperface.heads import words
from hyperface.heads.identity import coordinates
from hyperface.seeds import seeded_normal


@pytest.fixture(scope="module")
def generator():
    return generators.load("heads")


@pytest.fixture(scope="module")
def wanted(generator):
    return generator.embeddings(coordinates.sample(range(8)))


def test_pictures_obey_the_contract(generator, wanted):
    images = generator.generate(wanted[:2], [3, 4])
    assert images.shape == (2, 3, 112, 112)
    assert images.dtype == torch.float32
    assert 0 <= images.min() < 0.25
    assert 0.5 < images.max() <= 1
    torch.testing.assert_close(generator.generate(wanted[1:2], [4]), images[1:2], rtol=0, atol=0)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_request_is_the_same_person_in_any_batch(generator, wanted, count):
    """To the bit, so that what is kept of the person is found; without noise, Algorithm 3 keeps to that."""
    alone = [generator.coordinates(perturb(row[None], 0.0, [7]))[0].tobytes() for row in wanted[:count]]
    assert [row.tobytes() for row in generator.coordinates(perturb(wanted[:count], 0.0, [1] * count))] == alone


@pytest.fixture
def threads():
    """`threads(n)` lets torch, and what takes its number, have n threads until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_pictures_do_not_depend_on_the_number_of_threads(generator, wanted, threads):
    requests, seeds = wanted[[0, 0, 1, 1, 2]], [5, 6, 5, 6, 5]
    threads(1)
    alone = generators.load("heads").generate(requests, seeds)
    threads(3)
    torch.testing.assert_close(generators.load("heads").generate(requests, seeds), alone, rtol=0, atol=0)


def test_callers_in_several_threads_do_not_disturb_each_other(generator, wanted):
    with ThreadPoolExecutor(3) as pool:
        drawn = list(pool.map(lambda k: generator.generate(wanted[k : k + 1], [k]), range(3)))
    for k, picture in enumerate(drawn):
        torch.testing.assert_close(picture, generator.generate(wanted[k : k + 1], [k]), rtol=0, atol=0)


def test_a_generator_travels_to_another_process(generator, wanted):
    copy = pickle.loads(pickle.dumps(generator))
    torch.testing.assert_close(copy.generate(wanted[:1], [3]), generator.generate(wanted[:1], [3]), rtol=0, atol=0)


def test_coordinates_and_embeddings_invert_each_other(generator, wanted):
    z = generator.coordinates(wanted)
    assert z.shape == (8, coordinates.size())
    back = generator.embeddings(z)
    assert (back * wanted).sum(dim=1).min() > 0.9


@pytest.mark.slow
def test_calm_pictures_are_of_the_same_people_and_vary_less(generator, wanted):
    calm = generator.calm()
    np.testing.assert_array_equal(calm.coordinates(wanted), generator.coordinates(wanted))
    assert (calm.widest, calm.variation) == (25, 0)
    judge, seeds = recognizers.load("dlib-heads"), [1, 2, 3, 4]
    spread = []
    for who in (calm, generator):
        seen = judge.embed(who.generate(wanted[:1].expand(4, -1), seeds))
        spread.append(float((seen @ seen.T).mean()))
    assert spread[0] > spread[1] + 0.02


@pytest.mark.slow
def test_a_request_is_seen_in_its_pictures(generator, wanted):
    """Every person's pictures are nearer to the own request than to anybody else's."""
    judge = recognizers.load("dlib-heads")
    seen = []
    for row in wanted:
        pictures = generator.generate(row.repeat(3, 1), [1, 2, 3])
        seen.append(judge.embed(pictures).mean(dim=0))
    middle = wanted.mean(dim=0)
    seen, asked = torch.stack(seen) - middle, wanted - middle
    cosine = torch.nn.functional.normalize(seen, dim=1) @ torch.nn.functional.normalize(asked, dim=1).T
    assert (cosine.argmax(dim=1) == torch.arange(8)).float().mean() >= 0.85
    assert cosine.diagonal().mean() > 0.5


@pytest.mark.slow
def test_portraits_turn_and_age_and_stay_the_size_asked_for(generator, wanted):
    straight = generator.portrait(wanted[:1], [1], size=96, yaw=0, expression="neutral")
    assert straight.shape == (1, 3, 96, 96)
    for change in ({"yaw": 40}, {"pitch": 20}, {"expression": "grin"}, {"light": 70}, {"age": 1.0}, {"framing": 1.0}):
        other = generator.portrait(wanted[:1], [1], size=96, **{"yaw": 0, "expression": "neutral", **change})
        assert (straight - other).abs().mean() > 0.002, change


@pytest.mark.slow
def test_random_people_follow_from_their_seeds(generator):
    torch.testing.assert_close(generator.sample([5, 6])[1:], generator.sample([6]), rtol=0, atol=0)
    gallery = generators.load_gallery_generator("heads")
    images = gallery.sample([1, 2])
    assert images.shape == (2, 3, 112, 112)
    assert (images[0] - images[1]).abs().mean() > 0.02
    # who that is, is known from the seed alone: the conditions of the second, put on the first, make it somebody else
    z = gallery.coordinates([1, 2])
    style = seeded_normal([2], gallery.latent_size)[0, coordinates.size() :].numpy()
    for person, alike in zip(z, (False, True), strict=True):
        shot = torch.from_numpy(gallery.studio.photograph(person, gallery.capture(style))).permute(2, 0, 1)
        assert torch.allclose(shot, images[1], atol=1e-4) == alike


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": 0}, "size lies between 32 and 1024; 0"),
        ({"size": 10_000}, "size lies between 32 and 1024; 10000"),
        ({"size": -5}, "size lies between"),
        ({"size": 100.5}, "whole number of pixels; 100.5"),
        ({"yaw": 120}, "yaw"),
        ({"expression": "bored"}, "no expression 'bored'"),
        ({"age": -1}, "age"),
    ],
)
def test_portraits_that_cannot_be_are_one_sentence(generator, wanted, change, says):
    with pytest.raises(InputError, match=says):
        generator.portrait(wanted[:1], [1], **change)


def test_requests_and_seeds_that_are_none_are_one_sentence(generator, wanted):
    with pytest.raises(InputError, match="Seeds are integers"):
        generator.generate(wanted[:1], [1.5])
    with pytest.raises(InputError, match="Seeds are integers"):
        generator.sample(["one"])
    with pytest.raises(InputError, match="dlib-heads"):
        generator.generate(torch.zeros(1, 64), [1])
    with pytest.raises(InputError, match="coordinates"):
        generator.people(np.full((1, coordinates.size()), 9.0), [1])
    with pytest.raises(InputError, match="One seed"):
        generator.portrait(wanted[:2], [1])
    with pytest.raises(InputError, match="degrees"):
        generators.load("heads", widest=200)
    for widest in (-1, float("nan")):
        with pytest.raises(InputError, match="degrees"):
            generators.load("heads", widest=widest)
    with pytest.raises(InputError, match="vary from 0"):
        generators.load("heads", variation=1.5)
    with pytest.raises(InputError, match="widest is a number; 'wide'"):
        generators.load("heads", widest="wide")
    with pytest.raises(InputError, match="One seed"):
        generator.sittings(wanted[:2], [1])
    with pytest.raises(InputError, match="2 and 1"):
        generator.differences(wanted[:2], wanted[:1])


def test_the_card_says_how_heads_are_photographed_where_it_is_not_as_usual(generator):
    assert generators.load("heads").card == generators.load("heads", widest=60).card
    assert generators.load("heads").card.settings == ""
    assert generators.load("heads", variation=0, widest=5).card.settings == "widest 5, variation 0"


@pytest.mark.slow
def test_a_sitting_is_what_a_portrait_takes_where_nothing_is_asked(generator, wanted):
    (sitting,) = generator.sittings(wanted[:1], [5])
    plain = generator.portrait(wanted[:1], [5], size=64)
    told = generator.portrait(
        wanted[:1], [5], size=64, yaw=sitting.yaw, pitch=sitting.pitch, light=sitting.light, age=sitting.age
    )
    turned = generator.portrait(wanted[:1], [5], size=64, yaw=sitting.yaw + 10)
    assert (plain - told).abs().mean() < 0.01 < (plain - turned).abs().mean()


def test_differences_are_those_of_the_people_requested(generator, wanted):
    here, there = generator.differences(wanted[:2], wanted[2:4], count=3)
    z = generator.coordinates(wanted[:4])
    assert here == words.differences(z[0], z[2], 3)
    assert there == words.differences(z[1], z[3], 3)
