"""The sphere of a packing with the faces of photos placed on it: "you are here"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hyperface.ui.plots import Figure

GRID_STEP = 30  # degrees between the lines of the globe
POINTS_SHOWN = 2000


def sphere_figure(identities: np.ndarray, faces: np.ndarray, numbers: Sequence[int]) -> Figure:
    """Packed identities (n, 3) as small points and faces (m, 3) as large numbered ones, on a globe.

    Both are unit rows. It is seen from above the first face. Of very many identities an even part is shown.
    """
    chosen = np.linspace(0, len(identities) - 1, min(len(identities), POINTS_SHOWN)).round().astype(int)
    shown, raised = identities[chosen], faces * 1.03  # above the surface, so that no point hides them
    data = [
        {
            "type": "mesh3d",
            **_coordinates(_BALL),
            "alphahull": 0,  # the convex hull of the points
            "color": "series-muted",
            "opacity": 0.14,
            "lighting": {"ambient": 1, "diffuse": 0, "specular": 0, "fresnel": 0},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter3d",
            "mode": "lines",
            **_coordinates(_globe()),
            "line": {"width": 1, "color": "series-muted"},
            "opacity": 0.35,
            "hoverinfo": "skip",
            "showlegend": False,
        },
        {
            "type": "scatter3d",
            "mode": "markers",
            **_coordinates(shown),
            "text": [f"Identity {number}" for number in chosen.tolist()],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"size": 3, "color": "series-1"},
            "name": "packed identities",
        },
        {
            "type": "scatter3d",
            "mode": "markers+text",
            **_coordinates(raised),
            "text": [str(number) for number in numbers],
            "textposition": "top center",
            "textfont": {"size": 15, "color": "series-2"},
            "hovertemplate": "Face %{text}<extra></extra>",
            "marker": {"size": 9, "color": "series-2", "line": {"width": 1, "color": "white"}},
            "name": "your faces",
        },
    ]
    axis = {"visible": False, "range": [-1.1, 1.1]}
    eye = 1.3 * faces[0]
    layout = {
        "scene": {
            "xaxis": axis,
            "yaxis": axis,
            "zaxis": axis,
            "aspectmode": "cube",
            "camera": {"eye": dict(zip("xyz", eye.tolist(), strict=True))},
        },
        "hovermode": "closest",
        "showlegend": True,
    }
    return {"data": data, "layout": layout}


def _sphere_points(count: int) -> np.ndarray:
    """Points spread evenly over the sphere, on a golden spiral: (count, 3)."""
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, number * np.pi * (3 - 5**0.5)
    around = np.sqrt(1 - height**2)
    return np.stack([around * np.cos(turn), around * np.sin(turn), height], axis=1)


_BALL = 0.99 * _sphere_points(800)


def _coordinates(points: np.ndarray) -> dict[str, list[float | None]]:
    """x, y and z of (n, 3) points; rows of NaN become gaps."""
    columns = [[None if np.isnan(value) else round(float(value), 4) for value in column] for column in points.T]
    return dict(zip("xyz", columns, strict=True))


def _globe() -> np.ndarray:
    """Meridians and parallels as one line (n, 3), with rows of NaN between them."""
    turn = np.radians(np.append(np.arange(0, 361, 6), np.nan))  # NaN: lift the pen
    lines = []
    for longitude in np.radians(np.arange(0, 180, GRID_STEP)):
        lines.append(np.stack([np.cos(turn) * np.cos(longitude), np.cos(turn) * np.sin(longitude), np.sin(turn)], 1))
    for latitude in np.radians(np.arange(-90 + GRID_STEP, 90, GRID_STEP)):
        height = np.full_like(turn, np.sin(latitude))
        lines.append(np.stack([np.cos(latitude) * np.cos(turn), np.cos(latitude) * np.sin(turn), height], 1))
    return np.concatenate(lines)
