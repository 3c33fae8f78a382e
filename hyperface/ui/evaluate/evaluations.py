"""What the Evaluate tab knows of models and their evaluations: read from the run folders."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface.errors import HyperFaceError
from hyperface.jobs.evaluate import entries_of, read_figures, read_scores, weights_digest
from hyperface.runs import Run, names
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
    return {key: item for key, item in _newest(context, models).items() if isinstance(item, Evaluated)}


def damaged_evaluations(context: AppContext, models: Sequence[str], benchmark: str | None) -> list[str]:
    """Why these models' newest results on a benchmark cannot be shown, a sentence for each that is damaged."""
    labels = {value: label for label, value in model_choices(context)}
    return [
        f"{labels[model]}: {item}"
        for (model, name), item in _newest(context, models).items()
        if name == benchmark and isinstance(item, str)
    ]


def _newest(context: AppContext, models: Sequence[str]) -> dict[tuple[str, str], Evaluated | str]:
    """(model, benchmark) → its newest result that can be read, or why there is none although it was evaluated."""
    # By the last part of the path: a shipped run was evaluated where the project was built.
    labels = {value: label for label, value in model_choices(context) if value in models}
    trainings = {run.name: run for run in context.runs("train")}
    found: dict[tuple[str, str], Evaluated | str] = {}
    for run in reversed(context.runs("evaluate")):  # newest last, so that it stays
        for entry in entries_of(run):
            model, benchmark, scores = Path(entry["model"]).name, entry["benchmark"], run.path / entry["scores"]
            if model not in labels or not scores.is_file():
                continue
            if _trained_since(trainings.get(model), entry):
                found[model, benchmark] = "it was trained on since it was evaluated. Evaluate it again."
                continue
            try:
                result = _read(scores, scores.stat().st_mtime_ns, benchmark)
                figures = _figures(entry, scores, benchmark)
                found[model, benchmark] = Evaluated(model, labels[model], result, figures)
            except (HyperFaceError, KeyError, TypeError, ValueError) as error:  # takes no other down
                known = found.get((model, benchmark))
                if not isinstance(known, Evaluated):
                    found[model, benchmark] = _reason(error, run)
    return found


def _trained_since(training: Run | None, entry: dict[str, Any]) -> bool:
    """Whether the model was another when it was evaluated; earlier versions did not say which."""
    if training is None or "weights" not in entry:
        return False
    try:
        now = _weights(training.path, (training.path / names.MODEL).stat().st_mtime_ns)
    except OSError:  # it is being written
        return False
    return bool(now != entry["weights"])


@functools.lru_cache(maxsize=64)
def _weights(training: Path, _modified: int) -> str:
    return weights_digest(training)


def _reason(error: Exception, run: Run) -> str:
    """Why an evaluation of the run cannot be read, without where this machine keeps its runs."""
    if isinstance(error, HyperFaceError):
        return str(error).replace(str(run.path), run.name)
    return f"the evaluation {run.name} is damaged. Evaluate again."


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
