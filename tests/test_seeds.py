import torch

from hyperface import seeds


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


def test_the_images_of_older_datasets_are_drawn_again():
    assert seeds.image_seeds(1, 2, 3) == (3822189696, 3026158655)
