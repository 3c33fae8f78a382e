"""Values that the library, the command line and the app all name, where no torch is loaded."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """What ships and belongs together: faces that `gallery_generator` drew are in `gallery`, embedded by `recognizer`,
    and what is packed of them is drawn by `generator`, whose pictures are called `title`.

    span: how many of the gallery's strongest directions to pack in, where the generator can draw what is asked for
    (`benchmarks/spans.py` prints what more or fewer do).
    """

    generator: str  # identity-conditional
    gallery_generator: str  # unconditional
    gallery: str
    recognizer: str
    title: str
    span: int


PAIRS = (
    Pair("heads", "heads", "heads-10k", "dlib-heads", "3-D heads", 30),
    Pair("gan", "dcgan", "gan-10k", "dlib", "faces of the GAN", 40),
)

# What is taken where nobody says which: what is drawn, from faces to datasets, is of the first pair.
GALLERY = PAIRS[0].gallery
GENERATOR = PAIRS[0].generator
GALLERY_GENERATOR = PAIRS[0].gallery_generator
EMBEDDED_GENERATORS = {pair.generator: pair.title for pair in PAIRS}  # which the app offers

# Photos, benchmarks and whatever else a visitor brings are seen by this one, around the centre that it always had, so
# that figures can be compared with earlier ones. What is drawn here is seen by its pair's.
RECOGNIZER = "dlib"
DETECTOR = "dlib"

# Benchmarks whose official release is read, as `evaluation.official` has them.
RELEASED_BENCHMARKS = (
    *("lfw", "cplfw", "calfw", "cfp_ff", "cfp_fp", "agedb_30", "xqlfw"),
    *("rfw_african", "rfw_asian", "rfw_caucasian", "rfw_indian"),
)


def recognizer_for(gallery_generator: str | None) -> str:
    """The recogniser of a gallery where nobody says which: the one whose embeddings a generator that ships draws.

    gallery_generator: what draws the gallery's faces. What is packed of others', or of a folder's (None), the default
    generator will have to draw.
    """
    return next((pair.recognizer for pair in PAIRS if pair.gallery_generator == gallery_generator), PAIRS[0].recognizer)


def pair_of(recognizer: str | None) -> Pair | None:
    """What ships for embeddings of a recogniser: the default pair if nobody knows whose they are (None), and None if
    nothing that ships draws them."""
    if recognizer is None:
        return PAIRS[0]
    return next((pair for pair in PAIRS if pair.recognizer == recognizer), None)


# The recogniser that looks at what another one led: it had no part in any generator or packing that ships.
SECOND_RECOGNIZER = "rendered-heads"

# β of a dataset: the variance of an identity's embedding from image to image, for generators that need it for variety;
# one that does not says so (`Generator.beta`: heads have 0). The paper's usual 0.01 is for 512 dimensions and Arc2Face;
# the GAN keeps people apart at this value, no longer at 0.01 (`benchmarks/generator.py` prints both).
BETA = 0.002

# The benchmarks that ship, which may be rendered in any size as well (`hyperface.evaluation.rendered`).
RENDERED_BENCHMARKS = (
    "rendered_everyday",
    "rendered_cross_pose",
    "rendered_cross_age",
    "rendered_frontal_profile",
    "rendered_large_age_gap",
)
