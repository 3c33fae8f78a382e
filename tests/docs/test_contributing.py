"""The parts that CONTRIBUTING.md shows work when it is followed to the letter, in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import task
from documentation import ROOT, Block, blocks, check_output, read

IGNORED = shutil.ignore_patterns("__pycache__")


def apply(difference: str, source: str) -> str:
    """A file with the `+` lines of a difference put between its unmarked lines."""
    lines = [(line[:1], line[1:]) for line in difference.splitlines()]
    before = "".join(f"{text}\n" for mark, text in lines if mark != "+")
    after = "".join(f"{text}\n" for _, text in lines)
    assert source.count(before) == 1, f"this is not in the file once:\n{before}"
    return source.replace(before, after)


@pytest.fixture(scope="module")
def contributed(tmp_path_factory) -> tuple[Path, list[Block]]:
    """A copy of the package in which every file and line of the page has been added, and the code that tries them."""
    folder = tmp_path_factory.mktemp("contributed")
    shutil.copytree(ROOT / "hyperface", folder / "hyperface", ignore=IGNORED)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "assets").symlink_to(ROOT / "assets")
    tries = []
    for block in blocks(read("CONTRIBUTING.md")):
        if block.title and block.language == "python":
            assert not (folder / block.title).exists(), block.title
            (folder / block.title).parent.mkdir(exist_ok=True)
            (folder / block.title).write_text(block.code, encoding="utf-8")
        elif block.title:
            path = folder / block.title
            path.write_text(apply(block.code, path.read_text(encoding="utf-8")), encoding="utf-8")
        elif block.language == "python":
            tries.append(block)
    return folder, tries


@pytest.mark.slow
def test_parts_of_the_page_work(contributed):
    folder, tries = contributed
    assert len(tries) >= 3
    script = "\nprint('end of block')\n".join(block.code for block in tries)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "HYPERFACE_ASSETS": str(ROOT / "assets")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for block, printed in zip(tries, done.stdout.split("end of block\n"), strict=True):
        check_output(block.expected or "", printed)


def test_parts_of_the_page_are_as_tidy_as_the_rest(contributed):
    folder, _ = contributed
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--no-cache", "hyperface"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_tasks_of_the_page_are_there():
    named = re.findall(r"scripts/task\.py (\w+)", read("CONTRIBUTING.md"))
    assert {"check", "fast", "docs"} <= set(named) <= set(task.TASKS)


def test_a_change_that_does_not_fit_is_refused():
    assert apply("+b\n c\n", "a\nc\n") == "a\nb\nc\n"
    with pytest.raises(AssertionError, match="not in the file once"):
        apply("+b\n d\n", "a\nc\n")
