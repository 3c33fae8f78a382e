"""Values that the library, the command line and the app all name, where no torch is loaded."""

# What is taken where nobody says which.
GALLERY = "gan-10k"
GENERATOR = "gan"  # identity-conditional
GALLERY_GENERATOR = "dcgan"  # unconditional
EMBEDDED_GENERATORS = ("gan", "heads")  # identity-conditional ones that ship, which the app offers
RECOGNIZER = "dlib"
DETECTOR = "dlib"

# The recogniser that looks at what another one led: it had no part in any generator or packing that ships.
SECOND_RECOGNIZER = "rendered-heads"

# β of a dataset: the variance of an identity's embedding from image to image, for generators that need it for variety;
# one that does not says so (`Generator.beta`: heads have 0). The paper's usual 0.01 is for 512 dimensions and Arc2Face;
# the embedded generator keeps people apart at this value, no longer at 0.01 (`benchmarks/generator.py` prints both).
BETA = 0.002

# The benchmarks that ship, which may be rendered in any size as well (`hyperface.evaluation.rendered`).
RENDERED_BENCHMARKS = (
    "rendered_everyday",
    "rendered_cross_pose",
    "rendered_cross_age",
    "rendered_frontal_profile",
    "rendered_large_age_gap",
)
