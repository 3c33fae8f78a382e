"""Pictures as HTML: encoded into the page itself, so that no file of them lands in the web framework's cache."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from hyperface.drawing import data_url

if TYPE_CHECKING:
    import torch


def escape(text: object) -> str:
    """Text for HTML content and attributes. Braces too: the page's templating would read {{…}} as its own."""
    return html.escape(str(text)).replace("{", "&#123;").replace("}", "&#125;")


def picture(
    pixels: np.ndarray | torch.Tensor, alt: str, *, css_class: str = "hf-face", title: str | None = None
) -> str:
    """An `<img>` of uint8 pixels (h, w, 3), or of a float tensor (3, h, w) in [0, 1]. The size is the style's."""
    if isinstance(pixels, np.ndarray):
        image = pixels
    else:
        from hyperface.images import to_uint8

        image = to_uint8(pixels[None])[0]
    height, width = image.shape[:2]
    hover = "" if title is None else f' title="{escape(title)}"'
    return (
        f'<img class="{css_class}" src="{data_url(image)}" alt="{escape(alt)}"{hover} '
        f'width="{width}" height="{height}" draggable="false">'
    )


def chooser(identity: int, text: str) -> str:
    """A button with this text that chooses an identity of the shown packing, on every tab (story/strip.js)."""
    return f'<button type="button" class="hf-choose" data-identity="{identity}">{escape(text)}</button>'
