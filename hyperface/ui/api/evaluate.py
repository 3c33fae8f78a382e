"""/evaluate: how well a model verifies faces."""

from collections.abc import Callable, Iterator
from typing import TypedDict

from hyperface.runs import RunStatus
from hyperface.ui.api import asked
from hyperface.ui.api.answering import answering, without
from hyperface.ui.api.following import followed
from hyperface.ui.evaluate.benchmarks import benchmark_choices
from hyperface.ui.evaluate.evaluations import DLIB, evaluations, model_choices
from hyperface.ui.evaluate.tab import start_evaluating
from hyperface.ui.parts.context import AppContext


class Evaluation(TypedDict):
    """How far an evaluation is. run: None of figures that were known. figures: None before the end."""

    run: str | None
    model: str
    benchmark: str
    state: str
    progress: float
    seconds_left: float | None
    message: str
    figures: dict[str, float] | None


def evaluate_endpoint(context: AppContext) -> Callable[..., Iterator[Evaluation]]:
    """The function behind /evaluate."""

    @answering(context)
    def evaluate(
        model: str = DLIB, benchmark: str = "rendered_everyday", again: bool = False, wait: bool = True
    ) -> Iterator[Evaluation]:
        """Measure how well a face recogniser tells whether two pictures show one person, on a benchmark of pairs.

        Where it is known already, the figures come at once; else a run is started, which goes on whoever listens.

        Args:
            model: Name of a run of `train`, as /runs lists it, or dlib.
            benchmark: rendered_everyday, rendered_cross_pose, rendered_cross_age, rendered_frontal_profile,
                rendered_large_age_gap, or another that the server has.
            again: True: measure anew even where the figures are known.
            wait: True: tell of the progress until the end. False: answer once, as soon as the run has begun; ask again.

        Returns:
            A dict, again and again: run (None where the figures were known), model, benchmark, state, progress (0 to
                1), seconds_left, message; in the last one, figures: pairs, accuracy (of ten folds), auc, eer and
                tar_at_far_... as shares of 1, each with the ends of its 95 % interval (..._low, ..._high);
                accuracy_std (over the folds) and threshold_cosine.
        """
        name = asked.one_of(model, "model", [value for _, value in model_choices(context)])
        pairs = asked.one_of(benchmark, "benchmark", [value for _, value in benchmark_choices()])
        listens = asked.yes(wait, "wait")
        known = None if asked.yes(again, "again") else _figures(context, name, pairs)
        if known is not None:
            yield _evaluation(context, None, name, pairs, RunStatus("done", 1.0, 0.0), known)
            return
        run = context.run(start_evaluating(context, [name], [pairs]))
        for status in followed(run):
            figures = None if status.active else _figures(context, name, pairs)
            yield _evaluation(context, run.name, name, pairs, status, figures)
            if not listens:
                return

    return evaluate


def _figures(context: AppContext, model: str, benchmark: str) -> dict[str, float] | None:
    """The newest figures of a model on a benchmark; None where there are none."""
    found = evaluations(context, [model]).get((model, benchmark))
    return None if found is None else dict(found.figures.as_row())


def _evaluation(
    context: AppContext,
    run: str | None,
    model: str,
    benchmark: str,
    status: RunStatus,
    figures: dict[str, float] | None,
) -> Evaluation:
    return {
        "run": run,
        "model": model,
        "benchmark": benchmark,
        "state": status.state,
        "progress": status.progress,
        "seconds_left": status.seconds_left,
        "message": without(context, status.message),
        "figures": figures,
    }
