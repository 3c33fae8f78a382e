"""What can be chosen is shown with what it takes, the rest with what is missing; a GPU is taken where there is one."""

from hyperface import hardware, offers
from hyperface.offers import Offer
from hyperface.rates import Rate
from hyperface.ui.parts.choices import choices_of, device_update, offers_text

HERE = Offer("heads", "3-D heads", "MIT", rate=Rate(0.1, "measured here"))
THERE = Offer("big", "a <big> one", "for research", size=4.2e9, rate=Rate(420.0, "worked out"), missing="Try `get x`.")


def test_only_what_can_be_used_is_a_choice():
    assert choices_of([HERE, THERE]) == [("3-D heads", "heads")]


def test_all_are_listed_with_time_size_and_licence_and_the_reason():
    text = offers_text([HERE, THERE], "What draws")
    assert "What draws: time, size, licence (1 needs something first)" in text
    assert "<li>3-D heads · 0.1 s a picture · MIT</li>" in text
    label = "a &lt;big&gt; one · 7 minutes a picture · 4.2 GB · for research"
    assert f'<li class="hf-offer-missing">{label}<span>Try <code>get x</code>.</span></li>' in text
    assert "first" not in offers_text([HERE], "What draws")


def test_a_gpu_is_taken_by_itself_where_there_is_one(monkeypatch):
    monkeypatch.setattr(hardware, "gpu_missing", lambda: "")
    monkeypatch.setattr(hardware, "device_title", lambda device: f"the {device}")
    update = device_update()
    assert update["value"] == "cuda"
    assert update["choices"] == [("The cpu", "cpu"), ("the cuda", "cuda")]


def test_without_a_gpu_the_choice_says_why_there_is_none(monkeypatch):
    monkeypatch.setattr(hardware, "gpu_missing", lambda: "torch finds none.")
    update = device_update()
    assert update["value"] == "cpu"
    assert [value for _, value in update["choices"]] == ["cpu"]
    assert update["info"] == "A GPU cannot be chosen. torch finds none."
    assert offers.devices()[1].missing == "torch finds none."
