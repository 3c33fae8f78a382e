"""A server that strangers share, under load: many who press Pack, a flood from one client, and hours of use in minutes.

    python benchmarks/strangers.py [--table pack|flood|use] [--visitors 50] [--joins 300] [--minutes 20]

Starts `hyperface app --shared` with its usual limits and an empty folder of runs, and speaks to it as the page's script
does: a visitor opens the page, holds its connection, asks what a page asks when it is loaded, and presses. They come
when the server has loaded what it loads in the background. Everything runs on the same machine, which serves, packs and
plays the visitors; the first line says how busy it was. Needs `pip install -e ".[dev]"`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from app_process import started, wait_until_idle

ENDS = ("process_completed", "close_stream", "unexpected_error")
PEOPLE, STEPS = 50, 20  # of a packing of these visitors
WATCHED = 5  # visitors whose patience is measured during a flood
LOOKS = 20  # of each of them, before and during
PAUSE = 2.0  # seconds between two looks at a run
AT_PLAY = 8  # visitors of the random use at once
LONGEST = 60  # seconds that they wait for what they pressed; then they go, and another comes


class Visitor:
    """Somebody at the page, in a browser of their own. page: its components and events, the same for all."""

    def __init__(self, url: str, page: dict[str, Any]) -> None:
        limits = httpx.Limits(max_connections=None)
        self.http = httpx.AsyncClient(base_url=url, timeout=300, trust_env=False, limits=limits)
        self.page, self.session = page, secrets.token_hex(6)
        self.refused: Counter[int] = Counter()
        self._heart: asyncio.Task[None] | None = None

    async def open(self) -> float:
        """Seconds until the page and all that it asks for when it is loaded are there."""
        begun = time.perf_counter()
        self._note(await self.http.get("/"))
        self._heart = asyncio.create_task(self._beat())
        loads = [each for each in self.page["dependencies"] if each["backend_fn"] and _raised_by(each, "load")]
        await asyncio.gather(*(self.event(each) for each in loads))
        return time.perf_counter() - begun

    async def event(self, event: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
        """Messages about an event, to its end. changed: values by the label of their component."""
        body = {"data": self._values(event, changed), "fn_index": event["id"], "session_hash": self.session}
        if event.get("queue") is False:
            await self._post("/gradio_api/run/predict", body)
            return []
        joined = await self._post("/gradio_api/queue/join", body)
        if joined.status_code != 200:
            return []
        name, told = joined.json()["event_id"], []
        asked = {"session_hash": self.session}
        async with self.http.stream("GET", "/gradio_api/queue/data", params=asked) as lines:
            async for line in lines.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                told += [message] if message.get("event_id") == name else []
                if message.get("msg") in ENDS and message.get("event_id", name) == name:
                    break
        return told

    async def ask(self, elem_id: str, function: str, question: dict[str, Any]) -> Any:
        """The answer of a component's server function."""
        number = next(each["id"] for each in self.page["components"] if each["props"].get("elem_id") == elem_id)
        body = {"data": question, "component_id": number, "fn_name": function, "session_hash": self.session}
        answer = await self._post("/gradio_api/component_server", body)
        return answer.json() if answer.status_code == 200 else {}

    async def leave(self) -> None:
        if self._heart is not None:
            self._heart.cancel()
        await self.http.aclose()

    def event_of(self, elem_id: str, event: str) -> dict[str, Any]:
        number = next(each["id"] for each in self.page["components"] if each["props"].get("elem_id") == elem_id)
        return next(each for each in self.page["dependencies"] if [number, event] in each["targets"])

    def _values(self, event: dict[str, Any], changed: dict[str, Any]) -> list[Any]:
        shown = {each["id"]: each["props"] for each in self.page["components"]}
        return [changed.get(str(shown[n].get("label")), shown[n].get("value")) for n in event["inputs"]]

    async def _beat(self) -> None:
        async with self.http.stream("GET", f"/gradio_api/heartbeat/{self.session}") as lines:
            async for _ in lines.aiter_lines():
                pass

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """As browsers do: sent again where the server had just closed a connection that was kept for it."""
        try:
            return self._note(await self.http.post(path, json=body))
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return self._note(await self.http.post(path, json=body))

    def _note(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= 400:
            self.refused[answer.status_code] += 1
        return answer


def _raised_by(event: dict[str, Any], kind: str) -> bool:
    return any(target[1] == kind for target in event["targets"])


@asynccontextmanager
async def visitors(url: str, page: dict[str, Any], count: int) -> AsyncIterator[list[Visitor]]:
    """So many, who have not opened anything yet."""
    people = [Visitor(url, page) for _ in range(count)]
    try:
        yield people
    finally:
        await asyncio.gather(*(each.leave() for each in people))


async def everybody_packs(url: str, page: dict[str, Any], count: int) -> None:
    """All open the page at once, press Pack, and wait until their people are packed."""

    async def press(one: Visitor) -> tuple[float, float, str | None]:
        opened = await one.open()
        begun = time.perf_counter()
        told = await one.event(one.event_of("pack-begin", "click"), Identities=PEOPLE, Steps=STEPS)
        run = next((found for message in told for found in _run_names(message)), None)
        return opened, time.perf_counter() - begun, run

    async def wait(one: Visitor, run: str | None) -> tuple[float, str]:
        begun, state = time.perf_counter(), "no run" if run is None else "waiting"
        while state in ("waiting", "starting", "running"):
            await asyncio.sleep(PAUSE)
            news = await one.ask("pack-view", "news", {"run": run, "cursor": None})
            state = news.get("status", {}).get("state", state)
        return time.perf_counter() - begun, state

    async with visitors(url, page, count) as people:
        row("visitors who open the page and press Pack at once", count)
        seen = await asyncio.gather(*map(press, people))
        row("first page, median and slowest", *_seconds([opened for opened, *_ in seen]))
        row("answer to the press, median and slowest", *_seconds([pressed for _, pressed, _ in seen]))
        ends = await asyncio.gather(*(wait(one, run) for one, (_, _, run) in zip(people, seen, strict=True)))
        refused = sum((one.refused for one in people), Counter())
    row("packed, first and last, after all had pressed", *(f"{end:.0f} s" for end in _ends([each for each, _ in ends])))
    row("how the runs ended", ", ".join(f"{n} {state}" for state, n in Counter(state for _, state in ends).items()))
    row("requests answered with an error", sum(refused.values()) or "none", dict(refused) or "")


async def one_floods(url: str, page: dict[str, Any], joins: int) -> None:
    """One client joins the queue again and again at once; how long do others wait for a question and for a press?"""
    async with visitors(url, page, WATCHED + 1) as (flooder, *others):
        await asyncio.gather(*(one.open() for one in others))
        await flooder.http.get("/")
        before = await _patience(others)
        event = flooder.event_of("pack-begin", "click")
        body = {"data": flooder._values(event, {}), "fn_index": event["id"]}
        for keyless in (False, True):
            if keyless:
                flooder.http.cookies.clear()
            flood = asyncio.gather(
                *(
                    flooder.http.post("/gradio_api/queue/join", json={**body, "session_hash": secrets.token_hex(4)})
                    for _ in range(joins)
                )
            )
            during = await _patience(others)
            statuses = Counter(answer.status_code for answer in await flood)
            row(f"{joins} joins at once, {'without a key' if keyless else 'with one key'}", dict(statuses))
            for what in before:
                row(f"{what}: before", *_seconds(before[what]))
                row(f"{what}: during", *_seconds(during[what]))
        row("errors that others saw", sum(sum(one.refused.values()) for one in others) or "none")


async def _patience(people: list[Visitor]) -> dict[str, list[float]]:
    """Seconds that each of them waits, again and again, for an answer to a question and to a press."""
    waited: dict[str, list[float]] = {"a question of the page": [], "a press that lists the runs": []}

    async def use(one: Visitor) -> None:
        listing = one.event_of("story", "listed")
        for _ in range(LOOKS):
            for what, asked in (
                ("a question of the page", one.ask("story", "news", {"run": None})),
                ("a press that lists the runs", one.event(listing)),
            ):
                begun = time.perf_counter()
                await asked
                waited[what].append(time.perf_counter() - begun)

    await asyncio.gather(*map(use, people))
    return waited


async def random_use(url: str, page: dict[str, Any], minutes: float, server: int, seed: int) -> None:
    """Visitors come, press at random, pack, delete and go, for so long; what does the server hold before and after?"""
    end = time.monotonic() + 60 * minutes
    done: Counter[str] = Counter()
    chance = random.Random(seed)
    presses = [each for each in page["dependencies"] if each["backend_fn"] and not _raised_by(each, "unload")]

    async def visit() -> None:
        (one,) = (Visitor(url, page),)
        try:
            await one.open()
            for _ in range(chance.randrange(3, 12)):
                if time.monotonic() > end:
                    break
                if chance.random() < 0.15:
                    packing = one.event(one.event_of("pack-begin", "click"), Identities=PEOPLE, Steps=STEPS)
                    told = await asyncio.wait_for(packing, LONGEST)
                    for run in [found for message in told for found in _run_names(message)][:1]:
                        await asyncio.sleep(chance.random() * 10)
                        await one.ask("pack-view", "stop", {"run": run})
                        done["packings begun and stopped"] += 1
                else:
                    await asyncio.wait_for(one.event(chance.choice(presses)), LONGEST)
                    done["presses"] += 1
        except (httpx.TransportError, TimeoutError) as error:
            done[f"cut off: {type(error).__name__}"] += 1
        finally:
            done["visits"] += 1
            for status, count in one.refused.items():
                done[f"answers {status}"] += count
            await one.leave()

    async def come_and_go() -> None:
        while time.monotonic() < end:
            await visit()

    row("after", "memory", "files", "threads", "processes")
    row("0 min", *_held(server))
    going = asyncio.gather(*(come_and_go() for _ in range(AT_PLAY)))
    begun = time.monotonic()
    while not going.done():
        await asyncio.wait([going], timeout=max(60.0, 6 * minutes))
        row(f"{(time.monotonic() - begun) / 60:.0f} min", *_held(server))
    await going
    await asyncio.sleep(30)
    row("half a minute of rest", *_held(server))
    for what, count in sorted(done.items()):
        row(what, count)


def _held(process: int) -> list[str]:
    """Memory, open files, threads of a process, and how many processes it is the parent of."""
    folder = Path(f"/proc/{process}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    children = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children += int(stat.read_text().rpartition(")")[2].split()[1]) == process
        except OSError:
            continue
    files = len(list((folder / "fd").iterdir()))
    return [f"{int(status['VmRSS'].split()[0]) / 1000:.0f} MB", str(files), status["Threads"].strip(), str(children)]


def _run_names(value: Any) -> Iterator[str]:
    """Names of packings in a message of the queue."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _run_names(each)
    elif isinstance(value, str) and value.startswith("pack-2"):
        yield value


def _seconds(waited: list[float]) -> tuple[str, str]:
    return f"{statistics.median(waited):.2f} s", f"{max(waited):.2f} s"


def _ends(waited: list[float]) -> tuple[float, float]:
    return min(waited), max(waited)


def row(what: str, *values: Any) -> None:
    print(f"{what:52}", *(f"{value!s:>12}" for value in values), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", choices=("pack", "flood", "use"), action="append")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--joins", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    row("processors, and work that waited for them before", os.cpu_count(), f"{os.getloadavg()[0]:.1f}")
    for table in options.table or ("pack", "flood", "use"):
        with (
            tempfile.TemporaryDirectory() as folder,
            started(f"{folder}/runs", "-m", "hyperface", "app", "--shared", log=Path(folder, "log.txt")) as app,
        ):
            url, server = app.url, app.process
            wait_until_idle(server)
            page = httpx.get(f"{url}/config", timeout=60, trust_env=False).json()
            if table == "pack":
                asyncio.run(everybody_packs(url, page, options.visitors))
            elif table == "flood":
                asyncio.run(one_floods(url, page, options.joins))
            else:
                asyncio.run(random_use(url, page, options.minutes, server, options.seed))
            wrong = [line for line in Path(folder, "log.txt").read_text().splitlines() if "Traceback" in line]
            row("tracebacks in the server's log", len(wrong) or "none")
        print()


if __name__ == "__main__":
    main()
