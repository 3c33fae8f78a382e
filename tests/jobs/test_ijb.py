"""The verb on a benchmark of made-up templates."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperface import runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.evaluation.ijb import templates
from hyperface.jobs import ijb
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.checkpoints import save_backbone
from hyperface.runs import names

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))
from made_up_ijb import write


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    return write(tmp_path_factory.mktemp("benchmark") / "IJBC", 20)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained network."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    save_backbone(build_backbone("small", input_size=32, name="random").eval(), path)
    return path


@pytest.fixture(scope="module")
def run(benchmark, model, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    assert main(["ijb", str(benchmark), "--model", str(model), "--run", str(path)]) == 0
    return path


def test_the_run_folder_has_the_figures(run):
    (entry,) = runs.open_run(run).results()["templates"]
    assert (entry["benchmark"], entry["same"]) == ("IJB-C", 60)
    told = {rate["far"]: rate["tar"] for rate in entry["tar_at_far"]}
    assert told[1e-6] is None
    assert 0 <= told[0.1] <= 1
    assert entry["search"]["probes"] == 40
    assert [rate["tpir"] for rate in entry["search"]["tpir_at_fpir"]] == [None, None]  # 20 strangers a gallery
    (row,) = csv.DictReader((run / ijb.TABLE).read_text().splitlines())
    assert float(row["tar_at_far_0.1"]) == told[0.1]
    assert float(row["insightface_tpir_at_fpir_0.1"]) == entry["search"]["insightface"]["tpir_at_fpir"][1]["tpir"]
    page = (run / ijb.REPORT).read_text()
    assert "1:N" in page
    assert "<svg" in page
    assert "at FAR 0.1" in ijb.sentence(entry)
    assert not (run / names.CHECKPOINT).exists()


def test_a_stopped_one_goes_on(benchmark, model, run, tmp_path, monkeypatch):
    """Stopped at the third batch, and continued: the same figures, and no photo is embedded twice."""
    read = []
    original = templates._crop

    def crop(ijb, index):
        if len(read) == 20:
            raise KeyboardInterrupt
        read.append(index)
        return original(ijb, index)

    monkeypatch.setattr(templates, "_crop", crop)
    options = ["--model", str(model), "--batch-size", "8", "--run", str(tmp_path / "run")]
    assert main(["ijb", str(benchmark), *options]) != 0
    monkeypatch.setattr(templates, "_crop", lambda ijb, index: (read.append(index), original(ijb, index))[1])
    assert main(["ijb", "--resume", str(tmp_path / "run")]) == 0
    assert sorted(read[:16] + read[20:]) == list(range(max(read) + 1))
    first, second = (runs.open_run(path).results()["templates"][0] for path in (run, tmp_path / "run"))
    assert first["tar_at_far"] == second["tar_at_far"]
    np.testing.assert_allclose(first["curve"], second["curve"])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "Say where the benchmark is"),
        (["nowhere"], "as InsightFace lays them out"),
        (["{benchmark}", "--model", "nobody"], "nobody"),
        (["{benchmark}", "--batch-size", "0"], "at least one photo"),
    ],
)
def test_what_cannot_be_measured_is_told(options, reason, benchmark, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HYPERFACE_RUNS", str(tmp_path / "runs"))
    assert main(["ijb", *(option.format(benchmark=benchmark) for option in options), "--json"]) == EXIT_USER_ERROR
    printed = capsys.readouterr()
    assert reason in printed.err
    assert json.loads(printed.out.splitlines()[-1])["event"] == "error"
