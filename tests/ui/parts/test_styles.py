"""What holds for every style sheet of the page."""

import re
from pathlib import Path

import pytest

from hyperface.ui.parts.theme import STYLE_SHEETS

SHEETS = [Path(sheet) for sheet in STYLE_SHEETS]


def media_rules(text: str) -> list[str]:
    """The content of every @media block."""
    found = []
    for begun in re.finditer(r"@media[^{]*\{", text):
        depth, place = 1, begun.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[place], 0)
            place += 1
        found.append(text[begun.end() : place - 1])
    return found


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_lines_are_not_longer_than_elsewhere(sheet):
    assert [line for line in sheet.read_text(encoding="utf-8").splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_what_is_for_some_screens_alone_reaches_them(sheet):
    """Gradio puts selectors within @media below its container, which is not within itself."""
    rules = media_rules(sheet.read_text(encoding="utf-8"))
    assert [rule for rule in rules if ".gradio-container" in rule] == []


@pytest.mark.browser
def test_a_phone_has_room_for_fingers_and_nothing_moves_for_who_wants_it_calm(page, open_tab):
    page.set_viewport_size({"width": 390, "height": 844})
    panel = open_tab(page, "Train")
    panel.locator("input[type=range]:visible").first.wait_for()
    height = "elements => Math.min(...elements.filter(e => e.offsetParent).map(e => e.offsetHeight))"
    assert panel.locator("input[type=range]").evaluate_all(height) >= 28
    assert panel.locator("button.label-wrap").evaluate_all(height) >= 44
    whole = "elements => elements.filter(e => e.offsetParent).map(e => e.offsetHeight <= e.parentElement.offsetHeight)"
    assert set(panel.locator("input[type=number]").evaluate_all(whole)) == {True}  # what is large is not cut off
    arrow = "es => Math.max(...es.filter(e => e.offsetParent).map(e => e.getBoundingClientRect().width))"
    assert 0 < panel.locator("button.label-wrap .icon").evaluate_all(arrow) <= 24  # turned, it reached out of its box
    longest = "elements => Math.max(...elements.map(e => parseFloat(getComputedStyle(e).transitionDuration)))"
    assert page.locator("#tab-train *, .hf-story *").evaluate_all(longest) <= 0.001
