"""The part of the Evaluate tab that says what a dataset is worth."""

import numpy as np
import pytest

from hyperface import runs
from hyperface.errors import InputError
from hyperface.ui.evaluate import leakage_panel, worth_panel
from hyperface.ui.parts import worker


def row(by: str, *, fine: bool, advice: str = "Nothing.") -> dict:
    return {"measure": f"measure {by}", "seen_by": by, "value": "1 <b>", "advice": advice, "fine": fine}


@pytest.fixture
def measured():
    """`measured(folder)`: a dataset's run with a finished measurement; the dataset's name."""

    def make(folder):
        dataset = runs.create("generate", {}, title="Six faces", folder=folder)
        with runs.Worker(dataset).working() as at_work:
            at_work.write_results({"images": 6, "identities": 3, "images_per_identity": 2})
        run = runs.create("measure", {}, title="worth", parents=[dataset.name], folder=folder)
        rows = [row("dlib", fine=True), row("other", fine=False, advice="Look at it."), row("", fine=True)]
        counts = {"people": 3, "pictures": 6, "all_people": 9, "all_pictures": 18}
        with runs.Worker(run).working() as at_work:
            at_work.write_results({**counts, "rows": rows})
        return dataset.name

    return make


def test_the_newest_measurement_is_shown_with_what_is_to_be_done_unfolded(context, measured):
    name = measured(context.runs_folder)
    html = worth_panel.newest_worth(context, name)
    assert "A sample was looked at: 6 of 18 pictures, of 3 of 9 people." in html
    assert "1 of 3 figures ask for something to be done." in html
    assert html.count("<details") == 3
    assert html.count(" open>") == 1
    assert "As other sees it: 1 to do" in html
    assert "<b>To do:</b> Look at it." in html
    assert "1 &lt;b&gt;" in html
    assert worth_panel.newest_worth(context, "another") == ""


@pytest.mark.parametrize("rows", [3, [1], [{"fine": True}]])
def test_a_damaged_measurement_is_named(context, measured, rows):
    name = measured(context.runs_folder)
    run = runs.create("measure", {}, title="<b>", parents=[name], folder=context.runs_folder)
    with runs.Worker(run).working() as at_work:
        at_work.write_results({"people": 3, "pictures": 6, "all_people": 9, "all_pictures": 18, "rows": rows})
    assert f"{run.name} is damaged" in worth_panel.newest_worth(context, name)


def test_a_damaged_audit_is_named(context, measured):
    name = measured(context.runs_folder)
    assert leakage_panel.newest_audit(context, name) == leakage_panel.Audited()
    run = runs.create("audit", {}, title="a", parents=[name], folder=context.runs_folder)
    with runs.Worker(run).working() as at_work:
        at_work.write_results({"line": 0.5})
        np.savez(run.path / "searches.npz", cosine=np.zeros(2, np.float32), strangers=np.zeros(2, np.float32))
        np.savez(run.path / "pictures.npz", images=np.zeros((0, 2, 8, 8, 3), np.uint8), cosine=np.zeros(0))
    audited = leakage_panel.newest_audit(context, name)
    assert f"{run.name} is damaged" in audited.told
    assert audited.nearness is None


def test_a_measurement_is_started_for_the_chosen_dataset(context, measured, monkeypatch):
    started = []
    monkeypatch.setattr(worker, "start", lambda context, run: started.append(run) or run)
    name = measured(context.runs_folder)
    assert worth_panel.start_measuring(context, name) == started[0].name
    assert started[0].options["dataset"] == str(context.runs_folder / name)
    assert started[0].parents == (name,)
    with pytest.raises(InputError, match="no dataset with images"):
        worth_panel.start_measuring(context, None)


@pytest.mark.browser
def test_the_panel_shows_the_figures(page, open_tab, runs_folder, measured, expect):
    measured(runs_folder)
    panel = open_tab(page, "Evaluate")
    panel.get_by_text("What a dataset is worth").click()
    panel.get_by_text("As other sees it: 1 to do").wait_for()
    expect(panel.get_by_text("Look at it.")).to_be_visible()
    expect(panel.get_by_role("rowheader", name="measure dlib")).to_be_hidden()
