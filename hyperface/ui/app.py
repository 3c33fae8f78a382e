"""The app: header with the run picker, the strip of stages, one tab for each stage of the pipeline."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from hyperface.serving.doors import Doors
from hyperface.serving.envelopes import Envelopes
from hyperface.serving.guard import Guard
from hyperface.serving.manifest import manifest_routes
from hyperface.serving.visitors import KnowVisitors
from hyperface.ui.api.endpoints import add_endpoints
from hyperface.ui.api.tools import offers_tools
from hyperface.ui.evaluate import tab as evaluate_tab
from hyperface.ui.identities import tab as identities_tab
from hyperface.ui.learn import tab as learn_tab
from hyperface.ui.pack import tab as pack_tab
from hyperface.ui.parts import worker
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.carrying import carrying_routes
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.gradio_internals import Page, WatchedLine, keep_nothing_shown, known_of, run_lean, unserved
from hyperface.ui.parts.reading import doc_reader
from hyperface.ui.parts.run_picker import run_picker
from hyperface.ui.parts.scripts import head_script
from hyperface.ui.parts.theme import AROUND, STYLE_SHEETS, VARIABLES, HyperFaceTheme
from hyperface.ui.photos import tab as photos_tab
from hyperface.ui.story.about import about_page
from hyperface.ui.story.chain import landing_run
from hyperface.ui.story.strip import story_strip
from hyperface.ui.story.strip import wire as wire_strip
from hyperface.ui.train import tab as train_tab

TABS = {
    "learn": ("Learn", learn_tab),
    "pack": ("Pack", pack_tab),
    "identities": ("Identities", identities_tab),
    "photos": ("Photos", photos_tab),
    "train": ("Train", train_tab),
    "evaluate": ("Evaluate", evaluate_tab),
}
HEADER = """
<div class="hf-header">
  <svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="13"/><ellipse cx="16" cy="16" rx="13" ry="5"/>
    <ellipse cx="16" cy="16" rx="5" ry="13"/><g class="hf-header-points"><circle cx="16" cy="11" r="2.4"/>
    <circle cx="21" cy="16" r="2.4"/><circle cx="11" cy="20" r="2.4"/></g></svg>
  <div><h1>HyperFace</h1><p>Synthetic people for face recognition, by packing identities on a hypersphere</p></div>
</div>
"""
PLOTLY_PATH = "/hyperface/plotly.min.js"  # on this server
UPLOADS_KEPT = (600, 3600)  # seconds: how often the web framework's file cache is swept, and the age it sweeps at
EVENTS = 64  # that may wait, where one visitor uses the app
SESSIONS = 2000  # whose memory is kept


def build(context: AppContext) -> gr.Blocks:
    """The page. Nothing heavy is loaded by it."""
    keep_nothing_shown()
    with unserved():
        return _built(context)


def _built(context: AppContext) -> gr.Blocks:
    blocks: gr.Blocks
    with Page(title="HyperFace", analytics_enabled=False, delete_cache=UPLOADS_KEPT, fill_width=True) as blocks:
        add_endpoints(context)  # first, so that no handler has taken a name
        with gr.Row(elem_classes=["hf-top"]):
            gr.HTML(HEADER, apply_default_css=False, js_on_load=None)
            packing = run_picker(
                context,
                "pack",
                label="Packing",
                value=landing_run(context, []),
                elem_id="packing-picker",
                min_width=240,
                container=True,
            )
        strip = story_strip(context, packing.value)
        about_page()
        doc_reader()
        page = AppPage(context, blocks, packing, strip)
        with gr.Tabs(selected="pack", elem_id="tabs", overflow_behavior="wrap"):
            for tab_id, (title, module) in TABS.items():
                with gr.Tab(title, id=tab_id, elem_id=f"tab-{tab_id}") as tab:
                    module.build(page, tab)
        wire_strip(context, strip, packing)
    blocks.queue(max_size=context.limits.events or EVENTS, default_concurrency_limit=4, api_open=False)
    run_lean(blocks)
    return blocks


def launch(
    context: AppContext | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    open_browser: bool = False,
    mcp: bool | None = None,
    wait: bool = True,
) -> gr.Blocks:
    """Build the page and serve it until the process ends.

    host, port: where to listen; GRADIO_SERVER_NAME and GRADIO_SERVER_PORT if not given, or else 127.0.0.1 and the first
    free port from 7860. open_browser: show it in this machine's web browser. mcp: offer the endpoints to agents as
    tools of the Model Context Protocol; if not given, as HYPERFACE_MCP says. wait: until Ctrl-C; otherwise the page is
    returned at once, and its `close` ends the serving. OSError where the port is taken, InputError where a package is
    missing.
    """
    tools = offers_tools(mcp)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    context = context or AppContext()
    blocks = build(context)
    guard = Guard(context.limits, WatchedLine(blocks)) if context.limits.shared else None
    blocks.launch(
        server_name=host,
        server_port=port,
        inbrowser=open_browser,
        prevent_thread_lock=True,
        theme=HyperFaceTheme(),
        css=VARIABLES,
        css_paths=STYLE_SHEETS,
        head=f"<style>{AROUND}</style><script>{head_script(PLOTLY_PATH=PLOTLY_PATH)}</script>",
        share=False,
        ssr_mode=False,
        run_history=False,
        footer_links=["api"],
        mcp_server=tools,
        enable_monitoring=False,
        app_kwargs=around(context, blocks, guard),
        state_session_capacity=SESSIONS,
        quiet=not wait,
        _frontend=False,  # or the first page must be there within three seconds, on whatever machine
    )
    context.warm_up()  # not before: the first page would wait for torch
    worker.turns(context).keep_going()
    if wait:
        blocks.block_thread()
    return blocks


def around(context: AppContext, blocks: gr.Blocks, guard: Guard | None = None) -> dict[str, Any]:
    """What stands before the page and beside it in the web application, for Gradio's `app_kwargs`. guard: where
    strangers share the server."""
    plotly_js = Path(str(files("plotly") / "package_data" / "plotly.min.js"))

    async def plotly(_: Request) -> FileResponse:
        return FileResponse(plotly_js, headers={"Cache-Control": "max-age=86400"})

    routes = [*manifest_routes(), *carrying_routes(context), Route(PLOTLY_PATH, plotly)]
    inside = Middleware(Envelopes, known=lambda: known_of(blocks))
    return {"middleware": [Middleware(KnowVisitors), Middleware(Doors, guard=guard), inside], "routes": routes}
