"""Whole experiments: from the sphere to the figures of a verification benchmark, repeated over draws and seeds."""

from hyperface.studies.arms import ARMS
from hyperface.studies.noise import Noise, noise_of_arm, noise_of_difference
from hyperface.studies.packed_vs_random import StudyStep, packed_vs_random
from hyperface.studies.plan import Plan, Trial
from hyperface.studies.summary import Comparison, Estimate, compare, estimate

__all__ = [
    "ARMS",
    "Comparison",
    "Estimate",
    "Noise",
    "Plan",
    "StudyStep",
    "Trial",
    "compare",
    "estimate",
    "noise_of_arm",
    "noise_of_difference",
    "packed_vs_random",
]
