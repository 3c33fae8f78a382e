"""`python -m hyperface.jobs RUN_DIR`: does, or continues, the work of a run folder."""

import argparse
import sys
from pathlib import Path

from hyperface.jobs import places
from hyperface.jobs.console import Console, exit_status

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m hyperface.jobs", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN_DIR")
    console = Console()
    path = parser.parse_args().run
    sys.exit(exit_status(lambda: places.resume(path, console), console, continued_by="the same command"))
