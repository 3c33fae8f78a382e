import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyperface import files, runs
from hyperface.errors import InputError, RunError
from hyperface.runs import DONE, FAILED, INTERRUPTED, RUNNING, STARTING, STOPPED, StopRequested, Worker


@pytest.fixture
def run(tmp_path):
    return runs.create("pack", {"identities": 3}, title="3 identities", folder=tmp_path)


def test_what_is_created_is_what_is_read(tmp_path):
    made = runs.create("pack", {"alpha": 0.0, "span": None}, title="A", parents=["g"], slug="My Run!", folder=tmp_path)
    read = runs.open_run(made.path)
    assert read == made
    assert (read.verb, read.options, read.parents) == ("pack", {"alpha": 0.0, "span": None}, ("g",))
    assert made.name.startswith("pack-")
    assert made.name.endswith("-my-run")


def test_two_runs_of_the_same_second_have_two_folders(tmp_path):
    names = {runs.create("pack", {}, title="A", slug="x", folder=tmp_path).name for _ in range(4)}
    assert len(names) == 4


def test_no_run_writes_over_another(tmp_path, run):
    with pytest.raises(RunError, match="not empty"):
        runs.create("pack", {}, title="B", path=run.path)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(RunError, match="cannot be made"):
        runs.create("pack", {}, title="B", path=file / "run")


def test_the_status_follows_the_work(run):
    assert run.status().state == STARTING
    worker = Worker(run, status_interval=0)
    with worker.working():
        worker.progress(0.25, 12.0, "a quarter")
        status = run.status()
        assert (status.state, status.progress, status.seconds_left, status.message) == (
            RUNNING,
            0.25,
            12.0,
            "a quarter",
        )
        assert status.pid == os.getpid()
    status = run.status()
    assert (status.state, status.progress, status.pid) == (DONE, 1.0, None)


def test_a_stop_request_ends_the_work_and_is_used_up(run):
    worker = Worker(run, status_interval=0)
    with worker.working():
        runs.request_stop(run)
        worker.progress(0.5)
        pytest.fail("progress() goes on after a stop request")
    assert run.status().state == STOPPED
    assert run.status().progress == 0.5
    with worker.working():
        worker.progress(0.6)  # the next session is not stopped by the last one's request
    assert run.status().state == DONE


@pytest.mark.parametrize(
    ("error", "state", "says"),
    [
        (InputError("too few faces"), FAILED, "too few faces"),
        (ZeroDivisionError("oh"), FAILED, "unexpected error.*ZeroDivisionError"),
        (KeyboardInterrupt(), STOPPED, "^$"),
    ],
)
def test_an_error_is_told_and_passed_on(run, error, state, says):
    with pytest.raises(type(error)), Worker(run).working():
        raise error
    assert run.status().state == state
    assert re.search(says, run.status().message)


def test_a_stop_request_is_heard_by_a_worker_that_is_still_starting(run):
    assert run.status().state == STARTING
    runs.request_stop(run)
    with runs.Worker(run).working() as worker:
        worker.progress(0.1)
        pytest.fail("progress() goes on after a stop request")
    assert run.status().state == STOPPED


def test_a_stop_request_that_a_killed_worker_left_is_over(run):
    with runs.Worker(run).working() as worker:
        worker.progress(0.1)
    runs.request_stop(run)
    runs.mark_launched(run, os.getpid())  # as the app begins the work again
    with runs.Worker(run).working() as worker:
        worker.progress(0.6)
    assert run.status().state == DONE


def test_a_stop_request_deep_inside_does_not_leak(run):
    with Worker(run).working():
        raise StopRequested
    assert run.status().state == STOPPED


WORKER = """
import sys, time
from hyperface import runs
run = runs.open_run(sys.argv[1])
worker = runs.Worker(run, status_interval=0)
with worker.working():
    for step in range(100_000):
        worker.log({"step": step})
        worker.progress(step / 100_000)
        if step == 20:
            print("at work", flush=True)
        time.sleep(0.002)
"""


@contextmanager
def worker_process(run) -> Iterator[subprocess.Popen]:
    with subprocess.Popen([sys.executable, "-c", WORKER, str(run.path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        yield process


def test_a_killed_worker_is_interrupted_and_its_figures_are_whole(run):
    with worker_process(run) as process:
        assert run.status().state == RUNNING
        process.kill()
        assert wait_for_state(run, INTERRUPTED)  # also while it is a zombie that nobody has waited for
    steps = [row["step"] for row in run.metrics()]
    assert steps == list(range(len(steps)))
    assert len(steps) > 20


def test_sigterm_stops_cleanly(run):
    with worker_process(run) as process:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    assert run.status().state == STOPPED


def wait_for_state(run, state: str, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if run.status().state == state:
            return True
        time.sleep(0.02)
    return False


def test_a_later_process_with_the_same_number_is_not_the_worker(run):
    status = {"state": RUNNING, "progress": 0.5, "pid": os.getpid(), "process_started": 1.0}
    files.write_atomic(run.path / "status.json", json.dumps(status).encode())
    assert run.status().state == INTERRUPTED


def test_a_launched_process_that_died_before_it_reported_is_interrupted(run):
    process = subprocess.Popen([sys.executable, "-c", ""])
    files.write_atomic(run.path / "launched", str(process.pid).encode())
    process.wait()
    assert run.status().state == INTERRUPTED


def test_a_line_cut_short_is_ignored_and_cut_off(run):
    path = run.path / "metrics.jsonl"
    path.write_bytes(b'{"step": 0}\nnonsense\n[1]\n{"step": 1}\n{"step": 2, "lo')
    assert [row["step"] for row in run.metrics()] == [0, 1]
    _, offset = run.metrics_from(0)
    worker = Worker(run)
    with worker.working():
        worker.log({"step": 2})
    assert run.metrics_from(offset)[0] == [{"step": 2}]


def test_figures_after_the_checkpoint_are_forgotten(run):
    worker = Worker(run)
    with worker.working():
        for step in range(6):
            worker.log({"step": step})
        worker.forget_after(3)
        worker.log({"step": 4, "again": True})
    assert [row["step"] for row in run.metrics()] == [0, 1, 2, 3, 4]
    assert run.metrics()[-1]["again"]


def test_a_figure_that_json_has_no_word_for_is_refused(run):
    with pytest.raises(ValueError, match="JSON"), Worker(run).working() as worker:
        worker.log({"loss": float("nan")})


def test_listing_survives_garbage(tmp_path):
    good = runs.create("pack", {}, title="good", folder=tmp_path)
    (tmp_path / "stray.txt").write_text("")
    (tmp_path / "empty").mkdir()
    for name, content in {
        "cut": '{"format": 1, "verb": "pa',
        "list": "[]",
        "lacking": '{"format": 1, "verb": "pack"}',
        "bytes": "\x00\xff",
        "newer": '{"format": 99, "verb": "pack", "title": "", "created": "", "options": {}, "parents": []}',
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(content)
    (good.path / "status.json").write_text('{"state": ')
    (good.path / "results.json").write_text("[")
    odd = runs.create("pack", {}, title="odd", folder=tmp_path / "odd")
    for content in ('{"state": "<b>dancing</b>"}', '{"state": ["done"]}', '{"state": null}'):
        (odd.path / "status.json").write_text(content)
        assert odd.status().state in (STARTING, INTERRUPTED)
    assert runs.list_runs([tmp_path, tmp_path / "nowhere"]) == [good]
    damaged = runs.damaged_runs([tmp_path, tmp_path / "nowhere"])
    assert [run.name for run in damaged] == ["bytes", "cut", "lacking", "list", "newer"]  # not what never was a run
    assert all(run.reason.startswith(run.name) and str(tmp_path) not in run.reason for run in damaged)
    assert good.results() == {}
    assert good.status().state in (STARTING, INTERRUPTED)


def test_listing_is_newest_first_and_by_verb(tmp_path):
    first = runs.create("pack", {}, title="1", folder=tmp_path)
    second = runs.create("train", {}, title="2", folder=tmp_path)
    third = runs.create("pack", {}, title="3", folder=tmp_path)
    assert runs.list_runs([tmp_path]) == [third, second, first]
    assert runs.list_runs([tmp_path], "pack") == [third, first]


def test_lineage_is_oldest_first_and_bears_gaps_and_circles(tmp_path):
    pack = runs.create("pack", {}, title="p", parents=["gone"], folder=tmp_path)
    data = runs.create("generate", {}, title="d", parents=[pack.name], folder=tmp_path)
    model = runs.create("train", {}, title="m", parents=[data.name, pack.name], folder=tmp_path)
    assert runs.lineage(model, [tmp_path]) == [pack, data, model]
    circle = runs.create("pack", {}, title="c", path=tmp_path / "circle", parents=["circle"])
    assert runs.lineage(circle, [tmp_path]) == [circle]


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc", "a/b", "."])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path, name):
    with pytest.raises(RunError):
        runs.find_run(name, [tmp_path])


def test_deleting(tmp_path, run):
    with Worker(run).working(), pytest.raises(RunError, match="still at work"):
        runs.delete(run)
    runs.delete(run)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_runs_is_the_environments(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_RUNS", str(tmp_path))
    assert runs.runs_folder() == tmp_path
    monkeypatch.delenv("HYPERFACE_RUNS")
    monkeypatch.chdir(tmp_path)
    assert runs.runs_folder() == Path(tmp_path) / "runs"


def test_a_run_has_one_worker_and_who_comes_second_touches_nothing(run):
    with worker_process(run) as process:
        before = run.status()
        with pytest.raises(RunError, match=f"by process {process.pid}"), Worker(run).working():
            pytest.fail("it began")
        runs.request_stop(run)  # who is at work still sees it
        process.wait(timeout=60)
    assert before.state == RUNNING
    assert run.status().state == STOPPED
    with Worker(run).working(), pytest.raises(RunError, match="is being worked on"), Worker(run).working():
        pytest.fail("another thread's would begin, too")


def test_a_lock_ends_with_a_kill_and_what_the_kill_left_is_swept(run):
    with worker_process(run) as process:
        process.kill()
    (run.path / ".checkpoint.safetensors-01234567.partial").write_text("half")
    with Worker(run).working():
        assert sorted(path.name for path in run.path.iterdir()) == ["config.json", "metrics.jsonl", "status.json"]


@pytest.mark.parametrize("told", ["{pid}", "{pid} 1.0", "{pid} -1.0"])
def test_a_later_process_with_the_launched_ones_number_does_not_keep_a_run_starting(run, told):
    (run.path / "launched").write_text(told.format(pid=os.getpid()))
    assert run.status().state == (STARTING if told == "{pid}" else INTERRUPTED)


def test_a_clock_set_back_a_day_leaves_a_run_as_it_is(run, monkeypatch):
    """Not launched, it is not starting for a day; its worker is not taken for dead; nothing lasts less than no time."""
    now = time.time() - 86_400
    for module in ("folder", "worker"):
        clock = types.SimpleNamespace(time=lambda: now, monotonic=time.monotonic)
        monkeypatch.setattr(f"hyperface.runs.{module}.time", clock)
    assert run.status().state == INTERRUPTED
    with Worker(run, status_interval=0).working() as worker:
        worker.progress(0.5, 12.0)
        status = run.status()
        assert (status.state, status.seconds_left, status.updated) == (RUNNING, 12.0, now)
        (run.path / "launched").write_text(f"{status.pid} {status.process_started}")
        assert run.seconds_at_work() > 0 or status.process_started is None
    assert run.status().state == DONE


def test_a_folder_that_a_kill_left_empty_is_a_new_run_s(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".config.json-01234567.partial").write_text("{")
    assert runs.create("pack", {}, title="again", path=tmp_path / "run").title == "again"
