import pytest
import torch

from hyperface import seeds
from hyperface.errors import InputError


def draws(generator) -> list[float]:
    return torch.rand(4, generator=generator).tolist()


def test_streams_repeat_and_none_coincides_with_another():
    keys = [
        (seed, name, number) for seed in (0, 1, 2, 2**70 + 3) for name in ("order", "pictures") for number in range(40)
    ]
    streams = {tuple(draws(seeds.stream(*key))) for key in keys}
    assert len(streams) == len(keys)
    assert draws(seeds.stream(3, "order", 1)) == draws(seeds.stream(3, "order", 1))
    assert seeds.stream_seed(0, "order") != seeds.stream_seed(0, "order", 0, 1)


def test_a_negative_seed_is_a_seed():
    assert seeds.stream_seed(-1, "order") != seeds.stream_seed(1, "order")


@pytest.mark.parametrize("seed", [-1, 2**32, 2**70, 1.5, True, "1"])
def test_a_seed_of_which_only_a_part_would_count_is_refused(seed):
    with pytest.raises(InputError, match="from 0 to 4294967295"):
        seeds.check_seed(seed)
    seeds.check_seed(2**32 - 1)


def test_a_seed_that_no_generator_holds_is_one_sentence():
    assert torch.equal(seeds.seeded_normal([2**64 - 1], 3), seeds.seeded_normal([-1], 3))
    with pytest.raises(InputError, match="whole number"):
        seeds.seeded_normal([0, 2**64], 3)


def test_the_images_of_older_datasets_are_drawn_again():
    assert seeds.image_seeds(1, 2, 3) == (3822189696, 3026158655)
