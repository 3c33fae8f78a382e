"""Turns: how many are begun, in which order, and what outlives whom."""

import os
import time
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hyperface import runs
from hyperface.errors import InputError, RunError
from hyperface.runs import RUNNING, STARTING, STOPPED, WAITING, Run
from hyperface.runs.processes import process_started, seconds_since
from hyperface.serving.limits import LAPTOP, SHARED, Limits, limits_from
from hyperface.serving.owners import claim
from hyperface.serving.visitors import mark_of
from hyperface.serving.waiting import TAKEN_BACK, Turns

A, B, C = (mark_of(letter * 43) for letter in "abc")


class Office:
    """Turns whose work is begun by noting it. A run that is begun is at work, as a run is that was just created."""

    def __init__(self, folder, limits: Limits) -> None:
        self.begun: list[str] = []
        self.folder = folder
        self.turns = Turns(folder, limits, lambda run: self.begun.append(run.title))

    def press(self, owner: str, title: str) -> Run:
        with self.turns.joining(owner) as join:
            run = runs.create("pack", {}, title=title, folder=self.folder)
            claim([run], owner)
            join(run)
        return run

    def finish(self, title: str) -> None:
        run = next(run for run in runs.list_runs([self.folder]) if run.title == title)
        with runs.Worker(run).working():
            pass
        self.turns.advance()


def test_twenty_presses_at_once_start_no_more_than_allowed(tmp_path):
    offices = [Office(tmp_path, Limits(runs=3)) for _ in range(2)]  # two servers that share a folder
    with ThreadPoolExecutor(20) as pressing:
        made = list(pressing.map(lambda n: offices[n % 2].press("", f"run {n}"), range(20)))
    assert len(offices[0].begun + offices[1].begun) == 3
    assert sorted(run.status().state for run in made) == ["starting"] * 3 + [WAITING] * 17
    assert sorted(offices[0].turns.before(run) for run in made if run.status().state == WAITING) == list(range(17))


def test_visitors_take_turns_and_within_one_the_first_comes_first(tmp_path):
    office = Office(tmp_path, Limits(runs=1))
    for title in ("a1", "a2", "a3", "a4"):
        office.press(A, title)
    for title in ("b1", "b2"):
        office.press(B, title)
    office.press(C, "c1")
    for _ in range(6):
        office.finish(office.begun[-1])
    assert office.begun == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_one_visitor_has_no_more_at_work_than_their_share(tmp_path):
    office = Office(tmp_path, Limits(runs=3, runs_each=1))
    for owner, title in ((A, "a1"), (A, "a2"), (B, "b1")):
        office.press(owner, title)
    assert office.begun == ["a1", "b1"]
    office.finish("a1")
    assert office.begun == ["a1", "b1", "a2"]


def test_a_place_outlives_the_server_and_can_be_taken_back(tmp_path):
    office = Office(tmp_path, Limits(runs=1))
    first, second, third = (office.press(A, title) for title in ("first", "second", "third"))
    later = Office(tmp_path, Limits(runs=1))
    assert [later.turns.before(run) for run in (second, third)] == [0, 1]
    assert later.turns.leave(second)
    assert (second.status().state, second.status().message) == (STOPPED, TAKEN_BACK)
    assert not later.turns.leave(second)
    assert not later.turns.leave(first)
    later.finish("first")
    assert later.begun == ["third"]


def test_too_many_that_wait_are_refused_and_nothing_is_made(tmp_path):
    office = Office(tmp_path, Limits(runs=1, waiting=3, waiting_each=2))
    for title in ("work", "one", "two"):
        office.press(A, title)
    with pytest.raises(RunError, match="2 of your runs wait"):
        office.press(A, "three")
    office.press(B, "b")
    with pytest.raises(RunError, match="3 runs wait already"):
        office.press(C, "c")
    assert len(runs.list_runs([tmp_path])) == 4


def test_a_ticket_that_cannot_be_read_and_a_start_that_fails_hold_up_nobody(tmp_path):
    office = Office(tmp_path, Limits(runs=1))
    for title in ("work", "damaged", "next"):
        run = office.press("", title)
        if title == "damaged":
            (run.path / WAITING).write_text("{")

    def fail(run):
        if run.title == "damaged":
            raise RunError("It cannot be started.")
        office.begun.append(run.title)

    office.turns._begin = fail
    office.finish("work")
    office.turns.advance()
    assert office.begun == ["work", "next"]


@pytest.mark.parametrize("continued", [False, True])
def test_a_run_whose_turn_comes_is_starting_from_then_on(tmp_path, continued):
    office, states = Office(tmp_path, Limits(runs=1)), []
    office.press("", "work")
    run = office.press("", "next")
    os.utime(run.path / "config.json", (0, 0))  # it has waited for long
    if continued:
        runs.Worker(run).postpone("It was stopped before.")
    office.turns._begin = lambda begun: states.append(begun.status().state)
    assert run.status().state == WAITING
    office.finish("work")
    assert states == [STARTING]


def test_a_start_that_fails_unforeseen_takes_nobodys_place(tmp_path):
    office = Office(tmp_path, Limits(runs=1))
    begin, office.turns._begin = office.turns._begin, lambda run: [][0]
    with pytest.raises(IndexError):
        office.press("", "odd")
    office.turns._begin = begin
    office.press("", "next")
    assert office.begun == ["next"]
    assert [run.status().state for run in runs.list_runs([tmp_path]) if run.title == "odd"] == [STOPPED]


def test_a_run_over_its_time_is_stopped_and_says_so(tmp_path, monkeypatch):
    run = runs.create("pack", {}, title="long", folder=tmp_path)
    turns = Turns(tmp_path, Limits(seconds=60), lambda run: None)
    with runs.Worker(run).working() as worker:
        (run.path / "launched").write_text("1")
        turns.end_overdue()
        worker.progress(0.5)
        monkeypatch.setattr("hyperface.runs.folder.time.time", lambda: (run.path / "launched").stat().st_mtime + 61)
        turns.end_overdue()
        worker.progress(0.6)
    assert run.status().state == STOPPED
    assert run.status().message.startswith("Stopped after")


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_set_neither_prolongs_a_run_nor_ends_it(tmp_path, monkeypatch, days):
    run = runs.create("pack", {}, title="long", folder=tmp_path)
    own = 0.0 if (started := process_started(os.getpid())) is None else seconds_since(started)
    with runs.Worker(run).working() as worker:
        (run.path / "launched").write_text(f"{os.getpid()} {started}")
        now = time.time() + 86_400 * days
        monkeypatch.setattr("hyperface.runs.folder.time", types.SimpleNamespace(time=lambda: now))
        Turns(tmp_path, Limits(seconds=own + 600), lambda run: None).end_overdue()
        worker.progress(0.5)
        assert run.status().state == RUNNING
        Turns(tmp_path, Limits(seconds=own), lambda run: None).end_overdue()
        worker.progress(0.6)
    assert run.status().state == STOPPED


def test_who_comes_after_the_clock_was_set_back_waits_behind_those_before(tmp_path, monkeypatch):
    office = Office(tmp_path, Limits(runs=0))
    for number, visitor in enumerate((A, B, C)):
        now = time.time_ns() - 86_400 * 10**9 * number
        clock = types.SimpleNamespace(**{**vars(time), "time_ns": lambda now=now: now})
        monkeypatch.setattr("hyperface.serving.waiting.time", clock)
        office.press(visitor, visitor)
    waiting = {run.name: run.title for run in runs.list_runs([tmp_path])}
    assert [waiting[place.name] for place in office.turns.places()] == [A, B, C]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"identities": 2001}, "2,000 people; 2,001"),
        ({"steps": 501}, "500 steps"),
        ({"identities": 300, "images_per_identity": 100}, "20,000 pictures; 30,000"),
        ({"count": 20_001}, "20,000 pictures"),
    ],
)
def test_what_is_too_large_is_refused_where_strangers_share(options, said):
    LAPTOP.check(options)
    with pytest.raises(InputError, match=said):
        SHARED.check(options)


def test_all_of_a_packing_counts_as_its_people(tmp_path):
    packing = runs.create("pack", {"identities": 1000}, title="", folder=tmp_path)
    with pytest.raises(InputError, match="50,000"):
        SHARED.check({"source": str(packing.path), "identities": None, "images_per_identity": 50})


def test_limits_are_set_by_the_environment():
    assert limits_from({}) == LAPTOP
    assert limits_from({"HYPERFACE_SHARED": "1"}) == SHARED
    assert limits_from({"SPACE_ID": "me/mine"}) == replace(SHARED, proxied=True)
    assert limits_from({"HYPERFACE_SHARED": "1", "HYPERFACE_PROXY": "1"}).proxied
    assert not limits_from({"SPACE_ID": "me/mine", "HYPERFACE_PROXY": "0"}).proxied
    assert limits_from({"SPACE_ID": "me/mine", "HYPERFACE_SHARED": "0"}) == LAPTOP == limits_from({}, shared=False)
    told = limits_from({"HYPERFACE_LIMIT_RUNS": "5", "HYPERFACE_LIMIT_STEPS": "none"}, shared=True)
    assert (told.runs, told.steps, told.images) == (5, None, SHARED.images)
    for wrong in ("0", "-1", "many", "1e3"):
        with pytest.raises(InputError, match="HYPERFACE_LIMIT_RUNS"):
            limits_from({"HYPERFACE_LIMIT_RUNS": wrong})
