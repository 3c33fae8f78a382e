"""What the Identities tab shows, without a browser."""

import re
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

from hyperface import runs, sphere
from hyperface.errors import InputError
from hyperface.ui.identities import closed_loop_panel, dataset_panel, geodesic_panel
from hyperface.ui.identities import tab as identities_tab
from hyperface.ui.identities.page import DrawnPage, Page, draw_page, turned
from hyperface.ui.identities.sphere_panel import sphere_of
from hyperface.ui.parts.packed import load_packed

VALUES = {"first": 2, "identities": 3, "styles": 2, "first_style": 5, "beta": 0.0, "generator": "heads"}


@pytest.fixture
def pictures(lay_out) -> identities_tab.Pictures:
    return lay_out(lambda blocks: identities_tab._pictures()[0])


def test_a_page_is_asked_for_as_the_controls_say(context, packing, pictures):
    asked = []

    def draw(packed, page) -> DrawnPage:
        asked.append((packed.run.name, page))
        return DrawnPage("about", "people", "two")

    shown, generator = identities_tab.shown(context, pictures, draw, packing.name, VALUES)
    assert asked == [(packing.name, Page(2, 3, 2, 5, 0.0, "heads"))]
    assert shown == {pictures.summary: "about", pictures.grid: "people", pictures.pair: "two", pictures.size: 6}
    assert generator == "heads"
    with pytest.raises(InputError, match="fill in every field"):
        identities_tab.shown(context, pictures, draw, packing.name, {**VALUES, "first": None})


def test_without_a_packing_the_grid_says_so(context, pictures):
    shown, generator = identities_tab.shown(context, pictures, draw_page, None, VALUES)
    assert "There is no packing yet" in shown[pictures.grid]
    assert shown[pictures.size] == 0
    assert generator == "heads"


@pytest.mark.slow
def test_a_page_shows_its_people_in_its_styles(context, packing):
    drawn = draw_page(context, load_packed(context, packing.name), Page(4, 3, 2, 5, 0.0, "heads"))
    texts = re.findall(r'alt="(Identity \d, style \d)', drawn.grid)
    assert texts == [f"Identity {number}, style {style}" for number in (4, 5) for style in (5, 6)]
    assert "Six people" in drawn.summary
    turned_by = draw_page(context, load_packed(context, packing.name), Page(4, 3, 2, 5, 0.01, "heads"))
    assert turned_by.grid != drawn.grid
    with pytest.raises(InputError, match="last identity of this packing is 5"):
        draw_page(context, load_packed(context, packing.name), Page(6, 3, 2, 5, 0.0, "heads"))


@pytest.mark.parametrize(
    ("direction", "first", "size", "expected"),
    [(1, 0, 20, 6), (1, 18, 20, 0), (-1, 0, 20, 18), (-1, 7, 20, 0), (1, None, 20, None), (1, 3, 0, 3)],
)
def test_pages_are_turned_round_at_the_ends(direction, first, size, expected):
    assert turned(direction, first, 6, size) == expected


@pytest.mark.slow
def test_a_walk_takes_equal_steps_and_knows_its_ends(context, packing):
    packed = load_packed(context, packing.name)
    walk = geodesic_panel.walk(packed, context, [0.0, 0.5, 1.0], start=1, end=4, style=0)
    angle = float(torch.rad2deg(sphere.angles(packed.embeddings[1], packed.embeddings[4])))
    assert walk.angle == pytest.approx(angle)
    assert len(walk.images) == len(walk.seen) == 3
    assert walk.seen[0] == pytest.approx(0, abs=0.1)
    to_nearest = geodesic_panel.walk(packed, context, [0.0], start=1, end=None, style=0)
    assert (to_nearest.end, to_nearest.angle) == (int(packed.nearest[1]), pytest.approx(float(packed.nearest_angle[1])))
    text = geodesic_panel.strip_text([0.0, 0.5, 1.0], walk)
    assert [f"{share * angle:.0f}°" in text for share in (0.0, 0.5, 1.0)] == [True] * 3
    assert f"{angle / 2:.1f}°" in geodesic_panel.face_text(0.5, walk)
    with pytest.raises(InputError, match="numbered from 0 to 5"):
        geodesic_panel.walk(packed, context, [0.0], start=1, end=6, style=0)
    with pytest.raises(InputError, match="number is missing"):
        geodesic_panel.walk(packed, context, [0.0], start=None, end=1, style=0)


@pytest.mark.slow
def test_the_sphere_marks_what_the_grid_shows(context, packing):
    assert sphere_of(context, None, 0, 3) is None
    shown = sphere_of(context, packing.name, 4, 3)
    assert (shown["marked"], shown["people"], len(shown["points"])) == (
        [4, 5], {"run": packing.name, "count": 6}, 3 * 6,
    )  # fmt: skip
    assert sphere_of(context, packing.name, 900, 3)["marked"] == [5]  # a number of the packing chosen before


def test_work_that_goes_on_is_followed(context, packing):
    assert closed_loop_panel.at_work(context, packing.name, None) is None
    loop = runs.create("separate", {}, title="s", folder=context.runs_folder, parents=[packing.name])
    dataset = runs.create("generate", {}, title="d", folder=context.runs_folder, parents=[packing.name])
    with runs.Worker(loop).working(), runs.Worker(dataset).working():
        assert closed_loop_panel.at_work(context, packing.name, None) == loop.name
        assert closed_loop_panel.at_work(context, "another", None) is None
        assert closed_loop_panel.at_work(context, packing.name, "chosen") == "chosen"
        assert dataset_panel.at_work(context, None) == dataset.name
    assert dataset_panel.at_work(context, None) is None


def test_the_time_a_loop_takes_is_that_of_its_generator():
    class Artists:
        def generator(self, name):
            return SimpleNamespace(seconds_per_person={"quick": 0.01, "slow": 0.1}[name])

    quick = closed_loop_panel.estimate(Artists(), 100, 20, "quick")
    assert "40 steps: about 60 seconds on two cores" in quick  # 2,000 moves of 0.03 seconds, in batches of 64
    assert "40 steps: about 4 minutes on two cores" in closed_loop_panel.estimate(Artists(), 100, 20, "slow")


def test_the_gain_is_hidden_until_there_are_two_steps(context, packing):
    run = runs.create("separate", {}, title="s", folder=context.runs_folder, parents=[packing.name])
    assert closed_loop_panel.gained(context, None) == gr.update(visible=False)
    with runs.Worker(run).working() as worker:
        worker.log({"step": 0, "mean_seen_angle": 40.0})
        assert closed_loop_panel.gained(context, run.name) == gr.update(visible=False)
        worker.log({"step": 1, "mean_seen_angle": 45.0})
    update = closed_loop_panel.gained(context, run.name)
    assert update["visible"] is True
    assert [trace["y"] for trace in update["value"]["data"]] == [[40.0, 45.0], [40.0, 40.0]]
    drawing = runs.create("generate", {}, title="of them", folder=context.runs_folder, parents=[run.name])
    with runs.Worker(drawing).working() as worker:  # is followed in the same place
        for step in range(3):
            worker.log({"step": step, "images_per_second": 9.0})
    assert closed_loop_panel.gained(context, drawing.name) == gr.update(visible=False)
    assert closed_loop_panel.outcome_of(context, packing.name) == ""
    with pytest.raises(InputError, match="Nothing has been separated"):
        closed_loop_panel.start_drawing(context, packing.name)


def test_the_size_of_a_dataset_is_told_before_it_is_made():
    assert "6 images, about" in dataset_panel.size_text(3, 2)
    assert dataset_panel.size_text(None, 2) == dataset_panel.size_text(0, 2) == ""
