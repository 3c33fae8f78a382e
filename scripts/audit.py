"""Ask whether anything that HyperFace is installed with, or its scripts are checked with, has a known weakness.

    python scripts/audit.py

Asks PyPI's advisories by pip-audit about what this Python has installed, and npm's about `package-lock.json`. Ends in 1
where there is a weakness. Where a service cannot be reached it says so; that is an error with CI set, where somebody
relies on the answer, and none on a machine without a network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 300  # for one service to answer about everything
PIP = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable"]
NPM = ["npm", "audit", "--json"]
Found = list[str]  # a sentence for each weakness


class UnansweredError(Exception):
    """A service that could not be asked. Its message says why."""


def python_packages(told: Any) -> Found:
    """What pip-audit says. UnansweredError for what is no answer."""
    if not isinstance(told, dict) or not isinstance(told.get("dependencies"), list):
        raise UnansweredError("pip-audit did not come to an end")
    return [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in "
        f"{', '.join(weakness.get('fix_versions', ())) or 'no version yet'}."
        for package in told["dependencies"]
        for weakness in package.get("vulns", ())
    ]


def javascript_packages(told: Any) -> Found:
    """What npm says. UnansweredError for what is no answer."""
    if not isinstance(told, dict) or not isinstance(told.get("vulnerabilities"), dict):
        reason = told.get("message", "no answer") if isinstance(told, dict) else "no answer"
        raise UnansweredError(f"npm says: {str(reason)[:200]}")
    return [
        f"{name} {weakness.get('range', '')}: {weakness.get('severity', 'a weakness')}, "
        f"{'mended in a later version' if weakness.get('fixAvailable') else 'not mended yet'}."
        for name, weakness in told["vulnerabilities"].items()
    ]


def ask(command: Sequence[str], read: Callable[[Any], Found]) -> Found:
    """What a service says, asked by a command that writes JSON. UnansweredError if it cannot be asked."""
    if shutil.which(command[0]) is None:
        raise UnansweredError(f"{command[0]} is not installed")
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnansweredError(f"there was no answer within {SECONDS} seconds") from error
    try:
        return read(json.loads(done.stdout))
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UnansweredError(last[:200]) from error


def main() -> int:
    found, unanswered = 0, 0
    for what, command, read in (
        ("Python packages", [*PIP, *sys.argv[1:]], python_packages),
        ("packages of the scripts' checks", NPM, javascript_packages),
    ):
        try:
            weaknesses = ask(command, read)
        except UnansweredError as error:
            unanswered += 1
            print(f"{what}: could not be asked about ({error}). Nothing is known of them.", flush=True)
            continue
        found += len(weaknesses)
        print(f"{what}: {len(weaknesses) or 'no'} known weakness{'es' * (len(weaknesses) != 1)}.", flush=True)
        for weakness in weaknesses:
            print(f"  {weakness}")
    return int(found > 0 or (unanswered > 0 and bool(os.environ.get("CI"))))


if __name__ == "__main__":
    sys.exit(main())
