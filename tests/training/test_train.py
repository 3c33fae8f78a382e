import itertools
import math

import numpy as np
import pytest
import torch

from hyperface import datasets, recognizers, training
from hyperface.errors import CheckpointError, DeviceError, InputError, TrainingError, UnknownNameError
from hyperface.images import from_uint8
from hyperface.training.validation import HeldOut, best_line, pair_accuracy, validation_pairs

SMALL = {"epochs": 3, "batch_size": 9, "input_size": 32, "validation_share": 0.2}


@pytest.mark.slow
def test_the_loss_falls_and_held_out_identities_are_told_apart(colored):
    steps = list(training.train(colored, **{**SMALL, "epochs": 12}))
    first, last = steps[1], steps[-1]
    assert [step.step for step in steps] == list(range(12 * (32 // 9) + 1))
    assert steps[0].loss is None
    assert last.loss < 0.8 * first.loss
    assert last.accuracy > 0.5
    assert last.validation > 0.8
    assert last.seconds_left == 0
    assert last.learning_rate < first.learning_rate


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "another"), [("sgd", "muon"), ("muon", "sgd")])
def test_resuming_continues_as_if_never_stopped(colored, optimizer, another):
    asked = {**SMALL, "optimizer": optimizer}
    straight = list(training.train(colored, **asked))
    before = list(itertools.islice(training.train(colored, **asked), 5))
    resumed = list(training.train(colored, **asked, resume=before[-1].state))
    with pytest.raises(CheckpointError, match="optimiser"):
        training.train(colored, **{**asked, "optimizer": another}, resume=before[-1].state)
    assert [step.step for step in resumed] == [step.step for step in straight[5:]]
    assert [step.loss for step in resumed] == [step.loss for step in straight[5:]]
    assert resumed[-1].validation == straight[-1].validation
    for step, again in zip(straight[5:], resumed, strict=True):
        assert (step.guesses is None) == (again.guesses is None)
        if step.guesses is not None:
            assert (again.guesses.cosines == step.guesses.cosines).all()
            assert again.guesses.line == step.guesses.line
    for name, value in straight[-1].state.items():
        torch.testing.assert_close(resumed[-1].state[name], value, atol=0, rtol=0, equal_nan=True)


@pytest.mark.slow
def test_another_seed_is_another_training(colored):
    losses = [list(training.train(colored, **SMALL, seed=seed))[-1].loss for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.slow
def test_what_was_trained_can_be_loaded_and_embeds_the_same(colored, tmp_path):
    *_, last = training.train(colored, **SMALL)
    path = tmp_path / "recognizer.safetensors"
    training.save_recognizer(last, path)
    loaded = recognizers.load(path)
    images = from_uint8(np.stack([colored[i][0] for i in range(6)]))
    last.recognizer.eval()
    with torch.inference_mode():
        torch.testing.assert_close(loaded.embed(images), last.recognizer.embed(images), atol=1e-5, rtol=0)
    assert loaded.card.training_data == "32 images of 8 identities"
    assert loaded.card.input_size == 32


def test_validation_is_measured_at_the_start_and_after_each_epoch(colored, monkeypatch):
    times = itertools.count(1)
    monkeypatch.setattr(HeldOut, "accuracy", lambda *_: (next(times), None))
    steps = list(training.train(colored, **{**SMALL, "epochs": 2}))
    assert [step.validation for step in steps] == [1, 1, 1, 2, 2, 2, 3]
    one_held_out = training.train(colored, **{**SMALL, "validation_share": 0.1})
    assert next(one_held_out).validation is None  # one identity makes no pair of two


def test_a_few_held_out_pairs_are_looked_at_in_every_epoch(colored):
    steps = list(training.train(colored, **{**SMALL, "epochs": 2, "batch_size": 4}))  # of eight steps each
    assert [step.step for step in steps if step.guesses is not None] == list(range(0, 17, 2))
    assert {(len(step.guesses.cosines), step.guesses.same.sum()) for step in steps[::2]} == {(6, 3)}
    last, images = steps[-1].guesses, {colored[i][0].tobytes(): int(colored.labels[i]) for i in range(len(colored))}
    for pictures, same, cosine in zip(last.pictures, last.same, last.cosines, strict=True):
        one, other = (images[picture.tobytes()] for picture in pictures)
        assert (one == other) == same
        with torch.inference_mode():
            seen = steps[-1].recognizer.eval().embed(from_uint8(pictures))
        assert cosine == pytest.approx(float(seen[0] @ seen[1]), abs=1e-5)
    trained_on = {int(colored.labels[i]) for i in range(len(colored.split(0.2, 0)[0]))}
    assert len(trained_on) == 8  # the split that the network is trained on has the others


def test_the_line_between_one_and_two_is_the_best(colored):
    rng = np.random.default_rng(0)
    for _ in range(50):
        cosines, same = rng.uniform(-1, 1, 12).round(1), rng.random(12) < 0.5
        if not same.any() or same.all():
            continue
        accuracy, line = best_line(cosines, same)
        tried = [np.mean((cosines > at) == same) for at in np.linspace(-1.05, 1.05, 43)]
        assert accuracy >= max(tried) - 1e-12
        if len(np.unique(cosines)) == 12:
            assert np.mean((cosines > line) == same) == pytest.approx(accuracy) == pytest.approx(max(tried))


def test_broken_images_are_told_on_both_sides_of_the_split(colored, tmp_path):
    for i in range(len(colored)):
        folder = tmp_path / "set" / f"{colored.labels[i]:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        content = colored.content(i)
        (folder / f"{i % 4}.png").write_bytes(content if i % 4 else content[:50])
    first = next(training.train(datasets.open(tmp_path / "set"), **SMALL))
    named = sorted(reason.split(":")[0] for reason in first.skipped.reasons)
    assert named == [f"{identity:02d}/0.png" for identity in range(10)]


def test_impossible_wishes_are_refused_before_the_first_step(colored):
    for wish, error in (
        ({"epochs": 0}, InputError),
        ({"batch_size": 1}, InputError),
        ({"batch_size": 1000}, InputError),
        ({"learning_rate": -1.0}, InputError),
        ({"validation_share": 1.0}, InputError),
        ({"validation_share": 0.9}, InputError),
        ({"input_size": 50}, InputError),
        ({"backbone": "big"}, UnknownNameError),
        ({"head": "magface"}, UnknownNameError),
        ({"optimizer": "adam"}, UnknownNameError),
        ({"device": "cuda:99"}, DeviceError),
        ({"resume": {"step": torch.tensor(1)}}, CheckpointError),
    ):
        with pytest.raises(error):
            training.train(colored, **{**SMALL, **wish})


def test_a_loss_that_is_no_number_stops_with_the_step(colored, monkeypatch):
    monkeypatch.setattr("torch.nn.functional.cross_entropy", lambda *_: torch.tensor(math.nan))
    steps = training.train(colored, **SMALL)
    next(steps)
    with pytest.raises(TrainingError, match="step 1"):
        next(steps)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_network_that_gives_every_face_the_same_embedding_tells_nobody_apart(level):
    same = np.repeat([True, False], 30)
    assert best_line(np.full(60, level), same)[0] == 0.5
    noise = 1e-7 * np.random.default_rng(0).normal(size=60)  # of float32's arithmetic
    assert best_line(np.full(60, level) + noise, same)[0] == 0.5


def test_the_best_accuracy_is_that_of_the_best_of_all_thresholds():
    rng = np.random.default_rng(0)
    same = rng.random(50) < 0.4
    similarity = (rng.normal(size=50) + same).round(1)  # with ties
    naive = max(((similarity >= at) == same).mean() for at in (*similarity, np.inf))
    assert best_line(similarity, same)[0] == pytest.approx(naive)


def test_validation_pairs_are_balanced_and_true():
    labels = np.repeat(np.arange(6), 5)
    pairs, same = validation_pairs(labels, seed=0)
    assert same.sum() * 2 == len(same)
    np.testing.assert_array_equal(labels[pairs[:, 0]] == labels[pairs[:, 1]], same)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert len(np.unique(pairs[same])) == 2 * same.sum()  # every image is in one genuine pair at most
    assert same.sum() == 6 * (5 // 2)
    assert validation_pairs(np.repeat(np.arange(4), 6), seed=0)[1].sum() == 4 * 3
    assert validation_pairs(np.repeat(np.arange(30), 40), seed=0)[1].sum() == 500  # of 600
    assert validation_pairs(np.arange(6), seed=0) is None
    assert validation_pairs(np.zeros(6, np.int64), seed=0) is None


def test_pair_accuracy_is_the_best_over_all_thresholds(colored):
    recognizer = next(iter(training.train(colored, **SMALL))).recognizer
    images = from_uint8(np.stack([colored[i][0] for i in range(16)]))
    pairs, same = validation_pairs(colored.labels[:16], seed=3)
    recognizer.eval()
    with torch.inference_mode():
        embeddings = recognizer.embed(images)
    similarity = np.array([float(embeddings[a] @ embeddings[b]) for a, b in pairs])
    thresholds = [-2.0, *similarity.tolist()]
    expected = max(np.mean((similarity > threshold) == same) for threshold in thresholds)
    expected = max(expected, max(np.mean((similarity >= threshold) == same) for threshold in thresholds))
    assert pair_accuracy(recognizer, images, pairs, same) == pytest.approx(expected)
