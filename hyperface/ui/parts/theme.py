"""The look: one theme for light and dark, fonts that ship with Gradio, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes.utils import colors, sizes

from hyperface.drawing import COLORS, COLORS_ON_DARK

FOLDER = Path(__file__).resolve().parents[1]
STYLE_SHEETS = sorted(FOLDER.glob("*/*.css"), key=lambda path: (path.parent.name != "parts", path))  # the shared first

BAD, BAD_ON_DARK = "#b42318", "#ff9a8f"  # what went wrong, and what ends work
# Of angles, from the smallest to the largest, and of the globe.
ANGLES = ("#c8321f", "#ec8b3a", "#e3c85a", "#4fae9b", "#0f5d75")
ANGLES_ON_DARK = ("#ff5a45", "#ff9f52", "#f3dc7a", "#59cdb5", "#7cc4ff")
BALL, BALL_ON_DARK = "#eef1f6", "#1a2230"
GRATICULE, GRATICULE_ON_DARK = "#cfd6e2", "#34405a"


def _variables(series: Sequence[str], angles: Sequence[str], bad: str, ball: str, graticule: str) -> str:
    named = {
        **{f"series-{number}": color for number, color in enumerate(series[:-1], 1)},
        "series-muted": series[-1],
        **{f"angle-{number}": color for number, color in enumerate(angles, 1)},
        "bad": bad,
        "ball": ball,
        "graticule": graticule,
    }
    return "".join(f" --hf-{name}: {color};" for name, color in named.items())


# The colors of data as CSS variables: style sheets and scripts take them from here.
VARIABLES = (
    f":root, .light {{{_variables(COLORS, ANGLES, BAD, BALL, GRATICULE)} }}\n"
    f".dark {{{_variables(COLORS_ON_DARK, ANGLES_ON_DARK, BAD_ON_DARK, BALL_ON_DARK, GRATICULE_ON_DARK)} }}\n"
)

# What is around Gradio's own container, where its style sheets do not reach.
AROUND = "@media (max-width: 640px) { .gradio-container > main { padding-left: 12px; padding-right: 12px; } }"

# A blue-green that keeps 4.5:1 against white at 700 and against the dark background at 400.
LAGOON = colors.Color(
    name="lagoon",
    c50="#edfbfa",
    c100="#d2f4f2",
    c200="#a9e8e5",
    c300="#71d5d3",
    c400="#38b9ba",
    c500="#1c9c9f",
    c600="#137d82",
    c700="#136468",
    c800="#145054",
    c900="#154346",
    c950="#06282b",
)
INK = colors.Color(
    name="ink",
    c50="#f7f8fa",
    c100="#eef0f4",
    c200="#dfe3ea",
    c300="#c5ccd8",
    c400="#8f9bb0",
    c500="#66738b",
    c600="#4b576d",
    c700="#343e51",
    c800="#1f2735",
    c900="#151b27",
    c950="#0d121b",
)


# Gradio's own variables: surfaces, lines, texts, buttons.
SETTINGS: dict[str, Any] = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "*neutral_100",
    "body_text_color_subdued": "*neutral_500",
    "body_text_color_subdued_dark": "*neutral_400",
    "background_fill_primary": "white",
    "background_fill_primary_dark": "*neutral_900",
    "background_fill_secondary": "*neutral_50",
    "background_fill_secondary_dark": "*neutral_800",
    "border_color_primary": "*neutral_200",
    "border_color_primary_dark": "*neutral_700",
    "color_accent": "*primary_600",
    "color_accent_soft": "*primary_50",
    "color_accent_soft_dark": "*primary_950",
    "block_background_fill": "*background_fill_primary",
    "block_background_fill_dark": "*background_fill_primary",
    "block_border_width": "1px",
    "block_border_color": "*border_color_primary",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "*body_text_color_subdued",
    "block_label_text_weight": "500",
    "block_title_text_color": "*body_text_color",
    "block_title_text_weight": "500",
    "block_info_text_color": "*body_text_color_subdued",
    "block_info_text_size": "*text_sm",
    "block_radius": "*radius_lg",
    "container_radius": "*radius_lg",
    "input_background_fill": "*background_fill_primary",
    "input_background_fill_dark": "*neutral_950",
    "input_border_color": "*neutral_300",
    "input_border_color_dark": "*neutral_700",
    "input_border_color_focus": "*primary_500",
    "input_border_color_focus_dark": "*primary_400",
    "input_shadow": "none",
    "input_shadow_focus": "0 0 0 3px color-mix(in srgb, *primary_500 22%, transparent)",
    "input_border_width": "1px",
    "slider_color": "*primary_600",
    "slider_color_dark": "*primary_400",
    "button_border_width": "1px",
    "button_large_radius": "*radius_md",
    "button_medium_radius": "*radius_md",
    "button_small_radius": "*radius_md",
    "button_large_text_weight": "600",
    "button_medium_text_weight": "500",
    "button_primary_background_fill": "*primary_700",
    "button_primary_background_fill_hover": "*primary_800",
    "button_primary_background_fill_dark": "*primary_400",
    "button_primary_background_fill_hover_dark": "*primary_300",
    "button_primary_border_color": "*primary_700",
    "button_primary_border_color_dark": "*primary_400",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "*neutral_950",
    "button_secondary_background_fill": "*background_fill_primary",
    "button_secondary_background_fill_dark": "*neutral_800",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_hover_dark": "*neutral_700",
    "button_secondary_border_color": "*neutral_300",
    "button_secondary_border_color_dark": "*neutral_600",
    "button_secondary_text_color": "*neutral_800",
    "button_secondary_text_color_dark": "*neutral_100",
    "button_cancel_background_fill": "*background_fill_primary",
    "button_cancel_background_fill_dark": "*neutral_800",
    "button_cancel_text_color": BAD,
    "button_cancel_text_color_dark": BAD_ON_DARK,
    "button_cancel_border_color": "#e4a49e",
    "button_cancel_border_color_dark": "#7a3a34",
    "link_text_color": "*primary_700",
    "link_text_color_dark": "*primary_300",
    "link_text_color_hover": "*primary_800",
    "link_text_color_hover_dark": "*primary_200",
    "link_text_color_visited": "*primary_700",
    "link_text_color_visited_dark": "*primary_300",
}


class HyperFaceTheme(gr.themes.Base):
    """Quiet surfaces, one accent, figures in the tabular style; the pictures bring the colour."""

    def __init__(self) -> None:
        # 400 and 700: the files of the weights between lack most letters in gradio 6.31
        fonts: list[gr.themes.Font | str] = [
            gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)),
            "ui-sans-serif",
            "system-ui",
            "sans-serif",
        ]
        mono: list[gr.themes.Font | str] = [
            gr.themes.LocalFont("IBM Plex Mono", weights=(400,)),
            "ui-monospace",
            "Consolas",
            "monospace",
        ]
        super().__init__(
            primary_hue=LAGOON,
            secondary_hue=LAGOON,
            neutral_hue=INK,
            spacing_size=sizes.spacing_md,
            radius_size=sizes.radius_lg,
            text_size=sizes.text_md,
            font=fonts,
            font_mono=mono,
        )
        self.name = "hyperface"
        self.set(**SETTINGS)
