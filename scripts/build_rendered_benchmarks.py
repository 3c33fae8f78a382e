"""Build rendered verification benchmarks with HyperFace's own heads, or check that they measure recognition.

    python scripts/build_rendered_benchmarks.py --out FOLDER           # all five packs of 600 pairs
    python scripts/build_rendered_benchmarks.py --check                # dlib against shortcuts, on what ships
    python scripts/build_rendered_benchmarks.py --seed 101 --out FOLDER --check    # the same on other people

Everything follows from the seed and the renderer. TUNING_SEED is the one that settings were chosen on; packs that ship
show other people, whom nobody looked at before the settings were final.
"""

import argparse
import shutil
import sys
from pathlib import Path

from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from benchmark_shortcuts import check_packs  # noqa: E402

from hyperface.evaluation.rendered import CONDITIONS, SHIPPED_PAIRS, SHIPPED_SEED, render_benchmarks  # noqa: E402
from hyperface.steps import finish  # noqa: E402

TUNING_SEED = 101
SHIPPED = REPOSITORY / "assets" / "benchmarks"


def build(names: list[str], pairs: int, seed: int, folder: Path) -> None:
    """Render packs, and copy them with their descriptions into `folder`, each under its plain name."""
    with tqdm(unit="picture") as bar:

        def show(step) -> None:
            bar.total = step.total
            bar.update(step.done - bar.n)

        paths = finish(render_benchmarks(names, pairs=pairs, seed=seed), show)
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in paths.items():
        for suffix in (".json", ".bin"):
            shutil.copyfile(path.with_suffix(suffix), folder / f"{name}{suffix}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", nargs="+", choices=list(CONDITIONS), default=list(CONDITIONS), metavar="NAME")
    parser.add_argument("--pairs", type=int, default=SHIPPED_PAIRS)
    parser.add_argument("--seed", type=int, default=SHIPPED_SEED)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--check", action="store_true", help="check the packs; builds only those that are missing")
    arguments = parser.parse_args()

    def wanted(name: str) -> bool:
        return not (arguments.check and (arguments.out / f"{name}.bin").exists())

    missing = [name for name in arguments.packs if wanted(name)]
    if missing:
        build(missing, arguments.pairs, arguments.seed, arguments.out)
    if not arguments.check:
        return 0
    _, faults = check_packs([arguments.out / f"{name}.bin" for name in arguments.packs])
    print("\n".join(faults) if faults else "All requirements are met.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
