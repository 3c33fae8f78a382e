"""Against dlib's own call on the same weights."""

import dlib
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface import gallery, recognizers
from hyperface.assets import find_model_file
from hyperface.errors import AssetError, InputError
from hyperface.images import from_uint8, to_uint8
from hyperface.recognizers import dlib_resnet
from hyperface.recognizers.dlib_resnet import dlib_chips
from hyperface.recognizers.dlib_weights import FILE_NAME, read_dlib_network


@pytest.fixture(scope="module")
def recognizer():
    return recognizers.load("dlib")


@pytest.fixture(scope="module")
def faces() -> torch.Tensor:
    """Forty faces of the gallery at 112 pixels."""
    return F.interpolate(from_uint8(gallery.load("gan-10k").thumbnails[:40]), size=112)


@pytest.mark.slow
def test_same_descriptors_as_dlib(recognizer, faces):
    noise = torch.rand(10, 3, 150, 150, generator=torch.Generator().manual_seed(0))
    pixels = to_uint8(torch.cat([noise, dlib_chips(faces)]))  # (50, 150, 150, 3)
    theirs = dlib.face_recognition_model_v1(str(find_model_file(FILE_NAME)))
    expected = np.array([theirs.compute_face_descriptor(image) for image in pixels])
    with torch.inference_mode():
        got = recognizer.network(from_uint8(pixels)).double().numpy()
    cosine = (got * expected).sum(1) / np.linalg.norm(got, axis=1) / np.linalg.norm(expected, axis=1)
    assert (1 - cosine).max() <= 1e-5
    np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.slow
def test_embeddings_are_centered_unit_rows(recognizer, faces):
    with torch.inference_mode():
        embeddings = recognizer.embed(faces)
        descriptors = recognizer.descriptors(faces)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(40))
    torch.testing.assert_close(embeddings, F.normalize(descriptors - recognizer.mean))
    # what centring is for: uncentred descriptors of different people are nearly parallel
    different = ~torch.eye(40, dtype=torch.bool)
    descriptors = F.normalize(descriptors)
    assert (descriptors @ descriptors.T)[different].mean() > 0.8
    assert abs((embeddings @ embeddings.T)[different].mean()) < 0.1


@pytest.mark.slow
def test_batches_do_not_change_the_result(recognizer, faces):
    with torch.inference_mode():
        torch.testing.assert_close(recognizer.embed(faces, batch_size=7), recognizer.embed(faces), atol=1e-5, rtol=0)
        assert recognizer.embed(faces[:0]).shape == (0, 128)


def test_gradient_agrees_with_finite_differences(recognizer, faces):
    # Noise, because in flat areas (black, where a photo ended) max-pooling has ties and no slope.
    noise = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(3))
    images = (0.9 * faces[:1] + 0.1 * noise).requires_grad_()
    direction = torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    target = F.normalize(torch.randn(1, 128, generator=torch.Generator().manual_seed(2)))

    def similarity(x):
        return (recognizer.double().network(dlib_chips(x.double())) * target.double()).sum()

    (gradient,) = torch.autograd.grad(similarity(images), images)
    step = 1e-7  # larger ones cross kinks of rectifiers
    with torch.no_grad():
        slope = (similarity(images.double() + step * direction) - similarity(images.double() - step * direction)) / (
            2 * step
        )
    recognizer.float()
    assert (gradient.double() * direction).sum().item() == pytest.approx(slope.item(), rel=1e-3)


def test_a_damaged_weights_file_is_refused(tmp_path):
    content = find_model_file(FILE_NAME).read_bytes()
    for name, damaged in {"cut": content[:-1000], "other": b"\x01\x02" + b"x" * 500, "empty": b""}.items():
        path = tmp_path / name
        path.write_bytes(damaged)
        with pytest.raises(AssetError, match="Reinstall"):
            read_dlib_network(path)
    with pytest.raises(AssetError):
        read_dlib_network(tmp_path / "missing")


def test_images_outside_the_contract_are_refused(recognizer):
    with pytest.raises(InputError, match="divide by 255"):
        recognizer.embed(torch.zeros(1, 3, 112, 112, dtype=torch.uint8))
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        recognizer.embed(torch.full((1, 3, 112, 112), 255.0))
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        recognizer.embed(torch.full((1, 3, 112, 112), torch.nan))
    with pytest.raises(InputError, match="shape"):
        recognizer.embed(torch.zeros(3, 112, 112))


def test_the_two_centers_are_one_network(recognizer, faces):
    heads = recognizers.load("dlib-heads")
    assert heads.network.projection.data_ptr() == recognizers.load("dlib").network.projection.data_ptr()
    with torch.inference_mode():
        descriptors = recognizer.descriptors(faces[:4])
        torch.testing.assert_close(heads.descriptors(faces[:4]), descriptors)
        torch.testing.assert_close(heads.embed(faces[:4]), F.normalize(descriptors - heads.mean))
    assert (heads.mean - recognizer.mean).norm() > 0.05
    assert not heads.space.same(recognizer.space)
    assert heads.card.shares_network(recognizer.card)
    assert recognizer.card.shares_network(heads.card)
    assert not heads.card.shares_network(recognizers.load("rendered-heads").card)


def test_each_recognizer_may_be_moved_and_converted_alone():
    one, other = recognizers.load("dlib"), recognizers.load("dlib-heads")
    one.double()
    assert (one.network.stem.weight.dtype, other.network.stem.weight.dtype) == (torch.float64, torch.float32)


def test_loading_in_inference_mode_leaves_gradients_to_others(faces):
    dlib_resnet._network.cache_clear()
    with torch.inference_mode():
        recognizers.load("dlib-heads")
    images = faces[:1].clone().requires_grad_()
    recognizers.load("dlib").embed(images)[0, 0].backward()
    assert images.grad.abs().sum() > 0


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"mean": [1, 2]}', '{"mean": "x"}'])
def test_a_damaged_center_is_one_sentence(tmp_path, monkeypatch, content):
    (tmp_path / "mean.json").write_text(content)
    monkeypatch.setattr("hyperface.recognizers.dlib_resnet.asset", lambda name: tmp_path / "mean.json")
    with pytest.raises(AssetError, match="damaged"):
        recognizers.load("dlib-heads")
