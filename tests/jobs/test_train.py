"""`train`: A against B, killed and continued, its estimate, and where its figures go."""

import json
import signal
import subprocess
import sys
import time
import types
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface import datasets, evaluation, recognizers, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.files import write_atomic
from hyperface.jobs import train

OPTIONS = ["--batch-size", "8", "--epochs", "2", "--input-size", "32"]


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Datasets of noise with so many images of each identity."""

    def made(*counts: int) -> Path:
        folder = tmp_path_factory.mktemp("noise")
        rng = np.random.default_rng(sum(counts))
        for identity, count in enumerate(counts):
            (folder / str(identity)).mkdir()
            for image in range(count):
                pixels = rng.integers(0, 256, (112, 112, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / str(identity) / f"{image}.png")
        return folder

    return made


@pytest.mark.slow
def test_a_against_b_at_the_same_budget(make, tmp_path):
    first, second = make(4, 4, 4, 4, 4), make(9, 2, 2, 9)
    options = ["train", "--dataset", str(first), "--against", str(second), *OPTIONS]
    assert main([*options, "--validation-share", "0", "--run", str(tmp_path / "a")]) == 0
    a, b = runs.open_run(tmp_path / "a"), runs.open_run(tmp_path / "a-against")
    assert (train.partner_of(a).name, train.partner_of(b).name) == (b.name, a.name)
    for run, dataset in ((a, first), (b, second)):
        assert run.status().state == runs.DONE
        assert run.options["dataset"] == str(dataset)
        assert (run.results()["identities"], run.results()["images"]) == (4, 16)
        assert run.file("recognizer.safetensors").stat().st_size > 10_000
    assert [row["step"] for row in a.metrics()] == [row["step"] for row in b.metrics()] == list(range(5))
    assert [row["learning_rate"] for row in a.metrics()] == [row["learning_rate"] for row in b.metrics()]
    assert a.metrics()[-1]["loss"] != b.metrics()[-1]["loss"]


@pytest.mark.parametrize("written", range(1, 6))
def test_a_pair_that_a_kill_left_half_made_is_completed(make, tmp_path, monkeypatch, written):
    """written: files, the first run's config.json among them, before the kill; the last time all of them."""
    options = train.TrainOptions(str(make(4, 4)), against=str(make(4, 4, 4)), batch_size=4, epochs=1, input_size=32)
    left = [None] * written

    def write(path, content, **options):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        write_atomic(path, content, **options)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        for module in ("jobs.train.pair", "runs.folder", "runs.worker"):
            patch.setattr(f"hyperface.{module}.write_atomic", write)
        train.create_pair(options, path=tmp_path / "a")
    assert (written == 5) == (not left and (tmp_path / "a" / "partner").exists())
    for _ in range(2):  # the second time there is nothing to do
        train.JOB.complete(runs.open_run(tmp_path / "a"))
        a, b = (runs.open_run(tmp_path / name) for name in ("a", "a-against"))
        assert (train.partner_of(a).name, train.partner_of(b).name) == (b.name, a.name)
        assert (b.options["dataset"], b.options["against"]) == (a.options["against"], a.options["dataset"])
        assert b.status().state == runs.STOPPED  # until its turn comes
        train.JOB.complete(b)
    assert sorted(path.name for path in tmp_path.glob("a*")) == ["a", "a-against"]


@pytest.mark.slow
def test_stopping_the_first_leaves_the_second_to_be_continued(make, tmp_path, capsys):
    first, second = make(4, 4, 4), make(4, 4, 4, 4)
    a, b = train.create_pair(
        train.TrainOptions(
            str(first), against=str(second), batch_size=4, epochs=1, input_size=32, validation_share=0.0
        ),
        path=tmp_path / "a",
    )
    stopped = runs.Worker(a)
    with stopped.working():
        runs.request_stop(a)
        stopped.check_stop()
    assert main(["train", "--resume", str(a.path)]) == 0
    assert [run.status().state for run in (a, b)] == [runs.DONE, runs.DONE]
    assert main(["train", "--resume", str(a.path)]) == 0
    assert "nothing to continue" in capsys.readouterr().out


@pytest.mark.slow
def test_an_impossible_comparison_leaves_nothing_behind(make, tmp_path):
    dataset = make(4, 4)
    assert main(["train", "--dataset", str(dataset), "--against", str(dataset)]) == EXIT_USER_ERROR
    other = make(1, 1)
    options = ["train", "--dataset", str(dataset), "--against", str(other), "--run", str(tmp_path / "a")]
    assert main(options) == EXIT_USER_ERROR  # two images fill no batch
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_killed_training_continues_as_if_it_never_was(make, tmp_path):
    options = ["train", "--dataset", str(make(6, 6, 6, 6, 6, 6)), *OPTIONS, "--epochs", "4"]
    killed = tmp_path / "killed"

    def begun(*arguments: str) -> subprocess.Popen:
        """In a process of its own, as a person's are: what other tests left in this one is in none of them."""
        often = "from hyperface.jobs import driver; driver.SAVE_SECONDS = 0; from hyperface.cli import main"
        command = [sys.executable, "-c", f"{often}; raise SystemExit(main({list(arguments)!r}))"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    assert begun(*options, "--run", str(tmp_path / "whole")).wait() == 0
    process = begun(*options, "--run", str(killed))
    end = time.monotonic() + 90
    while not (killed / "metrics.jsonl").is_file() or (killed / "metrics.jsonl").read_bytes().count(b"\n") < 4:
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert runs.open_run(killed).status().state == runs.INTERRUPTED
    assert (killed / "checkpoint.safetensors").is_file()
    assert begun("train", "--resume", str(killed)).wait() == 0
    figures = [[row["loss"] for row in runs.open_run(tmp_path / name).metrics()] for name in ("whole", "killed")]
    assert len(figures[0]) == 1 + 4 * (30 // 8)
    assert figures[0] == figures[1]


def test_the_estimate_trains_nothing(make, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hyperface.training.measure_speed", lambda **_: 4.0)
    options = ["train", "--dataset", str(make(4, 4)), "--validation-share", "0", "--epochs", "5", "--estimate"]
    assert main([*options, "--run", str(tmp_path / "never")]) == 0
    assert "about 10 seconds: 40 images at 4 a second" in capsys.readouterr().out
    assert main([*options, "--against", str(make(4, 4, 4)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seconds"] == 20
    assert list(tmp_path.iterdir()) == []


def test_figures_go_to_trackio_where_it_is_installed(make, tmp_path, monkeypatch, capsys):
    told: list = []
    trackio = types.SimpleNamespace(
        init=lambda **options: (print("hello"), told.append(("init", options))),
        log=lambda figures, step: told.append((step, figures)),
        finish=lambda: told.append("finish"),
    )
    monkeypatch.setitem(sys.modules, "trackio", trackio)
    dataset = str(make(4, 4))
    assert main(["train", "--dataset", dataset, *OPTIONS, "--run", str(tmp_path / "run"), "--json"]) == 0
    assert all(line.startswith("{") for line in capsys.readouterr().out.splitlines())
    (_, options), *steps, end = told
    assert (options["name"], options["config"]["dataset"]) == ("run", dataset)
    assert [step for step, _ in steps] == [0, 1, 2]
    assert steps[2][1]["loss"] == runs.open_run(tmp_path / "run").metrics()[2]["loss"]
    assert end == "finish"


@pytest.mark.slow
def test_watched_benchmarks_are_measured_after_each_epoch_and_change_nothing(make, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 112, 112, 3), np.uint8)
    benchmark = evaluation.Benchmark("noise", "Noise", images, np.arange(20) % 2 == 0)
    evaluation.save_benchmark(benchmark, tmp_path / "noise.bin")
    scalars: list = []
    board = types.SimpleNamespace(
        SummaryWriter=lambda log_dir: types.SimpleNamespace(
            add_scalar=lambda name, value, step: scalars.append((log_dir, name, value, step)), close=lambda: None
        )
    )
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", board)
    words = ["train", "--dataset", str(make(4, 4)), *OPTIONS, "--validation-share", "0"]
    assert main([*words, "--run", str(tmp_path / "plain")]) == 0
    assert main([*words, "--watch", str(tmp_path / "noise.bin"), "--run", str(tmp_path / "run")]) == 0
    run, plain = (runs.open_run(tmp_path / name) for name in ("run", "plain"))
    watched = [row["watched"]["noise"] for row in run.metrics() if "watched" in row]
    assert len(watched) == 3  # untrained, and after each of two epochs
    model = recognizers.load(run.file("recognizer.safetensors"))
    assert watched[-1] == run.results()["watched"]["noise"] == evaluation.verify(model, benchmark).accuracy
    assert [row["loss"] for row in run.metrics()] == [row["loss"] for row in plain.metrics()]
    assert (str(tmp_path / "run" / "tensorboard"), "watched/noise", watched[-1], 2) in scalars
    assert main([*words, "--watch", str(tmp_path), "--run", str(tmp_path / "no")]) == EXIT_USER_ERROR


def test_equal_budgets():
    def stored(*counts: int) -> datasets.LabeledImages:
        labels = np.repeat(np.arange(len(counts)), counts)
        return datasets.LabeledImages(Path("set"), None, np.arange(len(labels)), labels)

    small, large = stored(2, 2), stored(5, 1, 3)
    identities, images = datasets.equal_budget(small, large, seed=3)
    assert (identities, images) == (2, 4)
    for dataset in (small, large):
        cut = dataset.limited(identities=identities, images=images, seed=3)
        assert (cut.identities, len(cut)) == (2, 4)
        assert set(cut.positions) <= set(dataset.positions)
    even = large.limited(images=6, seed=0)
    assert np.bincount(even.labels).tolist() == [3, 1, 2] or np.bincount(even.labels).tolist() == [2, 1, 3]
    assert large.limited() is large
