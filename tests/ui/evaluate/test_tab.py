import json
import re

import numpy as np
import pytest

from hyperface import runs
from hyperface.cli import main
from hyperface.evaluation import published_results, score_pairs
from hyperface.jobs import audit
from hyperface.jobs.evaluate import weights_digest
from hyperface.runs import names
from hyperface.ui.evaluate.charts import RocCurve, det_chart, roc_chart, score_chart, search_chart
from hyperface.ui.evaluate.evaluations import DLIB, damaged_evaluations, evaluations
from hyperface.ui.evaluate.published_table import RENDERED, OwnRow, published_table
from hyperface.ui.evaluate.report import confusion_table, overview_table
from hyperface.ui.parts.context import AppContext


@pytest.fixture
def distances_and_same():
    rng = np.random.default_rng(3)
    same = np.arange(40) % 2 == 0
    return np.where(same, rng.uniform(0.2, 1.2, 40), rng.uniform(0.9, 2.2, 40)), same


def save_evaluation(folder, model: str, distances, same):
    run = runs.create("evaluate", {"models": [model]}, title=model, folder=folder)
    with runs.Worker(run).working() as worker:
        (run.path / "scores").mkdir()
        np.savez(run.path / "scores" / "0.npz", distances=distances, same=same)
        worker.write_results({"evaluations": [{"model": model, "benchmark": "small", "scores": "scores/0.npz"}]})
    return run


def test_every_pair_is_in_the_histogram_and_the_threshold_is_marked(distances_and_same):
    result = score_pairs(*distances_and_same)
    figure = score_chart(result.scores, result.same, result.cosine_threshold)
    different, same = figure["data"]
    assert (sum(different["y"]), sum(same["y"])) == (20, 20)
    for bars, chosen in ((different, ~result.same), (same, result.same)):
        for center, count in zip(bars["x"], bars["y"], strict=True):
            inside = (result.scores[chosen] >= center - 0.025) & (result.scores[chosen] < center + 0.025)
            assert count == inside.sum()
    assert figure["layout"]["shapes"][0]["x0"] == pytest.approx(result.cosine_threshold)


def test_scores_at_the_ends_of_the_scale_are_counted():
    figure = score_chart(np.array([-1.0, 1.0, 1.0000001, 0.0]), np.array([False, True, True, False]), 0.5)
    assert [sum(bars["y"]) for bars in figure["data"]] == [2, 2]


def test_the_roc_axis_ends_where_the_pairs_do():
    figure = roc_chart([RocCurve("a", np.array([0, 0.005, 1]), np.array([0, 0.5, 1]))], different_pairs=200)
    assert 10 ** figure["layout"]["xaxis"]["range"][0] == pytest.approx(1 / 200)
    assert min(figure["data"][0]["x"]) > 0  # an axis of logarithms has no place for 0
    assert figure["layout"]["xaxis"]["ticktext"][0] == "1 %"
    json.dumps(figure, allow_nan=False)


def test_both_errors_of_the_det_chart_end_where_the_pairs_do():
    curve = RocCurve("a", np.array([0, 0.005, 1]), np.array([0, 0.5, 1]))
    figure = det_chart([curve], different_pairs=200, same_pairs=50)
    (line,) = figure["data"]
    assert line["y"] == [1.0, 0.5, 0.01]  # half a pair in place of 0
    assert 10 ** figure["layout"]["yaxis"]["range"][0] == pytest.approx(1 / 50)
    assert 10 ** figure["layout"]["xaxis"]["range"][0] == pytest.approx(1 / 200)


def test_the_counts_at_a_threshold(distances_and_same):
    result = score_pairs(*distances_and_same)
    html = confusion_table(result.confusion(1.0))
    counts = [int(cell) for cell in re.findall(r"<td>(\d+)</td>", html)]
    accepted = result.distances < 1
    assert counts == [(accepted & result.same).sum(), (~accepted & result.same).sum(),
                      (accepted & ~result.same).sum(), (~accepted & ~result.same).sum()]  # fmt: skip
    assert f"FMR {5 * counts[2]:.1f} %" in html


def test_models_by_benchmarks():
    html = overview_table(["<a>", "b"], [("One", "one"), ("Two", "two")], {("<a>", "two"): (0.9, 0.01)}, "two")
    assert "&lt;a&gt;" in html
    assert re.findall(r"<td.*?</td>", html) == [
        "<td>–</td>", '<td class="hf-chosen"><b>90.00</b> ± 1.00</td>', "<td>–</td>", '<td class="hf-chosen">–</td>',
    ]  # fmt: skip


def test_own_rows_stand_in_their_columns():
    published = published_results()
    assert set(published.benchmarks) == set(RENDERED)
    html = published_table(published, [OwnRow("<mine>", {"rendered_everyday": 95.333, "rendered_cross_age": 90.0})])
    row = re.search(r'<tr class="hf-mine">(.*?)</tr>', html)[1]
    assert "&lt;mine&gt;" in row
    assert re.findall(r"<td>([^<]*)</td>", row) == ["–", "–", "95.33", "–", "90.00", "–", "–", "–"]
    assert html.count('class="hf-mine"') == 1
    on_photographs = published_table(published, [OwnRow("mine", {"cfp_fp": 88.5})])
    row = re.findall(r'<tr class="hf-mine">(.*?)</tr>', on_photographs)[-1]
    assert re.findall(r"<td>([^<]*)</td>", row)[5] == "88.50"
    for published_row in (*published.training_sets, *published.released_models, *published.later_work):
        assert published_row.name in html
    for key, source in published.sources.items():
        assert f"<b>{key}</b> {source.title}" in html
    assert "<small>V+</small>" in html


def test_the_newest_evaluation_counts(tmp_path, distances_and_same):
    distances, same = distances_and_same
    context = AppContext(runs_folder=tmp_path / "mine", demo_folder=tmp_path / "demo")
    save_evaluation(context.demo_folder, DLIB, distances[::-1], same)
    assert evaluations(context, [DLIB])[DLIB, "small"].result.accuracy <= 0.5
    save_evaluation(context.runs_folder, DLIB, distances, same)
    save_evaluation(context.runs_folder, "gone", distances, same)
    found = evaluations(context, [DLIB, "gone"])
    assert list(found) == [(DLIB, "small")]  # a model that is no longer there cannot be picked
    assert found[DLIB, "small"].result.accuracy == score_pairs(distances, same).accuracy


def test_an_evaluation_of_what_was_trained_on_since_is_not_shown(tmp_path, distances_and_same):
    context = AppContext(runs_folder=tmp_path / "mine", demo_folder=tmp_path / "demo")
    training = runs.create("train", {}, title="A", folder=context.runs_folder)
    (training.path / names.MODEL).write_bytes(b"weights")
    evaluation = save_evaluation(context.runs_folder, training.name, *distances_and_same)
    assert list(evaluations(context, [training.name])) == [(training.name, "small")]  # which weights, it does not say
    entries = evaluation.results()["evaluations"]
    told = {"evaluations": [{**entry, "weights": weights_digest(training.path)} for entry in entries]}
    (evaluation.path / "results.json").write_text(json.dumps(told))
    assert list(evaluations(context, [training.name])) == [(training.name, "small")]
    (training.path / names.MODEL).write_bytes(b"weights after more epochs")
    assert evaluations(context, [training.name]) == {}
    (reason,) = damaged_evaluations(context, [training.name], "small")
    assert "was trained on since" in reason


def unfold(page, panel: str) -> None:
    page.locator(f"#{panel} button.label-wrap").click()


def uncheck(panel, name: str) -> None:
    """Uncheck the models with this in their names."""
    for label in panel.locator("#evaluate-models label", has_text=name).all():
        label.locator("input").uncheck()


@pytest.mark.browser
def test_a_model_is_evaluated_beside_the_published_results(page, open_tab, runs_folder, expect):
    panel = open_tab(page, "Evaluate")
    unfold(page, "evaluate-beside")
    page.locator("#evaluate-published tr", has_text="CASIA-WebFace (real)").first.wait_for()
    expect(page.locator("#evaluate-published")).to_contain_text("not comparable")
    expect(page.locator("#evaluate-note")).to_contain_text("not photographs")

    uncheck(panel, "small")
    page.locator("#evaluate-benchmark input").click()
    page.get_by_role("option", name="Small").click()
    page.get_by_text("has not been evaluated on this benchmark yet").wait_for()
    panel.get_by_role("button", name="Evaluate", exact=True).click()
    page.locator("#evaluate-overview tbody tr").wait_for()
    unfold(page, "evaluate-details")
    row = page.locator("#evaluate-results tbody tr")
    row.wait_for()

    run = runs.list_runs([runs_folder], "evaluate")[0]
    entry = run.results()["evaluations"][0]
    assert entry["pairs"] == 20
    expect(row).to_contain_text(f"{100 * entry['accuracy']:.2f} %")
    expect(page.locator("#evaluate-progress .hf-progress-state")).to_have_text("Finished")
    unfold(page, "evaluate-worst")
    page.locator("#evaluate-mistakes h3").first.wait_for()
    expect(page.locator("#evaluate-overview tbody")).to_contain_text(f"{100 * entry['accuracy']:.2f}")

    box = panel.get_by_label("number input for Threshold")
    box.fill("1")
    box.press("Enter")
    page.wait_for_function(  # nothing is accepted any more
        "[...document.querySelectorAll('#evaluate-counts td')].map((cell) => cell.innerText)[1] === '10'"
    )
    with page.expect_download() as saved:
        panel.get_by_role("button", name="CSV", exact=True).click()
    table = saved.value.path().read_text().splitlines()
    assert table[0].startswith("model,benchmark,pairs,accuracy")
    assert any(",small,20," in line for line in table)
    for chart in page.locator("#tab-evaluate .hf-chart, .hf-chart-block .hf-chart").all():
        if chart.is_visible():
            chart.locator(".main-svg").first.wait_for()


@pytest.mark.browser
def test_eight_pairs_are_guessed_against_the_model(page, open_tab, expect):
    panel = open_tab(page, "Evaluate")
    buttons = panel.locator(".hf-quiz-buttons button:visible")
    for number in range(8):
        panel.get_by_text(f"Pair {number + 1} of 8").wait_for()
        buttons.first.click()
    score = panel.locator(".hf-quiz-score")
    expect(score).to_have_text(re.compile("^You are right on 4 of 8, the model on "))
    pairs = panel.locator(".hf-quiz-pairs li")
    expect(pairs).to_have_count(8)
    expect(pairs.get_by_text("Model: two people")).not_to_have_count(0)
    panel.locator(".hf-quiz-line input").press("Home")  # everybody is one person
    expect(pairs.get_by_text("Model: two people")).to_have_count(0)
    expect(score).to_contain_text("the model on 4")
    page.wait_for_function(  # all pairs of the benchmark follow
        "[...document.querySelectorAll('#evaluate-counts td')].map((cell) => cell.innerText)[1] === '0'"
    )
    box = panel.get_by_label("number input for Threshold")
    box.fill("1")
    box.press("Enter")
    panel.locator(".hf-quiz-line output", has_text="100 %").wait_for()  # and the other way round
    expect(pairs.get_by_text("Model: one person")).to_have_count(0)
    panel.get_by_role("button", name="Eight other pairs").click()
    panel.get_by_text("Pair 1 of 8").wait_for()


@pytest.mark.browser
def test_the_model_looked_at_stays_until_it_is_gone(page, open_tab, expect):
    panel = open_tab(page, "Evaluate")
    page.locator("#evaluate-overview tbody tr").first.wait_for()
    unfold(page, "evaluate-details")
    boxes = [
        panel.locator("#evaluate-models label", has_text=name).locator("input")
        for name in ("dlib's recogniser", "ready-made")
    ]
    for box in boxes:
        box.check()
    page.locator("#evaluate-closer input").click()
    page.get_by_role("option", name=re.compile("ready-made")).first.click()
    page.locator("#evaluate-benchmark input").click()
    page.get_by_role("option", name="Rendered cross-pose").click()
    page.locator("#evaluate-note").get_by_text("Rendered cross-pose").wait_for()
    looked_at = page.locator("#evaluate-closer input")
    expect(looked_at).to_have_value(re.compile("ready-made"))
    for _ in range(3):  # faster than the answers, which take the choices away and give them back
        for box in (*boxes, *boxes):
            box.click()
    boxes[1].uncheck()
    page.locator("#evaluate-results tbody tr", has_text="ready-made").wait_for(state="detached")
    boxes[1].check()
    page.locator("#evaluate-results tbody tr", has_text="ready-made").wait_for()
    expect(looked_at).to_have_value("dlib's recogniser")
    assert page.locator(".toast-body").count() == 0


@pytest.mark.browser
def test_the_benchmark_stays_chosen_when_the_page_is_opened_again(page, open_tab):
    open_tab(page, "Evaluate")
    page.wait_for_function("document.querySelector('#evaluate-benchmark input').value === 'Rendered everyday'")
    page.locator("#evaluate-benchmark input").click()
    page.get_by_role("option", name="Rendered cross-age").click()
    page.wait_for_function("JSON.stringify(localStorage).includes('hyperface-evaluate')")
    page.reload()
    open_tab(page, "Evaluate")
    page.wait_for_function("document.querySelector('#evaluate-benchmark input').value === 'Rendered cross-age'")


@pytest.mark.browser
def test_no_model_is_a_toast(page, open_tab, runs_folder):
    panel = open_tab(page, "Evaluate")
    page.locator("#evaluate-overview tbody tr").first.wait_for()
    uncheck(panel, "")
    panel.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_text("Choose at least one model to evaluate.").wait_for()


@pytest.mark.browser
def test_a_dataset_is_audited(small_packing, page, open_tab, runs_folder, expect):
    dataset = runs_folder / f"generate-for-audit-{small_packing.name}"
    options = ["--identities", "4", "--images-per-identity", "2", "--run", str(dataset)]
    assert main(["generate", "--from", str(small_packing.path), *options]) == 0
    panel = open_tab(page, "Evaluate")
    page.locator("#evaluate-overview tbody tr").first.wait_for()
    panel.get_by_text("Leakage audit").click()
    panel.get_by_role("button", name="Audit", exact=True).click()
    page.locator("#leakage-pairs .hf-mistakes li").first.wait_for()
    (run,) = [run for run in runs.list_runs([runs_folder], "audit") if run.parents == (dataset.name,)]
    expect(page.locator("#leakage-outcome")).to_contain_text(audit.sentence(run.results()))
    expect(page.locator("#leakage-pairs .hf-mistakes li")).to_have_count(4)


def test_searches_are_shares_of_their_own_number():
    figure = search_chart(np.array([0.42, 0.43, 0.61, 0.9]), np.array([0.42, 0.7]), 0.65)
    strangers, own = figure["data"]
    assert sum(strangers["y"]) == pytest.approx(1)
    assert own["y"][own["x"].index(0.425)] == 0.5
    assert figure["layout"]["shapes"][0]["x0"] == 0.65
