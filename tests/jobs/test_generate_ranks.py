"""`generate` under torchrun: the processes share the images of one dataset."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from hyperface import datasets, gallery, runs
from hyperface.cli import main
from hyperface.errors import InputError

TORCHRUN = [
    sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--", "hyperface",
]  # fmt: skip


@pytest.fixture
def source(tmp_path):
    np.save(tmp_path / "identities.npy", gallery.load("gan-10k").embeddings[:7].numpy())
    return tmp_path / "identities.npy"


def contents(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_two_processes_draw_the_set_that_one_draws(source, tmp_path):
    options = ["--from", str(source), "--generator", "gan", "--images-per-identity", "5", "--batch-size", "4"]
    assert main(["generate", *options, "--run", str(tmp_path / "one")]) == 0
    command = [*TORCHRUN, "generate", *options, "--run", str(tmp_path / "two")]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    one, two = runs.open_run(tmp_path / "one"), runs.open_run(tmp_path / "two")
    assert two.status().state == runs.DONE
    assert two.results() == one.results()
    assert contents(two.path / "dataset") == contents(one.path / "dataset")


@pytest.mark.slow
def test_the_others_stop_drawing_when_the_run_is_stopped(source, tmp_path):
    path = tmp_path / "run"
    options = ["--from", str(source), "--generator", "gan", "--images-per-identity", "20000", "--batch-size", "4"]
    said = tmp_path / "said.txt"
    with said.open("wb") as output:
        command = [*TORCHRUN, "generate", *options, "--run", str(path)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    end = time.monotonic() + 90
    while not (path / "metrics.jsonl").is_file() or (path / "metrics.jsonl").read_bytes().count(b"\n") < 3:
        assert time.monotonic() < end
        time.sleep(0.05)
    runs.request_stop(runs.open_run(path))
    process.wait(timeout=60)  # and not for 140,000 images
    assert runs.open_run(path).status().state == runs.STOPPED
    assert "the first one is gone" not in said.read_text()


def test_parts_make_a_whole_and_the_last_call_its_card(source, tmp_path):
    from hyperface import generators

    rows, generator = np.load(source), generators.load("gan")
    for number in (2, 0, 1):
        *_, last = datasets.synthesize(
            rows, generator, images_per_identity=2, out=tmp_path / "set", batch_size=3, part=(number, 3)
        )
        assert last.total == (6, 5, 3)[number]  # batches 0 and 3, 1 and 4, 2
        card = json.loads((tmp_path / "set" / "dataset.json").read_text())
        assert card["complete"] is False
    list(datasets.synthesize(rows, generator, images_per_identity=2, out=tmp_path / "set", batch_size=3))
    assert json.loads((tmp_path / "set" / "dataset.json").read_text())["complete"] is True
    list(datasets.synthesize(rows, generator, images_per_identity=2, out=tmp_path / "alone", batch_size=3))
    assert contents(tmp_path / "set") == contents(tmp_path / "alone")
    assert "drawing" not in json.loads((tmp_path / "set" / "dataset.json").read_text())
    with pytest.raises(InputError, match="no part 3 of 3"):
        datasets.synthesize(rows, generator, out=tmp_path / "set", part=(3, 3))


def test_what_each_process_noted_is_added_up(source, tmp_path, monkeypatch):
    from hyperface import generators

    rows, generator, folder = np.load(source), generators.load("gan"), tmp_path / "set"
    for number, without in ((0, 1), (1, 2)):
        monkeypatch.setattr(generator, "notes", lambda without=without: {"pictures": 7, "without_face": without})
        list(datasets.synthesize(rows, generator, images_per_identity=2, out=folder, batch_size=3, part=(number, 2)))
    list(datasets.synthesize(rows, generator, images_per_identity=2, out=folder, batch_size=3))
    card = json.loads((folder / "dataset.json").read_text())
    assert card["drawing"] == {"pictures": 14, "without_face": 3}
    assert [path.name for path in folder.glob(".*")] == []
