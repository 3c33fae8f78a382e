"""`pack` under torchrun: the processes share the work of one run."""

import subprocess
import sys
import time

import numpy as np
import pytest

from hyperface import runs
from hyperface.cli import main

TORCHRUN = [
    sys.executable,
    "-m",
    "torch.distributed.run",
    "--standalone",
    "--nproc-per-node",
    "2",
    "-m",
    "--",
    "hyperface",
]
GONE = "the first one is gone"  # what a process says that was left alone
OPTIONS = ["--identities", "31", "--span", "12", "--frames", "0"]


@pytest.mark.slow
def test_two_processes_make_one_run_that_one_could_have_made(tmp_path):
    options = [*OPTIONS, "--steps", "20"]
    assert main(["pack", *options, "--run", str(tmp_path / "one")]) == 0
    command = [*TORCHRUN, "pack", *options, "--run", str(tmp_path / "two")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert GONE not in done.stderr  # dismissed
    one, two = runs.open_run(tmp_path / "one"), runs.open_run(tmp_path / "two")
    assert two.status().state == runs.DONE
    assert [row["objective"] for row in two.metrics()] == pytest.approx(
        [row["objective"] for row in one.metrics()], abs=1e-5
    )
    np.testing.assert_allclose(np.load(two.file("embeddings.npy")), np.load(one.file("embeddings.npy")), atol=1e-3)


@pytest.mark.slow
def test_the_others_end_with_the_first_when_asked_to_stop(tmp_path):
    path = tmp_path / "run"
    command = [*TORCHRUN, "pack", *OPTIONS, "--steps", "1000000", "--run", str(path)]
    said = tmp_path / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    end = time.monotonic() + 90
    while not (path / "metrics.jsonl").is_file() or (path / "metrics.jsonl").read_bytes().count(b"\n") < 5:
        assert time.monotonic() < end
        time.sleep(0.05)
    runs.request_stop(runs.open_run(path))
    process.wait(timeout=60)
    assert GONE not in said.read_text()  # told to stop
    run = runs.open_run(path)
    assert run.status().state == runs.STOPPED
    # one process continues what two began
    config = path / "config.json"
    config.write_text(config.read_text().replace("1000000", str(run.results()["step"] + 3)))
    assert main(["pack", "--resume", str(path)]) == 0
    assert runs.open_run(path).status().state == runs.DONE
