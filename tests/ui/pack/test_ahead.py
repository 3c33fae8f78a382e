"""A packing's first picture, worked out before Pack is pressed."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from hyperface.jobs.pack import PackOptions
from hyperface.jobs.pack.start import start_frame
from hyperface.ui.pack import ahead
from hyperface.ui.parts.context import AppContext


@pytest.fixture
def context(tmp_path):
    return AppContext(runs_folder=tmp_path)


def test_it_is_the_same_picture_and_drawn_once(context, monkeypatch):
    options = PackOptions(identities=20, span=10, seed=3)
    expected = start_frame(options, context.gallery(options.gallery).embeddings)
    drawn = ahead.first_frame(context, options)
    np.testing.assert_array_equal(drawn, expected)
    monkeypatch.setattr(ahead, "_draw", lambda *_: None)
    assert ahead.first_frame(context, replace(options, steps=7, alpha=0.0)) is drawn  # they change nothing of it


def test_there_is_none_for_more_than_the_gallery_has(context):
    assert ahead.first_frame(context, PackOptions(identities=10**6)) is None


def test_one_that_could_not_be_drawn_is_tried_again(context, monkeypatch):
    options = PackOptions(identities=20, span=10)
    with monkeypatch.context() as patch:
        patch.setattr(context, "gallery", lambda _: context.run("that is not there yet"))
        assert ahead.first_frame(context, options) is None
    assert ahead.first_frame(context, options) is not None


def test_of_what_is_wanted_meanwhile_only_the_last_is_worked_out(context, monkeypatch):
    begun, go_on, over = threading.Event(), threading.Event(), threading.Event()
    drawn = []

    def draw(_, options):
        drawn.append(options.identities)
        begun.set()
        go_on.wait()
        if options.identities == 20:
            raise RuntimeError("This one cannot be drawn.")
        if options.identities == 90:
            over.set()

    monkeypatch.setattr(ahead, "_draw", draw)
    ahead.work_ahead(context, PackOptions(identities=20))
    begun.wait()
    for identities in (30, 60, 90):
        ahead.work_ahead(context, PackOptions(identities=identities))
    go_on.set()
    assert over.wait(60)
    assert drawn == [20, 90]
