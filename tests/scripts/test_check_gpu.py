import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_gpu.py"


@pytest.fixture(scope="module")
def check_gpu():
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
    assert {row["part"] for row in found["rows"]} == {"peak", *check_gpu.PARTS} - {"peaks"}
    assert all(math.isfinite(row["value"]) for row in found["rows"])


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
