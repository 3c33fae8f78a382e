import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser
TABS = ["Learn", "Pack", "Identities", "Photos", "Train", "Evaluate"]


def test_nothing_heavy_is_loaded_before_the_page():
    code = (
        "import sys; from hyperface.ui.app import build; from hyperface.ui.parts.context import AppContext; "
        "build(AppContext()); print([name for name in ('torch', 'umap', 'dlib', 'numba') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", TABS)
def test_every_tab_shows_itself(page, open_tab, expect, name):
    """How soon, benchmarks/opening.py tells: here other tests run beside it."""
    panel = open_tab(page, name)
    expect(panel).not_to_have_text(re.compile(r"^\s*$"))
    assert page.locator(".error-container").count() == 0


def test_the_page_fits_a_phone_and_has_names_for_its_controls(browser, app_url):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(app_url)
    page.locator("#packing-picker input").click()
    page.get_by_role("option", name=re.compile("ready-made")).first.click()
    page.locator("#pack-view .hf-scrub").wait_for()
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        page.get_by_role("tab", name=name, exact=True, selected=True).wait_for()
        page.wait_for_function("document.documentElement.scrollWidth <= 390")
        sticking_out = page.eval_on_selector_all(
            ".hf-panel > *",
            """all => all.filter(e => e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right)
                      .map(e => e.className)""",
        )
        assert sticking_out == [], f"{sticking_out} of {name} are wider than their panel"
        assert page.locator("img:not([alt])").count() == 0
        unnamed = page.eval_on_selector_all(
            "button",
            """all => all.filter(b => b.offsetParent && !b.textContent.trim() && !b.ariaLabel && !b.title
                                      && !b.querySelector('img:not([alt=""])')).map(b => b.outerHTML.slice(0, 200))""",
        )
        assert unnamed == [], f"{unnamed} of {name} have no name"
    context.close()


def test_tabs_are_reached_by_keyboard(page, expect):
    page.get_by_role("tab", name="Pack", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") != "tab":
            page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[role=tab][aria-selected=true]")).to_have_count(1)


def test_the_server_hands_out_none_of_its_files(app_url, runs_folder):
    import urllib.error
    import urllib.request

    secret = runs_folder / "secret.txt"
    secret.write_text("private")
    for path in (secret, "/etc/passwd"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{app_url}/gradio_api/file={path}")
        refused.value.close()
        assert refused.value.code in (403, 404)
