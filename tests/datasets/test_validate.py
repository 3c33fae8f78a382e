import numpy as np
import pytest
from PIL import Image

from hyperface import datasets
from hyperface.datasets.records import Skipped
from hyperface.errors import InputError
from hyperface.evaluation import load_benchmark
from hyperface.steps import finish

IDENTITIES, IMAGES = 6, 4


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Rendered heads on the template, in colour, as not all pictures are: uint8 (24, 112, 112, 3), RGB."""
    images = load_benchmark("rendered_everyday").images[::2]
    colored = np.ptp(images[: 2 * IDENTITIES * IMAGES].astype(int), axis=3).max(axis=(1, 2)) > 20
    return images[np.flatnonzero(colored)[: IDENTITIES * IMAGES]]


@pytest.fixture
def check(tmp_path):
    """Writes images (n, h, w, 3) as a dataset of six identities, without loss; returns findings by kind."""

    def findings(images: np.ndarray) -> dict[str, datasets.Finding]:
        for i, pixels in enumerate(images):
            folder = tmp_path / "set" / str(i // IMAGES)
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.ascontiguousarray(pixels)).save(folder / f"{i % IMAGES}.png")
        steps: list[datasets.ValidationStep] = []
        found = finish(datasets.validate(datasets.open(tmp_path / "set")), steps.append)
        assert steps[-1].step == steps[-1].total
        return {finding.kind: finding for finding in found}

    return findings


@pytest.mark.slow
def test_nothing_is_wrong_with_aligned_faces(faces, check):
    assert check(faces) == {}


def test_bgr(faces, check):
    found = check(faces[..., ::-1])
    assert set(found) == {"bgr"}
    assert "24 of 24" in found["bgr"].message
    assert "BGR" in found["bgr"].message


def test_some_bgr(faces, check):
    mixed = faces.copy()
    mixed[:8] = mixed[:8, ..., ::-1]
    found = check(mixed)
    assert set(found) == {"bgr"}
    assert found["bgr"].count == 8
    assert "in some" in found["bgr"].message


def test_grayscale_is_no_bgr(faces, check):
    gray = np.repeat(faces.mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3)
    assert set(check(gray)) == {"greyscale"}


def test_a_few_grayscale_images_are_usual(faces, check):
    some = faces.astype(np.uint8).copy()
    some[0] = some[0].mean(axis=2, keepdims=True)
    assert len(some) > 10
    assert "greyscale" not in check(some)
    tenth = -(-len(some) // 10)
    some[: tenth + 1] = some[: tenth + 1].mean(axis=3, keepdims=True)
    assert check(some)["greyscale"].count == tenth + 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda image: np.roll(image, 5, axis=0), "px too far down"),
        (lambda image: np.roll(image, -5, axis=1), "px too far left"),
        (lambda image: _zoomed(image, 1.25), "too large"),
        (lambda image: _zoomed(image, 0.8), "too small"),
        (lambda image: np.asarray(Image.fromarray(image).rotate(10, Image.Resampling.BICUBIC)), "turned"),
    ],
)
def test_crops_off_the_template(change, words, faces, check):
    found = check(np.stack([change(image) for image in faces]))
    assert set(found) == {"alignment"}
    assert words in found["alignment"].message


@pytest.mark.slow
def test_crops_each_of_its_own(faces, check):
    shifts = [(8, 8), (-8, 8), (8, -8), (-8, -8)]
    found = check(np.stack([np.roll(image, shifts[i % 4], (0, 1)) for i, image in enumerate(faces)]))
    assert set(found) == {"alignment"}
    assert "each in its own way" in found["alignment"].message


def _zoomed(image: np.ndarray, scale: float) -> np.ndarray:
    """About the centre; black outside."""
    center = 56 * (1 - 1 / scale)
    matrix = (1 / scale, 0, center, 0, 1 / scale, center)
    picture = Image.fromarray(image).transform((112, 112), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    return np.asarray(picture)


@pytest.mark.slow
def test_other_sizes(faces, check):
    smaller = np.stack([np.asarray(Image.fromarray(image).resize((96, 96))) for image in faces])
    found = check(smaller)
    assert set(found) == {"size"}
    assert "96×96" in found["size"].message


def test_images_without_faces(check):
    noise = np.random.default_rng(0).integers(0, 128, (24, 112, 112, 3), np.uint8)
    noise[..., 0] += 100
    assert set(check(noise)) == {"no-face"}


def test_duplicates_and_labels_with_one_image(faces, check):
    images = faces[:21].copy()  # the last identity has one image
    images[1] = images[0]
    images[9] = images[0]
    images[6] = images[5]
    found = check(images)
    assert set(found) == {"duplicates", "single"}
    assert found["duplicates"].count == 3
    assert "another one: 3." in found["duplicates"].message
    assert "at most one is right: 1." in found["duplicates"].message
    assert {"0/0.png = 0/1.png = 2/1.png", "1/1.png = 1/2.png"} == set(found["duplicates"].examples)
    assert (found["single"].count, found["single"].examples) == (1, ("5/0.png",))


def test_broken_records_are_counted_whenever_they_were_found(source, everything):
    (source.path / "person 0" / "1.jpg").write_bytes(b"no image")
    source.skipped.add("record 9", "damaged")
    found = finish(datasets.validate(source, sample=0))
    (broken,) = (finding for finding in found if finding.kind == "broken")
    assert broken.count == 2
    assert broken.examples[0] == "record 9: damaged"
    assert "person 0/1.jpg" in broken.examples[1]
    with pytest.raises(InputError):
        datasets.validate(source, sample=-1)


def test_steps_reach_the_total(source):
    steps = list(datasets.validate(source, sample=2))
    assert [(step.step, step.total) for step in steps] == [(10, 10)]


def test_of_very_many_only_the_first_are_named():
    skipped, more = Skipped(), Skipped()
    for i in range(1500):
        skipped.add(f"record {i}", "damaged")
    more.extend(skipped)
    more.add("images", "no place in the index", count=7)
    assert (len(more), len(more.reasons)) == (1507, 1000)
