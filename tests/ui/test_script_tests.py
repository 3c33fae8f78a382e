"""What the page's scripts compute is tested in JavaScript, without a browser: files `*.test.js` beside these tests."""

import re
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.rglob("*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=[file.parent.name for file in FILES])
def test_the_scripts_compute_what_they_should(node, file):
    ran = subprocess.run(
        [node, "--test", "--test-reporter=tap", file], capture_output=True, text=True, timeout=120, encoding="utf-8"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = re.search(r"^# pass (\d+)$", ran.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) == len(re.findall(r"^test\(", file.read_text(encoding="utf-8"), re.MULTILINE)) > 0
