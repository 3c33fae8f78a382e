"""Agents at a server that strangers share: the server asks itself for each of them, and mixes none up with another."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from hyperface.ui.parts import worker

pytest.importorskip("mcp")


@asynccontextmanager
async def agent(url: str, **headers: str):
    import httpx
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client,
        streamable_http_client(f"{url}/gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


async def conversation(url: str) -> tuple[str, dict[str, str]]:
    """The name of a run that one agent begins, and what each of three is told of all runs."""
    keys = {name: {"x-hyperface-key": name + "k" * 40} for name in ("alice", "bob")} | {"keyless": {}}
    told = {}
    async with agent(url, **keys["alice"]) as alice:
        begun = await alice.call_tool("pack", {"identities": 10, "steps": 2, "wait": False})
    for name, headers in keys.items():
        async with agent(url, **headers) as one:
            told[name] = (await one.call_tool("runs", {"count": 100})).content[0].text
    return json.loads(begun.content[0].text)["run"], told


def test_an_agent_finds_its_own_runs_and_nobody_elses(shared_url, monkeypatch):
    monkeypatch.setattr(worker, "start", lambda context, run: run)
    with ThreadPoolExecutor(1) as thread:
        run, told = thread.submit(asyncio.run, conversation(shared_url)).result()
    assert {name: run in runs for name, runs in told.items()} == {"alice": True, "bob": False, "keyless": False}
