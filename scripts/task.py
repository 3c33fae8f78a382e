"""What is done again and again in a checkout, by name: `python scripts/task.py check`.

Several names run one after the other, each to its end; the last lines say which failed. What stands after `--` goes to
the last command: `python scripts/task.py fast -- tests/packing`.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
Command = list[str]


def fix() -> list[Command]:
    """Mend what the linter can mend, and format."""
    return [[PYTHON, "-m", "ruff", "check", "--fix", "."], [PYTHON, "-m", "ruff", "format", "."]]


def lint() -> list[Command]:
    """Linter and format, the layers of the code, its types, and the app's scripts."""
    style = [[PYTHON, "-m", "ruff", "check", "."], [PYTHON, "-m", "ruff", "format", "--check", "."]]
    return [*style, [installed("lint-imports")], [PYTHON, "-m", "mypy"], *javascript()]


def javascript() -> list[Command]:
    """The app's scripts: linter, and types from JSDoc. Needs Node."""
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI"):
            sys.exit("The app's scripts cannot be checked: there is no npm. Install Node 20 or newer.")
        print(
            "skipped: the app's scripts are not checked, since there is no npm (install Node 20 or newer)", flush=True
        )
        return []
    got, wanted = ROOT / "node_modules" / ".package-lock.json", ROOT / "package-lock.json"
    fetch = [] if got.is_file() and got.stat().st_mtime >= wanted.stat().st_mtime else [[npm, "ci", "--silent"]]
    return [*fetch, [npm, "run", "--silent", "lint"], [npm, "run", "--silent", "types"]]


def fast() -> list[Command]:
    """The fast tests: no browser, nothing slow."""
    return [[*pytest(), "-m", "not slow and not browser"]]


def test() -> list[Command]:
    """All tests."""
    return [pytest()]


def docs() -> list[Command]:
    """Build the documentation into site/; a warning is an error."""
    return [[PYTHON, "-m", "mkdocs", "build", "--strict", "--quiet"]]


def app() -> list[Command]:
    """Start the app."""
    return [[PYTHON, "app.py"]]


def check() -> list[Command]:
    """All of it, before a change is handed in: lint, docs and test."""
    return [*lint(), *docs(), *test()]


TASKS: dict[str, Callable[[], list[Command]]] = {
    task.__name__: task for task in (check, fast, test, lint, fix, javascript, docs, app)
}


def pytest() -> Command:
    """pytest on all cores, where pytest-xdist is there."""
    return [PYTHON, "-m", "pytest", *(["-n", "auto"] if importlib.util.find_spec("xdist") else [])]


def installed(name: str) -> str:
    """A command that was installed beside this Python."""
    return shutil.which(name, path=sysconfig.get_path("scripts")) or name


def words(command: Command) -> str:
    """As one would type it."""
    return " ".join(["python" if command[0] == PYTHON else Path(command[0]).name, *command[1:]])


def run(command: Command) -> bool:
    """Whether it succeeded; it is shown before."""
    print(f"\n$ {words(command)}", flush=True)
    try:
        return subprocess.run(command, cwd=ROOT).returncode == 0
    except FileNotFoundError:
        print(f'{command[0]} is not installed: pip install -e ".[dev]"', flush=True)
    except KeyboardInterrupt:
        sys.exit(130)
    return False


def main() -> int:
    listed = "\n".join(f"  {name:<12}{task.__doc__}" for name, task in TASKS.items())
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=f"tasks:\n{listed}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="+", choices=TASKS, metavar="task", help="one or more of those below")
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    commands = [command for name in parser.parse_args(given[:cut]).tasks for command in TASKS[name]()]
    if commands:
        commands[-1] = commands[-1] + given[cut + 1 :]
    failed = [command for command in commands if not run(command)]
    for command in failed:
        print(f"failed: {words(command)}")
    if len(commands) > 1 and not failed:
        print("\nall is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
