"""Numbers that are typed, and controls that are pressed faster than the server answers."""

import json
import re

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def answers(page) -> list[int]:
    """The HTTP states of what the page asks from here on."""
    states: list[int] = []
    page.on("response", lambda response: states.append(response.status) if "/run/" in response.url else None)
    return states


@pytest.fixture
def sent(page) -> list[object]:
    """The values that the page sends from here on, of all components."""
    values: list[object] = []

    def note(request) -> None:
        if "/run/" in request.url and request.post_data:
            values.extend(json.loads(request.post_data).get("data") or [])

    page.on("request", note)
    return values


def test_a_number_is_taken_when_it_is_finished(page, expect, answers, sent):
    box = page.get_by_label("number input for Identities").first
    page.locator(".hf-estimate").first.get_by_text("300 steps").wait_for()
    box.click()
    box.press("Control+a")
    page.keyboard.type("700")
    with page.expect_response(lambda answer: "/run/" in answer.url and "700" in (answer.request.post_data or "")):
        box.press("Enter")
    assert 700 in sent
    assert not {7, 70} & {value for value in sent if isinstance(value, int)}
    expect(box).to_have_value("700")
    assert set(answers) == {200}


def test_an_empty_slider_keeps_what_it_held(page, expect, answers):
    box = page.get_by_label("number input for Identities").first
    box.click()
    box.press("Control+a")
    box.press("Backspace")
    box.press("Tab")
    expect(box).to_have_value("500")
    box.fill("7")
    box.press("Tab")
    expect(box).to_have_value("10")  # the least that there can be
    assert 500 not in answers


def test_an_identity_is_one_of_the_packing(page, expect):
    page.locator("#packing-picker input").click()
    page.get_by_role("option", name=re.compile("1,000 identities.*ready-made")).click()
    page.locator("#pack-view .hf-chosen img").first.wait_for()
    identity = page.get_by_label("Identity", exact=True)
    for typed, taken in (("99999", "999"), ("-1", "0"), ("7", "7")):
        identity.fill(typed)
        identity.press("Enter")
        expect(identity).to_have_value(taken)


def test_models_ticked_at_once_are_all_shown(page, open_tab, expect):
    panel = open_tab(page, "Evaluate")
    rows = panel.locator("#evaluate-overview tbody tr")
    rows.nth(1).wait_for()
    boxes = panel.locator("#evaluate-models input")
    for box in boxes.all():
        box.uncheck()
    panel.get_by_text("Choose a model on the left").wait_for()
    expect(panel.locator(".hf-chart:visible")).to_have_count(0)  # nothing to show is no old picture
    for name in ("dlib", "ready-made"):  # of which there are results; other tests' models have none
        panel.locator("#evaluate-models label", has_text=name).locator("input").check()
    rows.nth(1).wait_for()
    panel.locator(".hf-chart:visible").first.wait_for()


def test_an_identity_that_is_not_there_becomes_the_nearest_that_is(page, expect):
    page.wait_for_function("document.querySelector('.hf-sphere')?.sphere?.scene.count > 0")
    last = page.evaluate("document.querySelector('.hf-sphere').sphere.scene.count") - 1
    box = page.locator("#pack-view .hf-identity")
    for typed, held in (("99999", last), ("-1", 0), ("3", 3)):
        box.fill(typed)
        box.press("Tab")
        expect(box).to_have_value(str(held))
        page.wait_for_url(f"**identity={held}*")
