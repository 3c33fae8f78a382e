"""What the base classes do for every generator: checks, seeds, batches, precision, cards."""

import json

import pytest
import torch

from hyperface.errors import CheckpointError, DeviceError, InputError
from hyperface.generators import GalleryGenerator, GalleryGeneratorCard, Generator, GeneratorCard
from hyperface.seeds import seeded_normal

CARD = GeneratorCard("mix", "nobody", 3, 4, "nothing", "CC0-1.0", "this test")


class Mix(Generator):
    """Plain pictures: a product of the embedding and a weight, plus a little style."""

    card = CARD
    style_size = 3

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.rand(3, 3, generator=torch.Generator().manual_seed(0)))
        self.drawn: list[tuple[int, torch.dtype]] = []

    def draw(self, embeddings, styles):
        colors = (embeddings @ self.weight + 0.1 * styles).sigmoid()  # (n, 3)
        self.drawn.append((len(colors), colors.dtype))
        return colors[:, :, None, None].expand(-1, -1, 4, 4)


class Dots(GalleryGenerator):
    card = GalleryGeneratorCard("dots", 4, "nothing", "CC0-1.0", "this test")
    latent_size = 3

    def draw(self, latents):
        self.last = latents
        return latents.sigmoid()[:, :, None, None].expand(-1, -1, 4, 4)


EMBEDDINGS = seeded_normal(range(7), 3)


def expected(seeds) -> torch.Tensor:
    """Image by image, by hand."""
    weight = Mix().weight.detach()
    rows = []
    for x, seed in zip(EMBEDDINGS, seeds, strict=False):
        style = torch.empty(3).normal_(generator=torch.Generator().manual_seed(seed))
        rows.append((x @ weight + 0.1 * style).sigmoid())
    return torch.stack(rows)[:, :, None, None].expand(-1, -1, 4, 4)


def test_an_image_depends_on_its_row_and_seed_whatever_the_batches():
    seeds = [5, 5, 2, 0, 9, 2**31, 1]
    generator = Mix()
    for batch_size, sizes in ((None, [7]), (3, [3, 3, 1]), (7, [7]), (100, [7])):
        generator.drawn.clear()
        images = generator.generate(EMBEDDINGS, seeds, batch_size=batch_size)
        torch.testing.assert_close(images, expected(seeds), atol=1e-6, rtol=0)
        assert [count for count, _ in generator.drawn] == sizes
        assert not images.requires_grad


def test_a_class_may_say_how_many_are_drawn_at_once_and_a_caller_otherwise():
    generator = Mix()
    generator.batch_size = 2
    generator.generate(EMBEDDINGS, range(7))
    generator.generate(EMBEDDINGS, range(7), batch_size=5)
    assert [count for count, _ in generator.drawn] == [2, 2, 2, 1, 5, 2]


def test_no_rows_no_images():
    assert Mix().generate(torch.zeros(0, 3), []).shape == (0, 3, 4, 4)
    assert Dots().sample([]).shape == (0, 3, 4, 4)


@pytest.mark.parametrize(
    ("embeddings", "seeds", "options", "match"),
    [
        (torch.zeros(2, 4), [0, 1], {}, r"'mix' draws embeddings of the recogniser 'nobody', shape \(n, 3\)"),
        (torch.zeros(3), [0, 1, 2], {}, r"\(n, 3\)"),
        (torch.zeros(2, 3), [0], {}, "2 rows, 1 seeds"),
        (torch.zeros(2, 3), [0, 1], {"batch_size": 0}, "at least one image"),
    ],
)
def test_what_cannot_be_drawn_is_refused(embeddings, seeds, options, match):
    with pytest.raises(InputError, match=match):
        Mix().generate(embeddings, seeds, **options)


def test_precision_is_that_of_drawing_alone():
    generator = Mix().prepare(precision="bfloat16")
    images = generator.generate(EMBEDDINGS.double(), range(7))
    assert generator.drawn[-1][1] == torch.float32  # the style is added in float32 to a product in bfloat16
    assert images.dtype == torch.float32
    exact = Mix().prepare().generate(EMBEDDINGS, range(7))
    assert 0 < (images - exact).abs().max() < 0.01
    assert torch.equal(generator.prepare(precision="float32").generate(EMBEDDINGS, range(7)), exact)
    assert not torch.is_autocast_enabled("cpu")


def test_devices_and_precisions_that_are_none():
    with pytest.raises(DeviceError, match="nowhere"):
        Mix().prepare(device="nowhere")
    with pytest.raises(InputError, match="float8"):
        Mix().prepare(precision="float8")


def test_a_generator_without_its_one_method_is_none():
    class Nothing(Generator):
        card = CARD
        style_size = 1

    with pytest.raises(TypeError, match="draw"):
        Nothing()


def test_gallery_faces_are_drawn_from_their_seeds():
    generator = Dots()
    generator.batch_size = 2
    assert torch.equal(generator.sample([3, 1, 3])[0], generator.sample([3])[0])
    generator.sample([7])
    by_hand = torch.empty(3).normal_(generator=torch.Generator().manual_seed(7))
    assert torch.equal(generator.last[0], by_hand)


def test_cards_as_json():
    generator = Mix()
    assert (generator.name, generator.recognizer, generator.dimension) == ("mix", "nobody", 3)
    assert (generator.image_size, generator.licence) == (4, "CC0-1.0")
    assert GeneratorCard.from_json(json.loads(json.dumps(CARD.to_json()))) == CARD
    assert list(CARD.to_json()) == [
        "name", "recognizer", "dimension", "image_size", "training_data", "licence", "source",
        "title", "settings",
    ]  # fmt: skip
    with pytest.raises(CheckpointError, match="no generator: 'recognizer'"):
        GeneratorCard.from_json(Dots.card.to_json())
    with pytest.raises(CheckpointError, match="no gallery generator"):
        GalleryGeneratorCard.from_json("dots")


def test_where_memory_is_too_small_batches_are_halved_and_stay_so():
    class Small(Mix):
        room = 2

        def draw(self, embeddings, styles):
            if len(embeddings) > self.room:
                raise torch.OutOfMemoryError("too much")
            return super().draw(embeddings, styles)

    generator, seeds = Small(), [5, 5, 2, 0, 9, 2**31, 1]
    torch.testing.assert_close(generator.generate(EMBEDDINGS, seeds), expected(seeds), atol=1e-6, rtol=0)
    assert [count for count, _ in generator.drawn] == [1] * 7  # 7 → 3 → 1
    generator.fits_at_once = None
    generator.drawn.clear()
    generator.generate(EMBEDDINGS, seeds, batch_size=5)
    generator.generate(EMBEDDINGS, seeds)
    assert [count for count, _ in generator.drawn] == [2, 2, 2, 1] * 2  # 5 → 2
    generator.room = 0
    with pytest.raises(DeviceError, match=r"memory of 'cpu' is too small to draw one picture: .* take 0\.0 GB"):
        generator.generate(EMBEDDINGS, seeds)
