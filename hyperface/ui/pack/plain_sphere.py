"""The plain sphere: packing in three dimensions, where it can be seen, beside the best known packings."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr

from hyperface.errors import InputError
from hyperface.ui.parts.balls import Ball, ball, ball_of
from hyperface.ui.parts.events import LATEST, Given, Updates
from hyperface.ui.parts.toasts import toasts

MOST_POINTS = 130
MOST_SECONDS = 20  # one visitor is served at a time, and most numbers have no known value to end at
SECONDS_A_PICTURE = 0.17  # six pictures a second
VISIBLE_GAIN = 1e-4  # degrees


def plain_sphere(first: int = 24) -> None:
    """Lay out the panel, with the number of points to begin with."""
    with gr.Accordion("The plain sphere: packing you can see", open=False, elem_id="plain-sphere"):
        gr.HTML(_ABOUT, apply_default_css=False)
        with gr.Row(elem_classes=["hf-buttons"]):
            count = gr.Number(first, label="Points", precision=0, min_width=120, scale=0, elem_id="plain-sphere-points")
            solve = gr.Button("Solve", size="md", min_width=120, scale=0, elem_id="plain-sphere-solve")
        found = gr.HTML(apply_default_css=False, elem_id="plain-sphere-found")
        picture = ball(
            label="Points on the sphere, and lines between those that touch", height=420, elem_id="plain-sphere-picture"
        )

    def solving(given: Given) -> Iterator[Updates]:
        for shown, text in show(given[count]):
            yield {picture: shown, found: text}

    solve.click(toasts(solving), {count}, [picture, found], **LATEST)


def show(count: float | None) -> Iterator[tuple[Ball, str]]:
    """The way to the best packing found: the first round's best start, and then each packing that is better.

    Yields each as the sphere's value, and as one line of HTML about it.
    """
    from hyperface import sphere
    from hyperface.packing import solve_tammes

    if count is None or not 2 <= count <= MOST_POINTS:
        raise InputError(f"Choose 2 to {MOST_POINTS} points for the plain sphere.")
    goal = sphere.best_known_angle(int(count))
    shown, angle, contacts = 0.0, -1.0, 0
    for step in solve_tammes(int(count), seconds=MOST_SECONDS, goal=goal):
        # the last digits close most of the contacts
        better = step.angle > angle + VISIBLE_GAIN or (step.angle > angle and len(step.contacts) > contacts)
        if better or step.phase == "done" or (step.round == 0 and step.phase == "spreading"):
            time.sleep(max(0.0, shown + SECONDS_A_PICTURE - time.monotonic()))
            shown = time.monotonic()
            picture = ball_of(step.points, links=step.contacts, caps=step.angle / 2)
            yield picture, _found(step.angle, len(step.contacts), goal)
            angle, contacts = step.angle, len(step.contacts)


def _found(angle: float, contacts: int, goal: float | None) -> str:
    touching = f"{contacts:,} {'pair touches' if contacts == 1 else 'pairs touch'}"
    if goal is None:
        beside = "no best known value is listed for this number"
    elif abs(angle - goal) < VISIBLE_GAIN:
        beside = f"the best known packing: {goal:.4f}°"
    else:
        beside = f"best known {goal:.4f}°, {goal - angle:.4f}° away"
    return f'<p role="status"><b class="hf-angle">{angle:.4f}°</b> smallest angle · {touching} · {beside}</p>'


_ABOUT = """
<p class="hf-note">In three dimensions the same problem is Tammes' of 1930: how do so many points on a ball keep apart?
A point has at most five neighbours that it touches, and the best known packings are listed. In the 128 dimensions of a
face embedding each point has room for hundreds of near neighbours, nearly all pairs are close to a right angle, and
beyond 256 points the best packing is rarely known: only a bound that it cannot pass.</p>
"""
