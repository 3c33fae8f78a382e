import pytest

from hyperface.errors import InputError
from hyperface.sphere import best_known_angle
from hyperface.ui.pack import plain_sphere


def test_the_way_ends_with_the_best_known_packing(monkeypatch):
    monkeypatch.setattr(plain_sphere, "SECONDS_A_PICTURE", 0.0)
    pictures = list(plain_sphere.show(12))
    shown, text = pictures[-1]
    assert "63.4349°</b>" in text
    assert "30 pairs touch" in text
    assert "the best known packing" in text
    assert len(shown["points"]) == 3 * 12
    assert len(shown["links"]) == 30
    assert shown["caps"] == pytest.approx(63.4349 / 2, abs=1e-4)  # so that the circles of the closest touch
    assert len(pictures) > 10
    assert "away" in pictures[0][1]


def test_a_number_that_is_not_listed_ends_in_time(monkeypatch):
    monkeypatch.setattr(plain_sphere, "SECONDS_A_PICTURE", 0.0)
    monkeypatch.setattr(plain_sphere, "MOST_SECONDS", 1e-6)
    *_, (_, before), (_, text) = plain_sphere.show(25)
    assert "no best known value is listed" in text
    assert before == text  # its contacts are all drawn while the next starts are tried


@pytest.mark.parametrize("count", [None, 1, 131])
def test_an_impossible_number_is_told(count):
    with pytest.raises(InputError, match="2 to 130 points"):
        next(plain_sphere.show(count))


@pytest.mark.browser
def test_a_packing_is_solved_in_the_page(page):
    page.get_by_role("button", name="The plain sphere").click()
    page.locator("#plain-sphere-points input").fill("1")
    page.get_by_role("button", name="Solve", exact=True).click()
    page.get_by_text("Choose 2 to 130 points").wait_for()
    page.locator("#plain-sphere-points input").fill("7")
    page.get_by_role("button", name="Solve", exact=True).click()
    page.locator("#plain-sphere-found", has_text=f"the best known packing: {best_known_angle(7):.4f}°").wait_for()
    page.wait_for_function("document.querySelector('#plain-sphere-picture .hf-ball').sphere.scene.count === 7")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(
        "document.querySelector('#plain-sphere-picture canvas').getBoundingClientRect().right <= 390"
    )
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
