import re

import numpy as np
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from hyperface import datasets, runs, sphere
from hyperface.errors import InputError
from hyperface.ui.identities.page import Page
from hyperface.ui.identities.separation_panel import measure
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import Packed, load_packed

NEEDED = {"first": 0, "identities": 6, "styles": 6, "first_style": 0, "beta": 0.0, "generator": "heads"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"first": -1}, "numbered from 0"),
        ({"identities": 0}, "1 to 24 identities"),
        ({"styles": 13}, "1 to 12 variations"),
        ({"first_style": -5}, "style from 0"),
        ({"beta": -0.1}, "β from 0"),
        ({"beta": float("nan")}, "β from 0"),
    ],
)
def test_impossible_pages_are_told(change, says):
    with pytest.raises(InputError, match=says):
        Page(**{**NEEDED, **change})


@pytest.fixture
def open_identities(small_packing, page, open_tab):
    """`open_identities()` opens the tab and returns its panel, showing the small packing and no older one."""

    def open_it():
        panel = open_tab(page, "Identities")
        page.locator("#identities-summary").get_by_text("Twenty people").wait_for()
        return panel

    return open_it


def grid_texts(page) -> list[str]:
    """What the pictures of the grid are called."""
    page.locator("#identities-grid .hf-grid").wait_for()
    return page.locator("#identities-grid img").evaluate_all("images => images.map(image => image.alt)")


@pytest.mark.browser
def test_identities_are_drawn_paged_and_restyled(small_packing, page, open_identities, expect):
    panel = open_identities()
    texts = grid_texts(page)
    assert len(texts) == 36
    assert re.fullmatch(r"Identity 0, style 0: cosine -?\d\.\d\d to the request", texts[0])
    assert texts[35].startswith("Identity 5, style 5")
    expect(page.locator("#identities-pair img")).to_have_count(2)

    panel.get_by_role("button", name="Previous page").click()  # round to the last, which is not full
    page.locator("#identities-grid img[alt^='Identity 19']").first.wait_for()
    assert len(grid_texts(page)) == 2 * 6
    panel.get_by_role("button", name="Other styles").click()
    page.locator("#identities-grid img[alt^='Identity 18, style 6']").wait_for()


@pytest.mark.browser
def test_a_page_that_is_not_there_is_a_toast_and_the_last_identity_is_shown(small_packing, page, open_identities):
    open_identities()
    page.locator("#identities-first input").fill("20")
    page.locator("#identities-first input").press("Enter")
    page.get_by_text("The last identity of this packing is 19.").wait_for()
    page.wait_for_function("document.querySelector('#identities-first input').value === '19'")
    page.get_by_text("Identity 19", exact=True).first.wait_for()


@pytest.mark.browser
def test_a_dataset_is_generated(small_packing, page, open_identities, set_number, runs_folder):
    panel = open_identities()
    page.locator("#dataset-identities input").fill("3")
    set_number(panel, "Images of each", 2)
    page.locator("#dataset-estimate").get_by_text("6 images, about").wait_for()
    page.locator("#dataset-format input").click()
    page.get_by_role("option", name="WebDataset").click()
    page.get_by_label("Check every image in the end").check()
    panel.get_by_role("button", name="Generate the dataset").click()
    page.locator("#dataset-outcome").get_by_text("6 images of 3 people").wait_for()

    run = runs.list_runs([runs_folder], "generate")[0]
    assert run.parents == (small_packing.name,)
    dataset = datasets.open(run.path / "dataset")
    assert (len(dataset), dataset.identities) == (6, 3)
    assert len(datasets.open(run.path / "webdataset")) == 6
    assert run.results()["findings"] == []
    page.locator("#dataset-outcome").get_by_text("Every image is as it should be").wait_for()
    assert Image.fromarray(dataset[0][0]).size == (112, 112)


@pytest.mark.browser
def test_more_identities_than_there_are_is_a_toast(small_packing, page, open_identities, runs_folder):
    before = len(runs.list_runs([runs_folder], "generate"))
    panel = open_identities()
    page.locator("#dataset-identities input").fill("21")
    panel.get_by_role("button", name="Generate the dataset").click()
    page.get_by_text("The packing has 20 identities; 21 were asked for.").wait_for()
    assert len(runs.list_runs([runs_folder], "generate")) == before


def packed_of(run: runs.Run) -> Packed:
    return load_packed(AppContext(runs_folder=run.path.parent), run.name)


def open_panel(page, title: str) -> None:
    page.get_by_role("button", name=title).click()


@pytest.mark.browser
def test_drift_and_collisions_are_measured(small_packing, page, open_identities, expect):
    open_identities()
    open_panel(page, "As far apart in the pictures")
    summary = page.locator("#separation-summary")
    summary.get_by_text("mean drift from request to picture").wait_for()
    measured = measure(AppContext(), packed_of(small_packing))
    expect(summary).to_contain_text(f"{measured.separation.drift.mean():.1f}°")
    pairs = page.locator("#separation-pairs")
    pairs.locator("img").first.wait_for()
    box = page.get_by_label("number input for Collision line")
    for line in (1, 0.2):
        box.fill(str(line))
        box.press("Enter")
        colliding = int((measured.cosines >= line).sum())
        pairs.get_by_text(f"{colliding} of 20").wait_for()

    graph = page.locator("#separation .js-plotly-plot")
    graph.evaluate("graph => graph.emit('plotly_click', { points: [{ customdata: 7 }] })")
    page.locator("#identities-grid img[alt^='Identity 7,']").first.wait_for()


@pytest.mark.browser
def test_walking_from_one_identity_to_another(small_packing, page, open_identities):
    open_identities()
    open_panel(page, "From one identity to another")
    page.locator("#geodesic-strip img").nth(8).wait_for()
    packed = packed_of(small_packing)
    nearest = int(packed.nearest[0])  # where the way leads while nobody else is named
    whole = float(torch.rad2deg(sphere.angles(packed.embeddings[0], packed.embeddings[nearest])))
    page.get_by_text(f"{whole:.1f}° in all").wait_for()
    page.locator("#geodesic-face").get_by_text(f"{whole / 2:.1f}°").first.wait_for()
    page.locator("#geodesic-to input").fill("20")
    page.locator("#geodesic-to input").press("Enter")
    page.get_by_text("numbered from 0 to 19").first.wait_for()


@pytest.mark.browser
def test_embeddings_are_saved_as_they_are(small_packing, page, open_identities):
    open_identities()
    packed = packed_of(small_packing).embeddings.numpy()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Embeddings as .npy").click()
    np.testing.assert_array_equal(np.load(saved.value.path()), packed)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Embeddings as Parquet").click()
    table = parquet.read_table(saved.value.path())
    assert table["identity"].to_pylist() == list(range(20))
    np.testing.assert_array_equal(np.array(table["embedding"].to_pylist(), np.float32), packed)


@pytest.mark.browser
def test_a_loop_is_closed_and_shown_beside_the_open_one(
    small_packing, page, open_identities, set_number, runs_folder, expect
):
    panel = open_identities()
    open_panel(page, "Close the loop")
    for label, value in (("Identities", 8), ("Rounds", 2)):
        set_number(page.locator("#closed-loop"), label, value)
    page.locator("#closed-loop").get_by_text("2 steps: about").wait_for()
    panel.get_by_role("button", name="Separate", exact=True).click()
    expect(page.locator("#closed-loop-outcome img")).to_have_count(16, timeout=180_000)  # a whole run is between
    (run,) = [run for run in runs.list_runs([runs_folder], "separate") if small_packing.name in run.parents]
    outcome, results = page.locator("#closed-loop-outcome").inner_text(), run.results()
    assert f"{results['mean_seen_angle']:.1f}°" in outcome
    assert f"{results['second_mean_seen_angle']:.1f}°" in outcome
    page.wait_for_function(  # the gain, step by step
        "document.querySelector('#closed-loop .js-plotly-plot')?.data?.[0].y.length === 3"
    )
