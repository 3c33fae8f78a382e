"""Continuing a run with other options: what can change is changed, the rest is refused by name."""

import json

import numpy as np
import pytest
from PIL import Image

from hyperface import runs
from hyperface.cli import EXIT_USER_ERROR, build_parser, given_options, main
from hyperface.errors import InputError
from hyperface.jobs.changes import change_options
from hyperface.jobs.job import Job
from hyperface.runs import DONE, STOPPED, Worker

JOB = Job("pack", lambda worker, console: None, lambda run: "", anew=("steps", "rate"), longer=("steps",))


@pytest.fixture
def run(tmp_path):
    """A finished packing of ten steps."""
    made = runs.create(
        "pack", {"steps": 10, "rate": 0.5, "seed": 3, "gallery": "heads-10k"}, title="A", folder=tmp_path
    )
    worker = Worker(made)
    with worker.working():
        worker.log({"step": 10})
    return made


def test_which_options_were_said_is_known():
    parser = build_parser()
    words = ["train", "--resume", "runs/a", "--epochs", "15", "--precision=fastest"]
    assert given_options(parser, "train", words) - {"execute"} == {"resume", "epochs", "precision"}
    words = ["evaluate", "--model", "dlib", "--json"]
    assert given_options(parser, "evaluate", words) - {"execute"} == {"models", "json"}


def test_what_can_change_is_changed_and_a_finished_run_goes_on(run):
    changed = change_options(run, JOB, {"steps": 25, "rate": 0.1, "seed": 3})
    assert changed.options == {"steps": 25, "rate": 0.1, "seed": 3, "gallery": "heads-10k"}
    assert runs.open_run(run.path) == changed
    assert changed.status().state == STOPPED


def test_nothing_changes_where_nothing_is_said_anew(run):
    before = (run.path / "config.json").read_bytes()
    assert change_options(run, JOB, {}) == change_options(run, JOB, {"steps": 10, "gallery": "heads-10k"}) == run
    assert (run.path / "config.json").read_bytes() == before
    assert run.status().state == DONE


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seed": 4}, r"--seed cannot be changed where .* is continued\. It was begun with 3\..*--steps, --rate"),
        ({"steps": 5}, "10 steps already; it can be made longer, not shorter"),
        ({"steps": 20, "batch_size": 4}, "--batch-size cannot be changed"),
    ],
)
def test_the_rest_is_refused_by_name_and_nothing_is_written(run, changes, says):
    before = (run.path / "config.json").read_bytes()
    with pytest.raises(InputError, match=says):
        change_options(run, JOB, changes)
    assert (run.path / "config.json").read_bytes() == before


@pytest.mark.slow
def test_a_finished_training_goes_on_at_another_rate_and_a_bad_rate_leaves_the_last_good_state(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for identity in range(3):
        (tmp_path / "set" / str(identity)).mkdir(parents=True)
        for image in range(4):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / str(identity) / f"{image}.png")
    folder = tmp_path / "model"
    words = ["--batch-size", "4", "--epochs", "1", "--input-size", "32", "--validation-share", "0"]
    assert main(["train", "--dataset", str(tmp_path / "set"), *words, "--run", str(folder)]) == 0
    files = {name: (folder / name).read_bytes() for name in ("checkpoint.safetensors", "recognizer.safetensors")}
    capsys.readouterr()
    assert main(["train", "--resume", str(folder), "--batch-size", "8"]) == EXIT_USER_ERROR
    assert "--batch-size cannot be changed" in capsys.readouterr().err

    assert main(["train", "--resume", str(folder), "--epochs", "4", "--learning-rate", "1e30"]) == EXIT_USER_ERROR
    assert "the last checkpoint is still good" in capsys.readouterr().err
    for name, content in files.items():
        assert (folder / name).read_bytes() == content  # nothing is written after the last good state
    assert main(["train", "--resume", str(folder), "--learning-rate", "0.01"]) == 0
    run = runs.open_run(folder)
    assert (run.options["epochs"], run.options["learning_rate"]) == (4, 0.01)
    assert [row["step"] for row in run.metrics()] == list(range(13))
    assert all(np.isfinite(row["loss"]) for row in run.metrics()[1:])
    assert json.loads((folder / "status.json").read_bytes())["state"] == DONE
