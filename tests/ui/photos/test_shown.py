"""What the Photos tab shows, without a browser."""

import io
from dataclasses import replace

import gradio as gr
import pytest
import torch
from PIL import Image

from hyperface.errors import PhotoError
from hyperface.ui.photos import examples
from hyperface.ui.photos import tab as photos_tab
from hyperface.ui.photos.looking import How
from hyperface.ui.photos.picker import ReceivedPhoto
from hyperface.ui.photos.walking import Way, way_text


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
    assert shown[results.ways].count("% of the way</span>") == 3
    assert shown[results.ways].count(" alike</span>") == 4
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
    assert nothing == {results.cards: "", results.ways: "", results.here: gr.update(visible=False)}


@pytest.mark.parametrize(("size", "said"), [((90, 90), ""), ((90, 60), "60.png: An aligned face is square")])
def test_pictures_that_are_said_to_be_aligned_are_taken_as_they_are(context, results, size, said):
    content = io.BytesIO()
    Image.new("RGB", size, "gray").save(content, "PNG")  # in which no detector finds anybody
    photo = ReceivedPhoto(f"{size[1]}.png", content.getvalue())
    plain = merged(photos_tab.look(context, results, None, [photo]))
    assert plain[results.seen] is None
    assert "No face was found" in plain[results.status]
    shown = merged(photos_tab.look(context, results, None, [photo], How(aligned="yes")))
    if said:
        assert shown[results.seen] is None
        assert said in shown[results.status]
    else:
        assert shown[results.seen].images.shape == (1, 3, 112, 112)
        assert shown[results.status] == ""


def test_nothing_is_left_of_deleted_photos(results):
    shown = photos_tab.deleted(results)
    assert set(shown) == set(results.outputs)
    assert shown[results.seen] is shown[results.sphere] is None
    assert shown[results.photos] == shown[results.cards] == shown[results.ways] == ""


def test_an_example_that_is_gone_is_told():
    photos = examples.example_photos()
    given = examples.received(gr.EventData(None, {"example": 1}), photos)
    assert [photo.content for photo in given] == [photos[1].read_bytes()]
    with pytest.raises(PhotoError, match="not there any more"):
        examples.received(gr.EventData(None, {"example": len(photos)}), photos)


@pytest.fixture
def way() -> Way:
    return Way(2, torch.zeros(3, 8, 8), 17, 62.4, torch.zeros(5, 3, 8, 8), [0.61, 0.5, 0.4, 0.3, -0.02], 0.5)


def test_what_is_drawn_for_a_face_stands_beside_it_where_it_is_like_it(way):
    html = way_text(way, "3-D heads")
    assert "for face 2: to the recogniser 61 % alike" in html
    assert html.count("<img") == 6
    assert html.index("25 % of the way") < html.index("75 % of the way") < html.index("<span>identity 17</span>")
    assert "−2 % alike" in html
    unlike = way_text(replace(way, likeness=[0.49, 0.5, 0.4, 0.3, 0.2]), "3-D heads")
    assert unlike.count("<img") == 5
    assert "has nobody who is like face 2" in unlike
    unknown = replace(way, least=None)  # a gallery too small to say who is a look-alike
    assert "61 % alike" in way_text(unknown, "3-D heads")
