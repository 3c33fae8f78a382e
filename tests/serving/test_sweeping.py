"""Disk: how much runs may take, which go when, and that nothing else goes. The end of what does not stop."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hyperface import runs
from hyperface.errors import RunError
from hyperface.files import json_bytes, write_atomic
from hyperface.runs import RUNNING, STOPPED, WAITING, Run
from hyperface.runs.processes import process_started
from hyperface.serving import sweeping
from hyperface.serving.disk import Disk
from hyperface.serving.ending import ASKED_SECONDS, ENDED_SECONDS, Endings, worker_of
from hyperface.serving.limits import LAPTOP, SHARED
from hyperface.serving.owners import claim
from hyperface.serving.sweeping import DOOMED, HOUR, LEAST_WARNING, WARNING, Sweeper, doom_of, warning
from hyperface.serving.visitors import NOBODY, mark_of
from hyperface.serving.waiting import Turns

A, B = (mark_of(letter * 43) for letter in "ab")
NOW = 1_700_000_000.0  # seconds since 1970
MEGABYTE = 1_000_000
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
FEW = replace(SHARED, disk=10, disk_each=4, hours=24)


@pytest.fixture
def at(monkeypatch):
    """`at(seconds)` sets the clock of what sweeps to so many seconds after NOW."""

    def set_it(seconds: float) -> None:
        monkeypatch.setattr(sweeping, "time", FixedClock(NOW + seconds))

    set_it(0)
    return set_it


class FixedClock:
    def __init__(self, now: float) -> None:
        self.time = lambda: now


@pytest.fixture
def finished(tmp_path):
    """`finished(A, "title", hours=2, megabytes=3)` makes a run that ended so long before NOW and is so large."""

    def make(owner: str, title: str, *, hours: float = 0, megabytes: int = 0, parents=()) -> Run:
        run = runs.create("pack", {}, title=title, folder=tmp_path, slug=title, parents=parents)
        claim([run], owner)
        with runs.Worker(run).working():
            (run.path / "embeddings.npy").write_bytes(bytes(megabytes * MEGABYTE))
        ended = NOW - hours * HOUR
        os.utime(run.path / "status.json", (ended, ended))
        return run

    return make


def titles(folder) -> set[str]:
    return {run.title for run in runs.list_runs([folder])}


def sweeper(folder, limits=FEW) -> Sweeper:
    return Sweeper(Disk(folder, limits), limits)


def test_old_runs_are_warned_of_and_then_go_and_others_stay(tmp_path, finished, at):
    old, young, own = finished(A, "old", hours=22), finished(B, "young", hours=20), finished(NOBODY, "own", hours=999)
    sweeper(tmp_path).sweep()
    assert doom_of(old).at == NOW + WARNING  # not the two hours that it would have
    assert warning(old) == "Will be deleted in 3 hours, or sooner if the disk fills up: download what you want to keep."
    assert (warning(young), warning(own)) == ("", "")
    at(WARNING - 1)
    assert "within the hour" in warning(old)
    sweeper(tmp_path).sweep()
    assert titles(tmp_path) == {"old", "young", "own"}
    at(WARNING)
    sweeper(tmp_path).sweep()
    assert titles(tmp_path) == {"young", "own"}


def test_a_server_that_was_off_for_a_week_warns_first(tmp_path, finished, at):
    old = finished(A, "old", hours=200)
    at(7 * 24 * HOUR)
    sweeper(tmp_path).sweep()
    assert doom_of(old).at == NOW + 7 * 24 * HOUR + WARNING


def test_what_is_at_work_waits_or_is_needed_is_not_swept(tmp_path, finished, at):
    parent = finished(A, "parent", hours=99)
    child = finished(A, "child", hours=99, parents=[parent.name])
    waits = finished(A, "waits", hours=99, parents=[child.name])
    sweeper(tmp_path).sweep()
    assert warning(child)
    (waits.path / WAITING).write_text("")
    at(WARNING + 1)
    sweeper(tmp_path).sweep()
    assert titles(tmp_path) == {"parent", "child", "waits"}
    assert warning(child) == warning(waits) == ""


def test_the_oldest_go_where_the_disk_fills_and_sooner_where_it_is_full(tmp_path, finished, at):
    for number in range(4):  # 8 of 10 MB, and a little
        finished(A if number % 2 else B, f"run {number}", hours=10 - number, megabytes=2)
    swept = sweeper(tmp_path)
    swept.sweep()
    doomed = [run.title for run in runs.list_runs([tmp_path]) if (run.path / DOOMED).exists()]
    assert doomed == ["run 0"]
    at(LEAST_WARNING)
    swept.sweep()
    assert len(titles(tmp_path)) == 4  # not full
    finished(A, "large", megabytes=3)
    swept.sweep()
    assert titles(tmp_path) == {"run 1", "run 2", "run 3", "large"}  # warned of for long enough, and of those one


def test_damaged_words_about_the_end_are_none(tmp_path, finished):
    run = finished(A, "run")
    for told in ("{", "[]", '{"at": 1}', '{"at": NaN, "since": 1}', '{"at": "x", "since": 1}'):
        (run.path / DOOMED).write_text(told)
        assert doom_of(run) is None
        assert warning(run) == ""


def test_nothing_is_swept_on_a_laptop(tmp_path, finished, at):
    finished(A, "old", hours=9999)
    sweeper(tmp_path, LAPTOP).sweep()
    assert doom_of(runs.list_runs([tmp_path])[0]) is None
    Disk(tmp_path, LAPTOP).check(A)


def test_a_visitor_without_room_begins_nothing_and_others_do(tmp_path, finished):
    finished(A, "large", megabytes=4)
    turns = Turns(tmp_path, FEW, lambda run: None)
    with pytest.raises(RunError, match="Your runs take 4 MB, and this server keeps 4 MB"), turns.joining(A):
        pass
    with turns.joining(B):
        pass
    finished(B, "larger", megabytes=6)
    for owner in (A, B):
        with pytest.raises(RunError, match="MB"), turns.joining(owner):
            pass
    with pytest.raises(RunError, match="All runs together take 10 MB"):
        Disk(tmp_path, FEW).check(mark_of("c" * 43))


def test_a_run_that_takes_too_much_is_asked_to_stop_and_says_why(tmp_path):
    disk = Disk(tmp_path, FEW)
    for owner in (A, NOBODY):
        run = runs.create("pack", {}, title="large", folder=tmp_path)
        claim([run], owner)
        with runs.Worker(run).working() as worker:
            (run.path / "embeddings.npy").write_bytes(bytes(3 * MEGABYTE))
            disk.stop_what_is_over()
            worker.progress(0.4)
            (run.path / "embeddings.npy").write_bytes(bytes(5 * MEGABYTE))
            disk.stop_what_is_over()
            worker.progress(0.5)
        assert ("Stopped: Your runs take 5 MB" in run.status().message) is (owner == A)


@pytest.fixture
def stubborn(tmp_path):
    """A run whose worker hears no stop and no SIGTERM, and that worker."""
    run = runs.create("pack", {}, title="stubborn", folder=tmp_path)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, "hyperface.jobs", str(run.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        status = {"state": RUNNING, "pid": process.pid, "process_started": process_started(process.pid)}
        write_atomic(run.path / "status.json", json_bytes({**status, "progress": 0.3, "updated": time.time()}))
        yield run, process
        process.kill()


@NEEDS_PROC
def test_a_worker_that_does_not_stop_is_ended_and_the_run_says_why(stubborn):
    run, process = stubborn
    now, sent = 0.0, []

    def send(pid, which):
        sent.append(which)
        os.kill(pid, which)

    endings = Endings(send, clock=lambda: now)
    endings.end(run, "Too long.")
    assert (run.path / "stop").read_text() == "Too long."
    for moment, expected in (
        (ASKED_SECONDS - 1, []),
        (ASKED_SECONDS, [signal.SIGTERM]),
        (ASKED_SECONDS + 5, [signal.SIGTERM]),  # it may be saving what there is
        (ASKED_SECONDS + ENDED_SECONDS, [signal.SIGTERM, signal.SIGKILL]),
    ):
        now = moment
        endings.end(run, "Too long.")
        assert sent == expected
    assert process.wait() == -signal.SIGKILL
    assert [each.name for each in endings.asked()] == [run.name]
    endings.over(run, "Too long.")
    assert endings.asked() == []
    status = run.status()
    assert (status.state, status.message, status.progress) == (STOPPED, "Too long.", 0.3)


@NEEDS_PROC
def test_a_process_that_is_not_that_worker_is_left_alone(stubborn, tmp_path):
    run, process = stubborn
    assert worker_of(run) == process.pid
    other = runs.create("pack", {}, title="other", folder=tmp_path)
    told = {"state": RUNNING, "progress": 0.0, "updated": 0.0}
    for pid, started in (
        (process.pid, process_started(process.pid)),  # works on another run
        (process.pid, process_started(process.pid) - 1),  # began when the run does not say
        (os.getpid(), process_started(os.getpid())),  # works on none
        (process.pid, None),
    ):
        write_atomic(other.path / "status.json", json_bytes({**told, "pid": pid, "process_started": started}))
        assert worker_of(other) is None
    (other.path / "status.json").unlink()
    assert worker_of(other) is None
