from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import gallery, generators, recognizers
from hyperface.defaults import PAIRS
from hyperface.errors import AssetError, DatasetError, InputError, NoFaceError, UnknownNameError
from hyperface.images import to_uint8
from hyperface.steps import finish


@pytest.fixture(scope="module")
def shipped() -> gallery.Gallery:
    return gallery.load("gan-10k")


both = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.generator)


@pytest.mark.slow
@both
def test_the_shipped_galleries(pair):
    shipped = gallery.load(pair.gallery)
    assert shipped.embeddings.shape == (10_000, 128)
    torch.testing.assert_close(shipped.embeddings.norm(dim=1), torch.ones(10_000))
    assert shipped.thumbnails.shape == (10_000, 48, 48, 3)
    assert shipped.thumbnails.dtype == np.uint8
    assert len(set(shipped.sources)) == 10_000
    assert (shipped.recognizer, shipped.generator) == (pair.recognizer, pair.gallery_generator)
    # centred: the mean was taken over these faces
    assert shipped.embeddings.mean(0).norm() < 0.05


def test_the_default_gallery_is_the_first_pairs():
    assert torch.equal(gallery.load().embeddings, gallery.load(PAIRS[0].gallery).embeddings)


@pytest.mark.slow
@both
def test_a_face_can_be_made_again_from_its_source(pair):
    """Sampling, detection, alignment and embedding lead from the stored seed to the stored embedding."""
    shipped = gallery.load(pair.gallery)
    generator = generators.load_gallery_generator(pair.gallery_generator)
    recognizer = recognizers.load(pair.recognizer)
    for row in (0, 1234, 9999):
        seed = int(shipped.sources[row].split(":")[1])
        faces = gallery.sample_faces(generator, seed=seed, batch_size=1)
        again = finish(gallery.build(faces, recognizer, count=1, name="again", generator=generator.name))
        assert again.sources == (shipped.sources[row],)
        assert (again.embeddings @ shipped.embeddings[row]).item() > 0.99  # the DCGAN ships in eight bits
        difference = again.thumbnails[0].astype(int) - shipped.thumbnails[row]
        assert np.abs(difference).mean() < 6  # JPEG


def test_building_keeps_detectable_faces_and_reports_progress(tmp_path):
    recognizer = recognizers.load(PAIRS[0].recognizer)
    faces = gallery.sample_faces(generators.load_gallery_generator(), seed=77, batch_size=8)
    steps = []
    work = gallery.build(faces, recognizer, count=6, name="six", generator="heads", batch_size=2)
    made = finish(work, steps.append)
    assert [step.step for step in steps] == [2, 4, 6]
    assert len(made) == 6
    assert steps[-1].tried >= 6

    path = tmp_path / "six.safetensors"
    path.write_bytes(gallery.to_bytes(made))
    again = gallery.load(path)
    assert (again.name, again.sources) == ("six", made.sources)
    torch.testing.assert_close(again.embeddings, made.embeddings, atol=1e-3, rtol=0)
    assert np.abs(again.thumbnails.astype(int) - made.thumbnails).mean() < 6


def test_a_folder_of_photos_becomes_a_gallery(tmp_path):
    photos = to_uint8(generators.load_gallery_generator("dcgan").sample([1, 20]))
    Image.fromarray(photos[0]).save(tmp_path / "a.png")
    (tmp_path / "sub").mkdir()
    Image.fromarray(photos[1]).save(tmp_path / "sub" / "b.jpg")
    Image.new("RGB", (200, 200), "grey").save(tmp_path / "nobody.png")
    (tmp_path / "broken.jpg").write_bytes(b"not a photo")
    found = dict(gallery.folder_faces(tmp_path))
    assert set(found) == {"a.png", "sub/b.jpg", "nobody.png", "broken.jpg"}
    assert found["nobody.png"] is None
    assert found["broken.jpg"] is None
    assert found["a.png"] is not None


def test_nearest_is_the_brute_force_answer(shipped):
    query = shipped.embeddings[[5, 17]]
    cosines, indices = shipped.nearest(query, 3)
    expected = np.argsort(-(query.double() @ shipped.embeddings.double().T).numpy(), axis=1)[:, :3]
    np.testing.assert_array_equal(indices.numpy(), expected)
    assert indices[:, 0].tolist() == [5, 17]
    torch.testing.assert_close(cosines[:, 0], torch.ones(2))
    with pytest.raises(InputError, match="dlib"):
        shipped.nearest(torch.zeros(1, 512))


def test_the_strangers_threshold_lets_one_pair_in_a_thousand_pass(shipped):
    rows = shipped.embeddings[:400]
    small = replace(shipped, embeddings=rows)
    cosines = (rows @ rows.T)[np.triu_indices(400, 1)]  # all pairs
    assert (cosines >= small.stranger_threshold(0.001)).float().mean() == pytest.approx(0.001, rel=0.02)
    rows = shipped.embeddings[::4]  # 3 million pairs: a sample of them
    cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    sampled = replace(shipped, embeddings=rows).stranger_threshold(0.01)
    assert (cosines >= sampled).float().mean() == pytest.approx(0.01, rel=0.1)
    assert replace(shipped, embeddings=rows[:100]).stranger_threshold(0.001) is None


@pytest.mark.slow
def test_the_shipped_galleries_strangers(shipped):
    """Against every one of its 50 million pairs; a face with itself is no pair."""
    threshold = shipped.stranger_threshold(0.001)
    assert threshold == pytest.approx(0.527, abs=5e-4)
    reaching = 0
    for first in range(0, len(shipped), 1000):
        cosines = shipped.embeddings[first : first + 1000] @ shipped.embeddings.T  # (1000, n)
        reaching += int((cosines >= threshold).sum()) - 1000
    assert reaching / (len(shipped) * (len(shipped) - 1)) == pytest.approx(0.001, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("faces", "share"), [(200, 0.01), (1000, 0.001)], ids=["all pairs", "drawn pairs"])
def test_nobody_is_a_stranger_of_oneself(shipped, faces, share):
    """Faces at right angles: the threshold is 0, and one more pair in `faces` would be of cosine 1."""
    assert replace(shipped, embeddings=torch.eye(faces)).stranger_threshold(share) == 0


def test_bad_galleries_say_what_is_wrong(tmp_path):
    with pytest.raises(AssetError, match="no gallery"):
        gallery.load("nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"\x00" * 100)
    with pytest.raises(AssetError, match="damaged"):
        gallery.load(damaged)
    with pytest.raises(DatasetError, match="No images"):
        gallery.photo_files(empty)
    with pytest.raises(DatasetError, match="not a folder"):
        gallery.photo_files(tmp_path / "missing")
    with pytest.raises(NoFaceError):
        list(gallery.build([("x", None)], recognizers.load(), count=1, name="none", generator="x"))
    with pytest.raises(InputError):
        next(gallery.build([], recognizers.load(), count=0, name="none", generator="x"))
    with pytest.raises(UnknownNameError, match="dcgan"):
        generators.load_gallery_generator("dcgn")


def test_thumbnails_may_take_less_room():
    made = gallery.load()
    small = gallery.Gallery("small", made.recognizer, made.generator, made.embeddings[:100], made.thumbnails[:100],
                            made.sources[:100])  # fmt: skip
    assert len(gallery.to_bytes(small, thumbnail_quality=40)) < len(gallery.to_bytes(small)) - 5_000
