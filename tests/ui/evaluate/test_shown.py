"""What the Evaluate tab shows, without a browser."""

from pathlib import Path

import numpy as np
import pytest

from hyperface import runs
from hyperface.errors import InputError, RunError
from hyperface.evaluation import load_benchmark, score_pairs
from hyperface.ui.evaluate import tab as evaluate_tab
from hyperface.ui.evaluate.evaluations import DLIB
from hyperface.ui.evaluate.guess import quiz_news
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.story.strip import story_strip

ROOT = Path(__file__).resolve().parents[3]
BENCHMARK = "rendered_everyday"
FILE = ROOT / "assets" / "benchmarks" / f"{BENCHMARK}.bin"  # of the server


@pytest.fixture
def parts(context, lay_out) -> evaluate_tab.Parts:
    def build(blocks) -> evaluate_tab.Parts:
        import gradio as gr

        choices = evaluate_tab.Choices(gr.CheckboxGroup([]), gr.Dropdown([]), gr.HTML())
        summary = evaluate_tab._summary(context, gr.HTML())
        return evaluate_tab.Parts(choices, summary, evaluate_tab._closer(context), gr.HTML())

    return lay_out(build)


@pytest.fixture
def result(context):
    """dlib, evaluated with made-up distances, two of them on the wrong side."""
    same = load_benchmark(BENCHMARK).same
    distances = np.where(same, 0.3, 1.6) + np.random.default_rng(0).uniform(0, 0.1, len(same))
    distances[np.flatnonzero(same)[0]], distances[np.flatnonzero(~same)[0]] = 1.9, 0.1
    run = runs.create("evaluate", {"models": [DLIB]}, title="e", folder=context.runs_folder)
    with runs.Worker(run).working() as worker:
        (run.path / "scores").mkdir()
        np.savez(run.path / "scores" / "0.npz", distances=distances, same=same)
        entry = {"model": DLIB, "benchmark": BENCHMARK, "scores": "scores/0.npz"}
        worker.write_results({"evaluations": [entry]})
    return score_pairs(distances, same)


def test_results_are_shown_at_their_best_threshold(context, parts, result):
    shown = evaluate_tab.shown(context, parts, [DLIB], BENCHMARK, None)
    summary, closer = parts.summary, parts.closer
    assert f"{100 * result.accuracy:.2f}" in shown[summary.table]
    assert f"{100 * result.accuracy:.2f}" in shown[summary.overview]
    assert f"{100 * result.accuracy:.2f}" in shown[parts.published]
    assert shown[summary.saving] == [DLIB]
    assert "pairs show one person" in shown[summary.note]
    assert len(shown[summary.roc]["data"]) == len(shown[summary.det]["data"]) == 1
    assert shown[closer.looked_at] == shown[closer.chosen]["value"] == DLIB
    assert shown[closer.chosen]["choices"] == [("dlib's recogniser", DLIB)]
    assert shown[closer.guess]["evaluated"]
    assert shown[closer.guess]["line"] == round(result.cosine_threshold, 2)
    assert shown[closer.chosen]["visible"] is False  # there is nothing to choose between
    assert shown[closer.threshold] == round(result.cosine_threshold, 2)
    assert shown[closer.scores]["layout"]["shapes"][0]["x0"] == result.cosine_threshold
    assert shown[closer.wrong].count("<li>") == 2  # the two that were planted


def test_a_collapsed_model_is_named_beside_its_figures(context, parts, result):
    said = "gives every face the same embedding"
    good = evaluate_tab.shown(context, parts, [DLIB], BENCHMARK, None)
    assert said not in good[parts.summary.overview] + good[parts.summary.table]
    model = trained(context, [])
    run = runs.create("evaluate", {"models": [str(model.path)]}, title="e", folder=context.runs_folder)
    with runs.Worker(run).working() as worker:
        (run.path / "scores").mkdir()
        np.savez(run.path / "scores" / "0.npz", distances=np.zeros(len(result.same)), same=result.same)
        entry = {"model": str(model.path), "benchmark": BENCHMARK, "scores": "scores/0.npz"}
        worker.write_results({"evaluations": [entry]})
    shown = evaluate_tab.shown(context, parts, [DLIB, model.name], BENCHMARK, None)
    for place in (parts.summary.overview, parts.summary.table):
        assert shown[place].count(said) == 1
        assert "50.00" in shown[place]
    elsewhere = evaluate_tab.shown(context, parts, [DLIB, model.name], "another", None)
    assert said in elsewhere[parts.summary.overview]  # whichever benchmark is looked at


def test_a_damaged_result_is_named_and_takes_no_other_down(context, parts, result):
    model = trained(context, [])
    run = runs.create("evaluate", {"models": [str(model.path)]}, title="e", folder=context.runs_folder)
    with runs.Worker(run).working() as worker:
        (run.path / "scores").mkdir()
        (run.path / "scores" / "0.npz").write_bytes(b"PK cut short")
        entry = {"model": str(model.path), "benchmark": BENCHMARK, "scores": "scores/0.npz"}
        worker.write_results({"evaluations": ["odd", {"model": 3}, entry]})
    shown = evaluate_tab.shown(context, parts, [DLIB, model.name], BENCHMARK, None)
    assert "0.npz is damaged" in shown[parts.summary.note]
    assert "not been evaluated" not in shown[parts.summary.note]
    assert str(context.runs_folder) not in shown[parts.summary.note]
    assert f"{100 * result.accuracy:.2f}" in shown[parts.summary.table]


def test_another_threshold_changes_counts_and_mistakes_alone(context, parts, result):
    found = evaluate_tab.found_on(context, [DLIB], BENCHMARK)
    closer = parts.closer
    shown = evaluate_tab.details(closer, found, DLIB, 1.0)
    assert set(shown) == {closer.scores, closer.counts, closer.wrong}
    rejected = int(result.same.sum())
    assert f"<td>0</td><td>{rejected:,}</td>" in shown[closer.counts]  # nothing is accepted any more
    assert shown[closer.scores]["layout"]["shapes"][0]["x0"] == 1.0
    gone = evaluate_tab.details(closer, found, "gone", 1.0)
    assert (gone[closer.scores], gone[closer.counts], gone[closer.wrong]) == (None, "", "")


def test_what_was_not_evaluated_is_told(context, parts):
    shown = evaluate_tab.shown(context, parts, [DLIB], BENCHMARK, "gone")
    assert "has not been evaluated on this benchmark yet" in shown[parts.summary.note]
    assert shown[parts.summary.roc] is None
    assert shown[parts.closer.looked_at] == DLIB  # one can play, and the model answers later
    assert not shown[parts.closer.guess]["evaluated"]
    assert shown[parts.closer.scores] is None
    nobody = evaluate_tab.shown(context, parts, [], BENCHMARK, "gone")
    assert (nobody[parts.closer.looked_at], nobody[parts.closer.scores], nobody[parts.summary.det]) == (
        None,
        None,
        None,
    )
    assert "not comparable" in shown[parts.published]


def test_models_and_work_of_today_are_offered(context, parts):
    choices = parts.choices
    first = evaluate_tab.refreshed(context, choices, [], None, None, [DLIB])
    assert first[choices.models]["value"] == [DLIB]
    assert first[choices.benchmark]["value"] == BENCHMARK
    assert first[choices.progress] is None
    at_work = runs.create("evaluate", {}, title="e", folder=context.runs_folder)
    with runs.Worker(at_work).working():
        later = evaluate_tab.refreshed(context, choices, [DLIB], BENCHMARK, None, [])
    assert "value" not in later[choices.models]  # what stays is not sent again
    assert "value" not in later[choices.benchmark]
    assert later[choices.progress] == at_work.name


def trained(context, parents: list[str]) -> runs.Run:
    run = runs.create("train", {}, title="t", parents=parents, folder=context.runs_folder)
    with runs.Worker(run).working():
        (run.path / runs.names.MODEL).write_bytes(b"weights")
    return run


def test_the_model_of_the_packing_is_tested_though_another_is_newer(context, packing, parts):
    assert evaluate_tab.to_test(context, packing.name) == [DLIB]
    data = runs.create("generate", {}, title="d", parents=[packing.name], folder=context.runs_folder)
    own, newer = trained(context, [data.name]), trained(context, [])
    assert evaluate_tab.to_test(context, packing.name) == [DLIB, own.name]
    assert evaluate_tab.to_test(context, None) == [DLIB, newer.name]
    # opening the tab meanwhile ticks the same, and what was ticked stays
    tried = evaluate_tab.to_test(context, packing.name)
    opened = evaluate_tab.refreshed(context, parts.choices, [], BENCHMARK, None, tried)
    assert opened[parts.choices.models]["value"] == tried
    later = evaluate_tab.refreshed(context, parts.choices, tried, BENCHMARK, None, [DLIB, newer.name])
    assert "value" not in later[parts.choices.models]
    assert evaluate_tab.shown(context, parts, tried, BENCHMARK, None)[parts.closer.looked_at] == own.name


def test_pairs_to_guess_are_told_with_what_the_model_says(context, result):
    question = {"model": DLIB, "benchmark": BENCHMARK, "round": 0}
    told = quiz_news(context, question)
    same, cosines = (np.array([pair[key] for pair in told["pairs"]]) for key in ("same", "cosine"))
    assert same.sum() == 4
    assert ((cosines > result.cosine_threshold) == same).mean() >= 6 / 8  # two of all pairs are wrong
    assert told["accuracy"] == result.accuracy
    assert told["count"] == len(result.same)
    others = quiz_news(context, {**question, "round": 1})
    assert others["pairs"] != told["pairs"]
    unknown = quiz_news(context, {**question, "model": "gone"})
    assert [pair["cosine"] for pair in unknown["pairs"]] == [None] * 8
    assert unknown["accuracy"] is None
    elsewhere = {"benchmark": str(FILE)}
    for wrong in ({"round": -1}, {"round": True}, {"round": "0"}, {"benchmark": None}, elsewhere):
        with pytest.raises(InputError):
            quiz_news(context, {**question, **wrong})


def test_the_runs_that_buttons_start_are_what_was_chosen(context, monkeypatch):
    monkeypatch.setattr("hyperface.ui.parts.worker.start", lambda context, run: run)
    name = evaluate_tab.start_evaluating(context, [DLIB], [BENCHMARK, "rendered_cross_age"])
    options = context.run(name).options
    assert (options["models"], options["benchmarks"]) == ([DLIB], [BENCHMARK, "rendered_cross_age"])
    own = trained(context, [])
    options = context.run(evaluate_tab.start_evaluating(context, [own.name], [BENCHMARK])).options
    assert options["models"] == [str(own.path)]
    with pytest.raises(RunError, match="no run"):
        evaluate_tab.start_evaluating(context, ["train-gone"], [BENCHMARK])
    with pytest.raises(InputError, match="no such benchmark"):
        evaluate_tab.start_evaluating(context, [DLIB], [str(FILE)])
    with pytest.raises(InputError, match="at least one model"):
        evaluate_tab.start_evaluating(context, [], [BENCHMARK])
    with pytest.raises(InputError, match="no benchmark"):
        evaluate_tab.start_evaluating(context, [DLIB], [])


def test_the_whole_tab_is_laid_out_with_every_event(context, lay_out):
    import gradio as gr

    def build(blocks) -> int:
        with gr.Tab("Evaluate") as tab:
            evaluate_tab.build(AppPage(context, blocks, gr.Dropdown([]), story_strip(context, None)), tab)
        return len(blocks.fns)

    assert lay_out(build) > 10
