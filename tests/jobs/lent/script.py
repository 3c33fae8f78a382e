"""What test_placement runs where a GPU is lent: `python script.py APP_FOLDER DATASET RUNS`, and one line of JSON."""

import json
import runpy
import sys
import time
from pathlib import Path

app, dataset, runs_folder = map(Path, sys.argv[1:])
runpy.run_path(str(app / "app.py"))  # imports the stand-in, which refuses to come too late

import spaces  # noqa: E402 — this, and all below, after that
from gradio.context import LocalContext  # noqa: E402

import hyperface.training  # noqa: E402, F401 — once, for all that are forked
from hyperface import hardware, runs  # noqa: E402
from hyperface.jobs import placement, train  # noqa: E402
from hyperface.runs import DONE  # noqa: E402
from hyperface.ui.app import build  # noqa: E402
from hyperface.ui.parts.choices import device_update  # noqa: E402
from hyperface.ui.parts.context import AppContext  # noqa: E402
from hyperface.ui.parts.run_view import status_news  # noqa: E402

placement.GPU = "cpu:0"  # what the child of the stand-in computes on
on_cpu: list[str] = []
placement.places.start = lambda run, runs_folder=None: on_cpu.append(run.name)
context = AppContext(runs_folder=runs_folder)


def trained(epochs: int = 1) -> dict:
    """A training that one visitor asks for and another's request begins."""
    options = train.TrainOptions(str(dataset), epochs=epochs, batch_size=8, device=placement.GPU)
    run = train.create(options, folder=runs_folder)
    LocalContext.request.set("whose it is")
    placement.remember(run)
    LocalContext.request.set("another's")
    placement.start(run, runs_folder=runs_folder)
    while run.status().state != DONE and run.name not in on_cpu:
        time.sleep(0.02)
    again = runs.open_run(run.path)
    return {
        "state": again.status().state,
        "text": status_news(context, again)["text"],
        "device": again.options["device"],
        "on_cpu": run.name in on_cpu,
        "steps": len(again.metrics()),
        **spaces.calls[-1],
    }


told = {"functions": len(build(context).fns), "package": hardware.__file__, "missing": hardware.gpu_missing()}
told["choice"] = device_update(lent=True)["choices"]
told["without"] = device_update()["choices"]
told["lent"] = trained()
spaces.kills = True
told["ended"] = trained(epochs=200)
spaces.kills, spaces.refuses = False, "You have exceeded your quota."
told["refused"] = trained()
print(json.dumps(told))
