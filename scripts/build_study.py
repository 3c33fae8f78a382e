"""Make the finished study that the Evaluate tab shows before a visitor has one, and the figure of the docs.

    python scripts/build_study.py [--build DIR]

It is the default study by the ordinary command, with ten draws of people in place of eight and trained as was usual in
its time (`--draws 10 --epochs 15 --learning-rate 0.05 --optimizer sgd`), two to three hours on two cores. What it drew
and trained on, 20 datasets, is not kept: `study` draws it again from the same seeds. A study that is in the build
folder already is gone on with, or shipped as it is.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from hyperface.assets import assets_folder  # noqa: E402
from hyperface.jobs.study import FIGURE  # noqa: E402
from hyperface.runs import open_run  # noqa: E402

STUDY = "study-demo"
ASKED = ["--draws", "10", "--epochs", "15", "--learning-rate", "0.05", "--optimizer", "sgd"]
DOCS_FIGURE = REPOSITORY / "docs" / "packed_against_random.svg"
# What a reader of the shipped run does not need: the datasets, what resuming would, logs, locks.
LEFT_OUT = ("datasets", "metrics.jsonl", "log.txt", "launched", "stop")


def run(build: Path) -> None:
    """Do the study, or go on with it."""
    begun = (build / STUDY / "config.json").is_file()
    asked = ["--resume", STUDY] if begun else ["packed-vs-random", *ASKED, "--run", STUDY]
    # Run inside the folder with relative names: the folder that ships holds no path of the machine that made it.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-m", "hyperface", "study", *asked], check=True, cwd=build, env=environment)


def ship(study: Path) -> None:
    """The finished study, without what nobody reads, in place of the one that ships now."""
    shipped = assets_folder() / "demo" / STUDY
    if shipped.exists():
        shutil.rmtree(shipped)
    shutil.copytree(study, shipped, ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copyfile(study / FIGURE, DOCS_FIGURE)
    size = sum(path.stat().st_size for path in shipped.rglob("*") if path.is_file())
    print(*open_run(shipped).results()["tables"], f"{STUDY}: {size // 1000} kB", sep="\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, metavar="DIR", help="where it is made (default: a temporary folder)")
    options = parser.parse_args()
    with TemporaryDirectory() as elsewhere:
        build = (options.build or Path(elsewhere)).absolute()
        build.mkdir(parents=True, exist_ok=True)
        run(build)
        ship(build / STUDY)


if __name__ == "__main__":
    main()
