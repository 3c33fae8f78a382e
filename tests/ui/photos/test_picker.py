import base64

import gradio as gr
import pytest

from hyperface.errors import PhotoError
from hyperface.ui.photos.picker import MAX_MEGABYTES, MAX_PHOTOS, chosen_example, received_photos


def event(**data):
    return gr.EventData(None, data)


def sent(content: bytes, name: str = "a.jpg") -> dict:
    return {"name": name, "content": "data:image/jpeg;base64," + base64.b64encode(content).decode()}


def test_photos_arrive_byte_for_byte():
    contents = [bytes(range(256)) * 3, b"\xff\xd8 not really a photo"]
    photos = received_photos(event(photos=[sent(content, f"{i}.jpg") for i, content in enumerate(contents)]))
    assert [photo.content for photo in photos] == contents
    assert [photo.name for photo in photos] == ["0.jpg", "1.jpg"]


def test_an_empty_file_is_left_to_the_photo_loader():
    assert received_photos(event(photos=[{"name": "empty.jpg", "content": "data:"}]))[0].content == b""


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "Choose one or more"),
        ({"photos": []}, "Choose one or more"),
        ({"photos": "nonsense"}, "Choose one or more"),
        ({"photos": [sent(b"x")] * (MAX_PHOTOS + 1)}, "at most"),
        ({"photos": [{"name": "huge.png", "content": None}]}, f"huge.png is larger than {MAX_MEGABYTES} MB"),
        ({"photos": [sent(bytes(MAX_MEGABYTES * 1_000_000 + 1))]}, f"larger than {MAX_MEGABYTES} MB"),
        ({"photos": [{"name": "cut.png", "content": "data:image/png;base64,abc"}]}, "did not arrive whole"),
        ({"photos": [7]}, "larger|whole"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(data, says):
    with pytest.raises(PhotoError, match=says):
        received_photos(event(**data))


@pytest.mark.parametrize(
    ("data", "number"), [({"example": 2}, 2), ({"example": 0}, 0), ({"photos": []}, None), ({"example": "1"}, None)]
)
def test_examples_are_told_from_photos(data, number):
    assert chosen_example(event(**data)) == number
