"""Reading the documentation as a person with a terminal does: its code, what it says this prints, its commands."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_RUN = "<!-- not run by the tests -->"
FENCE = re.compile(r"^( *)(`{3,})([^\n]*)\n(.*?)^\1\2\s*$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-−]?\d[\d,]*\.?\d*")
TOLERANCE = 0.15  # by which a figure may differ on another machine
SPREAD = re.compile(r"± \d[\d.]*")  # is of ten folds, and says nothing by itself


@dataclass(frozen=True)
class Block:
    """A fenced block. title: the file that it shows, empty if none. expected: what the page says it prints, None if
    nothing. runs: whether a test executes it."""

    language: str
    code: str
    expected: str | None
    runs: bool
    title: str = ""


def read(page: str) -> str:
    """A file below the repository's root."""
    return (ROOT / page).read_text(encoding="utf-8")


def pages() -> list[str]:
    """Everything that a person reads, as paths below the root."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "assets" / "generators" / "README.md"]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page; a `text` block belongs to the code before it."""
    found: list[Block] = []
    for match in FENCE.finditer(text):
        language, _, title = match[3].strip().partition(" ")
        title = title.removeprefix('title="').removesuffix('"')
        if language == "text" and found and found[-1].runs and found[-1].expected is None:
            found[-1] = replace(found[-1], expected=match[4])
        else:
            shown_only = title or text[: match.start()].rstrip().endswith(NOT_RUN)
            found.append(Block(language, match[4], None, language in ("bash", "python") and not shown_only, title))
    return found


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of every `hyperface …` in the fenced blocks of a page, without what launches it."""
    for block in blocks(text):
        if block.language in ("bash", "") and "hyperface" in block.code:
            yield from script_commands(block.code)


def script_commands(script: str) -> Iterator[list[str]]:
    """The arguments of every `hyperface …` of a shell script."""
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        for place, word in enumerate(words):
            before = words[place - 1] if place else ""
            if word == "hyperface" and (before in ("-m", "--") or all("=" in earlier for earlier in words[:place])):
                yield words[place + 1 :]


class Session:
    """A folder in which blocks are executed in turn, with one Python for all of its `python` blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__main__"}
        tools = folder / ".tools"
        tools.mkdir()
        for name, line in (("hyperface", "-m hyperface"), ("python", "")):
            script = tools / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {line} "$@"\n')
            script.chmod(0o755)
        (folder / "assets").symlink_to(ROOT / "assets")
        self.environment = {
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HF_HUB_OFFLINE": "1",
        }
        self.environment.pop("HYPERFACE_RUNS", None)

    def run(self, block: Block) -> str:
        """Execute a block; returns what it printed."""
        return self._shell(block.code) if block.language == "bash" else self._python(block.code)

    def _shell(self, code: str) -> str:
        command = ["bash", "-e", "-o", "pipefail", "-c", code]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        return done.stdout.replace(f"{self.folder}/", "")

    def _python(self, code: str) -> str:
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(code, "<page>", "exec"), self.names)
        return printed.getvalue()


def check_output(expected: str, printed: str) -> None:
    """The lines that a page shows are those that were printed: the same words, numbers within the tolerance."""
    wanted, got = expected.strip().splitlines(), printed.strip().splitlines()
    assert len(wanted) == len(got), f"the page shows:\n{expected}\nprinted was:\n{printed}"
    for shown, line in zip(wanted, got, strict=True):
        assert NUMBER.sub("#", shown) == NUMBER.sub("#", line), f"the page shows:\n{shown}\nprinted was:\n{line}"
        for a, b in zip(*(NUMBER.findall(SPREAD.sub("", text)) for text in (shown, line)), strict=True):
            first, second = (float(number.replace("−", "-").replace(",", "")) for number in (a, b))
            assert abs(first - second) <= max(TOLERANCE * abs(first), 0.02), f"{a} became {b}: {line}"
