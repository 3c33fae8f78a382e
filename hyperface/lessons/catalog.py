"""The seven lessons in words: what each asks, what may be guessed, what is the case, where to read on."""

from __future__ import annotations

from dataclasses import dataclass

from hyperface.errors import InputError


@dataclass(frozen=True)
class Lesson:
    """name: short, in addresses and of its module. question: what is guessed, with the `choices`; right: which of them
    is true. task: what to do with the thing that runs. answer: one sentence. further: what to try next. read: the page
    below docs/ that says more, and its title."""

    name: str
    title: str
    idea: str
    question: str
    choices: tuple[str, ...]
    right: int
    task: str
    answer: str
    further: str
    read: tuple[str, str]


LESSONS = (
    Lesson(
        name="pictures",
        title="Two pictures, one person?",
        idea="What an embedding is",
        question="A face recogniser looks at a picture. What does it keep of it?",
        choices=(
            "A small copy of the picture",
            "Measurements with names, such as how far apart the eyes are",
            "A list of numbers without names, alike for pictures of one person",
        ),
        right=2,
        task="Eight pairs: does one person look at you twice, or two people? Say so first; then see the 128 numbers "
        "that the recogniser made of each picture, and the angle between the two lists.",
        answer="An embedding is a list of 128 numbers, a direction: pictures of one person point much the same way, "
        "pictures of two people mostly do not, and the angle between the directions says how alike they are.",
        further="No single number says “nose” or “age”. Light and pose move them, too, so that two pictures of one "
        "person are never at 0°. Look at the pair that you got wrong: is its angle near the line as well?",
        read=("explanation/evaluation.md", "Evaluation"),
    ),
    Lesson(
        name="ball",
        title="Points on a ball",
        idea="Packing",
        question="Five points on a ball can keep 90° from each other, and no more. A sixth comes. How far apart can "
        "six be?",
        choices=("60°", "72°", "Still 90°"),
        right=2,
        task="Drag the points as far apart as you can. Then let the packing that moves people apart do it, from where "
        "you left them.",
        answer="Points that push their nearest away spread until the room is used up: 109.5° for 4 points, 90° for 6, "
        "63.4° for 12, 43.7° for 24; this is what packing does to people.",
        further="For 24 points a formula gives 44.9° as a limit that no packing passes, and 43.7° is the best there "
        "is, as was proved in 1961. For 15 points nobody knows: 53.7° is the best that anybody has found. Set 15, "
        "and try.",
        read=("explanation/packing.md", "Packing"),
    ),
)


def lesson(name: object) -> Lesson:
    """A lesson by its name. InputError where there is none."""
    for each in LESSONS:
        if each.name == name:
            return each
    raise InputError(f"There is no lesson {name!r}. There are: {', '.join(each.name for each in LESSONS)}.")
