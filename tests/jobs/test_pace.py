"""How long large work will take is said once, on stderr, as it differs from machine to machine."""

import json

from hyperface.jobs.console import Console
from hyperface.jobs.pace import Pace


def test_said_once_and_not_among_what_is_printed(capsys):
    pace = Pace(Console(), "picture")
    pace.tell(0.0, 1000)  # not known yet
    pace.tell(2.0, 1000, processes=4)
    pace.tell(2.0, 900, processes=4)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "A picture takes 0.5 s here, shared between 4 processes; the other 1,000 take about 2 minutes.\n"
    )


def test_small_work_is_not_announced(capsys):
    Pace(Console(), "picture").tell(2.0, 100)
    assert capsys.readouterr() == ("", "")


def test_programs_get_the_numbers(capsys):
    Pace(Console(json_lines=True), "face").tell(0.5, 1000)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out) == {"event": "message", "seconds_each": 2.0, "seconds_left": 2000.0}
