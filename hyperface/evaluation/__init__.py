"""Evaluation: how well a recogniser verifies faces, beside the published figures."""

from hyperface.evaluation.base import Benchmark
from hyperface.evaluation.benchmarks import (
    BenchmarkEntry,
    is_path,
    list_benchmarks,
    load_benchmark,
    official_release,
    save_benchmark,
)
from hyperface.evaluation.embedding import EmbeddedImages, EmbeddingStep, embed_dataset
from hyperface.evaluation.figures import Figures, figures_from, figures_of
from hyperface.evaluation.identification import Identification, identify
from hyperface.evaluation.intervals import Intervals, bootstrap_intervals, exact_interval
from hyperface.evaluation.leakage import LeakageAudit, audit
from hyperface.evaluation.lfw import fetch_lfw
from hyperface.evaluation.official import RELEASES, read_official
from hyperface.evaluation.open_set import OpenSet, Searches, TpirAtFpir, identify_open_set
from hyperface.evaluation.pair_lists import PairList, PreparationStep, is_pair_list, prepare_benchmark, read_pair_list
from hyperface.evaluation.published import PublishedResults, PublishedRow, published_results
from hyperface.evaluation.scoring import Confusion, Roc, TarAtFar, VerificationResult, score_pairs
from hyperface.evaluation.verification import VerificationStep, verify, verify_steps

__all__ = [
    "RELEASES",
    "Benchmark",
    "BenchmarkEntry",
    "Confusion",
    "EmbeddedImages",
    "EmbeddingStep",
    "Figures",
    "Identification",
    "Intervals",
    "LeakageAudit",
    "OpenSet",
    "PairList",
    "PreparationStep",
    "PublishedResults",
    "PublishedRow",
    "Roc",
    "Searches",
    "TarAtFar",
    "TpirAtFpir",
    "VerificationResult",
    "VerificationStep",
    "audit",
    "bootstrap_intervals",
    "embed_dataset",
    "exact_interval",
    "fetch_lfw",
    "figures_from",
    "figures_of",
    "identify",
    "identify_open_set",
    "is_pair_list",
    "is_path",
    "list_benchmarks",
    "load_benchmark",
    "official_release",
    "prepare_benchmark",
    "published_results",
    "read_official",
    "read_pair_list",
    "save_benchmark",
    "score_pairs",
    "verify",
    "verify_steps",
]
