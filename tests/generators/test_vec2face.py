"""Vec2Face's generator against the original's pictures of the same tiny random weights."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from hyperface import generators
from hyperface.errors import CheckpointError, InputError
from hyperface.generators.vec2face import LENGTH, masked_tokens
from hyperface.generators.vec2face_network import Shape, Vec2Face
from hyperface.recognizers import EmbeddingSpace

sys.path.insert(0, str(Path(__file__).parent))
from tiny_checkpoints import VEC2FACE, vec2face_file

REFERENCE = Path(__file__).parent / "reference" / "vec2face.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("vec2face")
    vec2face_file(path)
    return path


@pytest.fixture(scope="module")
def generator(folder):
    return generators.load("vec2face", weights=folder)


def test_pictures_are_those_of_the_original(generator):
    expected = json.loads(REFERENCE.read_text())
    features = torch.from_numpy(np.random.default_rng(7).standard_normal((3, 512)).astype(np.float32))
    order = torch.stack([torch.from_numpy(np.random.default_rng(i).random((49,), dtype=np.float32)) for i in range(3)])
    with torch.no_grad():
        pictures = generator.network(features, order, torch.tensor(expected["masked"]))
    torch.testing.assert_close(pictures[:, :, 8::16, 8::16], torch.tensor(expected["pixels"]), atol=1e-4, rtol=0)
    torch.testing.assert_close(pictures.mean((2, 3)), torch.tensor(expected["means"]), atol=1e-5, rtol=0)


def embeddings(count: int) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(count, 512, generator=torch.Generator().manual_seed(0)), dim=1)


def test_a_picture_depends_on_its_request_and_seed_alone(generator):
    rows = embeddings(3)
    together = generator.generate(rows, [4, 5, 6])
    assert together.shape == (3, 3, 112, 112)
    assert 0 <= together.min() < together.max() <= 1
    for number, seed in enumerate((4, 5, 6)):
        alone = generator.generate(rows[number : number + 1], [seed])[0]
        torch.testing.assert_close(together[number], alone, atol=1e-4, rtol=0)
    assert (together[0] - generator.generate(rows[:1], [5])[0]).abs().mean() > 0.01


def test_a_request_has_a_length(generator):
    rows = embeddings(2)
    usual = generator.generate(rows, [1, 2])
    torch.testing.assert_close(generator.generate(rows, [1, 2], lengths=torch.full((2,), LENGTH)), usual)
    other = generator.generate(rows, [1, 2], lengths=torch.tensor([LENGTH, 2.0]))
    torch.testing.assert_close(other[0], usual[0])
    assert (other[1] - usual[1]).abs().mean() > 0.01
    with pytest.raises(InputError, match="One length for each request"):
        generator.generate(rows, [1, 2], lengths=torch.ones(3))


def test_a_seed_moves_the_feature_as_the_original_does_and_keeps_its_length(generator):
    count = 4000
    which = torch.randn(count, 1, generator=torch.Generator().manual_seed(1))
    noise = torch.randn(count, 512, generator=torch.Generator().manual_seed(2))
    long = torch.zeros(count, 512)
    long[:, 0] = 1e6  # so long that the noise across it is not shortened again
    moved = generator._varied(long, which, noise)
    torch.testing.assert_close(moved.norm(dim=1), long.norm(dim=1))
    deviations = moved[:, 1:].std(dim=1)
    for expected, share in ((0.3, 0.4), (0.5, 0.4), (0.7, 0.2)):
        assert ((deviations - expected).abs() < 0.08).float().mean() == pytest.approx(share, abs=0.03)
    assert torch.equal(generator.calm()._varied(long, which, noise), long)


def test_the_share_of_masked_tokens_is_the_originals():
    normal = torch.linspace(-5, 5, 501, dtype=torch.float64)
    original = stats.truncnorm((0.1 - 0.15) / 0.25, (1.0 - 0.15) / 0.25, loc=0.15, scale=0.25)
    expected = np.ceil(49 * original.ppf(stats.norm.cdf(normal.numpy())))
    assert masked_tokens(normal).tolist() == expected.astype(int).tolist()


def test_a_request_has_a_gradient(generator):
    rows = embeddings(1).requires_grad_()
    styles = torch.randn(1, generator.style_size, generator=torch.Generator().manual_seed(3))
    direction = torch.randn(1, 3, 112, 112, generator=torch.Generator().manual_seed(4))
    (gradient,) = torch.autograd.grad((generator.draw(rows, styles) * direction).sum(), rows)
    step = 1e-3 * gradient / gradient.norm()
    with torch.no_grad():
        ahead, behind = (generator.draw(rows + way * step, styles) for way in (1, -1))
    change = ((ahead.double() - behind.double()) * direction).sum() / 2e-3
    assert change == pytest.approx(gradient.norm().item(), rel=0.02)


def test_its_card_says_whose_embeddings_it_takes(folder, generator, tmp_path):
    assert generator.recognizer == "arcface-r100-glint360k"
    assert generator.name.startswith("vec2face:vec2face")
    path = vec2face_file(tmp_path)
    torch.save({}, path.with_name("arcface-r100-glint360k.pth"))
    beside = generators.load(f"vec2face:{path}")
    assert beside.recognizer.startswith("arcface-r100-glint360k#")
    assert generators.load("vec2face-plus", weights=path, recognizer="mine").recognizer == "mine"
    with pytest.raises(InputError, match="'arcface-r100-glint360k', shape"):
        generator.generate(torch.zeros(1, 128), [0])


def test_what_is_no_generator_of_vec2face_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="There is no file or folder"):
        generators.load("vec2face", weights=tmp_path / "nothing.pth")
    torch.save({"model_vec2face": {"a": torch.zeros(1)}}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="no weights of Vec2Face's generator"):
        generators.load("vec2face", weights=tmp_path / "other.pth")
    path = vec2face_file(tmp_path / "lora", **{"blocks.0.attn.qkv.A": torch.zeros(8, 64)})  # the model for poses
    with pytest.raises(CheckpointError, match=r"1 unexpected: blocks\.0\.attn\.qkv\.A"):
        generators.load("vec2face", weights=path)
    with pytest.raises(InputError, match=r"no option 'psi': it takes weights, recognizer, length, variation"):
        generators.load("vec2face", psi=0.7)


def test_impossible_lengths_and_variations(folder):
    for option in ("length", "variation"):
        with pytest.raises(InputError, match=r"-1 was asked for"):
            generators.load("vec2face", weights=folder, **{option: -1.0})


def test_sizes_are_seen_in_the_weights():
    assert Shape.of(Vec2Face(VEC2FACE).state_dict()) == VEC2FACE
    base = replace(VEC2FACE, width=768, heads=12, decoder_width=768, depth=1, decoder_depth=1)
    with torch.device("meta"):
        assert Shape.of(Vec2Face(base).state_dict()) == base


def test_the_length_of_requests_is_what_is_known_where_they_come_from(folder, generator):
    rows = embeddings(2)
    known = EmbeddingSpace(generator.recognizer, "a packing", length=9.5)
    longer = generator.for_space(known)
    expected = generator.generate(rows, [1, 2], lengths=torch.full((2,), 9.5))
    torch.testing.assert_close(longer.generate(rows, [1, 2]), expected, atol=1e-4, rtol=0)
    assert longer.card.settings == "length 9.5, variation 1"
    assert longer.calm().length == 9.5
    assert generator.for_space(EmbeddingSpace(None, "a file")).length == LENGTH
    told = generators.load("vec2face", weights=folder, length=30.0)
    assert told.for_space(known).length == 30.0
    generator.prepare(precision="bfloat16")
    try:
        assert generator.for_space(known).uses_bfloat16
    finally:
        generator.prepare()
    with pytest.raises(InputError, match="are of two recognisers, 'dlib' and"):
        generator.for_space(EmbeddingSpace("dlib", "a packing", length=9.5))
