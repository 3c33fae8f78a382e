"""Eight pairs of a benchmark that the visitor answers before the model does.

One component whose value says which model, benchmark and threshold (`guessed_with`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from hyperface.drawing import data_url
from hyperface.errors import InputError
from hyperface.ui.evaluate.benchmarks import read_benchmark
from hyperface.ui.evaluate.evaluations import Evaluated, evaluations
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_view import Question, answers
from hyperface.ui.parts.scripts import component_script
from hyperface.ui.parts.terms import term

FOLDER = Path(__file__).parent


def guess_view(context: AppContext) -> gr.HTML:
    """The component. Its `moved` event says that the visitor moved the threshold, to the cosine `line`."""

    @answers
    def pairs(question: Question) -> dict[str, Any]:
        return quiz_news(context, question)

    html = (FOLDER / "guess.html").read_text(encoding="utf-8")
    words = {
        "@threshold": term("threshold"),
        "@likeness": term("likeness"),
        "@accept": term("false accept"),
        "@reject": term("false reject"),
    }
    for mark, word in words.items():
        html = html.replace(mark, word)
    return gr.HTML(
        None,
        html_template=html,
        js_on_load=component_script("guessView", events=("moved",)),
        server_functions=[pairs],
        apply_default_css=False,
        elem_id="evaluate-guess",
    )


def guessed_with(model: str | None, label: str, benchmark: str | None, found: Evaluated | None) -> dict[str, Any]:
    """The component's value. found: the model's result on the benchmark; None while there is none."""
    line = None if found is None else round(found.result.cosine_threshold, 2)
    return {"model": model, "label": label, "benchmark": benchmark, "line": line, "evaluated": found is not None}


def at_line(value: dict[str, Any] | None, line: float) -> dict[str, Any] | None:
    """The component's value with another threshold, a cosine; as it is while the model has no result."""
    return {**value, "line": line} if isinstance(value, dict) and value.get("evaluated") else value


def quiz_news(context: AppContext, question: Question) -> dict[str, Any]:
    """The pairs of a round, 0 or more, of the question's benchmark, with what its model says of each, if it has been
    evaluated there. InputError for a round or benchmark that is none."""
    from hyperface.evaluation.quiz import quiz_pairs

    name, model, number = question.get("benchmark"), question.get("model"), question.get("round")
    if not isinstance(name, str) or not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise InputError("Pairs are asked for by a benchmark's name and the number of a round.")
    found = evaluations(context, [str(model)]).get((str(model), name))
    benchmark = read_benchmark(name)
    told = []
    for pair in quiz_pairs(benchmark.same, seed=number).tolist():
        images = [data_url(benchmark.images[2 * pair + k]) for k in (0, 1)]
        cosine = None if found is None else round(float(found.result.scores[pair]), 4)
        told.append({"images": images, "same": bool(benchmark.same[pair]), "cosine": cosine})
    return {
        "pairs": told,
        "accuracy": None if found is None else found.result.accuracy,
        "count": len(benchmark),
    }
