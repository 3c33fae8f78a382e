import numpy as np
import pytest
import torch

from hyperface import datasets
from hyperface.errors import InputError
from hyperface.training import batches as module
from hyperface.training.augmentation import CHANCES, augment
from hyperface.training.batches import Batches

WHOLE = slice(0, 8)


def test_every_epoch_shows_every_image_in_another_order(colored):
    batches = Batches(colored, batch_size=8, part=WHOLE, seed=1)
    assert batches.steps_per_epoch == len(colored) // 8 == 5
    labels = torch.cat([batches.make(step)[1] for step in range(10)]).view(2, -1)
    np.testing.assert_array_equal(np.sort(labels[0]), np.sort(colored.labels))
    np.testing.assert_array_equal(np.sort(labels[1]), np.sort(colored.labels))
    assert not torch.equal(*labels)


def test_the_parts_of_a_batch_make_it_up(colored):
    whole = Batches(colored, batch_size=8, part=WHOLE, seed=1).make(3)
    parts = [Batches(colored, batch_size=8, part=part, seed=1).make(3) for part in (slice(0, 4), slice(4, 8))]
    for i in range(2):
        assert torch.equal(whole[i], torch.cat([part[i] for part in parts]))


def test_batches_made_ahead_are_the_same(colored):
    batches = Batches(colored, batch_size=8, part=WHOLE, seed=1)
    ahead = list(batches.from_step(2, 6))
    assert len(ahead) == 4
    for step, (images, labels) in zip(range(2, 6), ahead, strict=True):
        assert torch.equal(images, batches.make(step)[0])
        assert torch.equal(labels, batches.make(step)[1])
    assert list(batches.from_step(6, 6)) == []


def test_a_dataset_too_large_to_keep_is_decoded_as_it_goes(colored, monkeypatch):
    kept = Batches(colored, batch_size=8, part=WHOLE, seed=1).make(4)
    monkeypatch.setattr(module, "DECODED_BYTES", 1000)
    images, labels = Batches(colored, batch_size=8, part=WHOLE, seed=1).make(4)
    assert torch.equal(images, kept[0])
    assert torch.equal(labels, kept[1])


def test_what_is_kept_decoded_is_what_fits(colored, monkeypatch):
    assert round(module.DECODED_BYTES / (112 * 112 * 3), -4) == 160_000  # images, as `train` says
    decoded: list[int] = []
    decode = datasets.LabeledImages.decode
    monkeypatch.setattr(
        datasets.LabeledImages, "decode", lambda dataset: (decoded.append(len(dataset)), decode(dataset))[1]
    )
    for limit, kept in ((40 * 112 * 112 * 3, [40]), (40 * 112 * 112 * 3 - 1, [])):
        monkeypatch.setattr(module, "DECODED_BYTES", limit)
        decoded.clear()
        Batches(colored, batch_size=8, part=WHOLE, seed=1)
        assert decoded == kept


def test_broken_images_of_a_large_dataset_are_replaced_and_named(colored, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DECODED_BYTES", 1000)
    folder = tmp_path / "set"
    for identity in range(2):
        (folder / str(identity)).mkdir(parents=True)
        for image in range(4):
            content = colored.content(4 * identity + image)
            (folder / str(identity) / f"{image}.png").write_bytes(content if image else content[:50])
    batches = Batches(datasets.open(folder), batch_size=8, part=WHOLE, seed=0)
    images, labels = batches.make(0)
    assert images.shape == (8, 3, 112, 112)
    assert sorted(labels.tolist()) == [0] * 4 + [1] * 4
    assert sorted(reason.split(":")[0] for reason in batches.skipped.reasons) == ["0/0.png", "1/0.png"]


def test_too_few_images_for_a_batch(colored):
    with pytest.raises(InputError, match="smaller batch"):
        Batches(colored, batch_size=41, part=slice(0, 41), seed=0)


def test_augmentation_follows_from_each_images_own_numbers():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(40, 3, 112, 112, generator=generator)
    chances = torch.rand(40, CHANCES, generator=generator)
    together = augment(images, chances)
    for i in range(40):
        torch.testing.assert_close(augment(images[i : i + 1], chances[i : i + 1])[0], together[i])
    assert together.min() >= 0
    assert together.max() <= 1


def test_without_chance_nothing_happens_and_with_it_what_is_said():
    images = torch.rand(1, 3, 112, 112)
    never = torch.full((1, CHANCES), 0.99)
    assert torch.equal(augment(images, never), images)
    mirrored, cropped, changed = (never.clone() for _ in range(3))
    mirrored[0, 0] = 0.1
    assert torch.equal(augment(images, mirrored), images.flip(3))
    assert torch.equal(augment(images, mirrored, adaface=False), images.flip(3))
    cropped[0, 1], cropped[0, 4:8] = 0.1, torch.tensor([0.5, 0.0, 0.0, 1.0])  # 80 % of the rows, 60 % of the columns
    result = augment(images, cropped)
    assert torch.equal(result[0, :, :90, 45:], images[0, :, :90, 45:])
    assert not result[0, :, 90:].any()
    assert not result[0, :, :, :45].any()
    changed[0, 3], changed[0, 9:11] = 0.1, torch.tensor([0.5, 0.5])  # brightness and contrast as they were
    torch.testing.assert_close(augment(images, changed), images)


def test_brightness_and_contrast_change_pixels_by_their_definitions():
    images = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2)) * 0.6 + 0.3
    mean = float(images.mean())
    chances = torch.full((1, CHANCES), 0.99)
    chances[0, 3] = 0.1
    for brightness, contrast in ((0.1, 0.5), (0.9, 0.5), (0.5, 0.1), (0.5, 0.9), (0.2, 0.7)):
        chances[0, 9:11] = torch.tensor([brightness, contrast])  # 0.5 to 1.5 times
        changed = augment(images, chances)
        for channel, row, column in ((0, 0, 0), (1, 3, 7), (2, 7, 2)):
            away = (float(images[0, channel, row, column]) - mean) * (0.5 + contrast)
            expected = min(max((mean + away) * (0.5 + brightness), 0.0), 1.0)
            assert float(changed[0, channel, row, column]) == pytest.approx(expected, abs=1e-5)
        if brightness == 0.9:
            assert changed.max() == 1.0  # cut off where it would be more than white
        assert torch.equal(augment(images, chances, adaface=False), images)


def test_low_resolution_loses_the_detail_and_keeps_the_mean():
    stripes = (torch.arange(112) % 4 < 2).float().expand(1, 3, 112, 112).contiguous()
    chances = torch.full((1, CHANCES), 0.99)
    chances[0, 2] = 0.1
    chances[0, 8] = 0.0  # a fifth of the size: stripes of two pixels cannot be told apart
    coarse = augment(stripes, chances)
    assert coarse.mean() == pytest.approx(0.5, abs=0.01)
    assert coarse.std() < 0.1 * stripes.std()
    chances[0, 8] = 1.0  # the whole size
    torch.testing.assert_close(augment(stripes, chances), stripes)


def test_the_shares_of_images_that_are_changed():
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(1, 3, 8, 8, generator=generator).expand(2000, -1, -1, -1)
    chances = torch.rand(2000, CHANCES, generator=generator)
    for column, share in ((0, 0.5), (1, 0.2), (2, 0.2), (3, 0.2)):
        alone = torch.full_like(chances, 0.99)
        alone[:, column], alone[:, 4:] = chances[:, column], 0.3
        changed = (augment(images, alone) != images).flatten(1).any(dim=1)
        assert float(changed.float().mean()) == pytest.approx(share, abs=0.05)
        assert torch.equal(changed, chances[:, column] < share)
