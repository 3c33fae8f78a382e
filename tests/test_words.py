"""Quantities in words."""

import pytest

from hyperface.words import duration, one_line, percent, without_controls


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 second"), (89, "89 seconds"), (600, "10 minutes"), (9000, "2.5 hours")]
)
def test_a_time_is_told_in_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


def test_a_share_is_told_in_percent():
    assert [percent(0.104), percent(0.104, 1), percent(1)] == ["10 %", "10.4 %", "100 %"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ten  people\n\tof mine\u2028", "Ten people of mine"),
        ("\x1b[31mred\x00\x9b", "[31mred"),
        ("\u202egpj.exe\u2069\u200b\ufeff", "gpj.exe"),
        ("x" * 5000, "x" * 29 + "…"),
        ("<b>{{a}}</b>", "<b>{{a}}</b>"),
        ("\u202eשלום\u2069", "\u2068שלום\u2069"),
        ("half \ud83d", "half ?"),
        (None, "None"),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)
def test_somebody_elses_text_is_one_line(text, line):
    assert one_line(text, 30) == line
    assert one_line(line, 30) == line


def test_lines_stay_lines():
    assert without_controls("a\n\tb\x1b\r") == "a\n\tb  "
