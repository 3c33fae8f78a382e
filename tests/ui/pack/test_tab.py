import json
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
import torch

from hyperface import runs
from hyperface.errors import InputError
from hyperface.ui.pack import tab as pack_tab
from hyperface.ui.pack.estimates import packing_estimate
from hyperface.ui.pack.span_panel import fitting
from hyperface.ui.pack.view import pack_news
from hyperface.ui.parts.context import AppContext

browser_test = pytest.mark.browser


def start_small_packing(page, set_number, identities: int = 30, steps: int = 20) -> None:
    set_number(page, "Identities", identities)
    set_number(page, "Span", 10)
    page.get_by_role("button", name="More").first.click()
    set_number(page, "Steps", steps)
    page.get_by_role("button", name="Pack", exact=True).click()


def state_of(page) -> str:
    return page.locator("#pack-view .hf-progress-state").inner_text()


def wait_for_state(page, state: str, seconds: float = 120) -> None:
    page.wait_for_function(
        "state => document.querySelector('#pack-view .hf-progress-state').textContent === state",
        arg=state,
        timeout=1000 * seconds,
    )


def test_the_estimate_learns_from_this_machine(tmp_path):
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path / "demo")
    assert "300 steps: about 7 seconds" in packing_estimate(context, 1000, 300)
    run = runs.create("pack", {"identities": 2000}, title="p", folder=tmp_path)
    with runs.Worker(run).working() as worker:
        worker.write_results({"seconds_a_step": 1.005})
    assert "100 steps: about 7 minutes" in packing_estimate(context, 4000, 100)
    small = runs.create("pack", {"identities": 20}, title="p", folder=tmp_path)
    with runs.Worker(small).working() as worker:
        worker.write_results({"seconds_a_step": 0.004})
    assert "about 7 minutes" in packing_estimate(context, 4000, 100)


@browser_test
def test_packing_live_and_after_a_reload(page, set_number, runs_folder):
    before = {run.name for run in runs.list_runs([runs_folder])}
    start_small_packing(page, set_number)
    page.wait_for_function("/Starting|Running/.test(document.querySelector('#pack-view').innerText)")
    wait_for_state(page, "Finished")
    (run,) = [run for run in runs.list_runs([runs_folder], "pack") if run.name not in before]
    results = run.results()
    shown = page.locator("#pack-view .hf-min-angle").inner_text()
    assert shown == f"{results['min_angle']:.2f}°"
    assert results["min_angle"] > run.metrics()[0]["min_angle"]
    assert f"{results['bound_angle']:.1f}°" in page.locator("#pack-view .hf-bound").inner_text()
    page.wait_for_function("document.querySelector('.hf-sphere').data?.[2]?.x.length === 30")

    # scrubbing back shows the start, and its figures
    slider = page.locator("#pack-view .hf-frame")
    slider.fill("0")
    first = f"{run.metrics()[0]['min_angle']:.2f}°"
    page.wait_for_function("text => document.querySelector('.hf-min-angle').textContent === text", arg=first)
    start = page.evaluate("[...document.querySelector('.hf-sphere').data[2].x]")
    slider.fill(slider.get_attribute("max"))
    page.wait_for_function("text => document.querySelector('.hf-min-angle').textContent === text", arg=shown)
    assert page.evaluate("[...document.querySelector('.hf-sphere').data[2].x]") != start

    # frame by frame
    last = int(slider.get_attribute("max"))
    page.get_by_role("button", name="One frame back").click()
    page.wait_for_function("frame => document.querySelector('.hf-frame').value === frame", arg=str(last - 1))
    page.get_by_role("button", name="One frame on").click()
    page.get_by_role("button", name="One frame on").click()  # there is none after the last
    page.wait_for_function("text => document.querySelector('.hf-min-angle').textContent === text", arg=shown)

    # a face beside the pointer
    hover = "{points: [{curveNumber: 2, pointNumber: 3}], event: {clientX: 400, clientY: 400}}"
    page.evaluate(f"document.querySelector('.hf-sphere').emit('plotly_hover', {hover})")
    page.locator(".hf-sphere-tip img").wait_for()
    assert page.locator(".hf-sphere-tip").inner_text() == "3"
    page.evaluate("document.querySelector('.hf-sphere').emit('plotly_unhover', {})")
    page.locator(".hf-sphere-tip").wait_for(state="hidden")

    # a reloaded page finds the run, and its picture, where it is
    page.reload()
    page.wait_for_function("text => document.querySelector('.hf-min-angle')?.textContent === text", arg=shown)
    page.wait_for_function("document.querySelector('.hf-sphere').data?.[2]?.x.length === 30")
    page.wait_for_function("document.querySelectorAll('.hf-closest img').length >= 2")


@browser_test
def test_stopping_and_continuing_with_the_camera_kept(page, set_number, runs_folder):
    start_small_packing(page, set_number, identities=600, steps=1000)
    page.wait_for_function("/Step [1-9]/.test(document.querySelector('.hf-progress-text')?.textContent)")
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "Stopped")
    run = next(run for run in runs.list_runs([runs_folder], "pack") if run.options["identities"] == 600)
    stopped_at = run.results()["step"]
    assert 0 < stopped_at < 1000
    page.wait_for_function("document.querySelector('.hf-sphere').data?.[2]?.x.length === 600")
    page.evaluate("Plotly.relayout(document.querySelector('.hf-sphere'), {'scene.camera.eye': {x: 0.1, y: 0.2, z: 2}})")
    frames = int(page.locator(".hf-frame").get_attribute("max"))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_function("seen => Number(document.querySelector('.hf-frame').max) > seen", arg=frames)
    eye = page.evaluate("document.querySelector('.hf-sphere').layout.scene.camera.eye")
    assert eye == {"x": 0.1, "y": 0.2, "z": 2}
    runs.request_stop(run)
    page.wait_for_function("/Stopped|Finished/.test(document.querySelector('.hf-progress-state').textContent)")
    steps = [row["step"] for row in run.metrics()]
    assert steps == list(range(len(steps)))
    assert len(steps) > stopped_at + 1


@browser_test
def test_the_spectrum_follows_the_span(page, set_number):
    page.get_by_role("button", name="What the span holds").click()
    told = page.locator("#span-told")
    told.get_by_text("40 directions hold").wait_for()
    page.locator("#span-panel .main-svg").first.wait_for()
    set_number(page, "Span", 0)
    told.get_by_text("128 directions hold 100 %").wait_for()


@browser_test
def test_an_impossible_value_is_a_toast_and_the_app_goes_on(page, set_number, runs_folder):
    before = len(runs.list_runs([runs_folder]))
    page.get_by_role("button", name="More").first.click()
    set_number(page, "Learning rate", -1)
    page.get_by_role("button", name="Pack", exact=True).click()
    toast = page.get_by_text("The learning rate must be above 0")
    toast.wait_for()
    assert len(runs.list_runs([runs_folder])) == before
    assert page.get_by_role("button", name="Pack", exact=True).is_enabled()


@pytest.fixture
def context(tmp_path):
    return AppContext(runs_folder=tmp_path, demo_folder=tmp_path / "demo")


@pytest.mark.parametrize(
    ("recognizer", "dimension", "span", "value"),
    [("dlib", 128, 30, 40), ("dlib-heads", 128, 40, 30), ("mine", 512, 100, 100), ("mine", 64, 100, 64)],
)
def test_the_bounds_of_the_span_follow_the_gallery(context, recognizer, dimension, span, value):
    faces = SimpleNamespace(recognizer=recognizer, embeddings=torch.eye(3, dimension))
    context.cached(("gallery", "few"), lambda: faces)
    update = fitting(context, "few", span)
    assert (update["maximum"], update["value"]) == (dimension, value)


def test_news_of_a_run_that_is_gone(context):
    assert "There is no run" in pack_news(context, {"run": "pack-x", "cursor": None})["gone"]
    assert "gone" in pack_news(context, {"run": "../../etc", "cursor": None})


def test_news_come_once_and_in_pieces(context, monkeypatch):
    import base64

    import numpy as np

    from hyperface.projection.frames import FrameWriter, record_type

    run = runs.create("pack", {"steps": 5}, title="t", folder=context.runs_folder)
    points = np.eye(4, 3, dtype=np.float32)
    points[3, 2] = -1
    with closing(FrameWriter(run.path / "frames.bin", 4)) as writer:
        for step in range(5):
            writer.append(step, points, np.full(4, 10.5 + step), (0, 3))
    with runs.Worker(run).working() as worker:
        for step in range(3):
            worker.log({"step": step, "min_angle": 40 + step, "objective": 1.0})
    monkeypatch.setattr("hyperface.ui.pack.view.BYTES_AT_ONCE", 2 * record_type(4).itemsize)
    seen, cursor = [], None
    while True:
        news = json.loads(json.dumps(pack_news(context, {"run": run.name, "cursor": cursor}), allow_nan=False))
        cursor = news["cursor"]
        if news["frames"]:
            records = np.frombuffer(base64.b64decode(news["frames"]["records"]), record_type(4))
            assert len(records) <= 2
            seen += list(records["step"])
        if not news["more"]:
            break
    assert seen == [0, 1, 2, 3, 4]
    again = pack_news(context, {"run": run.name, "cursor": cursor})
    assert again["frames"] is None
    assert again["metrics"]["step"] == []


def test_an_unfinished_file_of_frames_is_no_trouble(context):
    run = runs.create("pack", {}, title="t", folder=context.runs_folder)
    for content in (b"", b"HFFR", b"HFFR" + bytes(8), b"nonsense nonsense nonsense"):
        (run.path / "frames.bin").write_bytes(content)
        assert pack_news(context, {"run": run.name, "cursor": None})["frames"] is None


@pytest.mark.parametrize("change", [{"seed": None}, {"seed": -1}, {"identities": None}])
def test_an_empty_field_is_told(change):
    values = {
        "identities": 10,
        "span": 0,
        "alpha": 0.0,
        "steps": 5,
        "objective": "soft",
        "gallery": "gan-10k",
        "learning_rate": None,
        "seed": 0,
    }
    assert pack_tab.pack_options(**values).span is None
    with pytest.raises(InputError):
        pack_tab.pack_options(**{**values, **change})


def test_the_first_page_is_followed_within_its_time(context):
    """A question about a thousand points and fifty frames is answered fast enough for four pictures a second."""
    import numpy as np

    from hyperface.projection.frames import FrameWriter

    run = runs.create("pack", {"steps": 50}, title="t", folder=context.runs_folder)
    points = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    with closing(FrameWriter(run.path / "frames.bin", 1000)) as writer:
        for step in range(50):
            writer.append(step, points, np.full(1000, 60.0), (0, 1))
    started = time.perf_counter()
    for seen in range(50):
        pack_news(context, {"run": run.name, "cursor": {"metrics": 0, "frames": seen}})
    assert (time.perf_counter() - started) / 50 < 0.25
