import json
import time
from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hyperface import runs, sphere
from hyperface.errors import InputError
from hyperface.ui.pack import tab as pack_tab
from hyperface.ui.pack.estimates import packing_estimate
from hyperface.ui.pack.span_panel import fitting
from hyperface.ui.pack.view import pack_news
from hyperface.ui.parts.context import AppContext

browser_test = pytest.mark.browser


def start_small_packing(page, set_number, identities: int = 30, steps: int = 20) -> None:
    set_number(page, "Identities", identities)
    set_number(page, "Stay where faces can be drawn", 10)
    page.get_by_role("button", name="More").first.click()
    set_number(page, "Steps", steps)
    page.get_by_role("button", name="Pack", exact=True).click()


SCENE = "document.querySelector('.hf-sphere')?.sphere?.scene"


def place_of(page, index: int) -> tuple[float, float]:
    """Where somebody on the front of the sphere is on the page; who is behind is turned to the front first."""
    return tuple(
        page.evaluate(
            """index => {
              const element = document.querySelector('.hf-sphere'), { sphere } = element, { scene } = sphere;
              if (!scene.fromOne) {
                const [x, y, z] = scene.now.slice(3 * index, 3 * index + 3), half = Math.hypot(x, y, z + 1);
                sphere.camera.turn = [y / half, -x / half, 0, (z + 1) / half];
                sphere.paint();
              }
              const box = element.getBoundingClientRect(), [x, y] = scene.fromOne ? scene.now.slice(3 * index) : [0, 0];
              const { radius } = sphere.frame;
              return [box.x + box.width / 2 + radius * x, box.y + box.height / 2 - radius * y];
            }""",
            index,
        )
    )


def watch_the_start(page, people: int) -> None:
    """From now on `waited` is true once so many people are on the sphere, after Pack was pressed."""
    page.locator("#pack-begin").wait_for()
    page.wait_for_function(f"{SCENE}?.count > 0")
    page.evaluate(
        """people => {
          const { sphere } = document.querySelector('.hf-sphere'), show = sphere.show.bind(sphere);
          let pressed = false;
          sphere.show = (picture) => {
            show(picture);
            if (pressed && sphere.scene.count === people) window.waited = true;
          };
          document.querySelector('#pack-begin').addEventListener('click', () => { pressed = true; }, true);
        }""",
        people,
    )


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
def test_packing_live_and_after_a_reload(page, set_number, runs_folder, expect):
    before = {run.name for run in runs.list_runs([runs_folder])}
    watch_the_start(page, 30)
    start_small_packing(page, set_number)
    page.wait_for_function("window.waited")
    (run,) = [run for run in runs.list_runs([runs_folder], "pack") if run.name not in before]
    assert run.metrics() == []  # the start is on the screen before the work begins
    page.wait_for_function("/Starting|Running/.test(document.querySelector('#pack-view').innerText)")
    wait_for_state(page, "Finished")
    results = run.results()
    shown = f"{results['min_angle']:.2f}°"
    expect(page.locator("#pack-view .hf-min-angle")).to_have_text(shown)
    assert results["min_angle"] > run.metrics()[0]["min_angle"]
    expect(page.locator("#pack-view .hf-bound")).to_contain_text(f"{results['bound_angle']:.1f}°")
    page.wait_for_function(f"{SCENE}.count === 30")

    # scrubbing back shows the start, and its figures
    slider = page.locator("#pack-view .hf-frame")
    slider.fill("0")
    first = f"{run.metrics()[0]['min_angle']:.2f}°"
    page.wait_for_function("text => document.querySelector('.hf-min-angle').textContent === text", arg=first)
    start = page.evaluate(f"[...{SCENE}.map]")
    slider.fill(slider.get_attribute("max"))
    page.wait_for_function("text => document.querySelector('.hf-min-angle').textContent === text", arg=shown)
    page.wait_for_function(f"start => [...{SCENE}.map].some((value, at) => value !== start[at])", arg=start)

    # frame by frame
    last = int(slider.get_attribute("max"))
    page.get_by_role("button", name="One frame back").click()
    page.wait_for_function("frame => document.querySelector('.hf-frame').value === frame", arg=str(last - 1))
    page.get_by_role("button", name="One frame on").click()
    page.get_by_role("button", name="One frame on").click()  # there is none after the last
    page.wait_for_function("text => document.querySelector('.hf-min-angle').textContent === text", arg=shown)

    # a face beside the pointer
    page.locator(".hf-sphere").scroll_into_view_if_needed()
    page.mouse.move(*place_of(page, 3))
    page.locator(".hf-sphere-tip img").wait_for()
    expect(page.locator(".hf-sphere-tip")).to_have_text("3")
    page.mouse.move(2, 2)
    page.locator(".hf-sphere-tip").wait_for(state="hidden")

    # a reloaded page finds the run, and its picture, where it is
    page.reload()
    page.wait_for_function("text => document.querySelector('.hf-min-angle')?.textContent === text", arg=shown)
    page.wait_for_function(f"{SCENE}?.count === 30")
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
    page.wait_for_function(f"{SCENE}.count === 600")
    sphere = page.locator(".hf-sphere")
    for key in ("ArrowLeft", "ArrowUp", "+"):
        sphere.press(key)
    camera = "(({ turn, zoom }) => [...turn, zoom])(document.querySelector('.hf-sphere').sphere.camera)"
    turned = page.evaluate(camera)
    frames = int(page.locator(".hf-frame").get_attribute("max"))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_function("seen => Number(document.querySelector('.hf-frame').max) > seen", arg=frames)
    assert page.evaluate(camera) == turned
    assert turned[-1] == 1.25
    runs.request_stop(run)
    page.wait_for_function("/Stopped|Finished/.test(document.querySelector('.hf-progress-state').textContent)")
    steps = [row["step"] for row in run.metrics()]
    assert steps == list(range(len(steps)))
    assert len(steps) > stopped_at + 1


@browser_test
def test_from_one_person_everybody_is_at_the_true_angle(page, runs_folder, expect):
    """Every radius on the disc against the angle of the embeddings, at the start and at the end; then by keyboard."""
    start, end = sphere.random_points(120, 24, seed=1).numpy(), sphere.random_points(120, 24, seed=2).numpy()
    run = packed_run(runs_folder, [start, end])
    page.goto(f"{page.url.partition('?')[0]}?run={run.name}")
    page.wait_for_function(f"{SCENE}?.count === 120")
    page.locator("#pack-view .hf-identity").fill("17")
    page.locator("#pack-view .hf-identity").press("Tab")
    page.wait_for_function(f"{SCENE}.fromOne && {SCENE}.picked === 17 && !{SCENE}.moving")
    assert np.abs(radii(page) - naive_angles(end, 17)).max() < 0.1
    page.locator("#pack-view .hf-frame").fill("0")
    page.wait_for_function(f"{SCENE}.values[17] === 50 && !{SCENE}.moving")
    assert np.abs(radii(page) - naive_angles(start, 17)).max() < 0.1

    nearest = int(np.argsort(naive_angles(start, 17))[1])
    page.locator(".hf-sphere").press("n")
    page.wait_for_function(f"{SCENE}.picked === {nearest} && !{SCENE}.moving")
    told = naive_angles(start, nearest)
    assert np.abs(radii(page) - told).max() < 0.1
    after = np.argsort(told)[1]
    expect(page.locator(".hf-ball-said")).to_have_text(f"Identity {nearest}, nearest {after} at {told[after]:.1f}°")


def packed_run(folder, moments, nearest=None) -> runs.Run:
    """A finished packing whose people were at `moments`, embeddings (n, d), with nearest angles (n,) that grow by a
    degree from one to the next."""
    from hyperface.projection.frames import FrameWriter
    from hyperface.projection.paths import PathWriter

    count, last = len(moments[0]), len(moments) - 1
    angles = np.full(count, 50.0) if nearest is None else nearest
    options = {"identities": count, "gallery": "gan-10k", "steps": last}
    run = runs.create("pack", options, title="By hand", folder=folder)
    with (
        runs.Worker(run).working() as worker,
        closing(FrameWriter(run.path / "frames.bin", count)) as frames,
        closing(PathWriter(run.path / "paths.bin", *moments[0].shape)) as paths,
    ):
        np.save(run.path / "embeddings.npy", moments[-1])
        for step, rows in enumerate(moments):
            points = rows[:, :3] / np.linalg.norm(rows[:, :3], axis=1, keepdims=True)
            frames.append(step, points, angles + step, (0, 1))
            paths.keep(step, rows)
            told = {"min_angle": angles.min() + step, "mean_nearest_angle": angles.mean() + step, "max_cosine": 0.5}
            worker.log({"step": step, "objective": 1.0, "gallery_distance": 0.5, **told})
    return run


def radii(page) -> np.ndarray:
    """How far everybody is drawn from the middle of the disc, in degrees."""
    now, reach = page.evaluate(f"[[...{SCENE}.now], {SCENE}.reach]")
    return reach * np.linalg.norm(np.array(now).reshape(-1, 3), axis=1)


def naive_angles(rows: np.ndarray, person: int) -> np.ndarray:
    rows = rows.astype(np.float64)
    return np.degrees(np.arccos(np.clip(rows @ rows[person], -1, 1)))


def open_run(page, run: runs.Run, count: int, query: str = "") -> None:
    """Open a link to a run of so many people."""
    page.goto(f"{page.url.partition('?')[0]}?run={run.name}{query}")
    page.wait_for_function(f"{SCENE}?.count === {count}")


def wait_for_frame(page, index: int) -> None:
    page.wait_for_function("index => document.querySelector('.hf-frame').value === index", arg=str(index))


@browser_test
def test_charts_slider_and_sphere_are_linked(page, runs_folder):
    """The pointer over a curve moves the slider, the slider moves the mark in the curves, bars that are brushed light
    their people up."""
    moments = [sphere.random_points(30, 8, seed=seed).numpy() for seed in range(3)]
    run = packed_run(runs_folder, moments, nearest=np.repeat([40.0, 60.0], [20, 10]))
    open_run(page, run, 30)
    plot = page.locator("#pack-view .hf-angles-chart .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + 3, box["y"] + box["height"] / 2)
    wait_for_frame(page, 0)
    page.mouse.move(2, 2)
    page.locator("#pack-view .hf-frame").fill("1")
    marks = "(document.querySelector('.hf-angles-chart').layout.shapes ?? []).map((line) => line.x0)"
    page.wait_for_function(f"JSON.stringify({marks}) === '[1]'")

    bars = page.locator("#pack-view .hf-histogram .nsewdrag").first
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 30, steps=4)
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40, steps=4)
    page.mouse.up()
    page.wait_for_function(f"{SCENE}.lit?.size === 10")
    assert sorted(page.evaluate(f"[...{SCENE}.lit]")) == list(range(20, 30))
    page.locator("#pack-view .hf-brushed", has_text="10 people with the nearest between").wait_for()


@browser_test
def test_umap_learns_map_is_shown_and_a_link_opens_it(page, runs_folder, expect):
    run = packed_run(runs_folder, [sphere.random_points(30, 8, seed=seed).numpy() for seed in range(2)])
    published = sphere.random_points(30, 3, seed=9).numpy()
    np.save(run.path / "umap.npy", published)
    faithful = {"trustworthiness": 0.95, "rank_correlation": 0.7}
    picture = {"trustworthiness": 0.6, "rank_correlation": 0.1, "umap_learn": faithful}
    (run.path / "picture.json").write_text(json.dumps(picture))
    open_run(page, run, 30)
    page.get_by_role("button", name="umap-learn’s map").click()

    def wait_for_it() -> None:
        page.wait_for_function(
            f"rows => {{ const scene = {SCENE}; return scene?.count === 30 && "
            "rows.flat().every((value, i) => Math.abs(scene.map[i] - value) < 1e-3); }",
            arg=published.tolist(),
        )
        note = page.locator("#pack-view .hf-pack-note", has_text="The map as umap-learn draws it")
        expect(note).to_contain_text("trustworthiness 0.95")
        expect(note).to_contain_text("trustworthiness 0.60")

    wait_for_it()
    page.reload()
    wait_for_it()
    page.get_by_role("button", name="The whole map").click()
    page.wait_for_function(f"rows => Math.abs({SCENE}.map[0] - rows[0][0]) > 1e-2", arg=published.tolist())


@browser_test
def test_the_chosen_face_follows_the_slider(page, small_faces, runs_folder):
    """A way of three steps from one person to another: the face at the pole is another one at each."""
    ends = np.load(small_faces.path / "embeddings.npy")
    moments = [ends, ends + np.roll(ends, 1, 0), np.roll(ends, 1, 0)]
    moments = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in moments]
    run = packed_run(runs_folder, moments)
    open_run(page, run, 20, "&identity=7")
    seen = []
    for frame in (2, 1, 0):
        page.locator("#pack-view .hf-frame").fill(str(frame))
        page.wait_for_function(f"seen => {SCENE}.portrait && !seen.includes({SCENE}.portrait.src)", arg=seen)
        seen.append(page.evaluate(f"{SCENE}.portrait.src"))
    page.locator("#pack-view .hf-frame").fill("2")
    page.wait_for_function(f"last => {SCENE}.portrait.src === last", arg=seen[0])


@browser_test
def test_the_spectrum_follows_the_span(page, set_number):
    page.get_by_role("button", name="What the span holds").click()
    told = page.locator("#span-told")
    told.get_by_text("30 directions hold").wait_for()
    page.locator("#span-panel .main-svg").first.wait_for()
    set_number(page, "Stay where faces can be drawn", 0)
    told.get_by_text("128 directions hold 100 %").wait_for()


@browser_test
def test_an_impossible_value_is_a_toast_and_the_app_goes_on(page, set_number, runs_folder, expect):
    before = len(runs.list_runs([runs_folder]))
    page.get_by_role("button", name="More").first.click()
    set_number(page, "Learning rate", -1)
    page.get_by_role("button", name="Pack", exact=True).click()
    toast = page.get_by_text("The learning rate must be above 0")
    toast.wait_for()
    assert len(runs.list_runs([runs_folder])) == before
    expect(page.get_by_role("button", name="Pack", exact=True)).to_be_enabled()


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
