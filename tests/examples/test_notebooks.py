"""The notebooks run from top to bottom, and are committed without the outputs of somebody's machine."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
PRINTED = {
    "pack_and_draw": ["10,000 faces", "no packing exceeds", "cosine of a picture to its request"],
    "train_and_evaluate": ["600 images of 60 people", "nothing looks wrong", "step 80 of 80", "accuracy 0."],
}
PICTURES = {"pack_and_draw": 3, "train_and_evaluate": 0}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": tmp_path}}
    # iopub_timeout: what a busy machine prints late would be left out otherwise, after four seconds
    NotebookClient(notebook, timeout=300, iopub_timeout=60, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    text = "".join(output.get("text", "") for output in outputs)
    for words in PRINTED[path.stem]:
        assert words in text, text
    pictures = [output for output in outputs if {"image/png", "image/svg+xml"} & set(output.get("data", {}))]
    assert len(pictures) == PICTURES[path.stem]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)


def test_all_are_known():
    assert [path.stem for path in NOTEBOOKS] == sorted(PRINTED)
