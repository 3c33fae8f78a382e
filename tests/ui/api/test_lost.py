"""Who listens to a run goes away, or the run's process does: what is left, and what is said of it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from hyperface import runs
from hyperface.ui.api.following import followed
from hyperface.ui.parts.run_view import status_news

WORKER = """
import sys, time
from hyperface import runs
with runs.Worker(runs.open_run(sys.argv[1]), status_interval=0).working() as worker:
    for step in range(100_000):
        worker.log({"step": step})
        worker.progress(step / 100_000, 60.0, "at work")
        time.sleep(0.002)
"""


def test_whoever_watches_a_run_is_told_that_its_worker_was_killed(context):
    run = runs.create("pack", {}, title="watched", folder=context.runs_folder)
    with subprocess.Popen([sys.executable, "-c", WORKER, str(run.path)]) as process:
        for status in followed(run):  # ends by itself
            if status.state == runs.RUNNING and status.progress > 0:
                news = status_news(context, run)
                assert (news["title"], news["active"], news["can_continue"]) == ("Running", True, False)
                process.kill()
    news = status_news(context, run)
    assert (status.state, news["title"], news["can_continue"]) == (runs.INTERRUPTED, "Interrupted", True)
    assert 0 < news["progress"] < 1
    assert "left" not in news["text"]


def test_a_lost_connection_ends_no_run(api_url, api_folder):
    call = f"{api_url}/gradio_api/call/v2/pack"

    def asked(name: str, **values: object) -> str:
        """The event of a call of an endpoint."""
        body = json.dumps(values).encode()
        request = urllib.request.Request(
            f"{api_url}/gradio_api/call/v2/{name}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["event_id"]

    event = asked("pack", identities=300, steps=1000)
    with urllib.request.urlopen(f"{call.replace('/v2/', '/')}/{event}", timeout=60) as stream:
        name = next(json.loads(line[6:])[0]["run"] for line in stream if line.startswith(b"data: ["))
    run = runs.open_run(api_folder / name)  # the stream is closed, in the middle of an answer
    try:
        steps = len(run.metrics())
        wait_until(lambda: len(run.metrics()) > steps + 3)
        assert run.status().state == runs.RUNNING
        with urllib.request.urlopen(f"{api_url}/gradio_api/call/runs/{asked('runs', run=name)}", timeout=60) as stream:
            (news,) = next(json.loads(line[6:])[0] for line in stream if line.startswith(b"data: ["))
        assert (news["run"], news["state"]) == (name, "running")
    finally:
        wait_until(lambda: run.status().pid is not None)
        os.kill(run.status().pid, signal.SIGKILL)
    wait_until(lambda: run.status().state == runs.INTERRUPTED)


def wait_until(true, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail("it did not come")
        time.sleep(0.05)
