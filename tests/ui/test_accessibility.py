"""axe-core, which knows the rules of the WCAG that a machine can check, finds nothing on any tab, light or dark."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TRIES, PAUSE_MILLISECONDS = 20, 1500  # a page on a busy machine may need half a minute
# Of each tab, what is there once it has settled.
SETTLED = {
    "Learn": ".hf-lesson .hf-question",
    "Pack": ".hf-pack-note, .hf-pack-empty",
    "Identities": "#separation-summary .hf-figures",
    "Photos": ".hf-card",
    "Train": "#train-view .hf-loss",
    "Evaluate": ".hf-quiz-asking",
}


@pytest.fixture(scope="session")
def axe() -> str:
    """The script, from npm; the test is skipped where its packages are not installed."""
    if not AXE.is_file():
        pytest.skip("axe-core is not here: `npm ci` in the checkout brings it")
    return AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_is_found(axe, browser, app_url, small_packing, open_tab, theme, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{app_url}?run={small_packing.name}&__theme={theme}")
    page.get_by_role("tab", name="Pack", exact=True).wait_for()
    page.evaluate(axe)
    found = []
    for name, settled in SETTLED.items():
        panel = open_tab(page, name)
        folded = panel.locator("button.label-wrap:not(.open)")
        while folded.count():
            folded.first.click()
        panel.locator(f":is({settled}):visible").first.wait_for()
        found += [f"{name}: {each}" for each in settled_violations(page)]
    context.close()
    assert found == []


def settled_violations(page) -> list[str]:
    """What axe-core still finds once the page is at rest: Gradio dims what is being worked out, which it finds, too."""
    found: list[str] = []
    for _ in range(TRIES):
        page.wait_for_function("!document.querySelector('.pending, .generating')")
        told = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
        found = [
            f"{broken['id']} ({broken['help']}): {node['target']}"
            for broken in told["violations"]
            for node in broken["nodes"]
        ]
        if not found:
            break
        page.wait_for_timeout(PAUSE_MILLISECONDS)
    return found
