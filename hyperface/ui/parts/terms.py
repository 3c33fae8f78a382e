"""Words of the field, each with one sentence that says what it means, a press away: with a finger or the keyboard."""

from __future__ import annotations

import itertools

from hyperface.ui.parts.pictures import escape

MEANINGS = {
    "embedding": "The list of numbers that a recogniser makes of a face: a point on a ball, near those of like faces.",
    "likeness": "How near a picture, seen again by the recogniser, is to what was asked for: 100 % is exactly there, "
    "and two strangers are near 0 %.",
    "angle": "Between two points on the ball, seen from its middle: 0° is the same picture, 90° has nothing in common.",
    "spread": "How far the requests for one person's pictures lie from the person: more variety, and more mix-ups.",
    "style": "All of a picture that is not who it shows: pose, light, expression, background.",
    "threshold": "The likeness from which on two pictures count as one person.",
    "false accept": "Two people taken for one.",
    "false reject": "Two pictures of one person taken for two people.",
    "ROC": "For every threshold at once: how many pairs of one person are accepted, against how many of two people.",
    "DET": "The two kinds of mistakes against each other, for every threshold at once: lower and further left is "
    "better.",
    "look-alike": "Somebody else so near that few strangers are: a recogniser may mistake the one for the other.",
}
_numbers = itertools.count()


def term(name: str, shown: str | None = None) -> str:
    """HTML of a word of MEANINGS, or of the text shown for it, that opens its sentence. KeyError for another word."""
    number = next(_numbers)
    return (
        f'<button type="button" class="hf-term" popovertarget="hf-term-{number}">{escape(shown or name)}</button>'
        f'<span popover class="hf-meaning" id="hf-term-{number}">{escape(MEANINGS[name])}</span>'
    )
