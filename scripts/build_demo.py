"""Make the ready-made runs that the app shows before a visitor has any of their own.

    python scripts/build_demo.py

They are ordinary run folders, made by the ordinary commands: a packing of 1,000 identities, a small recogniser trained
on 20 images of each of 200 of them, and both recognisers evaluated on the benchmarks that ship. The images themselves
are not kept: they are 24 MB that `generate` draws again from the same seed. About ten minutes on two cores.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from hyperface.assets import assets_folder
from hyperface.evaluation import list_benchmarks

PACKING, DATASET, MODEL, EVALUATION = "pack-demo", "generate-demo", "train-demo", "evaluate-demo"
# What a reader of the shipped runs does not need: what resuming would, logs, locks.
LEFT_OUT = ("dataset", "checkpoint.safetensors", "log.txt", "launched", "stop")


def main() -> None:
    demo = assets_folder() / "demo"
    if demo.exists():
        shutil.rmtree(demo)
    demo.mkdir()

    def hyperface(verb: str, run: str, *arguments: str) -> None:
        # Run inside the folder with relative names: the folders that ship hold no path of the machine that made them.
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
        command = [sys.executable, "-m", "hyperface", verb, *arguments, "--run", run]
        subprocess.run(command, check=True, cwd=demo, env=environment)

    shipped = [entry.name for entry in list_benchmarks() if entry.path is not None]
    hyperface("pack", PACKING, "--identities", "1000", "--span", "40", "--alpha", "0")
    hyperface("generate", DATASET, "--from", PACKING, "--identities", "200", "--images-per-identity", "20")
    hyperface("train", MODEL, "--dataset", DATASET)
    benchmarks = [argument for name in shipped for argument in ("--benchmark", name)]
    hyperface("evaluate", EVALUATION, "--model", "dlib", "--model", MODEL, *benchmarks)

    for run in demo.iterdir():
        for name in LEFT_OUT:
            path = run / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for file in ("config.json", "results.json", "status.json"):
            if (run / file).exists():
                text = (run / file).read_text().replace(f"{demo}{os.sep}", "")
                json.loads(text)  # still whole
                (run / file).write_text(text)
        print(run, sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) // 1000, "kB")


if __name__ == "__main__":
    main()
