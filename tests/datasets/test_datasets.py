import itertools
import json

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import datasets
from hyperface.datasets.synthesis import estimate_size, image_path, perturb
from hyperface.errors import DatasetError, InputError, PhotoError
from hyperface.generators import Generator, GeneratorCard
from hyperface.seeds import image_seeds
from hyperface.sphere import random_points


class Swatches(Generator):
    """Plain pictures whose colour is the embedding's and whose brightness the seed's."""

    card = GeneratorCard("swatches", "dlib", 16, 112, "nothing", "CC0-1.0", "this test")
    style_size = 1

    def draw(self, embeddings, styles):
        brightness = 0.48 * styles.sigmoid()  # (n, 1)
        colors = (0.3 + 0.2 * embeddings[:, :3] + brightness).clamp(0, 1)  # (n, 3)
        return colors[:, :, None, None].expand(-1, -1, 112, 112).contiguous()


@pytest.fixture
def identities() -> torch.Tensor:
    return random_points(5, 16, seed=0)


def draw(identities, folder, **options):
    options = {"images_per_identity": 3, "batch_size": 4, **options}
    return datasets.synthesize(identities, Swatches(), out=folder, **options)


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_dataset_has_every_image_and_says_what_it_is(identities, tmp_path):
    steps = list(draw(identities, tmp_path / "set"))
    assert [step.step for step in steps] == [4, 8, 12, 15]
    assert all(step.total == 15 for step in steps)
    assert steps[0].preview.shape == (4, 112, 112, 3)
    dataset = datasets.open(tmp_path / "set")
    assert len(dataset) == 15
    assert dataset.identities == 5
    assert dataset.labels.tolist() == np.repeat(range(5), 3).tolist()
    assert dataset.info["complete"] is True
    assert (dataset.info["generator"], dataset.info["beta"], dataset.info["seed"]) == ("swatches", 0.002, 0)


def test_a_dataset_has_a_card_for_people(identities, tmp_path):
    list(draw(identities, tmp_path / "set", lineage={"packing": "pack-1", "separation": {"min_angle": 80.125}}))
    readme = (tmp_path / "set" / "README.md").read_text()
    for figure in ("15 images of 5 identities", "pack-1", "80.12°", "swatches", "license: cc0-1.0", "do not exist"):
        assert figure in readme
    assert (tmp_path / "set" / "samples.svg").exists()
    assert datasets.open(tmp_path / "set").info["packing"] == "pack-1"
    list(draw(identities, tmp_path / "set"))  # what it was made from is not part of what it is


def test_the_card_tells_what_the_images_show(identities, tmp_path):
    figures = {"min_angle": 20.04, "mean_nearest_angle": 31.5, "mean_own_angle": 9.0, "identities": 5}

    def describe(images):
        assert len(images) == 15
        return {"seen": {"eye": figures}}

    list(draw(identities, tmp_path / "set", describe=describe))
    assert datasets.open(tmp_path / "set").info["seen"] == {"eye": figures}
    readme = (tmp_path / "set" / "README.md").read_text()
    assert "Seen by eye in the first 5 identities" in readme
    assert "31.5°, the smallest 20.0°, between two images of one identity 9.0°" in readme
    whole = content(tmp_path / "set")
    list(draw(identities, tmp_path / "set", describe=lambda _: pytest.fail("It is complete.")))
    assert content(tmp_path / "set") == whole


def test_same_seed_same_bytes_whatever_the_batches_and_interruptions(identities, tmp_path):
    list(draw(identities, tmp_path / "a"))
    list(draw(identities, tmp_path / "b", batch_size=7))
    interrupted = draw(identities, tmp_path / "c")
    list(itertools.islice(interrupted, 2))
    interrupted.close()
    assert json.loads((tmp_path / "c" / "dataset.json").read_bytes())["complete"] is False
    steps = list(draw(identities, tmp_path / "c"))
    assert [step.step for step in steps] == [12, 15]
    assert content(tmp_path / "a") == content(tmp_path / "b") == content(tmp_path / "c")
    list(draw(identities, tmp_path / "d", seed=1))
    assert content(tmp_path / "a") != content(tmp_path / "d")


def test_what_kills_left_in_a_dataset_is_swept_away_when_it_goes_on(identities, tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / ".dataset.json-01234567.partial").write_text("{")  # killed before anything was there
    list(draw(identities, folder))
    left = folder / "000000" / ".000.jpg-01234567.partial"
    left.write_bytes(b"half")
    list(draw(identities, folder))
    assert not left.exists()
    assert not list(folder.glob(".*"))


def test_a_complete_dataset_is_not_drawn_again(identities, tmp_path):
    list(draw(identities, tmp_path / "set"))
    steps = list(draw(identities, tmp_path / "set"))
    assert [(step.step, step.total, step.seconds_left) for step in steps] == [(15, 15, 0.0)]


def test_noise_is_algorithm_three():
    x = random_points(1, 64, seed=1).expand(4000, -1)
    moved = perturb(x, 0.01, list(range(4000)))
    torch.testing.assert_close(moved.norm(dim=1), torch.ones(4000))
    # x + v with v ~ N(0, β I): E|v|² = 64 β, so the cosine is near 1/√(1 + 64 β)
    assert (moved * x).sum(1).mean().item() == pytest.approx(1 / (1 + 0.64) ** 0.5, abs=0.01)
    torch.testing.assert_close(perturb(x[:3], 0.0, [0, 1, 2]), x[:3])
    assert torch.equal(perturb(x[:2], 0.01, [7, 8])[1], perturb(x[:1], 0.01, [8])[0])


def test_without_noise_the_identity_itself_is_asked_for(identities, tmp_path):
    asked = []

    class Listening(Swatches):
        def draw(self, embeddings, styles):
            asked.append(embeddings.clone())
            return super().draw(embeddings, styles)

    *_, last = datasets.synthesize(
        identities, Listening(), images_per_identity=1, beta=0.0, out=tmp_path / "new" / "set"
    )
    assert (last.step, last.total) == (5, 5)
    torch.testing.assert_close(torch.cat(asked), identities)


def test_the_generator_says_how_much_noise_it_wants(identities, tmp_path):
    class Exact(Swatches):
        beta = 0.0

    def drawn(folder, **options):
        list(datasets.synthesize(identities, Exact(), images_per_identity=1, out=tmp_path / folder, **options))
        return datasets.open(tmp_path / folder).info["beta"], (tmp_path / folder / "README.md").read_text()

    beta, readme = drawn("own")
    assert beta == 0
    assert "0: every image is of the identity itself" in readme
    beta, readme = drawn("asked for", beta=0.004)
    assert beta == 0.004
    assert "| 0.004 |" in readme


def test_the_estimated_size_is_that_of_as_many_images():
    assert estimate_size(20, 30) == 600 * estimate_size(1, 1)
    assert 2_000 < estimate_size(1, 1) < 40_000  # bytes of a small JPEG of a face


def test_every_image_has_seeds_of_its_own():
    seeds = {image_seeds(0, identity, image) for identity in range(30) for image in range(30)}
    assert len(seeds) == 900
    assert image_seeds(0, 1, 2) != image_seeds(1, 1, 2)


def test_another_dataset_or_a_stranger_in_the_folder_is_left_alone(identities, tmp_path):
    list(draw(identities, tmp_path / "set"))
    before = content(tmp_path / "set")
    with pytest.raises(DatasetError, match="beta, seed differ"):
        draw(identities, tmp_path / "set", beta=0.5, seed=3)
    with pytest.raises(DatasetError, match="embeddings differ"):
        draw(identities.flip(0), tmp_path / "set")
    assert content(tmp_path / "set") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="not empty"):
        draw(identities, tmp_path / "mine")


def test_impossible_values_are_refused(identities, tmp_path):
    for options in (
        {"images_per_identity": 0},
        {"beta": -1.0},
        {"beta": float("nan")},
        {"seed": -1},
        {"batch_size": 0},
    ):
        with pytest.raises(InputError):
            draw(identities, tmp_path / "none", **options)
    with pytest.raises(InputError, match=r"shape \(n, 16\)"):
        draw(identities[:, :8] / identities[:, :8].norm(dim=1, keepdim=True), tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be written"):
        draw(identities, tmp_path / "file")


def test_a_full_disk_is_noticed_before_the_first_image(identities, tmp_path, monkeypatch):
    monkeypatch.setattr("hyperface.datasets.synthesis.BYTES_PER_IMAGE", 10**15)
    with pytest.raises(DatasetError, match="Free some space"):
        draw(identities, tmp_path / "set")


def test_an_image_folder_without_a_card(tmp_path):
    for name, count in (("ann", 2), ("bob", 1), ("empty", 0)):
        (tmp_path / name).mkdir()
        for i in range(count):
            Image.new("RGB", (50, 60), (i * 90, 0, 200)).save(tmp_path / name / f"{i}.png")
    (tmp_path / "ann" / "notes.txt").write_text("x")
    dataset = datasets.open(tmp_path)
    assert dataset.labels.tolist() == [0, 0, 1]
    image, label = dataset[2]
    assert image.shape == (112, 112, 3)
    assert label == 1
    assert image[0, 0].tolist() == [0, 0, 200]


def test_broken_images_are_counted_and_named(identities, tmp_path):
    list(draw(identities, tmp_path))
    image_path(tmp_path, 1, 1).write_bytes(b"no image")
    dataset = datasets.open(tmp_path)
    with pytest.raises(PhotoError):
        dataset[4]
    images, labels, skipped = dataset.decode()
    assert len(images) == len(labels) == 14
    assert len(skipped) == 1
    assert "001.jpg" in skipped.reasons[0]


def test_splitting_keeps_identities_whole(identities, tmp_path):
    list(draw(identities, tmp_path))
    dataset = datasets.open(tmp_path)
    rest, held_out = dataset.split(0.4, seed=0)
    assert (rest.identities, held_out.identities) == (3, 2)
    folders = [{part.name(i).split("/")[0] for i in range(len(part))} for part in (rest, held_out)]
    assert not folders[0] & folders[1]
    assert len(rest) + len(held_out) == 15
    assert dataset.split(0.0, seed=0)[1] is None
    with pytest.raises(InputError):
        dataset.subset([99])


def test_what_is_no_dataset(tmp_path):
    with pytest.raises(DatasetError, match="There is no dataset"):
        datasets.open(tmp_path / "missing")
    with pytest.raises(DatasetError, match="none of the known"):
        datasets.open(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(DatasetError, match="No images"):
        datasets.open(tmp_path)
