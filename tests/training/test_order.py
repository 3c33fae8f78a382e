"""An epoch of a large dataset shows every image once, and reads them nearly in order."""

import numpy as np
import pytest

from hyperface import datasets
from hyperface.datasets import parquet
from hyperface.training import batches as module
from hyperface.training.batches import Batches
from hyperface.training.order import RUN, WINDOW, epoch_order


@pytest.mark.parametrize("count", [1, 7, 8, 40, 41, 100])
def test_every_image_is_shown_once(count):
    order = epoch_order(count, 3, 5, run=4, window=8)
    assert sorted(order.tolist()) == list(range(count))
    assert np.array_equal(order, epoch_order(count, 3, 5, run=4, window=8))


def test_epochs_and_seeds_differ_and_small_sets_are_shuffled_wholly():
    orders = [epoch_order(1000, seed, epoch, run=4, window=100) for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert np.array_equal(epoch_order(50, 1, 2, window=64), np.random.default_rng([1, 2]).permutation(50))
    assert WINDOW % RUN == 0


def test_within_a_window_few_runs_are_touched_and_neighbors_are_apart():
    order = epoch_order(10_000, 0, 0, run=10, window=500)
    for first in range(0, 10_000, 500):
        assert len(set(order[first : first + 500] // 10)) == 50
    assert len(set(order[:100] // 10)) > 40  # many runs within one batch
    first_runs = [set(epoch_order(10_000, 0, epoch, run=10, window=500)[:500] // 10) for epoch in range(2)]
    assert len(first_runs[0] & first_runs[1]) < 20  # and others in the next epoch


def test_a_large_parquet_set_is_streamed(colored, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(parquet, "ROW_GROUP_IMAGES", 4)
    (tmp_path / "set").mkdir()
    writer = parquet.ParquetWriter(tmp_path / "set", colored.identities)
    for index in range(len(colored)):
        writer.add(colored.content(index), int(colored.labels[index]), index)
    writer.finish()
    writer.close()
    large = datasets.open(tmp_path / "set")
    monkeypatch.setattr(module, "DECODED_BYTES", 0)
    monkeypatch.setattr(module, "WINDOW", 8)
    monkeypatch.setattr(module, "epoch_order", lambda *given, window: epoch_order(*given, run=4, window=window))
    size = len(colored.content(0)) * 4
    monkeypatch.setattr(parquet, "KEPT_BYTES", 3 * size)  # two row groups, and not three
    read = []
    original = parquet.ParquetImages._read_group
    monkeypatch.setattr(
        parquet.ParquetImages, "_read_group", lambda self, *place: (read.append(place[1:]), original(self, *place))[1]
    )
    batches = Batches(large, batch_size=8, part=slice(0, 8), seed=0)
    labels = [batches.make(step)[1] for step in range(2 * batches.steps_per_epoch)]
    groups = len(colored) // 4
    assert sorted(set(read)) == sorted(set(read[:groups]))
    assert len(set(read[:groups])) == groups  # each row group once in each epoch
    assert 2 * groups - 2 <= len(read) <= 2 * groups  # or not again, where the next epoch begins with what is kept
    assert batches._decoded is None
    for epoch in (labels[:5], labels[5:]):
        assert sorted(np.concatenate(epoch)) == sorted(colored.labels)
    assert max(len(image._kept) for image in [large.records]) <= 3
