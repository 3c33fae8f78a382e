"""A globe for Plotly's three-dimensional traces: what every figure made here stands on."""

from __future__ import annotations

from typing import Any

import numpy as np

GRID_STEP = 30  # degrees between the lines of the globe
LIFTED = 1.01  # of the radius: lines and marks above the surface are not hidden by it


def background(opacity: float = 0.14) -> list[dict[str, Any]]:
    """The two traces behind a picture: a ball, and meridians and parallels."""
    return [
        {
            "type": "mesh3d",
            **coordinates(_BALL),
            "alphahull": 0,  # the convex hull of the points
            "color": "series-muted",
            "opacity": opacity,
            "lighting": {"ambient": 1, "diffuse": 0, "specular": 0, "fresnel": 0},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter3d",
            "mode": "lines",
            **coordinates(_graticule()),
            "line": {"width": 1, "color": "series-muted"},
            "opacity": 0.35,
            "hoverinfo": "skip",
            "showlegend": False,
        },
    ]


def scene(eye: np.ndarray) -> dict[str, Any]:
    """Layout of the scene, seen from eye (3,)."""
    axis = {"visible": False, "range": [-1.1, 1.1]}
    return {
        "xaxis": axis,
        "yaxis": axis,
        "zaxis": axis,
        "aspectmode": "cube",
        "camera": {"eye": dict(zip("xyz", eye.tolist(), strict=True))},
    }


def coordinates(points: np.ndarray) -> dict[str, list[float | None]]:
    """x, y and z of (n, 3) points; rows of NaN become gaps."""
    columns = [[None if np.isnan(value) else round(float(value), 4) for value in column] for column in points.T]
    return dict(zip("xyz", columns, strict=True))


def arcs(points: np.ndarray, pairs: np.ndarray, steps: int = 10) -> np.ndarray:
    """Great-circle arcs between pairs (p, 2) of unit rows (n, 3) as one line (p · (steps + 2), 3), NaN between them."""
    share = np.linspace(0, 1, steps + 1)[:, None]  # (steps + 1, 1)
    straight = (1 - share) * points[pairs[:, 0]][:, None] + share * points[pairs[:, 1]][:, None]  # (p, steps + 1, 3)
    bent = LIFTED * straight / np.maximum(np.linalg.norm(straight, axis=2, keepdims=True), 1e-9)
    return np.concatenate([bent, np.full((len(pairs), 1, 3), np.nan)], axis=1).reshape(-1, 3)


def _sphere_points(count: int) -> np.ndarray:
    """Points spread evenly over the sphere, on a golden spiral: (count, 3)."""
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, number * np.pi * (3 - 5**0.5)
    around = np.sqrt(1 - height**2)
    return np.stack([around * np.cos(turn), around * np.sin(turn), height], axis=1)


_BALL = 0.99 * _sphere_points(800)


def _graticule() -> np.ndarray:
    """Meridians and parallels as one line (n, 3), with rows of NaN between them."""
    turn = np.radians(np.append(np.arange(0, 361, 6), np.nan))  # NaN: lift the pen
    lines = []
    for longitude in np.radians(np.arange(0, 180, GRID_STEP)):
        lines.append(np.stack([np.cos(turn) * np.cos(longitude), np.cos(turn) * np.sin(longitude), np.sin(turn)], 1))
    for latitude in np.radians(np.arange(-90 + GRID_STEP, 90, GRID_STEP)):
        height = np.full_like(turn, np.sin(latitude))
        lines.append(np.stack([np.cos(latitude) * np.cos(turn), np.cos(latitude) * np.sin(turn), height], 1))
    return np.concatenate(lines)
