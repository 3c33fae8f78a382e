"""What span keeps packed people drawable: how well the pictures follow the request, in more and more directions.

    python benchmarks/spans.py [--gallery NAME] [--spans 20 30 40 60 full] [--people 64] [--pictures 4]

People of the gallery are packed inside its strongest directions, and the generator that draws its recogniser's
embeddings draws some of them, in calm pictures. For each span, α being the one given:

    held        share of the gallery's variance in these directions
    cosine      mean cosine of the request to the centre of the pictures
    own         share of those centres that are nearest to their own request, among all that are packed
    asked       mean cosine to the nearest other request of those drawn
    seen        the same of the centres
"""

import argparse

import torch
from tqdm import tqdm

from hyperface import gallery, generators, packing, recognizers
from hyperface.defaults import GALLERY
from hyperface.jobs.belonging import generator_of
from hyperface.packing.neighbors import nearest_points
from hyperface.packing.span import explained_share
from hyperface.realization import realize
from hyperface.sphere import normalize
from hyperface.steps import finish

FIRST_PICTURE = 5_000_000  # seeds of the pictures


def nearest(rows: torch.Tensor) -> float:
    """Mean cosine of each row to the nearest other one."""
    return float((rows * rows[nearest_points(rows)]).sum(dim=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gallery", default=GALLERY)
    parser.add_argument("--spans", nargs="+", default=["20", "25", "30", "35", "40", "60", "full"])
    parser.add_argument("--alpha", type=float, default=0.5)
    parser.add_argument("--identities", type=int, default=1000, help="that are packed")
    parser.add_argument("--people", type=int, default=64, help="of them that are drawn")
    parser.add_argument("--pictures", type=int, default=4, help="of each")
    options = parser.parse_args()
    faces = gallery.load(options.gallery)
    generator = generators.load(generator_of(faces.space, None)).calm()
    recognizer = recognizers.load(generator.recognizer)
    held = explained_share(faces.embeddings)
    order = torch.randperm(len(faces), generator=torch.Generator().manual_seed(0))[: options.identities]
    start = faces.embeddings[order]
    seeds = range(FIRST_PICTURE, FIRST_PICTURE + options.pictures)
    print(f"{faces.name}, drawn by {generator.name}: {options.identities} people packed with α = {options.alpha:g}, "
          f"{options.people} of them drawn in {options.pictures} pictures each")  # fmt: skip
    print("| span | held | cosine | own | asked | seen |\n" + "|---" * 6 + "|", flush=True)
    for name in tqdm(options.spans, leave=False):
        span = None if name == "full" else int(name)
        packed = finish(packing.pack(start, gallery=faces.embeddings, alpha=options.alpha, span=span))
        asked = packed[: options.people]
        centers = normalize(realize(asked, seeds, generator, recognizer).embeddings.sum(dim=1))
        own = ((centers @ packed.T).argmax(dim=1) == torch.arange(len(asked))).float().mean()
        cosine = (centers * asked).sum(dim=1).mean()
        share = 1.0 if span is None else float(held[span - 1])
        cells = [share, float(cosine), float(own), nearest(asked), nearest(centers)]
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
