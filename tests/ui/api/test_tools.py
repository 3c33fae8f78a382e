"""The endpoints as an agent sees them: by the protocol's own client."""

import asyncio
import importlib.util
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from hyperface.errors import InputError
from hyperface.ui.api.tools import offers_tools
from hyperface.ui.parts.gradio_internals import agent_content

pytest.importorskip("mcp")
NAMES = {"pack", "identities", "draw", "embed", "nearest", "runs", "evaluate"}


def run_apart(coroutine):
    """What a coroutine returns, run in a thread of its own: in the test's own, Playwright may have a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@asynccontextmanager
async def session(url: str):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        streamable_http_client(f"{url}/gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


async def conversation(url: str) -> dict:
    told: list[tuple[float, str | None]] = []

    async def heard(progress, total, message):
        told.append((progress, message))

    async with session(url) as agent:
        return {
            "tools": (await agent.list_tools()).tools,
            "pack": await agent.call_tool("pack", {"identities": 30, "steps": 8}, progress_callback=heard),
            "told": told,
            "draw": await agent.call_tool("draw", {"run": "pack-demo", "identity": 3, "count": 2}),
            "wrong": await agent.call_tool("identities", {"run": "nobody"}),
        }


def test_an_agent_finds_seven_tools_and_uses_them(api_url):
    seen = run_apart(conversation(api_url))
    tools = {tool.name: tool for tool in seen["tools"]}
    assert set(tools) == NAMES
    for tool in tools.values():
        assert "Returns:" in tool.description
        for name, schema in tool.inputSchema["properties"].items():
            assert len(schema["description"]) > 10, f"{name} of {tool.name} is not described"
            assert schema.keys() & {"type", "enum", "oneOf"}, f"{name} of {tool.name} has no type"
    assert tools["draw"].inputSchema["required"] == ["run", "identity"]

    packed = json.loads(seen["pack"].content[0].text)
    assert packed["state"] == "done"
    assert packed["figures"]["min_angle_after"] > packed["figures"]["min_angle_before"]
    shares = [share for share, _ in seen["told"]]
    assert shares == sorted(set(shares))
    text, *images = seen["draw"].content
    assert [picture["image"] for picture in json.loads(text.text)["pictures"]] == ["picture 1", "picture 2"]
    assert [(image.type, image.mimeType) for image in images] == [("image", "image/png")] * 2
    assert seen["wrong"].isError
    assert "There is no run" in seen["wrong"].content[0].text


def test_pictures_are_taken_out_of_an_answer_in_order():
    text, first, second = agent_content(
        {"a": [{"image": "data:image/png;base64,QQ=="}], "b": ("data:image/jpeg;base64,Qg==", 1.5, None)}
    )
    assert json.loads(text.text) == {"a": [{"image": "picture 1"}], "b": ["picture 2", 1.5, None]}
    assert [(part.mimeType, part.data) for part in (first, second)] == [("image/png", "QQ=="), ("image/jpeg", "Qg==")]


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mcp" else find(name))
    monkeypatch.delenv("HYPERFACE_MCP", raising=False)
    assert not offers_tools()
    with pytest.raises(InputError, match='pip install "mcp>='):
        offers_tools(True)
    monkeypatch.setenv("HYPERFACE_MCP", "1")
    with pytest.raises(InputError, match="mcp"):
        offers_tools()
