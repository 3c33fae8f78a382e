"""What every verb's work is followed with: bar, log, progress, checkpoints, stopping, closing."""

import json
from collections.abc import Generator
from io import StringIO
from types import SimpleNamespace

import pytest

from hyperface import runs
from hyperface.errors import InputError, RunError
from hyperface.jobs import driver as module
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.runs import StopRequested, Worker

TOTAL = 5


class Work:
    """Five steps after the first, and how they ended."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.closed = False
        self.fails_at = fails_at

    def steps(self, first: int = 0) -> Generator[int, None, str]:
        try:
            for step in range(first, TOTAL + 1):
                if step == self.fails_at:
                    raise InputError("too few")
                yield step
            return "all done"
        finally:
            self.closed = True


def report(step: int) -> Report:
    return Report(step, TOTAL, {"step": step, "double": 2 * step}, f"at {step}")


@pytest.fixture
def worker(tmp_path):
    return Worker(runs.create("pack", {}, title="A", folder=tmp_path), status_interval=0)


def events(output: StringIO) -> list[dict]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_the_result_is_returned_and_everybody_is_told(worker):
    output, kept = StringIO(), []
    with worker.working():
        driver = Driver(Console(json_lines=True, output=output), worker)
        result = driver.follow(Work().steps(2), "packing", "step", report, log=True, finish=kept.append)
        assert worker.run.status().message == "at 5"
    assert result == "all done"
    assert kept == [5]
    assert worker.run.metrics() == [{"step": step, "double": 2 * step} for step in (2, 3, 4, 5)]
    stage, *steps = events(output)
    assert stage == {"event": "stage", "description": "packing", "total": 5, "unit": "step"}
    assert [step["done"] for step in steps] == [2, 3, 4, 5]


def test_what_was_done_before_counts_for_the_bar_and_not_for_the_pace(monkeypatch):
    now = iter(range(0, 1000, 10))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(now))))
    begun: list[int] = []
    console = Console(json_lines=True, output=StringIO())
    monkeypatch.setattr(console, "begin", lambda stage, total, unit, initial=0: begun.append(initial))
    driver = Driver(console)
    steps = Work().steps(3)
    driver.follow(steps, "a", "b", report)
    assert begun == [3]
    assert driver.clock.pace(4) == 10.0  # one step since the first that was seen, ten seconds
    assert driver.clock.seconds_left(3, TOTAL) is None


def test_without_a_run_only_the_terminal_is_told():
    output = StringIO()
    console = Console(json_lines=True, output=output)
    assert Driver(console).follow(Work().steps(), "checking", "image", report, log=True, total=TOTAL) == "all done"
    assert len(events(output)) == 1 + TOTAL + 1


def test_the_first_step_is_saved_at_once_and_then_now_and_then(worker, monkeypatch):
    now = iter(range(0, 1000, 6))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(now))))
    monkeypatch.setattr(module, "SAVE_SECONDS", 15.0)
    saved: list[int] = []
    Driver(Console(json_lines=True, output=StringIO())).follow(Work().steps(), "a", "b", report, save=saved.append)
    assert saved[0] == 0
    assert 1 < len(saved) < TOTAL + 1


@pytest.mark.parametrize("how", ["request", "keys"])
def test_stopped_it_keeps_what_there_is_and_closes_the_work(worker, how):
    work, kept = Work(), []

    def stop(step: int) -> None:
        if step == 3 and how == "request":
            runs.request_stop(worker.run)
        elif step == 3:
            raise KeyboardInterrupt

    steps = work.steps()  # held here, or its last reference would close it

    def follow():
        driver = Driver(Console(json_lines=True, output=StringIO()), worker)
        driver.follow(steps, "a", "b", report, each=stop, finish=kept.append)

    if how == "request":
        with worker.working(), pytest.raises(StopRequested):
            follow()
    else:
        with pytest.raises(KeyboardInterrupt), worker.working():
            follow()
    assert kept == [3]
    assert work.closed
    assert worker.run.status().progress == pytest.approx((3 if how == "request" else 2) / TOTAL, abs=0.5)


def test_asked_to_stop_at_the_last_step_it_is_done(worker):
    def stop(step: int) -> None:
        if step == TOTAL:
            runs.request_stop(worker.run)

    with worker.working():
        driver = Driver(Console(json_lines=True, output=StringIO()), worker)
        assert driver.follow(Work().steps(), "a", "b", report, each=stop) == "all done"
    assert worker.run.status().state == runs.DONE


def test_an_error_is_told_first_whatever_else_goes_wrong(worker):
    work, kept = Work(fails_at=4), []

    def keep(step: int) -> None:
        kept.append(step)
        raise RunError("disk full")

    driver = Driver(Console(json_lines=True, output=StringIO()), worker)
    with pytest.raises(InputError, match="too few") as caught, worker.working():
        driver.follow(work.steps(), "a", "b", report, finish=keep)
    assert kept == [3]
    assert work.closed
    assert "disk full" in caught.value.__notes__[0]


def test_part_of_a_run_tells_no_time_that_is_not_its_own(worker):
    told = []
    worker.on_status = told.append
    with worker.working():
        driver = Driver(Console(json_lines=True, output=StringIO()), worker)
        driver.follow(Work().steps(), "a", "b", report, part=(0.2, 0.6))
        driver.follow(Work().steps(), "a", "b", report, part=(0.6, 1.0))
    first, second = told[1 : TOTAL + 2], told[TOTAL + 2 : -1]
    assert [status.progress for status in first] == pytest.approx([0.2 + 0.08 * step for step in range(TOTAL + 1)])
    assert {status.seconds_left for status in first} == {None}
    assert worker.run.metrics() == []  # nobody asked for a log
    assert second[-1].progress == 1
    assert second[-1].seconds_left == 0


def test_without_a_terminal_a_line_says_now_and_then_how_far_the_work_is(monkeypatch, capsys):
    clock = iter(float(second) for second in range(0, 1000, 4))
    monkeypatch.setattr("hyperface.jobs.console.time", SimpleNamespace(monotonic=lambda: next(clock)))
    console = Console()
    console.begin("packing", 1000, "step")
    for step in range(1, 9):
        console.step(step, {"loss": 0.123456})
    console.end()
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 4
    assert lines[0].startswith("packing: 3 of 1,000 steps, loss 0.1235, ")
    assert lines[0].endswith(" left")
