import re

import pytest
from PIL import Image

from hyperface import datasets, runs
from hyperface.errors import InputError
from hyperface.ui.identities_tab import Page

NEEDED = {"first": 0, "identities": 6, "styles": 6, "first_style": 0, "beta": 0.0}


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


def grid_texts(page) -> list[str]:
    """What the pictures of the grid are called."""
    page.locator("#identities-grid .hf-grid").wait_for()
    return page.locator("#identities-grid img").evaluate_all("images => images.map(image => image.alt)")


@pytest.mark.browser
def test_identities_are_drawn_paged_and_restyled(small_packing, page, open_tab):
    panel = open_tab(page, "Identities")
    texts = grid_texts(page)
    assert len(texts) == 36
    assert re.fullmatch(r"Identity 0, style 0: cosine -?\d\.\d\d to the request", texts[0])
    assert texts[35].startswith("Identity 5, style 5")
    assert "Twenty people" in panel.inner_text()
    assert page.locator("#identities-pair img").count() == 2

    panel.get_by_role("button", name="Previous page").click()  # round to the last, which is not full
    page.locator("#identities-grid img[alt^='Identity 19']").first.wait_for()
    assert len(grid_texts(page)) == 2 * 6
    panel.get_by_role("button", name="Other styles").click()
    page.locator("#identities-grid img[alt^='Identity 18, style 6']").wait_for()


@pytest.mark.browser
def test_a_page_that_is_not_there_is_a_toast(small_packing, page, open_tab):
    open_tab(page, "Identities")
    before = grid_texts(page)
    page.locator("#identities-first input").fill("20")
    page.get_by_text("The last identity of this packing is 19.").wait_for()
    assert grid_texts(page) == before


@pytest.mark.browser
def test_a_dataset_is_generated(small_packing, page, open_tab, runs_folder):
    panel = open_tab(page, "Identities")
    page.locator("#dataset-identities input").fill("3")
    images = panel.get_by_label("number input for Images of each")
    images.fill("2")
    images.press("Tab")
    page.locator("#dataset-estimate").get_by_text("6 images, about").wait_for()
    panel.get_by_role("button", name="Generate the dataset").click()
    page.locator("#dataset-outcome").get_by_text("6 images of 3 people").wait_for()

    run = runs.list_runs([runs_folder], "generate")[0]
    assert run.parents == (small_packing.name,)
    dataset = datasets.open(run.path / "dataset")
    assert (len(dataset), dataset.identities) == (6, 3)
    assert Image.fromarray(dataset[0][0]).size == (112, 112)


@pytest.mark.browser
def test_more_identities_than_there_are_is_a_toast(small_packing, page, open_tab, runs_folder):
    before = len(runs.list_runs([runs_folder], "generate"))
    panel = open_tab(page, "Identities")
    page.locator("#dataset-identities input").fill("21")
    panel.get_by_role("button", name="Generate the dataset").click()
    page.get_by_text("The packing has 20 identities; 21 were asked for.").wait_for()
    assert len(runs.list_runs([runs_folder], "generate")) == before
