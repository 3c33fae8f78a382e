"""Make the ready-made runs that the app shows before a visitor has any of their own.

    python scripts/build_demo.py [--build DIR] [--last STAGE]

They are ordinary run folders, made by the ordinary commands with what is default everywhere: a packing of 1,000
identities inside the span that heads can draw, a small recogniser trained on 20 images of each of 200 of them, and
both recognisers evaluated on the benchmarks that ship. The images themselves are not kept: they are 20 MB that
`generate` draws again from the same seed. The weights are, in half precision. About ten minutes on two cores.

What is in the build folder already is gone on with, or left as it is; what shall be made again, delete there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from hyperface.assets import assets_folder  # noqa: E402
from hyperface.defaults import PAIRS, RECOGNIZER  # noqa: E402
from hyperface.evaluation import list_benchmarks  # noqa: E402
from hyperface.projection.paths import read_paths  # noqa: E402
from hyperface.recognizers.checkpoints import load_recognizer, save_backbone  # noqa: E402
from hyperface.runs import names  # noqa: E402

PACKING, DATASET, MODEL, EVALUATION = "pack-demo", "generate-demo", "train-demo", "evaluate-demo"
STAGES = ("pack", "generate", "train", "evaluate")
# What a reader of the shipped runs does not need: what resuming would, logs, locks.
LEFT_OUT = ("dataset", "checkpoint.safetensors", "log.txt", "launched", "stop")


def arguments_of(verb: str) -> list[str]:
    """What follows the verb, without its run folder."""
    if verb == "pack":
        return ["--identities", "1000", "--span", str(PAIRS[0].span)]
    if verb == "generate":
        return ["--from", PACKING, "--identities", "200", "--images-per-identity", "20"]
    if verb == "train":
        return ["--dataset", DATASET]
    shipped = [entry.name for entry in list_benchmarks() if entry.path is not None]
    benchmarks = [argument for name in shipped for argument in ("--benchmark", name)]
    return ["--model", RECOGNIZER, "--model", MODEL, *benchmarks]


def run(verb: str, build: Path) -> None:
    """Do, or go on with, the work of a stage."""
    folder = f"{verb}-demo"
    begun = (build / folder / "config.json").is_file()
    command = ["--resume", folder] if begun else [*arguments_of(verb), "--run", folder]
    # Run inside the folder with relative names: the folders that ship hold no path of the machine that made them.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-m", "hyperface", verb, *command], check=True, cwd=build, env=environment)


def halve(model: Path) -> None:
    """The recogniser's weights in half precision, as they ship and are evaluated."""
    save_backbone(load_recognizer(model), model, half=True)


def thin(paths: Path) -> None:
    """Keep every other step of the way in all dimensions, the last one among them: half the size."""
    rows = read_paths(paths)
    if rows is None:
        return
    size = rows.dtype.itemsize
    content = paths.read_bytes()
    start = len(content) - len(rows) * size
    kept = [
        content[start + i * size : start + (i + 1) * size] for i in range(len(rows)) if (len(rows) - 1 - i) % 2 == 0
    ]
    paths.write_bytes(content[:start] + b"".join(kept))


def ship(build: Path) -> None:
    """The finished runs, without what nobody reads, in place of those that ship now."""
    demo = assets_folder() / "demo"
    made = [demo / f"{verb}-demo" for verb in STAGES]
    for folder in made:
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(build / folder.name, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    thin(demo / PACKING / names.PATHS)
    for folder in made:
        for file in ("config.json", "results.json", "status.json"):
            if (folder / file).exists():
                text = (folder / file).read_text().replace(f"{build}{os.sep}", "")
                json.loads(text)  # still whole
                (folder / file).write_text(text)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(folder.name, size // 1000, "kB")


def report(build: Path) -> None:
    """Print how well the recognisers do."""
    entries = json.loads((build / EVALUATION / "results.json").read_text())["evaluations"]
    for label in dict.fromkeys(entry["label"] for entry in entries):
        told = {entry["benchmark"]: 100 * entry["accuracy"] for entry in entries if entry["label"] == label}
        each = ", ".join(f"{name.removeprefix('rendered_')} {accuracy:.1f}" for name, accuracy in told.items())
        print(f"{label}: {each}; mean {sum(told.values()) / len(told):.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, metavar="DIR", help="where they are made (default: a temporary folder)")
    parser.add_argument("--last", choices=STAGES, default=STAGES[-1], help="stop after this one, and ship nothing yet")
    options = parser.parse_args()
    with TemporaryDirectory() as elsewhere:
        build = (options.build or Path(elsewhere)).absolute()
        build.mkdir(parents=True, exist_ok=True)
        for verb in STAGES[: STAGES.index(options.last) + 1]:
            run(verb, build)
            if verb == "train":
                halve(build / MODEL / names.MODEL)
        if options.last == STAGES[-1]:
            report(build)
            ship(build)


if __name__ == "__main__":
    main()
