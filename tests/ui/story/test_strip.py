"""The strip of stages, the page's address and the landing, in a browser."""

import re

import pytest

from hyperface import runs

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


def test_a_link_opens_the_same_person_on_the_same_tab(small_packing, page, app_url):
    page.goto(f"{app_url}?run={small_packing.name}&tab=identities&identity=7")
    wait_for_tab(page, "Identities")
    page.wait_for_function("document.querySelector('#identities-first input').value === '7'")
    page.locator("#identities-first input").fill("3")
    page.locator("#identities-first input").press("Enter")
    wait_for_address(page, identity="3", run=small_packing.name)


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
