"""Portraits of people: what the window is told, and the window itself in a browser."""

import dataclasses
import json
import re

import numpy as np
import pytest
import torch

from hyperface import generators, sphere
from hyperface.defaults import EMBEDDED_GENERATORS
from hyperface.errors import InputError
from hyperface.generators import Portraits
from hyperface.ui.identities import portrait_view
from hyperface.ui.identities.page import Page, draw_page
from hyperface.ui.identities.portrayed import Portrayed, face, portrayed
from hyperface.ui.parts.packed import load_packed

PIXELS = np.zeros((2, 2, 3), np.uint8)
WINDOW = ".hf-portrait[open]"
SHOWN = f"{WINDOW} .hf-portrait-stage img"


def test_a_picture_hands_over_whom_it_enlarges():
    who = Portrayed("pack-1", "heads", 3, 5, other=7, share=0.25)
    html = face(PIXELS, "Somebody", who)
    assert "{" not in html  # the page's templating would take it for its own
    sent = re.search(r'data-who="([^"]*)"', html)[1]
    for code, letter in (("&quot;", '"'), ("&#123;", "{"), ("&#125;", "}")):
        sent = sent.replace(code, letter)
    assert portrayed(json.loads(sent)) == who
    assert "button" not in face(PIXELS, "Somebody", None)


@pytest.mark.parametrize(
    "sent",
    [None, [], "x", {}, {"packing": "p", "generator": "heads", "identity": "one", "style": 0},
     {"packing": "p", "generator": "heads", "identity": 1, "style": -1},
     {"packing": "p", "generator": "heads", "identity": 1, "style": 0, "share": float("nan")}],
)  # fmt: skip
def test_what_no_picture_hands_over_is_refused(sent):
    with pytest.raises(InputError):
        portrayed(sent)


def test_who_is_asked_for_is_who_is_in_the_picture(context, packing):
    packed = load_packed(context, packing.name)
    one = Portrayed(packing.name, "heads", 2, 5)
    torch.testing.assert_close(one.request(packed), packed.embeddings[2:3])
    on_the_way = dataclasses.replace(one, other=4, share=0.25).request(packed)
    angle = sphere.angles(packed.embeddings[2], packed.embeddings[4])
    torch.testing.assert_close(sphere.angles(on_the_way[0], packed.embeddings[2]), 0.25 * angle, atol=1e-4, rtol=0)
    around = dataclasses.replace(one, beta=0.002).request(packed)
    assert 10 < float(sphere.angles(around[0], packed.embeddings[2]).rad2deg()) < 45
    with pytest.raises(InputError, match="numbered from 0 to 5"):
        dataclasses.replace(one, identity=6).request(packed)


def test_every_generator_that_the_app_offers_can_be_loaded():
    assert set(EMBEDDED_GENERATORS) <= set(generators.REGISTRY)


@pytest.mark.slow
def test_the_window_is_told_how_it_begins_and_what_differs(context, packed_heads):
    packing = packed_heads(context.runs_folder, 6, "Six heads")
    who = dataclasses.asdict(Portrayed(packing.name, "heads", 2, 5))
    beginning = portrait_view.beginning(context, {"who": who})
    assert beginning["title"] == "Identity 2"
    assert -90 <= beginning["sitting"]["yaw"] <= 90
    assert "smile" in beginning["expressions"]
    packed = load_packed(context, packing.name)
    nearest = int(packed.nearest[2])
    told = portrait_view.nearest_text(context, {"who": who})
    assert f"Identity {nearest}, {float(packed.nearest_angle[2]):.1f}° away" in told
    generator = context.generator("heads")
    assert isinstance(generator, Portraits)
    (words,) = generator.differences(packed.embeddings[[2]], packed.embeddings[[nearest]], count=5)
    assert [word.replace("\N{NO-BREAK SPACE}", " ") for word in re.findall(r"<li>([^<]*)</li>", told)] == words
    with pytest.raises(InputError, match="expression"):
        portrait_view.portrait_of(context, {"who": who, "expression": "<b>"})
    with pytest.raises(InputError, match="yaw is a number"):
        portrait_view.portrait_of(context, {"who": who, "yaw": "left"})
    with pytest.raises(InputError, match="draws no portraits"):
        portrait_view.portrait_of(context, {"who": {**who, "generator": "gan"}})
    with pytest.raises(InputError, match="no '/etc/passwd' to choose"):
        portrait_view.portrait_of(context, {"who": {**who, "generator": "/etc/passwd"}})


@pytest.mark.slow
def test_only_generators_with_portraits_offer_them(context, packing, faces_packing):
    drawn = {"gan": faces_packing, "heads": packing}
    plain, heads = (
        draw_page(context, load_packed(context, run.name), Page(5, 1, 1, 5, 0.0, name)) for name, run in drawn.items()
    )
    for mark in ("hf-enlarge", "hf-differences"):
        assert mark not in plain.grid + plain.pair
        assert mark in heads.grid + heads.pair


# In the browser


@pytest.fixture
def three_heads(packed_heads, runs_folder):
    return packed_heads(runs_folder, 3, "Three heads")


@pytest.fixture
def heads(three_heads, small_faces, page, open_tab, expect):
    """The Identities tab with heads, after one of the GAN's faces."""
    open_tab(page, "Identities")
    page.locator("#identities-summary").get_by_text("Twenty faces").wait_for()
    expect(page.locator("#tabs .hf-enlarge, #tabs .hf-differences")).to_have_count(0)  # the GAN can none of this
    page.locator("#packing-picker input").click()
    page.get_by_role("option", name=re.compile("Three heads")).first.click()
    page.locator("#identities-grid .hf-enlarge").nth(17).wait_for()
    expect(page.locator("#identities-generator input")).to_have_value("3-D heads")
    return page


def shown(page) -> dict:
    """What the window's picture is of, once it is the fine one that rests."""
    page.locator(f"{SHOWN}[data-fine='true']").wait_for()
    return json.loads(page.locator(SHOWN).get_attribute("data-shown"))


def wait_for_picture(page, **settings) -> str:
    """Wait for the fine picture with these settings; returns its address."""
    page.wait_for_function(
        """([selector, settings]) => {
          const image = document.querySelector(selector), of = JSON.parse(image?.dataset.shown ?? '{}');
          const fits = Object.entries(settings).every(([name, value]) => of[name] === value);
          return fits && image?.dataset.fine === 'true';
        }""",
        arg=[SHOWN, settings],
    )
    return page.locator(SHOWN).get_attribute("src")


def move(page, name: str, *values: float) -> None:
    """Set a slider to one value after the other, faster than anything could be drawn."""
    page.locator(f"{WINDOW} input[name={name}]").evaluate(
        """(slider, values) => {
          for (const value of values) {
            slider.value = value;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
          }
        }""",
        values,
    )


@pytest.mark.browser
def test_a_person_is_enlarged_and_moved_by_keys_and_sliders(heads, expect):
    page = heads
    page.locator("#identities-pair .hf-differences").get_by_text("σ").wait_for()
    button = page.locator("#identities-grid .hf-enlarge").nth(1)
    button.focus()
    page.keyboard.press("Enter")
    start = shown(page)
    assert (start["who"]["identity"], start["who"]["style"]) == (0, 1)
    page.locator(f"{WINDOW} .hf-portrait-words").get_by_text("σ").first.wait_for()
    pictures = {page.locator(SHOWN).get_attribute("src")}
    for name, value in (("light", 60), ("age", 90), ("pitch", 20)):
        move(page, name, value)
        pictures.add(wait_for_picture(page, **{name: value / 100 if name == "age" else value}))
    page.locator(f"{WINDOW} select").select_option("grin")
    pictures.add(wait_for_picture(page, expression="grin"))
    page.locator(f"{WINDOW} .hf-portrait-stage").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    pictures.add(wait_for_picture(page, yaw=start["yaw"] + 15, expression="grin"))
    assert len(pictures) == 6
    page.get_by_role("button", name="Reset", exact=True).click()
    assert wait_for_picture(page, **{name: start[name] for name in ("yaw", "light", "expression")}) in pictures
    page.keyboard.press("Escape")
    page.locator(WINDOW).wait_for(state="detached")
    expect(button).to_be_focused()


@pytest.mark.browser
def test_of_quick_moves_the_last_is_shown_and_few_are_asked_for(heads, expect):
    page = heads
    page.locator("#identities-grid .hf-enlarge").first.click()
    shown(page)
    page.locator(f"{WINDOW} .hf-portrait-words li").first.wait_for()
    asked = []

    def note(request) -> None:
        if "component_server" in request.url and request.post_data_json["fn_name"] == "draw":
            asked.append(request.post_data_json["data"])

    page.on("request", note)
    move(page, "light", *range(-40, 60, 5))
    wait_for_picture(page, light=55)
    page.wait_for_timeout(500)
    assert shown(page)["light"] == 55
    assert 2 <= len(asked) <= 3, asked  # of 20 moves: the first, the last, and the fine one, which may overtake it
    expect(page.locator(f"{WINDOW} output").nth(2)).to_have_text("55°")


@pytest.mark.browser
def test_the_nearest_person_is_one_press_away(heads):
    page = heads
    page.locator("#identities-grid .hf-enlarge").first.click()
    page.locator(f"{WINDOW} .hf-portrait-other .hf-enlarge").click()
    page.locator(f"{WINDOW} h2:not(:text-is('Identity 0'))").wait_for()
    assert shown(page)["who"]["identity"] in (1, 2)


@pytest.mark.browser
def test_who_is_no_longer_there_is_a_toast(heads):
    page = heads
    button = page.locator("#identities-grid .hf-enlarge").first
    button.evaluate(
        "(button) => { button.dataset.who = button.dataset.who.replace('\"identity\": 0', '\"identity\": 9'); }"
    )
    button.click()
    page.locator(".toast-body").get_by_text("numbered from 0 to 2").wait_for()
    assert page.locator(WINDOW).count() == 0
