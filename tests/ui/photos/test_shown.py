"""What the Photos tab shows, without a browser."""

import gradio as gr
import pytest

from hyperface.errors import PhotoError
from hyperface.ui.photos import examples
from hyperface.ui.photos import tab as photos_tab
from hyperface.ui.photos.picker import ReceivedPhoto


@pytest.fixture
def results(lay_out, context) -> photos_tab.Results:
    return lay_out(lambda blocks: photos_tab._results(context))


@pytest.fixture
def photo() -> ReceivedPhoto:
    return examples.example(examples.example_photos(), 0)


def merged(steps) -> dict:
    """What is shown in the end."""
    shown = {}
    for step in steps:
        assert step, "nothing at all cannot be handed to the page"
        shown |= step
    return shown


@pytest.mark.slow
def test_faces_are_found_and_compared_and_the_rest_is_told(context, packing, results, photo):
    photos = [ReceivedPhoto("broken.png", b"no picture"), photo]
    shown = merged(photos_tab.look(context, results, packing.name, photos))
    assert shown[results.photos].count("<figure") == 1
    assert shown[results.cards].count('class="hf-card"') == 1
    assert shown[results.cards].count('alt="identity ') == 5
    assert shown[results.here] == gr.update(visible=True)
    assert shown[results.sphere]["words"] == [[6, "face 1"]]
    assert [address[:11] for address in shown[results.sphere]["guests"]["pictures"]] == ["data:image/"]
    assert shown[results.seen].images.shape == (1, 3, 112, 112)
    assert "broken.png: " in shown[results.status]


@pytest.mark.slow
def test_only_so_many_faces_are_compared(context, packing, results, photo, monkeypatch):
    monkeypatch.setattr(photos_tab, "MAX_FACES", 1)
    shown = merged(photos_tab.look(context, results, packing.name, [photo, photo]))
    assert shown[results.cards].count('class="hf-card"') == 1
    assert "2 faces are too many to compare at once; the first 1 are." in shown[results.status]


@pytest.mark.slow
def test_without_a_packing_the_photos_are_shown_all_the_same(context, results, photo):
    shown = merged(photos_tab.look(context, results, None, [photo]))
    assert "<figure" in shown[results.photos]
    assert "There is no packing yet" in shown[results.cards]
    assert shown[results.here] == gr.update(visible=False)
    nothing = merged(photos_tab.beside(context, results, None, None))
    assert nothing == {results.cards: "", results.here: gr.update(visible=False)}


def test_nothing_is_left_of_deleted_photos(results):
    shown = photos_tab.deleted(results)
    assert set(shown) == set(results.outputs)
    assert shown[results.seen] is shown[results.sphere] is None
    assert shown[results.photos] == shown[results.cards] == ""


def test_an_example_that_is_gone_is_told():
    photos = examples.example_photos()
    given = examples.received(gr.EventData(None, {"example": 1}), photos)
    assert [photo.content for photo in given] == [photos[1].read_bytes()]
    with pytest.raises(PhotoError, match="not there any more"):
        examples.received(gr.EventData(None, {"example": len(photos)}), photos)
