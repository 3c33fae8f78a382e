"""Figures with what they mean, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from hyperface.ui.parts.pictures import escape


def figure_row(figures: Sequence[tuple[str, str]]) -> str:
    """HTML of (what it is, figure) side by side."""
    items = "".join(
        f'<div class="hf-stat"><b class="hf-number">{escape(value)}</b><span>{escape(name)}</span></div>'
        for name, value in figures
    )
    return f'<div class="hf-figures">{items}</div>'
