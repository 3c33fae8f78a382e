"""Evaluation: how well a recogniser verifies faces, beside the published figures."""

from hyperface.evaluation.benchmarks import (
    Benchmark,
    BenchmarkEntry,
    list_benchmarks,
    load_benchmark,
    save_benchmark,
)
from hyperface.evaluation.published import PublishedResults, PublishedRow, published_results
from hyperface.evaluation.scoring import Confusion, Roc, TarAtFar, VerificationResult, score_pairs
from hyperface.evaluation.verification import VerificationStep, verify, verify_steps

__all__ = [
    "Benchmark",
    "BenchmarkEntry",
    "Confusion",
    "PublishedResults",
    "PublishedRow",
    "Roc",
    "TarAtFar",
    "VerificationResult",
    "VerificationStep",
    "list_benchmarks",
    "load_benchmark",
    "published_results",
    "save_benchmark",
    "score_pairs",
    "verify",
    "verify_steps",
]
