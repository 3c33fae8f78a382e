import pytest
import torch
from torch.nn import functional as F

from hyperface import gallery, generators, recognizers
from hyperface.errors import InputError
from hyperface.faces.template import DLIB_CHIP_BOX
from hyperface.generators.dcgan import CHIP_IN_NATIVE, LATENT_SIZE, align_native, load_dcgan, widened
from hyperface.generators.mapper import ADDED_SIZE, load_mapper
from hyperface.recognizers.dlib_resnet import dlib_chips
from hyperface.seeds import seeded_normal
from hyperface.sphere import normalize, random_points


@pytest.fixture(scope="module")
def generator():
    return generators.load("gan")


@pytest.fixture(scope="module")
def targets() -> torch.Tensor:
    return gallery.load("gan-10k").embeddings[:12]


@pytest.mark.slow
def test_pictures_obey_the_contract(generator, targets):
    images = generator.generate(targets, range(12))
    assert images.shape == (12, 3, 112, 112)
    assert images.dtype == torch.float32
    assert 0 <= images.min() < 0.2
    assert 0.8 < images.max() <= 1


def test_a_picture_depends_on_its_own_row_alone(generator, targets):
    together = generator.generate(targets, range(12))
    alone = generator.generate(targets[7:8], [7])
    torch.testing.assert_close(alone, together[7:8], atol=1e-4, rtol=0)


@pytest.mark.slow
def test_identity_follows_the_embedding_and_style_the_seed(generator, targets):
    recognizer = recognizers.load(generator.recognizer)
    first = generator.generate(targets, [1] * 12)
    second = generator.generate(targets, [2] * 12)
    with torch.inference_mode():
        realized = recognizer.embed(torch.cat([first, second]))  # (24, 128)
    similarity = realized @ targets.T  # (24, 12)
    # more like the request than like any other request, on the whole
    assert (similarity.argmax(1) == torch.arange(12).repeat(2)).float().mean() > 0.85
    assert similarity[torch.arange(24), torch.arange(12).repeat(2)].mean() > 0.6
    # another seed is another picture of the same person
    assert (first - second).abs().mean() > 0.05


def test_requests_off_the_face_manifold_are_still_faces(generator, targets):
    """What Algorithm 3's noise adds, and a packing on the full sphere, lies mostly where no face is."""
    noise = normalize(targets + 0.01**0.5 * torch.randn(12, 128, generator=torch.Generator().manual_seed(0)))
    for requests in (noise, random_points(12, 128, seed=1)):
        codes = generator.mapper(requests, seeded_normal(range(12), 64))
        assert codes.norm(dim=1).max() < 14  # the network draws standard normal codes, of length 10
        images = generator.generate(requests, range(12))
        assert ((images < 0.01) | (images > 0.99)).float().mean() < 0.05


def test_codes_without_added_patterns_draw_what_the_network_draws():
    network, added = load_dcgan(), load_mapper().added
    latents = seeded_normal(range(3), LATENT_SIZE)
    with torch.inference_mode():
        plain = network(latents)
        none = widened(network, added)(torch.cat([latents, torch.zeros(3, ADDED_SIZE)], dim=1))
        some = widened(network, added)(torch.cat([latents, torch.ones(3, ADDED_SIZE)], dim=1))
    torch.testing.assert_close(none, plain, atol=1e-5, rtol=0)
    assert (some - plain).abs().mean() > 0.02
    assert network.main[0].weight.shape[0] == LATENT_SIZE  # left as it was


def test_wrong_embeddings_are_refused(generator):
    with pytest.raises(InputError, match="dlib"):
        generator.generate(torch.zeros(2, 512), [0, 1])
    with pytest.raises(InputError, match="seed"):
        generator.generate(torch.zeros(2, 128), [0])


def test_the_drawing_is_differentiable_in_the_embedding(generator, targets):
    x = targets[:2].clone().requires_grad_()
    generator.draw(x, seeded_normal([0, 1], 64)).square().sum().backward()
    assert x.grad.abs().sum() > 0


def test_seeds_fix_rows_whatever_the_batch():
    rows = seeded_normal([3, 1, 3], 50)
    assert torch.equal(rows[0], rows[2])
    assert torch.equal(rows[1:2], seeded_normal([1], 50))
    assert not torch.equal(rows[0], rows[1])


def test_native_pictures_land_where_the_template_wants_them():
    """A ramp of x (and of y) in native pixels must read, at the chip's corners, the chip's native coordinates."""
    ramp = (torch.arange(64).float() + 0.5).expand(64, 64) / 64
    aligned = align_native(torch.stack([ramp, ramp.T, ramp])[None])[0] * 64  # (3, 112, 112) native pixels
    left, top, right, bottom = DLIB_CHIP_BOX
    scale_x = (CHIP_IN_NATIVE[2] - CHIP_IN_NATIVE[0]) / (right - left)
    scale_y = (CHIP_IN_NATIVE[3] - CHIP_IN_NATIVE[1]) / (bottom - top)
    for pixel in (10, 56, 100):
        assert aligned[0, 50, pixel].item() == pytest.approx(
            CHIP_IN_NATIVE[0] + (pixel + 0.5 - left) * scale_x, abs=0.05
        )
        assert aligned[1, pixel, 50].item() == pytest.approx(
            CHIP_IN_NATIVE[1] + (pixel + 0.5 - top) * scale_y, abs=0.05
        )
    # and dlib's chip of the aligned face is dlib's chip of the native picture
    chips = dlib_chips((aligned[None] / 64).contiguous())[0] * 64
    expected = CHIP_IN_NATIVE[0] + (torch.arange(150) + 0.5) / 150 * 56
    torch.testing.assert_close(chips[0, 60], expected, atol=0.05, rtol=0)


def test_gallery_faces_depend_on_their_seed_alone():
    generator = generators.load_gallery_generator("dcgan")
    faces = generator.sample([4, 5, 6])
    assert faces.shape == (3, 3, 112, 112)
    torch.testing.assert_close(generator.sample([5]), faces[1:2], atol=1e-4, rtol=0)
    assert (faces[0] - faces[1]).abs().mean() > 0.05


def styles_by_hand(seeds, size: int) -> torch.Tensor:
    """Row by row, as every picture was drawn since there are seeds."""
    rows = []
    for seed in seeds:
        row = torch.empty(size)
        row.normal_(generator=torch.Generator().manual_seed(seed))
        rows.append(row)
    return torch.stack(rows)


def test_pictures_are_the_same_to_the_last_bit_as_those_of_the_networks_called_by_hand(generator, targets):
    mapper, added = load_mapper(), load_mapper().added
    network = widened(load_dcgan(), added)
    seeds = [*range(11), 2**31]
    with torch.inference_mode():
        expected = align_native(network(mapper(targets, styles_by_hand(seeds, 64))))
        faces = align_native(load_dcgan()(styles_by_hand(seeds, 100)))
    assert torch.equal(generator.generate(targets, seeds), expected)
    assert torch.equal(generators.load_gallery_generator("dcgan").sample(seeds), faces)


def test_pictures_are_those_of_the_seeds_in_datasets_that_exist(generator, targets):
    """Means of 28×28 pixels, 0 to 255, of pictures drawn before generators had a base class."""
    green = F.avg_pool2d(generator.generate(targets[:1], [5]), 28)[0, 1] * 255
    expected = [[62, 120, 113, 177], [51, 61, 100, 127], [49, 78, 114, 84], [24, 59, 87, 82]]
    torch.testing.assert_close(green, torch.tensor(expected).float(), atol=1.0, rtol=0)
    red = F.avg_pool2d(generators.load_gallery_generator("dcgan").sample([4]), 28)[0, 0] * 255
    expected = [[39, 48, 49, 102], [27, 38, 36, 43], [37, 48, 50, 31], [47, 51, 46, 39]]
    torch.testing.assert_close(red, torch.tensor(expected).float(), atol=1.0, rtol=0)


def test_half_precision_draws_nearly_the_same_pictures(targets):
    exact = generators.load("gan").generate(targets, range(12))
    rounded = generators.load("gan", precision="bfloat16").generate(targets, range(12))
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().mean() < 0.02


def test_what_ships_says_what_it_is(generator):
    assert generator.card.name == "gan"
    assert generator.dimension == recognizers.load(generator.recognizer).dimension
    assert generator.licence == "MIT"  # written into the cards of datasets, which resuming compares
    for card in (generator.card, generators.load_gallery_generator("dcgan").card):
        assert card.image_size == 112
        assert "DigiFace-1M" in card.training_data
        assert "gan-face-generate" in card.source
