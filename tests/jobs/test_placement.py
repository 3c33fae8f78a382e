"""What is computed on a GPU that is only lent, and what is not; with a stand-in for the package that lends it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface import runs
from hyperface.cli import main
from hyperface.hardware import LENT, gpu_missing, only_lent
from hyperface.jobs import generate, pack, placement, train
from hyperface.runs import Worker

LENT_FOLDER = Path(__file__).parent / "lent"


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for person in range(4):
        (folder / f"person {person}").mkdir()
        for number in range(6):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"person {person}" / f"{number}.png")
    return folder


@pytest.fixture
def packing(tmp_path) -> runs.Run:
    """Eight people, as a finished run; their recogniser is one that a large generator may follow."""
    made = pack.create(pack.PackOptions(identities=8, steps=1), folder=tmp_path / "runs")
    np.save(made.path / "embeddings.npy", np.eye(8, 128, dtype=np.float32))
    return made


def test_what_fits_one_call_is_placed_on_the_gpu(photos, tmp_path):
    def placed(**options):
        return placement.place(train.create(train.TrainOptions(str(photos), **options), folder=tmp_path / "runs"))

    # 24 pictures a pass, 2,000 of them read in a second, after 15 s: 60 s are 90,000 pictures.
    assert placed(device="cuda", epochs=15).seconds == 16
    assert placed(device="cuda", epochs=3750).seconds == 60
    longer = placed(device="cuda", epochs=3751)
    assert longer.seconds is None
    assert longer.why == "it takes about 60 seconds, and the GPU is lent for 60 seconds at a time"
    assert placed(device="cpu") == placement.Placement(None)
    # ir_50 would see 2,300 a second, but no more than 2,000 are read: 24,000 in 12 s.
    assert placed(device="cuda", backbone="ir_50", epochs=1000).seconds == 15 + 12
    assert "benchmarks" in placed(device="cuda", watch=("rendered_everyday",)).why


def test_what_needs_no_gpu_or_something_first_stays_on_the_cpu(packing, tmp_path):
    folder = tmp_path / "runs"
    heads = generate.create(generate.GenerateOptions(str(packing.path), device="cuda"), folder=folder)
    assert placement.place(heads).why == "what draws these people needs no GPU"
    trained = train.create(train.TrainOptions(str(heads.path), device="cuda"), folder=folder)
    assert placement.place(trained).why == "its dataset is drawn first"
    large = generate.GenerateOptions(str(packing.path), generator="vec2face", images_per_identity=10, device="cuda")
    # 80 pictures of 0.049e12 operations at 3e14 a second, twice as long here; a tenth of a second each to look at them
    assert placement.place(generate.create(large, folder=folder)).seconds == 15 + 9
    assert placement.place(packing) == placement.Placement(None)
    packed = pack.create(pack.PackOptions(identities=8, steps=1, device="cuda"), folder=folder)
    assert placement.place(packed).why == "this kind of work is done there"


def test_nothing_is_lent_elsewhere(photos, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(placement.places, "start", lambda run, runs_folder=None: begun.append(run.name))
    run = train.create(train.TrainOptions(str(photos), device="cuda"), folder=tmp_path)
    placement.remember(run)
    placement.start(run)
    assert begun == [run.name]
    assert placement.told(run) == ""
    assert runs.open_run(run.path).options["device"] == "cuda"
    assert not placement._asked
    monkeypatch.setenv(LENT, "true")
    assert only_lent()
    assert "lent" in gpu_missing()


def test_a_run_that_is_taken_back_is_forgotten(packing, monkeypatch):
    monkeypatch.setenv(LENT, "true")
    Worker(packing).postpone("")
    placement.remember(packing)
    assert placement._asked
    placement.forget(packing)
    assert not placement._asked


@pytest.mark.slow
def test_a_space_that_is_lent_a_gpu_starts_and_uses_it(photos, tmp_path):
    """What `hyperface space create` writes, in a process that finds nothing of this checkout but the stand-in."""
    assert main(["space", "create", "--output", str(tmp_path / "tree")]) == 0
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HYPERFACE_")}
    environment = {**kept, LENT: "true", "SPACE_ID": "me/faces", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "tree"), str(LENT_FOLDER)])
    done = subprocess.run(
        [sys.executable, LENT_FOLDER / "script.py", tmp_path / "tree", photos, tmp_path / "runs"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["functions"] > 50
    assert Path(told["package"]).is_relative_to(tmp_path / "tree")
    assert "lent" in told["missing"]
    assert [device for _, device in told["choice"]] == ["cpu", "cuda"]
    assert [device for _, device in told["without"]] == ["cpu"]

    lent, ended, refused = told["lent"], told["ended"], told["refused"]
    assert (lent["state"], lent["on_cpu"], lent["device"]) == ("done", False, "cpu:0")
    assert lent["text"].endswith("on the Space's GPU")
    assert lent["steps"] > 0
    assert [each["seconds"] for each in (lent, ended, refused)] == [16, 18, 16]
    assert {each["request"] for each in (lent, ended, refused)} == {"whose it is"}
    assert lent["pid"] != ended["pid"]

    for each in (ended, refused):
        assert each["on_cpu"]
        assert each["device"] == "cpu"
    assert ended["steps"] > 0
    assert ended["text"].endswith("on the CPU: the GPU was taken back (GPU task aborted)")
    assert refused["text"].endswith("on the CPU: the GPU was not to be had (You have exceeded your quota.)")
    assert refused["steps"] == 0
