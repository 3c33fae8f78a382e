"""Where the work of a run is done: here, in a process of its own, or in several."""

import os
import subprocess
import sys
import time

import pytest

from hyperface import runs
from hyperface.errors import InputError, RunError
from hyperface.jobs import places
from hyperface.jobs.console import EXIT_USER_ERROR, Console
from hyperface.jobs.evaluate import EvaluateOptions
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.pack import PackOptions, create
from hyperface.jobs.registry import JOBS


def wait(run: runs.Run, seconds: float = 120) -> str:
    end = time.monotonic() + seconds
    while run.status().active and time.monotonic() < end:
        time.sleep(0.1)
    return run.status().state


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_a_new_run_is_done_in_processes_of_its_own(tmp_path, processes):
    run = create(PackOptions(identities=12, steps=4, frames=0), path=tmp_path / "run")
    places.start(run, processes=processes)
    assert run.status().state in (runs.STARTING, runs.RUNNING)
    assert wait(run) == runs.DONE, (run.path / "log.txt").read_text()
    assert run.results()["step"] == 4
    end = time.monotonic() + 60
    while "smallest angle" not in (log := (run.path / "log.txt").read_text()):  # its last words follow the status
        assert time.monotonic() < end, log
        time.sleep(0.05)


def test_no_run_is_worked_on_twice(tmp_path):
    run = create(PackOptions(identities=12), path=tmp_path / "run")
    with runs.Worker(run).working(), pytest.raises(RunError, match="at work already"):
        places.start(run)


def test_a_folder_that_is_no_run_is_told(tmp_path):
    command = [sys.executable, "-m", "hyperface.jobs", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == EXIT_USER_ERROR
    assert "is not a run folder" in done.stderr


def test_a_run_of_another_verb_or_none_is_refused(tmp_path):
    run = create(PackOptions(identities=12), path=tmp_path / "run")
    with pytest.raises(RunError, match="a run of `pack`"):
        places.resume(run.path, Console(), verb="train")
    runs.create("dance", {}, title="A", path=tmp_path / "dance")
    with pytest.raises(RunError, match="cannot do"):
        places.resume(tmp_path / "dance", Console())


@pytest.mark.parametrize("steps", [0, 2])
def test_what_fails_before_its_first_step_leaves_no_folder(tmp_path, steps):
    def work(worker, console):
        for step in range(steps):
            worker.log({"step": step})
        raise InputError("no")

    job = Job("pack", work, lambda run: "")
    with pytest.raises(InputError):
        places.begin(job, lambda: create(PackOptions(), path=tmp_path / "run"), Console())
    assert (tmp_path / "run").exists() == (steps > 0)


@pytest.mark.parametrize("kept", ["checkpoint.safetensors", "requests.npy"])
def test_what_a_long_preparation_has_kept_is_not_thrown_away(tmp_path, kept):
    def work(worker, console):
        (worker.path / kept).touch()
        raise InputError("no")

    job = Job("pack", work, lambda run: "")
    with pytest.raises(InputError):
        places.begin(job, lambda: create(PackOptions(), path=tmp_path / "run"), Console())
    assert (tmp_path / "run" / kept).exists()


def test_every_verb_with_a_run_folder_has_a_job():
    assert {name: job.verb for name, job in JOBS.items()} == {name: name for name in JOBS}
    known = {"gallery", "pack", "separate", "generate", "train", "evaluate", "ijb", "identify", "audit", "study"}
    known.add("measure")  # of `dataset --measure`
    assert set(JOBS) == known


def test_options_come_back_from_a_run_folder_as_they_went_in(tmp_path):
    from dataclasses import asdict

    options = EvaluateOptions(models=("dlib", "x.onnx"), benchmarks=("rendered_everyday",))
    run = runs.create("evaluate", asdict(options), title="A", path=tmp_path / "run")
    assert options_of(run, EvaluateOptions) == options
    newer = runs.create("evaluate", {"colour": "red"}, title="A", path=tmp_path / "newer")
    with pytest.raises(RunError, match="does not know: colour"):
        options_of(newer, EvaluateOptions)


def test_a_training_that_is_older_than_optimizers_goes_on_with_sgd(tmp_path):
    from dataclasses import asdict

    from hyperface.jobs.train import TrainOptions

    named = asdict(TrainOptions("/faces"))
    older = {name: value for name, value in named.items() if name != "optimizer"}
    chosen = [
        options_of(runs.create("train", options, title="A", path=tmp_path / str(number)), TrainOptions).optimizer
        for number, options in enumerate([older, named, {**named, "optimizer": "muon"}])
    ]
    assert chosen == ["sgd", None, "muon"]
