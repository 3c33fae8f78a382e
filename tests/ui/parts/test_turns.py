"""What a session is about now."""

from copy import deepcopy

from hyperface.ui.parts.turns import Turns


def test_an_event_says_no_more_once_a_newer_one_has_begun():
    turns, said = Turns(), []
    first = turns.until_next(iter("abc"))
    said.append(next(first))
    turns.take()
    second = turns.until_next(iter("xyz"))
    said.append(next(second))
    said += first
    said.append(next(second))
    assert said == ["a", "x", "y"]
    turns.take()  # all is given up
    assert list(second) == []


def test_steps_that_were_under_way_are_not_shown_either():
    turns = Turns()

    def steps():
        yield 1
        turns.take()
        yield 2

    assert list(turns.until_next(steps())) == [1]


def test_sessions_have_turns_of_their_own():
    mine, yours = Turns(), deepcopy(Turns())
    mine_steps = mine.until_next(iter("ab"))
    assert next(mine_steps) == "a"
    yours.take()
    assert next(mine_steps) == "b"


def test_what_goes_beside_another_gives_nothing_up():
    turns = Turns()
    turns.take()
    first, beside = turns.until_next(iter("ab")), turns.until_next(iter("xy"))
    assert [next(first), next(beside), *first, *beside] == ["a", "x", "b", "y"]
