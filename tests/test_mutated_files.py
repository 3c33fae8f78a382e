"""Every kind of file that the product reads, damaged at random: a HyperFaceError within 5 seconds and 1 GB, or it is
still read.

HYPERFACE_MUTATIONS=1000 python -m pytest tests/test_mutated_files.py does at length what runs briefly in the suite;
HYPERFACE_MUTATION_SEED=1 beside it makes other mutations.
"""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hyperface import runs
from hyperface.array_files import read_array
from hyperface.errors import HyperFaceError

sys.path.insert(0, str(Path(__file__).parent))
import mutated_kinds

MUTATIONS = int(os.environ.get("HYPERFACE_MUTATIONS", "25"))
SEED = int(os.environ.get("HYPERFACE_MUTATION_SEED", "0"))
SECONDS = 5.0
MEMORY = 10**9  # bytes


class Reader:
    """A process that reads damaged files; another one where it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, kind: str, folder: Path) -> dict:
        """What the mutations of a kind came to; an AssertionError if one ended the process."""
        if self._process is None:
            command = [sys.executable, mutated_kinds.__file__]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        question = {"kind": kind, "count": MUTATIONS, "seed": SEED, "folder": str(folder)}
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            ended = self.close()
            raise AssertionError(f"A damaged {kind} in {folder} ended the process that read it ({ended}).")
        return json.loads(answer)

    def close(self) -> int | None:
        """End the process; how it ended."""
        if self._process is None:
            return None
        with self._process as process:
            process.stdin.close()
        self._process = None
        return process.returncode


@pytest.fixture(scope="module")
def reader():
    asked = Reader()
    yield asked
    asked.close()


@pytest.mark.parametrize("name", mutated_kinds.KINDS)
def test_a_damaged_file_is_a_hyperface_error_or_still_a_file(name, reader, tmp_path):
    found = reader.ask(name, tmp_path)
    assert found["problem"] is None, f"mutation {found['number']} of {name} in {tmp_path}:\n{found['problem']}"
    assert found["number"] == MUTATIONS
    assert found["seconds"] < SECONDS
    assert found["bytes"] < MEMORY


def test_memory_is_measured():
    """In a process of its own: one that took more before would not take what it has given back."""
    code = "import mutated_kinds as kinds; before = kinds.peak(); held = b'1' * 2**27; print(kinds.peak() - before)"
    folder = Path(mutated_kinds.__file__).parent
    told = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert 2**26 < int(told.stdout) < 2**28


@pytest.mark.parametrize("name", ["config.json", "status.json", "results.json", "metrics.jsonl", "launched"])
def test_a_pipe_or_brackets_without_end_take_no_list_of_runs_down(name, tmp_path):
    good = runs.create("pack", {}, title="Good", folder=tmp_path)
    for number, make in enumerate((os.mkfifo, lambda path: path.write_bytes(b"[" * 200_000))):
        bad = runs.create("pack", {}, title="Bad", path=tmp_path / f"bad{number}")
        (bad.path / name).unlink(missing_ok=True)
        make(bad.path / name)
    listed = runs.list_runs([tmp_path])
    assert good in listed
    assert {run.name for run in runs.damaged_runs([tmp_path])} == ({"bad0", "bad1"} if name == "config.json" else set())
    for run in listed:
        assert run.status().state in ("starting", "interrupted")
        assert (run.results(), run.metrics()) == ({}, [])


def test_an_array_cannot_be_larger_than_its_file(tmp_path):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**4)})
    (tmp_path / "huge.npy").write_bytes(buffer.getvalue() + b"12345678")
    with pytest.raises(HyperFaceError, match=r"huge\.npy is not a readable"):
        read_array(tmp_path / "huge.npy")
