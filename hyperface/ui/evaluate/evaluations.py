"""What the Evaluate tab knows of models and their evaluations: read from the run folders."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface.errors import HyperFaceError
from hyperface.jobs.evaluate import read_figures, read_scores
from hyperface.runs import names
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_picker import run_title

if TYPE_CHECKING:
    from hyperface.evaluation import Figures, VerificationResult

DLIB = "dlib"
DLIB_TITLE = "dlib's recogniser"


@dataclass(frozen=True)
class Evaluated:
    """A model's newest result on a benchmark. model: as `model_choices` has it. label: how the model is listed."""

    model: str
    label: str
    result: VerificationResult
    figures: Figures


def model_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, value) of every model that can be evaluated: the shipped one, then the trained ones.

    The value is "dlib" or a run's name: where this machine keeps its runs is nobody's business.
    """
    trained = [run for run in context.runs("train") if (run.path / names.MODEL).is_file()]
    return [(DLIB_TITLE, DLIB), *((run_title(context, run), run.name) for run in trained)]


def evaluations(context: AppContext, models: Sequence[str]) -> dict[tuple[str, str], Evaluated]:
    """(model, benchmark) → the newest result, for these models and every benchmark they were evaluated on."""
    # By the last part of the path: a shipped run was evaluated where the project was built.
    labels = {value: label for label, value in model_choices(context) if value in models}
    found: dict[tuple[str, str], Evaluated] = {}
    for run in reversed(context.runs("evaluate")):  # newest last, so that it stays
        for entry in run.results().get("evaluations", []):
            with suppress(HyperFaceError, KeyError, TypeError, ValueError):  # one that is damaged takes no other down
                model, benchmark, scores = Path(entry["model"]).name, entry["benchmark"], run.path / entry["scores"]
                if model in labels and scores.is_file():
                    result = _read(scores, scores.stat().st_mtime_ns, benchmark)
                    figures = _figures(entry, scores, benchmark)
                    found[model, benchmark] = Evaluated(model, labels[model], result, figures)
    return found


@functools.lru_cache(maxsize=64)
def _read(scores: Path, _modified: int, benchmark: str) -> VerificationResult:
    return read_scores(scores, benchmark)


def _figures(entry: dict[str, Any], scores: Path, benchmark: str) -> Figures:
    try:
        return read_figures(entry)
    except (KeyError, TypeError):  # of an evaluation that is older than its figures
        return _computed_figures(scores, scores.stat().st_mtime_ns, benchmark)


@functools.lru_cache(maxsize=64)
def _computed_figures(scores: Path, modified: int, benchmark: str) -> Figures:
    from hyperface.evaluation import figures_of

    return figures_of(_read(scores, modified, benchmark))
