"""The strip of stages, the page's address and the landing, in a browser."""

import re

import numpy as np
import pytest

from hyperface import gallery, runs
from hyperface.defaults import GALLERY

pytestmark = pytest.mark.browser


def where(page) -> dict[str, str]:
    """What the page's address says."""
    return page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")


def wait_for_address(page, **expected) -> None:
    page.wait_for_function(
        "expected => Object.entries(expected).every(([key, value]) => "
        "(new URLSearchParams(location.search).get(key) ?? '') === value)",
        arg=expected,
    )


def wait_for_tab(page, name: str) -> None:
    page.locator(f"[role=tab][aria-selected=true]:text-is('{name}')").wait_for()


def test_a_newcomer_sees_the_ready_made_run_play_itself_once(browser, app_url, small_packing):
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(app_url)
    caption = page.locator(".hf-story-caption")
    caption.get_by_text(re.compile("random faces as points.*apart")).wait_for()
    caption.get_by_text("pushed apart").wait_for()
    caption.get_by_text(re.compile(r"at least \d+° apart; nobody can do better than \d+°")).wait_for()
    wait_for_address(page, run="pack-demo")  # and not the newest, which is somebody's
    context.close()


def test_doors_and_the_button_lead_on_and_back_goes_back(small_packing, page):
    page.locator(".hf-story-next").get_by_text("See these people").click()
    wait_for_tab(page, "Identities")
    wait_for_address(page, run=small_packing.name, tab="identities")
    page.locator(".hf-chapter[data-key=train] button").click()
    wait_for_tab(page, "Train")
    page.go_back()
    wait_for_tab(page, "Identities")
    page.go_forward()
    wait_for_tab(page, "Train")


def test_the_door_that_was_pressed_last_counts_and_keeps_the_focus(small_packing, page):
    page.evaluate("""() => {
        window.flips = 0;
        const seen = () => { window.flips += 1; };
        const told = { attributeFilter: ['aria-selected'] };
        new MutationObserver(seen).observe(document.querySelector('#tab-train-button'), told);
        for (const key of ['pictures', 'train']) document.querySelector(`.hf-chapter[data-key=${key}] button`).click();
    }""")
    wait_for_tab(page, "Train")
    page.locator(".hf-chapter[data-key=test] button").focus()
    page.keyboard.press("Enter")
    wait_for_tab(page, "Evaluate")
    page.wait_for_function("document.activeElement?.closest('.hf-chapter')?.dataset.key === 'test'")
    assert page.evaluate("window.flips") == 2  # opened once, and left once


def test_a_link_opens_the_same_person_on_the_same_tab(small_packing, page, app_url):
    page.goto(f"{app_url}?run={small_packing.name}&tab=identities&identity=7")
    wait_for_tab(page, "Identities")
    page.wait_for_function("document.querySelector('#identities-first input').value === '7'")
    page.locator("#identities-grid img[alt^='Identity 7']").first.wait_for()  # an answer would replace what is typed
    page.locator("#identities-first input").fill("3")
    page.locator("#identities-first input").press("Enter")
    wait_for_address(page, identity="3", run=small_packing.name)


PICKED = "document.querySelector('{} .hf-ball')?.sphere?.scene.picked"


def wait_for_picked(page, place: str, identity: int) -> None:
    """On the sphere in this part of the page."""
    page.wait_for_function(f"{PICKED.format(place)} === {identity}")


def test_one_person_is_chosen_on_all_tabs_and_back_goes_back(small_packing, page, open_tab, expect):
    page.wait_for_function("document.querySelector('#pack-view .hf-ball')?.sphere?.scene.count === 20")
    page.locator("#pack-view .hf-identity").fill("7")
    page.locator("#pack-view .hf-identity").press("Tab")
    wait_for_address(page, identity="7")
    wait_for_picked(page, "#pack-view", 7)

    open_tab(page, "Identities")
    page.wait_for_function("document.querySelector('#identities-first input').value === '7'")
    page.get_by_role("button", name="Choose one on the sphere").click()
    wait_for_picked(page, "#identities-sphere", 7)
    page.wait_for_function("document.querySelector('#identities-sphere .hf-ball').sphere.portraits.shown.length > 3")
    expect(page.locator("#identities-sphere [data-view=person]")).to_have_attribute("aria-pressed", "true")
    page.locator("#identities-sphere .hf-ball").press("n")
    page.wait_for_function(f"{PICKED.format('#identities-sphere')} !== 7")
    nearest = page.evaluate(PICKED.format("#identities-sphere"))
    wait_for_address(page, identity=str(nearest))
    wait_for_picked(page, "#pack-view", nearest)
    page.wait_for_function("n => document.querySelector('#identities-first input').value === n", arg=str(nearest))
    page.get_by_role("button", name="From one identity to another").click()
    page.wait_for_function("n => document.querySelector('#geodesic-from input')?.value === n", arg=str(nearest))

    page.locator("#identities-sphere [data-view=map]").click()
    wait_for_address(page, view="map")
    page.go_back()
    wait_for_address(page, view="", identity=str(nearest))
    page.go_back()
    wait_for_picked(page, "#identities-sphere", 7)
    page.wait_for_function("document.querySelector('#identities-first input').value === '7'")
    page.locator("#identities-grid img[alt^='Identity 7']").first.wait_for()  # an answer would replace what is typed
    page.locator("#identities-first input").fill("3")
    page.locator("#identities-first input").press("Enter")
    wait_for_picked(page, "#pack-view", 3)


def test_a_link_opens_the_same_view(small_packing, page, app_url):
    link = f"{app_url}?run={small_packing.name}&identity=5"
    for view in ("map", "person"):
        page.goto(f"{link}&view={view}")
        page.locator(f"#pack-view .hf-pack[data-view={view}]").wait_for()
        page.wait_for_function(
            "one => document.querySelector('#pack-view .hf-ball').sphere.scene.fromOne === one", arg=view == "person"
        )
    page.locator("#pack-view [data-view=map]").click()
    wait_for_address(page, view="map", identity="5")
    page.go_back()
    page.locator("#pack-view .hf-pack[data-view=person]").wait_for()


def test_an_open_page_learns_that_a_packing_has_ended(page, app_url, runs_folder):
    run = runs.create("pack", {"identities": 4, "gallery": GALLERY}, title="At work", folder=runs_folder)
    with runs.Worker(run).working():
        page.goto(f"{app_url}?run={run.name}&tab=identities")
        page.locator("#identities-grid").get_by_text("is at work and has no people yet").wait_for()
        faces = gallery.load(GALLERY)
        np.save(run.path / "embeddings.npy", faces.embeddings[:4].numpy())
        (run.path / "recognizer.json").write_text(f'{{"name": "{faces.recognizer}"}}')
    # Where nobody has been drawn yet, what draws heads is compiled first.
    page.locator("#identities-grid img[alt^='Identity 3']").first.wait_for(timeout=180_000)


def test_a_run_is_renamed_and_deleted(small_packing, page, runs_folder):
    page.locator(".hf-run-menu summary").click()
    name = page.get_by_label("Name of the packing")
    name.fill("My people")
    page.get_by_role("button", name="Rename").click()
    page.wait_for_function("document.querySelector('#packing-picker input').value.startsWith('My people')")
    assert runs.open_run(small_packing.path).title == "My people"
    delete = page.locator(".hf-run-list").get_by_role("button", name=re.compile("Delete"))
    delete.click()
    delete.click()
    page.wait_for_function("!document.querySelector('#packing-picker input').value.startsWith('My people')")
    assert not small_packing.path.exists()


def test_a_run_is_downloaded_deleted_and_restored(small_packing, page, runs_folder, tmp_path, expect):
    page.locator(".hf-run-menu summary").click()
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download this run").click()
    begun.value.save_as(tmp_path / begun.value.suggested_filename)
    before = (small_packing.path / "embeddings.npy").read_bytes()
    runs.delete(small_packing)
    page.locator(".hf-run-restore input").set_input_files(tmp_path / f"{small_packing.name}.zip")
    expect(page.locator(".hf-run-restore [role=status]")).to_have_text(f"Restored: {small_packing.title}")
    assert (small_packing.path / "embeddings.npy").read_bytes() == before
    runs.delete(small_packing)
