import re

import pytest

pytestmark = pytest.mark.browser


def begin(page, open_tab, name: str):
    """Open a lesson and guess; returns it."""
    panel = open_tab(page, "Learn")
    panel.locator(f'.hf-learn-steps [data-open="{name}"]').click()
    lesson = panel.locator(f'[data-lesson="{name}"]')
    lesson.locator(".hf-choice").first.click()
    return lesson


def test_points_are_solved_and_the_lesson_stays_done(page, open_tab, expect):
    page.emulate_media(reduced_motion="reduce")
    lesson = begin(page, open_tab, "ball")
    lesson.get_by_role("button", name="12", exact=True).click()
    lesson.locator(".hf-ball-best").filter(has_text="63.43").wait_for()
    ball = lesson.locator(".hf-lesson-ball")
    before = lesson.locator(".hf-ball-angle").inner_text()
    ball.focus()
    for key in ("n", "ArrowUp", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    expect(lesson.locator(".hf-stage-line")).to_have_text(re.compile(r"^Point 1 of 12: its nearest is \d+° away"))
    expect(lesson.locator(".hf-ball-yours")).not_to_have_text("–")
    lesson.locator(".hf-answer").wait_for(state="hidden")
    lesson.get_by_role("button", name="Let it solve").click()
    lesson.locator(".hf-answer").wait_for()
    expect(lesson.locator(".hf-ball-angle")).not_to_have_text(before)
    expect(lesson.locator(".hf-ball-angle")).to_have_text(re.compile(r"^63\.4[1-5]"))
    expect(lesson.locator(".hf-verdict")).to_contain_text("You guessed otherwise")

    page.reload()
    panel = open_tab(page, "Learn")
    panel.locator('[data-row="ball"][data-done="true"]').wait_for()
    expect(panel.locator(".hf-learn-done")).to_have_text(re.compile("^1 of"))
    panel.get_by_role("button", name="Begin again").click()
    panel.locator('[data-row="ball"][data-done="false"]').wait_for()


@pytest.mark.slow
def test_pairs_are_guessed_and_the_recognizer_answers(page, open_tab, expect):
    lesson = begin(page, open_tab, "pictures")
    for number in range(8):
        lesson.locator(".hf-pair-number").filter(has_text=f"Pair {number + 1} of 8").wait_for()
        lesson.locator(".hf-pair-ask:not([inert])").get_by_role("button", name="One person").click()
        marks = lesson.locator(".hf-pair-ruler svg :is(circle, rect[width='16'], rect[width='10'])")
        expect(marks).to_have_count(number + 1)
        lesson.get_by_role("button", name=re.compile("Next pair|Once more")).click()
    lesson.locator(".hf-answer").wait_for()


def test_a_phone_shows_lessons_without_scrolling_sideways(browser, app_url):
    for width in (390, 320):
        context = browser.new_context(viewport={"width": width, "height": 844})
        page = context.new_page()
        page.goto(app_url)
        page.get_by_role("tab", name="Learn", exact=True).click()
        steps = page.locator(".hf-learn-steps button")
        steps.first.wait_for()
        for number in range(steps.count()):
            steps.nth(number).click()
            page.locator(".hf-lesson:visible .hf-skip").click()
            page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
            small = page.eval_on_selector_all(
                ".hf-learn button",
                "all => all.filter(b => b.offsetParent && b.offsetHeight < 32).map(b => b.className)",
            )
            assert small == []
        context.close()
