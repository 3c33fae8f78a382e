import re

import numpy as np
import pytest

from hyperface.drawing import BOTTOM, LEFT, RIGHT, TOP, Axis, Curve, histogram, line_chart, shares


def path_points(svg: str) -> list[tuple[float, float]]:
    """The corners of the first curve."""
    (steps,) = re.findall(r'<path d="(M[^"]*)" fill="none"', svg)[:1]
    x, y, points = 0.0, 0.0, []
    for command, numbers in re.findall(r"([MHVL])([^MHVL]*)", steps):
        values = [float(number) for number in numbers.split()]
        x = values[0] if command in "MHL" else x
        y = values[-1] if command in "MVL" else y
        points.append((x, y))
    return points


def test_places_on_axes():
    plain, powers = Axis("", 0, 2, []), Axis("", 0.01, 1, [], logarithmic=True)
    assert plain.place(np.array([-1, 0, 0.5, 2, 9])).tolist() == [0, 0, 0.25, 1, 1]
    assert powers.place(np.array([0, 0.01, 0.1, 1])) == pytest.approx([0, 0, 0.5, 1])


def test_a_curve_goes_where_its_values_say():
    axis = Axis("x", 0, 1, shares(0, 1))
    straight = line_chart(
        [Curve("a", np.array([0, 0.5, 1]), np.array([0, 1, 0.5]), steps=False)], axis, axis, label="l"
    )
    assert path_points(straight) == [
        (LEFT, BOTTOM), ((LEFT + RIGHT) / 2, TOP), (RIGHT, (TOP + BOTTOM) / 2),
    ]  # fmt: skip
    stepped = line_chart([Curve("a", np.array([0, 1]), np.array([0, 1]))], axis, axis, label="l")
    assert path_points(stepped) == [(LEFT, BOTTOM), (RIGHT, BOTTOM), (RIGHT, TOP)]


def test_long_curves_are_thinned_and_keep_their_ends():
    x = np.linspace(0, 1, 50_000)
    axis = Axis("x", 0, 1, [])
    points = path_points(line_chart([Curve("a", x, x**9, steps=False)], axis, axis, label="l"))
    assert len(points) <= 400
    assert points[0] == (LEFT, BOTTOM)
    assert points[-1] == (RIGHT, TOP)
    gaps = np.hypot(*np.diff(np.array(points), axis=0).T)
    assert gaps.max() < 4  # its steep end is as fine as its flat one


def test_every_value_is_in_the_histogram():
    svg = histogram([("<a>", np.array([-5.0, 0.1, 0.9, 0.95]))], Axis("c", 0, 1, []), line=0.5, bins=2, label="l")
    assert "&lt;a&gt;" in svg
    assert svg.count(f"V{TOP:.1f}") == 2  # two values to a bin, so both are the highest
