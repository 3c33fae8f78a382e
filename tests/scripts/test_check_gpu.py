import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest
import torch

from hyperface.errors import CheckpointError

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_gpu.py"


@pytest.fixture(scope="module")
def check_gpu():
    sys.path.insert(0, str(SCRIPT.parent))  # as Python does for a script
    specification = importlib.util.spec_from_file_location("check_gpu", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    sys.modules["check_gpu"] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_every_part_runs_and_holds_on_a_cpu(check_gpu, tmp_path, monkeypatch, capsys):
    output = tmp_path / "found.json"
    monkeypatch.setattr(sys, "argv", ["check_gpu.py", "--toy", "--device", "cpu", "--output", str(output)])
    assert check_gpu.main() == 0, capsys.readouterr().out
    found = json.loads(output.read_text())
    assert found["failures"] == []
    assert found["left_out"] == []
    assert {row["part"] for row in found["rows"]} == {"peak", *check_gpu.PARTS} - {"peaks"}
    assert all(math.isfinite(row["value"]) for row in found["rows"])
    drawn = {row["what"] for row in found["rows"] if row["part"] == "networks"}
    assert drawn == {f"{name}, fastest" for name in ("vec2face", "stylegan", "diffusion", "arc2face")}
    assert {"dlib, float32", "small, bfloat16"} <= {row["what"] for row in found["rows"] if row["part"] == "embedding"}


def test_a_wrong_nearest_is_a_failure(check_gpu):
    points = torch.nn.functional.normalize(torch.randn(50, 8, generator=torch.Generator().manual_seed(0)))
    right = (points @ points.T).fill_diagonal_(-2).argmax(dim=1)
    report = check_gpu.Report()
    check_gpu._check_nearest(points, right, "right", report)
    assert report.failures == []
    check_gpu._check_nearest(points, right.roll(1), "wrong", report)
    assert len(report.failures) == 1


def test_a_part_that_breaks_is_told_and_the_others_run(check_gpu, monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr(check_gpu, "PARTS", {"peaks": check_gpu.peaks, "packing": broken})
    monkeypatch.setattr(sys, "argv", ["check_gpu.py", "--toy", "--device", "cpu"])
    assert check_gpu.main() == 1
    assert "out of order" in capsys.readouterr().out


def test_what_a_package_is_missing_for_is_left_out_and_told(check_gpu, monkeypatch, capsys):
    def missing(name, **_):
        raise CheckpointError("Diffusion models need the package diffusers.")

    monkeypatch.setattr(check_gpu.sized, "sized_generator", missing)
    monkeypatch.setattr(check_gpu.sized, "sized_gallery_generator", missing)
    report = check_gpu.Report()
    check_gpu.networks(check_gpu.Card("cpu"), check_gpu.TOY, report)
    assert report.rows == report.failures == []
    assert "left out   arc2face: Diffusion models need" in capsys.readouterr().out


def test_no_part_is_begun_when_the_time_is_over(check_gpu, monkeypatch, capsys):
    monkeypatch.setattr(check_gpu, "LIMIT", -1.0)
    monkeypatch.setattr(sys, "argv", ["check_gpu.py", "--device", "cpu"])
    assert check_gpu.main() == 0
    assert "left out   packing: there was no time left" in capsys.readouterr().out
