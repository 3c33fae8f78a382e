"""Whole experiments: from the sphere to the figures of a verification benchmark, repeated over seeds."""

from hyperface.studies.packed_vs_random import ARMS, Plan, StudyStep, Trial, packed_vs_random
from hyperface.studies.summary import Comparison, Estimate, compare, estimate

__all__ = [
    "ARMS",
    "Comparison",
    "Estimate",
    "Plan",
    "StudyStep",
    "Trial",
    "compare",
    "estimate",
    "packed_vs_random",
]
