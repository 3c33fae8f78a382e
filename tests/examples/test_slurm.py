"""The script for a cluster, run with launchers that only write down what they were asked for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hyperface.cli import build_parser

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "slurm.sh"
STEPS = ["pack", "generate", "train", "evaluate"]


def asked_for(folder: Path, **settings: str) -> list[list[str]]:
    """The command lines that the script starts, one after the other."""
    record = folder / "asked"
    record.unlink(missing_ok=True)
    for name in ("torchrun", "python"):
        fake = folder / name
        fake.write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@" "" >> "{record}"\n')
        fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **settings}
    environment.pop("SLURM_GPUS_ON_NODE", None)
    subprocess.run(["bash", str(SCRIPT)], env={**environment, "RUNS": str(folder / "runs")}, check=True, timeout=60)
    return [call.splitlines() for call in record.read_text().split("\n\n") if call]


def test_is_a_script_that_bash_reads():
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)


@pytest.mark.parametrize("processes", ["1", "8"])
def test_its_commands_are_understood(tmp_path, processes):
    calls = asked_for(tmp_path, PROCESSES=processes, IDENTITIES="70")
    parsed = []
    for call in calls:
        place = call.index("hyperface")
        launcher = call[:place]
        several = processes == "8" and call[place + 1] != "evaluate"
        assert launcher == (
            ["torchrun", "--standalone", "--nproc-per-node", "8", "-m", "--"] if several else ["python", "-m"]
        )
        parsed.append(build_parser().parse_args(call[place + 1 :]))
    assert [arguments.verb for arguments in parsed] == STEPS
    assert parsed[0].identities == 70
    assert Path(parsed[1].source) == parsed[0].run
    assert all(arguments.run is not None and arguments.resume is None for arguments in parsed)


def test_goes_on_with_what_is_there(tmp_path):
    (tmp_path / "runs" / "packed").mkdir(parents=True)
    (tmp_path / "runs" / "packed" / "config.json").write_text("{}")
    packing, drawing, *_ = asked_for(tmp_path, PROCESSES="2")
    assert packing[packing.index("pack") :] == ["pack", "--resume", str(tmp_path / "runs" / "packed")]
    assert "--run" in drawing
    assert "--resume" not in drawing
