"""When a packing is drawn, beyond the frames that were asked for; the bound it is held against."""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from hyperface.jobs.pack import PackOptions
from hyperface.jobs.pack import work as pack_work
from hyperface.jobs.pack.work import PackWork


@dataclass
class Pace:
    """A clock by which so many seconds are left."""

    left: float | None

    def seconds_left(self, done, total):
        return self.left


@pytest.fixture
def work(monkeypatch):
    """A packing of 1,000 identities at its fifth second, last drawn at the fourth, with 100 seconds to go."""
    monkeypatch.setattr(pack_work, "time", SimpleNamespace(monotonic=lambda: 5.0))
    work = PackWork.__new__(PackWork)
    work.picture, work._drawn_at = SimpleNamespace(waiting=0, sent=10), 4.0
    work.driver = SimpleNamespace(clock=Pace(100.0))
    return work


STEP = SimpleNamespace(step=3, total=300, nearest=range(1000))


def test_a_slow_packing_is_drawn_between_its_frames(work):
    assert work._live_picture_is_due(STEP)


def test_not_so_soon_again(work):
    work._drawn_at = 4.9
    assert not work._live_picture_is_due(STEP)


def test_not_while_pictures_wait(work):
    work.picture.waiting = 2
    assert not work._live_picture_is_due(STEP)


def test_not_before_the_pace_is_known(work):
    work.driver.clock.left = None
    assert not work._live_picture_is_due(STEP)


def test_more_seldom_where_the_frames_would_not_fit(work):
    room = pack_work.MOST_FRAME_BYTES // (12 + 8 * 1000) - 10
    work.driver.clock.left = room * 0.9
    assert work._live_picture_is_due(STEP)
    work.driver.clock.left = room * 1.1
    assert not work._live_picture_is_due(STEP)
    work.driver.clock.left, work.picture.sent = 0.0, room + 10
    assert not work._live_picture_is_due(STEP)


def test_not_without_pictures(work):
    work.picture = None
    assert not work._live_picture_is_due(STEP)


@pytest.mark.parametrize(
    ("span", "identities", "degrees"),
    [
        (None, 8, math.degrees(math.acos(-1 / 7))),  # a simplex has room in all 12 dimensions,
        (5, 8, 90.0),  # and not in 5: Rankin's bound
        (0.75, 6, 90.0),  # of four directions, each of a quarter, three: the octahedron
        (0.4, 5, 72.0),  # and two: the pentagon
    ],
)
def test_the_bound_is_that_of_the_dimensions_of_the_span(span, identities, degrees):
    work = PackWork.__new__(PackWork)
    axes = torch.eye(12)[:4] if isinstance(span, float) else torch.eye(12)
    work.options, work.gallery = PackOptions(identities=identities, span=span), SimpleNamespace(embeddings=axes)
    assert work._bound_angle == pytest.approx(degrees)
