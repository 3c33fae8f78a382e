"""How far apart the people of a study's arms are, as asked for and as drawn.

    python benchmarks/study_arms.py [--people 100] [--pictures 4] [--draw 0]

For each way to choose people of `hyperface study packed-vs-random`, mean cosine to the nearest other: of what is asked
for; of what is drawn, calm pictures, as the recogniser of the gallery sees their centres; and as `rendered-heads` does,
which had no part in it, centred on these very pictures. Three minutes on two cores.
"""

import argparse

import torch
from torch.nn.functional import normalize

from hyperface import gallery, generators, recognizers
from hyperface.studies import ARMS, Plan

CHOICES = (
    ("random", "random", {}),
    ("greedy", "greedy", {}),
    ("packed in 15 directions", "packed", {"span": 15}),
    ("packed in 30 directions", "packed", {"span": 30}),
    ("packed in 30 directions, alpha 0", "packed", {"span": 30, "alpha": 0.0}),
    ("packed in 60 directions", "packed", {"span": 60}),
)


def nearest(rows: torch.Tensor) -> float:
    """Mean cosine of unit rows (n, d) to the nearest other."""
    cosines = rows @ rows.T
    return float(cosines.fill_diagonal_(-1).amax(dim=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=4)
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--only", default="", help="choices whose name holds this")
    options = parser.parse_args()
    faces, generator = gallery.load(), generators.load("heads").calm()
    leader, judge = recognizers.load("dlib-heads"), recognizers.load("rendered-heads")
    print(f"{'':34}asked for  {leader.name}  {judge.name}")
    for title, arm, changes in (choice for choice in CHOICES if options.only in choice[0]):
        wanted = ARMS[arm](faces, Plan(**changes), options.people, options.draw)
        pictures = torch.cat([generator.generate(wanted, [k] * len(wanted)) for k in range(options.pictures)])
        by_leader, by_judge = (
            seer.embed(pictures).view(options.pictures, len(wanted), -1) for seer in (leader, judge)
        )  # (pictures, people, d) each
        by_judge = normalize(by_judge - by_judge.mean(dim=(0, 1)), dim=2)
        seen = [nearest(normalize(rows.mean(dim=0), dim=1)) for rows in (by_leader, by_judge)]
        print(f"{title:34}{nearest(wanted):9.3f}  {seen[0]:10.3f}  {seen[1]:14.3f}", flush=True)


if __name__ == "__main__":
    main()
