"""Values that the library and the words of the command line both name, where no torch is loaded."""

# β of a dataset: the variance of an identity's embedding from image to image. The paper's usual 0.01 is for 512
# dimensions and Arc2Face; the embedded generator keeps people apart at this value, no longer at 0.01
# (`benchmarks/generator.py` prints both).
BETA = 0.002

# The recogniser that looks at what another one led: it had no part in any generator or packing that ships.
SECOND_RECOGNIZER = "rendered-heads"
