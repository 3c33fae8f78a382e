import csv
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import runs
from hyperface.cli import main
from hyperface.errors import RunError
from hyperface.jobs import identify
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.checkpoints import save_backbone


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Twelve people with twelve pictures each: their own pattern of noise, and noise on top."""
    folder = tmp_path_factory.mktemp("identify") / "people"
    rng = np.random.default_rng(0)
    for person in range(12):
        (folder / str(person)).mkdir(parents=True)
        pattern = rng.integers(0, 256, (14, 14, 3)).repeat(8, axis=0).repeat(8, axis=1)
        for number in range(12):
            pixels = np.clip(pattern + rng.normal(0, 60, pattern.shape), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / str(person) / f"{number:02d}.png")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained network."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    save_backbone(build_backbone("small", input_size=32, name="random").eval(), path)
    return path


@pytest.fixture(scope="module")
def run(people, model, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    assert main(["identify", str(people), "--model", str(model), "--run", str(path)]) == 0
    return path


def test_the_run_folder_has_the_figures(run, model):
    (entry,) = runs.open_run(run).results()["identifications"]
    assert (entry["searches"], entry["enrolled"], entry["label"]) == (132, 12, "random")
    assert list(entry["rates"]) == ["1", "5"]
    assert entry["cumulative_match"][-1] == 1
    low, high = entry["rank_1_interval"]
    assert low < entry["rates"]["1"] < high or entry["rates"]["1"] in (low, high)
    tenth, hundredth, _ = entry["open_set"]
    assert tenth["tpir"] is None  # 66 strangers' searches a half
    assert hundredth["tpir"] is None
    assert "too few strangers" in identify.sentence(entry)
    (row,) = csv.DictReader((run / identify.TABLE).read_text().splitlines())
    assert float(row["rank_1"]) == entry["rates"]["1"]
    assert "TPIR" in (run / identify.REPORT).read_text()


def test_what_was_kept_gives_the_same_figures(run):
    (entry,) = runs.open_run(run).results()["identifications"]
    closed, opened = identify.read_scores(run / entry["scores"])
    assert closed.rate(1) == entry["rates"]["1"]
    assert [len(searches.strangers) for searches in opened.galleries] == [66, 66]
    assert opened.tpir_at(0.2).tpir is not None


def test_a_damaged_file_is_told(run, tmp_path):
    copy = shutil.copy(run / "scores" / "0.npz", tmp_path / "0.npz")
    content = bytearray((tmp_path / "0.npz").read_bytes())
    (tmp_path / "0.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match="damaged"):
        identify.read_scores(copy)


def test_what_is_measured_already_is_not_measured_again(run, people, capsys):
    assert main(["identify", "--resume", str(run)]) == 0
    assert "nothing to continue" in capsys.readouterr().out


def test_programs_get_the_results(people, model, tmp_path, capsys):
    options = ["--images-per-identity", "2", "--json", "--run", str(tmp_path / "run")]
    assert main(["identify", str(people), "--model", str(model), *options]) == 0
    done = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]
    (entry,) = done["results"]["identifications"]
    assert (entry["searches"], entry["enrolled"]) == (12, 12)


def test_two_people_have_no_open_set(people, model, tmp_path, capsys):
    shutil.copytree(people / "0", tmp_path / "two" / "a")
    (tmp_path / "two" / "b").mkdir()
    shutil.copy(people / "1" / "00.png", tmp_path / "two" / "b")
    assert main(["identify", str(tmp_path / "two"), "--model", str(model), "--run", str(tmp_path / "run")]) == 0
    assert "open set: Open-set identification needs" in capsys.readouterr().out
    assert (tmp_path / "run" / identify.REPORT).is_file()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "Say in which dataset"),
        (["nowhere"], "no dataset"),
        (["{people}", "--model", "nobody"], "nobody"),
        ([".", "--images-per-identity", "1"], "two are needed"),
    ],
)
def test_what_cannot_be_measured_is_told(options, reason, people, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPERFACE_RUNS", str(tmp_path / "runs"))
    assert main(["identify", *(option.format(people=people) for option in options)]) != 0
    assert reason in capsys.readouterr().err
