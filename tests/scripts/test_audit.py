"""The audit of what is installed, asked of stand-ins for the services."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEAK = {"name": "small", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SOUND = {"dependencies": [{"name": "sound", "version": "2.0", "vulns": []}], "fixes": []}
NPM_SOUND = {"auditReportVersion": 2, "vulnerabilities": {}}
NPM_WEAK = {"vulnerabilities": {"left-pad": {"severity": "high", "range": "<1.3", "fixAvailable": True}}}


@pytest.fixture
def audit(monkeypatch):
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["audit.py"])
    monkeypatch.delenv("CI", raising=False)
    return module


@pytest.fixture
def answers(audit, monkeypatch):
    """`answers(pip, npm)` has commands in the services' place say this, and end with 1, as they do."""

    def stand_in(told):
        text = told if isinstance(told, str) else json.dumps(told)
        code = f"import sys; print({text!r}); print('no route to host', file=sys.stderr); sys.exit(1)"
        return [sys.executable, "-c", code]

    def make(pip, npm):
        monkeypatch.setattr(audit, "PIP", stand_in(pip))
        monkeypatch.setattr(audit, "NPM", stand_in(npm))

    return make


def test_weaknesses_are_named_and_end_it(audit, answers, capsys):
    answers({"dependencies": [WEAK, *SOUND["dependencies"], {"name": "own", "skip_reason": "editable"}]}, NPM_WEAK)
    assert audit.main() == 1
    told = capsys.readouterr().out
    assert "Python packages: 1 known weakness.\n  small 1.0: PYSEC-1, mended in 1.1." in told
    assert "left-pad <1.3: high, mended in a later version." in told


def test_without_weaknesses_all_is_well(audit, answers, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    answers(SOUND, NPM_SOUND)
    assert audit.main() == 0
    assert capsys.readouterr().out.count("no known weaknesses.") == 2


@pytest.mark.parametrize(
    ("pip", "npm"), [("", NPM_SOUND), (SOUND, {"message": "405 Method Not Allowed", "statusCode": 405}), ("[]", "null")]
)
def test_a_service_that_cannot_be_asked_is_no_clean_bill(audit, answers, capsys, monkeypatch, pip, npm):
    """Told, and an error only where somebody relies on the answer."""
    answers(pip, npm)
    assert audit.main() == 0
    assert "could not be asked about" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert audit.main() == 1


def test_one_that_hangs_or_is_not_there_cannot_be_asked(audit, answers, capsys, monkeypatch):
    answers(SOUND, NPM_SOUND)
    monkeypatch.setattr(audit, "SECONDS", 0.05)
    monkeypatch.setattr(audit, "PIP", [sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(audit, "NPM", ["a-command-that-nobody-has"])
    assert audit.main() == 0
    told = capsys.readouterr().out
    assert "no answer within" in told
    assert "a-command-that-nobody-has is not installed" in told


def test_the_workflow_asks_every_week_and_for_every_change():
    workflow = (ROOT / ".github" / "workflows" / "audit.yml").read_text(encoding="utf-8")
    assert "python scripts/audit.py" in workflow
    assert "pull_request" in workflow
    assert "cron:" in workflow
    assert "audit.py" not in (ROOT / ".ci" / "run").read_text(encoding="utf-8")  # its machines reach no service
