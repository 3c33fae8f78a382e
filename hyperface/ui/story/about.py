"""The page "What am I looking at?": what the pictures of the app are, in the order in which one meets them."""

from __future__ import annotations

import gradio as gr

from hyperface.ui.parts.reading import doc_link
from hyperface.ui.parts.scripts import component_script

SECTIONS = (
    (
        "Faces become points",
        "A face recogniser turns a picture of a face into a list of numbers, 128 of them here. The list is a point on "
        "a ball. Two pictures of one person are near each other on it, two people are far apart. Nothing else about a "
        "face is kept.",
    ),
    (
        "Far apart means: easy to tell apart",
        "The angle between two points says how alike a recogniser finds two faces: 0° is the same picture, 90° is "
        "nothing in common. Among random faces there are always some look-alikes, closer than 45°.",
    ),
    (
        "Packing pushes everybody apart",
        "All points move at once, away from their nearest neighbours, until nobody can move further without coming "
        "nearer to somebody else. Mathematics knows a bound that no arrangement of so many points can pass; the "
        "figure beside the picture says how near to it this one is.",
    ),
    (
        "Why the globe looks even",
        "A ball in 128 dimensions cannot be drawn. The globe is a flattened picture of it: who is near whom is mostly "
        "right, distances are not. The angles in figures and charts are the true ones.",
    ),
    (
        "Points become faces again",
        "A generator draws a person for each point, many pictures of each: other poses, light and surroundings, one "
        "identity. None of them exists. That is a labelled dataset that needs no photograph of anybody.",
    ),
    (
        "Train, then test",
        "A new recogniser learns from the pictures alone, then has to tell pairs of people apart whom it never saw. "
        "How often it is right is what the packing was good for.",
    ),
)


READ = (
    ("tutorial.md", "Tutorial"),
    ("how-to/index.md", "How to"),
    ("explanation/index.md", "Explanation"),
    ("explanation/questions.md", "Ten questions"),
)


def about_page() -> gr.HTML:
    """The window; the strip's button opens it."""
    sections = "".join(f"<h3>{heading}</h3><p>{text}</p>" for heading, text in SECTIONS)
    return gr.HTML(
        html_template=_TEMPLATE.replace("@sections", sections).replace(
            "@docs", ", ".join(doc_link(*each) for each in READ)
        ),
        js_on_load=component_script("aboutPage"),
        apply_default_css=False,
        elem_id="about-page",
    )


_TEMPLATE = """
<dialog class="hf-about" aria-labelledby="hf-about-title">
  <div class="hf-about-head"><h2 class="hf-heading" id="hf-about-title">What am I looking at?</h2>
    <button type="button" class="hf-button hf-about-close">Close</button></div>
  @sections
  <p class="hf-about-read">Read on: @docs.</p>
</dialog>
"""
