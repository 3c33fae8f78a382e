"""What one visitor may have going, whose turn is next, and where a request comes from, without a server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hyperface.serving.addresses import UNKNOWN, address_of
from hyperface.serving.allowances import (
    ANSWERED_AT_ONCE,
    NEWCOMER_SECONDS,
    UNREAD_SECONDS,
    Allowances,
    Asked,
    Fair,
    Newcomers,
)
from hyperface.serving.door import EVENT, PAGE, QUESTION, STREAM
from hyperface.serving.limits import LAPTOP, SHARED
from hyperface.serving.refusals import RefusedError
from hyperface.serving.sessions import Sessions

FEW = replace(SHARED, events=20, events_each=3, questions_each=12, streams_each=2, bodies_each=10)


def run_apart(coroutine):
    """What a coroutine returns, run in a thread of its own: in the test's own, Playwright may have a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Stand:
    """In place of the framework's queue."""

    def __init__(self):
        self.waiting, self.done, self.forgotten = [], [], []

    def going(self):
        return self.waiting

    def unread(self):
        return [each for each in self.done if each.session not in self.forgotten]

    def forget(self, session):
        self.forgotten.append(session)


async def enter(allowances, kind, *asked):
    """Which of these are refused, all of them going at once."""
    refused, entered, leave = [], [], asyncio.Event()

    async def go(each):
        try:
            async with allowances.going(kind, each):
                entered.append(each)
                await leave.wait()
        except RefusedError as error:
            refused.append((each, error.status))

    tasks = [asyncio.create_task(go(each)) for each in asked]
    for _ in range(5):
        await asyncio.sleep(0)
    inside = list(entered)
    leave.set()
    await asyncio.gather(*tasks)
    return inside, refused


@pytest.mark.parametrize(("kind", "most"), [(EVENT, 3), (STREAM, 2), (PAGE, 12), (QUESTION, 12)])
def test_one_visitor_has_so_much_going_and_another_is_not_kept_by_it(kind, most):
    allowances = Allowances(FEW, Stand())
    asked = [Asked("a", "1") for _ in range(most + 2)]
    inside, refused = run_apart(enter(allowances, kind, *asked, Asked("b", "2")))
    assert refused == [(each, 429) for each in asked[most:]]
    at_once = min(most, ANSWERED_AT_ONCE) if kind in (PAGE, QUESTION) else most
    assert [each.who for each in inside] == ["a"] * at_once + ["b"]
    assert run_apart(enter(allowances, kind, Asked("a", "1")))[1] == []  # when the others are done
    assert run_apart(enter(Allowances(LAPTOP, Stand()), EVENT, *asked))[1] == []


def test_events_count_until_they_are_done_and_once_each():
    line = Stand()
    allowances = Allowances(FEW, line)
    both = Asked("a", "1")
    line.waiting = [both, Asked("a", "1")]
    assert run_apart(enter(allowances, EVENT, both, Asked("a", "1")))[1] == []  # both is one, however it is seen
    line.waiting.append(Asked("a", "1"))
    assert len(run_apart(enter(allowances, EVENT, Asked("a", "1")))[1]) == 1
    line.waiting = [Asked(str(number), "1") for number in range(10)]  # of one address: half of all
    assert len(run_apart(enter(allowances, EVENT, Asked("new", "1")))[1]) == 1
    assert run_apart(enter(allowances, EVENT, Asked("new", "2")))[1] == []


def test_answers_that_nobody_fetches_are_dropped(monkeypatch):
    line = Stand()
    line.done = [Asked("a", "1", session=f"s{number}", since=1.0) for number in range(5)]
    monkeypatch.setattr("hyperface.serving.allowances.time.monotonic", lambda: 2.0)
    run_apart(enter(Allowances(FEW, line), EVENT, Asked("a", "1")))
    assert set(line.forgotten) == {"s0", "s1", "s2"}  # those kept: two, and the new one
    monkeypatch.setattr("hyperface.serving.allowances.time.monotonic", lambda: 2.0 + UNREAD_SECONDS)
    run_apart(enter(Allowances(FEW, line), EVENT, Asked("b", "1")))
    assert set(line.forgotten) == {f"s{number}" for number in range(5)}


def test_bodies_of_one_visitor_take_so_much_room():
    line = Stand()
    allowances = Allowances(FEW, line)
    line.waiting = [Asked("a", "1", size=6_000_000)]

    async def grow(size, who):
        asked = Asked(who, "1")
        async with allowances.going(EVENT, asked):
            allowances.grow(asked, size)

    run_apart(grow(4_000_000, "a"))
    run_apart(grow(9_000_000, "b"))
    with pytest.raises(RefusedError, match="hold 10 MB"):
        run_apart(grow(5_000_000, "a"))


def test_an_address_brings_so_many_newcomers_and_more_in_time():
    now = 100.0
    newcomers = Newcomers(3, clock=lambda: now)
    for number in range(5):
        newcomers.meet(f"key {number}", "1")
    newcomers.meet("key of another", "2")
    assert [newcomers.knows(f"key {number}") for number in range(5)] == [True] * 3 + [False] * 2
    assert newcomers.knows("key of another")
    assert not newcomers.knows("never seen with a page")
    now += NEWCOMER_SECONDS
    newcomers.meet("key 3", "1")
    newcomers.meet("key 4", "1")
    assert [newcomers.knows("key 3"), newcomers.knows("key 4")] == [True, False]


def test_turns_are_fair_between_addresses_then_visitors_then_in_order():
    fair, order = Fair(), []
    waiting = [Asked("a", "1") for _ in range(4)] + [Asked("b", "1"), Asked("c", "2"), Asked("c", "2")]
    while waiting:
        place = fair.choose(waiting, [], 2)
        order.append(waiting.pop(place).who)
    assert order == ["a", "c", "b", "c", "a", "a", "a"]
    assert fair.choose([Asked("a", "1")], [Asked("a", "1")] * 2, 2) is None
    assert fair.choose([Asked("a", "1"), Asked("b", "1")], [Asked("a", "1")] * 2, 2) == 1
    assert fair.choose([None], [None], 1) == 0


def test_a_session_is_whose_who_used_it_first():
    forgotten = []
    sessions = Sessions(forgotten.append, each=2, most=3)
    sessions.use("one", "alice", "alice")
    sessions.use("one", "alice", "alice")
    with pytest.raises(RefusedError) as refused:
        sessions.use("one", "bob", "bob", status=404)
    assert refused.value.status == 404
    sessions.use("unknown", "bob", "bob", claim=False)
    assert len(sessions) == 1
    with pytest.raises(RefusedError):
        sessions.use("x" * 65, "bob", "bob")
    sessions.use("two", "alice", "alice")
    sessions.use("one", "alice", "alice")
    sessions.use("three", "alice", "alice")  # more than two: the one not used for longest goes
    assert forgotten == ["two"]
    for number in range(10):  # ever new visitors do not push out one another's before those of who has most
        sessions.use(f"b{number}", f"b{number}", f"b{number}")
    assert forgotten[1] == "one"
    assert len(sessions) == 3


@pytest.mark.parametrize(
    ("client", "told", "proxied", "found"),
    [
        ("10.0.0.1", "6.6.6.6, 7.7.7.7", True, "7.7.7.7"),
        ("10.0.0.1", "6.6.6.6, 7.7.7.7", False, "10.0.0.1"),
        ("10.0.0.1", "", True, "10.0.0.1"),
        ("10.0.0.1", "a lie", True, UNKNOWN),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::/64"),
        ("::ffff:9.9.9.9", "", False, "9.9.9.9"),
        ("10.0.0.1", "[2001:db8::7]:443", True, "2001:db8::/64"),
        ("10.0.0.1", "8.8.8.8:443", True, "8.8.8.8"),
        (None, "", False, UNKNOWN),
    ],
)
def test_where_a_request_comes_from(client, told, proxied, found):
    headers = [(b"x-forwarded-for", told.encode())] if told else []
    scope = {"client": (client, 5) if client else None, "headers": headers}
    assert address_of(scope, proxied=proxied) == found
