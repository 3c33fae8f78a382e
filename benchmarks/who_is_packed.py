"""Does packing change what kind of people there are?

    python benchmarks/who_is_packed.py [--people 1000] [--span 30] [--alpha 0.5]

Prints how much people vary in what one would ask first: the 2nd, 10th, 50th, 90th and 98th percentile, in standard
deviations of random people, of gender, ancestry, age, weight, melanin (dark skin above 0) and hair. Of random people of
the gallery, of the same as they are drawn when asked for by their embeddings, and of these packed. Ten seconds.
"""

import argparse

import numpy as np
from closed_loop import candidates

from hyperface import generators, packing
from hyperface.generators import LinearPeople
from hyperface.heads.identity import coordinates

NAMES = ("gender", "ancestry 1", "ancestry 2", "age", "weight", "melanin", "hair lightness", "hair curl")
SHARES = (0.02, 0.1, 0.5, 0.9, 0.98)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--span", type=int, default=30)
    parser.add_argument("--alpha", type=float, default=0.5)
    options = parser.parse_args()
    generator = generators.load("heads")
    assert isinstance(generator, LinearPeople)
    everyone, faces = candidates(generator, 0)
    assert everyone.people is not None
    random = everyone.requests[: options.people]
    *_, last = packing.pack(random, gallery=faces, alpha=options.alpha, span=options.span)
    groups = {
        "random": everyone.people[: options.people],
        "asked for": generator.coordinates(random),
        "packed": generator.coordinates(last.embeddings),
    }
    print(f"{'':16}" + "  ".join(f"{title:^32}" for title in groups))
    for name in NAMES:
        place = coordinates.names().index(name)
        told = (
            " ".join(f"{value:6.2f}" for value in np.quantile(people[:, place], SHARES)) for people in groups.values()
        )
        print(f"{name:16}" + "  ".join(f"{row:^32}" for row in told))


if __name__ == "__main__":
    main()
