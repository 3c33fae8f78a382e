"""The part of the Evaluate tab that compares packed with random people."""

import re
from dataclasses import asdict

import pytest

from hyperface import runs
from hyperface.jobs import study
from hyperface.studies import Plan, Trial
from hyperface.ui.evaluate import study_panel
from hyperface.ui.parts import worker


def finished(context, better: float) -> runs.Run:
    """A study of three draws whose packed people are better by so much."""
    options = study.StudyOptions(draws=3, pairs=0)
    run = study.create(options, folder=context.runs_folder)
    trials = [
        Trial(arm, 100, draw, 0, {"rendered_everyday": 0.8 + 0.01 * draw + more}, {}, 0.5, 1.0)
        for draw in range(3)
        for arm, more in (("random", 0.0), ("packed", better + 0.001 * draw))
    ]
    with runs.Worker(run).working() as at_work:
        study._write(at_work, Plan(pairs=0), trials, options)
    return run


def test_the_newest_study_is_shown(context):
    assert study_panel.newest_study(context) == study_panel.Studied()
    run = finished(context, 0.03)
    shown = study_panel.newest_study(context)
    assert re.search(r"\+3\.10 ± 0\.\d\d", shown.figure)
    assert "everyday" in shown.told
    assert str(run.path) in shown.told
    (run.path / study.FIGURE).unlink()  # an earlier version's
    assert "everyday" in study_panel.newest_study(context).told
    study.create(study.StudyOptions(), folder=context.runs_folder)  # one that has nothing to show yet
    assert "everyday" in study_panel.newest_study(context).told


@pytest.mark.parametrize(("large", "pairs"), [(True, None), (False, 0)])
def test_a_study_is_started_with_what_was_chosen(context, monkeypatch, large, pairs):
    started = []
    monkeypatch.setattr(worker, "start", lambda context, run: started.append(run) or run)
    name = study_panel.start_study(context, 5, large=large)
    assert started[0].name == name
    asked = {**asdict(study.StudyOptions()), "draws": 5, "pairs": pairs}
    assert started[0].options == {
        key: list(value) if isinstance(value, tuple) else value for key, value in asked.items()
    }


@pytest.mark.browser
def test_the_panel_shows_the_study(page, open_tab, runs_folder, expect):
    from hyperface.ui.parts.context import AppContext

    finished(AppContext(runs_folder=runs_folder), 0.02)
    panel = open_tab(page, "Evaluate")
    panel.get_by_text("Does packing help?").click()
    page.locator("#study-figure svg").wait_for()
    expect(page.locator("#study-outcome pre")).to_contain_text("everyday")
    expect(page.locator("#study-start")).to_be_visible()
