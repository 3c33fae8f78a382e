"""A stand-in for the package `spaces` of Spaces whose GPU is lent: as 0.51.3 behaves where the app can tell.

It must come before Gradio and torch. A decorated function is called in a daemon that is forked for it, in a thread
there, with its arguments pickled; each call is recorded with the seconds that it asks for, and with the request that
Gradio knows where the call is made. Outside of such a call torch says that there is a GPU, and there is none.
"""

import multiprocessing
import os
import pickle
import sys
import threading
import time
from pathlib import Path

if {"gradio", "torch"} & sys.modules.keys():
    raise ImportError("spaces must be imported before gradio and torch")

import torch

torch.cuda.is_available = lambda: True
calls: list[dict] = []
refuses = ""  # what it says instead of lending
kills = False  # whether a call is ended while its run is at work


def GPU(*, duration):  # noqa: N802 — as it is called there
    def decorate(task):
        def handler(*args):
            from gradio.context import LocalContext

            calls.append({"seconds": duration(*args), "request": LocalContext.request.get(None)})
            if refuses:
                raise RuntimeError(refuses)
            mine, its = multiprocessing.get_context("fork").Pipe(duplex=False)
            child = multiprocessing.get_context("fork").Process(
                target=_in_child, args=(task, pickle.dumps(args), its), daemon=True
            )
            child.start()
            its.close()
            calls[-1]["pid"] = child.pid
            try:
                problem = mine.recv()
            except EOFError:
                child.join()
                raise RuntimeError("GPU task aborted") from None
            if problem:
                raise RuntimeError(problem)

        return handler

    return decorate


def _in_child(task, args, answer):
    torch.cuda.is_available = lambda: False  # the truth, on a machine without one
    path = Path(pickle.loads(args)[0])
    if kills:
        threading.Thread(target=_end_when_at_work, args=[path], daemon=True).start()

    def work():
        try:
            task(*pickle.loads(args))
        except Exception as error:
            answer.send(type(error).__name__)
        else:
            answer.send("")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def _end_when_at_work(path):
    while not (path / "metrics.jsonl").exists() or not (path / "metrics.jsonl").stat().st_size:
        time.sleep(0.01)
    os._exit(1)
