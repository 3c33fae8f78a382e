import csv
import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from hyperface.evaluation import figures_from, figures_of, report, score_pairs
from hyperface.evaluation.report import Measured, csv_table, html_report


@pytest.fixture
def measured():
    rng = np.random.default_rng(0)
    made = []
    for model, benchmark, pairs in (
        ("<a>", "rendered_everyday", 300),
        ("b", "rendered_everyday", 300),
        ("b", "lfw", 60),
    ):
        same = np.arange(pairs) % 3 == 0
        distances = (rng.normal(0.8, 0.3, pairs) + 0.7 * ~same).clip(0, 4)
        result = score_pairs(distances, same, benchmark=benchmark)
        made.append(Measured(model, benchmark.title(), result, figures_of(result)))
    return made


def test_figures_are_those_of_the_result_and_survive_json(measured):
    item = measured[0]
    figures = figures_from(json.loads(json.dumps(item.figures.as_json())))
    assert figures == item.figures
    assert (figures.accuracy, figures.auc, figures.eer) == (item.result.accuracy, item.result.auc, item.result.eer)
    assert [rate.far for rate in figures.rates] == [0.1]
    assert figures.rates[0].tar == item.result.true_accepts_at(0.1).tar
    low, high = figures.rates[0].interval
    assert low <= figures.rates[0].tar <= high


def test_the_table_has_a_row_for_each(measured):
    rows = list(csv.DictReader(io.StringIO(csv_table(measured))))
    assert [(row["model"], row["benchmark"], row["pairs"]) for row in rows] == [
        ("<a>", "rendered_everyday", "300"), ("b", "rendered_everyday", "300"), ("b", "lfw", "60"),
    ]  # fmt: skip
    assert float(rows[1]["auc_high"]) == measured[1].figures.auc_interval[1]
    assert rows[2]["tar_at_far_0.1"] == ""  # thirty pairs cannot tell


def test_the_page_is_whole_and_honest(measured):
    page = html_report(measured, title="Mine & yours")

    class Checker(HTMLParser):
        opened: list[str] = []  # noqa: RUF012
        count = 0

        def handle_starttag(self, tag, attributes):
            assert not {"src", "href"} & {name for name, _ in attributes}  # nothing beside the page
            self.count += tag == "svg"
            if tag not in ("meta", "path", "html"):
                self.opened.append(tag)

        def handle_endtag(self, tag):
            if tag not in ("meta", "path", "html"):
                assert self.opened.pop() == tag

    checker = Checker()
    checker.feed(page)
    assert checker.opened == []
    assert checker.count == 2 * 2 + 3  # ROC and DET for each benchmark, scores for each model on it
    assert "Mine &amp; yours" in page
    assert "&lt;a&gt;" in page
    assert "not photographs" in page
    assert "not photographs" not in html_report(measured[2:], title="LFW")
    assert "nan" not in page


def test_the_curves_axes_and_bars_are_the_pairs(measured, monkeypatch):
    drawn, bars = [], []
    monkeypatch.setattr(report, "line_chart", lambda *chart, label: drawn.append(chart) or "")
    monkeypatch.setattr(report, "histogram", lambda groups, axis, **more: bars.append((groups, axis, more)) or "")
    html_report(measured, title="")
    everyday, other = measured[:2], measured[2:]
    for (roc, det), items in ((drawn[:2], everyday), (drawn[2:], other)):
        same = items[0].result.same
        for curves, across, up in (roc, det):
            assert [curve.name for curve in curves] == [item.model for item in items]
            assert (across.low, across.high, across.logarithmic) == (1 / (~same).sum(), 1, True)
            assert [value for value, _ in across.ticks] == [v for v in (0.0001, 0.001, 0.01, 0.1, 1) if v >= across.low]
            assert up.high == 1
        assert (roc[2].low, roc[2].logarithmic) == (0, False)
        assert (det[2].low, det[2].logarithmic) == (1 / same.sum(), True)
        for item, accepted, missed in zip(items, roc[0], det[0], strict=True):
            for threshold in (0.5, 1.0, 1.5):  # a point of each curve, counted
                passed = item.result.distances < threshold
                far, tar = passed[~item.result.same].mean(), passed[item.result.same].mean()
                assert np.hypot(accepted.x - far, accepted.y - tar).min() < 1e-12
                assert np.hypot(missed.x - far, missed.y - (1 - tar)).min() < 1e-12
    for item, (groups, axis, more) in zip(measured, bars, strict=True):
        assert [len(values) for _, values in groups] == [item.result.same.sum(), (~item.result.same).sum()]
        assert groups[0][1].mean() > groups[1][1].mean()
        least = min(item.result.scores.min(), more["line"])
        assert least - 0.2 < axis.low <= least
        assert axis.high == 1
        ticks = [value for value, _ in axis.ticks]
        assert (ticks[0], ticks[-1]) == pytest.approx((axis.low, 1))
        np.testing.assert_allclose(np.diff(ticks), 0.2)


def test_a_model_that_gives_every_face_the_same_embedding_is_said_to():
    same = np.arange(40) % 2 == 0
    figures = []
    for distances in (np.zeros(40), np.where(same, 0.5, 1.8)):
        result = score_pairs(distances, same, recognizer="m", benchmark="b")
        figures.append(report.Measured(f"model {len(figures)}", "B", result, figures_of(result)))
    assert [item.result.collapsed for item in figures] == [True, False]
    assert figures[0].figures.accuracy == 0.5
    page = report.html_report(figures, title="t")
    assert page.count("gives every face the same embedding") == 1
    assert "model 0 gives every face" in page
