"""The endpoints as tools of the Model Context Protocol, for agents."""

import importlib.util
import os

from hyperface.errors import InputError
from hyperface.ui.parts.gradio_internals import answer_agents_in_json

MISSING = 'Tools for agents need the package mcp: pip install "mcp>=1.21,<2".'


def offers_tools(asked: bool | None = None) -> bool:
    """Whether the server is to offer them; None: as HYPERFACE_MCP says, 1 or nothing. From then on its answers are JSON
    and pictures.

    InputError, with the command that installs it, where the package is missing.
    """
    wanted = os.environ.get("HYPERFACE_MCP", "") not in ("", "0") if asked is None else asked
    if not wanted:
        return False
    if importlib.util.find_spec("mcp") is None:
        raise InputError(MISSING)
    answer_agents_in_json()
    return True
