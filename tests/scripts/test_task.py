"""The task runner: what it runs, without running it."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def task(monkeypatch):
    """The script as a module, in an environment that is nobody's CI."""
    monkeypatch.delenv("CI", raising=False)
    spec = importlib.util.spec_from_file_location("task", ROOT / "scripts" / "task.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ran(task, monkeypatch):
    """The commands that would have run, instead of running them."""
    commands = []
    monkeypatch.setattr(task, "run", lambda command: commands.append(command) is None)
    return commands


def start(task, monkeypatch, *words) -> int:
    monkeypatch.setattr(sys, "argv", ["task.py", *words])
    return task.main()


def test_check_is_lint_and_docs_and_every_test(task):
    assert task.check() == [*task.lint(), *task.docs(), *task.test()]
    assert [command[1:3] for command in task.test()] == [["-m", "pytest"]]


def test_the_fast_selection_leaves_out_what_takes_long_and_takes_what_stands_after_the_dashes(task, ran, monkeypatch):
    assert start(task, monkeypatch, "fast", "--", "tests/packing", "-x") == 0
    (command,) = ran
    assert command[-4:] == ["-m", "not slow and not browser", "tests/packing", "-x"]


def test_several_tasks_run_to_the_end_and_the_failed_ones_are_named(task, monkeypatch, capsys):
    monkeypatch.setattr(task, "run", lambda command: "format" not in command)
    monkeypatch.setattr(task, "javascript", list)
    assert start(task, monkeypatch, "fix", "docs") == 1
    assert capsys.readouterr().out.splitlines() == ["failed: python -m ruff format ."]


def test_an_unknown_task_runs_nothing(task, ran, monkeypatch):
    with pytest.raises(SystemExit):
        start(task, monkeypatch, "fast", "nonsense")
    assert not ran


def test_without_npm_the_scripts_of_the_app_are_left_out_but_not_in_the_gate(task, monkeypatch, capsys):
    monkeypatch.setattr(task.shutil, "which", lambda name, **options: None)
    assert task.javascript() == []
    assert "no npm" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit, match="no npm"):
        task.javascript()


@pytest.mark.parametrize(("got", "wanted", "fetches"), [(None, 1, True), (1, 2, True), (2, 1, False)])
def test_packages_are_fetched_again_when_the_list_of_them_changed(task, monkeypatch, tmp_path, got, wanted, fetches):
    monkeypatch.setattr(task, "ROOT", tmp_path)
    monkeypatch.setattr(task.shutil, "which", lambda name, **options: "npm")
    for age, name in ((got, "node_modules/.package-lock.json"), (wanted, "package-lock.json")):
        if age is not None:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
            task.os.utime(tmp_path / name, (age, age))
    assert (["npm", "ci", "--silent"] in task.javascript()) == fetches


def test_a_command_that_fails_or_is_not_there_fails(task, capsys):
    assert task.run([sys.executable, "-c", ""])
    assert not task.run([sys.executable, "-c", "raise SystemExit(3)"])
    assert not task.run(["no-such-command"])
    assert "no-such-command is not installed" in capsys.readouterr().out


def test_the_gate_and_the_hooks_call_the_same_tools(task):
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    for tool in ("ruff check", "ruff format", "lint-imports", "mypy", "task.py javascript"):
        assert tool in hooks
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "scripts/task.py lint docs" in gate
