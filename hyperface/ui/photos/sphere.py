"""The sphere of a packing with the faces of photos placed on it: "you are here"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hyperface.ui.parts import globe
from hyperface.ui.parts.plots import Figure

POINTS_SHOWN = 2000


def sphere_figure(identities: np.ndarray, faces: np.ndarray, numbers: Sequence[int]) -> Figure:
    """Packed identities (n, 3) as small points and faces (m, 3) as large numbered ones, on a globe.

    Both are unit rows. It is seen from above the first face. Of very many identities an even part is shown.
    """
    chosen = np.linspace(0, len(identities) - 1, min(len(identities), POINTS_SHOWN)).round().astype(int)
    shown, raised = identities[chosen], faces * 1.03  # above the surface, so that no point hides them
    data = [
        *globe.background(),
        {
            "type": "scatter3d",
            "mode": "markers",
            **globe.coordinates(shown),
            "text": [f"Identity {number}" for number in chosen.tolist()],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"size": 3, "color": "series-1"},
            "name": "packed identities",
        },
        {
            "type": "scatter3d",
            "mode": "markers+text",
            **globe.coordinates(raised),
            "text": [str(number) for number in numbers],
            "textposition": "top center",
            "textfont": {"size": 15, "color": "series-2"},
            "hovertemplate": "Face %{text}<extra></extra>",
            "marker": {"size": 9, "color": "series-2", "line": {"width": 1, "color": "white"}},
            "name": "your faces",
        },
    ]
    layout = {"scene": globe.scene(1.3 * faces[0]), "hovermode": "closest", "showlegend": True}
    return {"data": data, "layout": layout}
