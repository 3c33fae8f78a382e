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
        further="For 24 points a formula gives 44.7° as a limit that no packing passes, and 43.7° is the best there "
        "is, as was proved in 1961. For 15 points nobody knows: 53.7° is the best that anybody has found. Set 15, "
        "and try.",
        read=("explanation/packing.md", "Packing"),
    ),
    Lesson(
        name="dimensions",
        title="From 3 to 128 dimensions",
        idea="Room, and the limit",
        question="Take two directions at random in a space of 128 dimensions. How far apart will they probably be?",
        choices=("Anything from 0° to 180°", "About 57°", "Close to 90°"),
        right=2,
        task="Move the slider from 2 dimensions to 128 and watch 4,000 random pairs. Then choose how many points there "
        "are, and push them apart: how near to the limit do they come?",
        answer="In many dimensions nearly everybody is at right angles to everybody: in 128, nine of ten random pairs "
        "are 82° to 98° apart, and so there is room for thousands of people who are all far from each other.",
        further="The limit is a theorem: no packing passes it, however clever. With at most twice as many points as "
        "dimensions it is 90° or more, and is reached: try 30 points in 16 dimensions, then 300 in 128. That a "
        "thousand random heads are about 54° from their nearest is not for want of room: faces use few of the "
        "directions (lesson 4).",
        read=("explanation/packing.md", "Packing"),
    ),
    Lesson(
        name="requests",
        title="Ask for anybody",
        idea="The span",
        question="The sphere has room in 128 directions. You ask the generator for any point on it. What do you get?",
        choices=("Exactly that person", "A picture without a face", "A face, but somebody else’s"),
        right=2,
        task="Ask for four random points: anywhere on the sphere, or only within the strongest directions of ten "
        "thousand faces. Under each picture: how far what was drawn is from what was asked for.",
        answer="Faces fill only a few of the 128 directions, their span; asked for a point outside it, the generator "
        "draws the nearest that it can, somebody else, so packing must stay in the span.",
        further="Outside the span, requests that are a right angle apart become faces that are nearer to each other: "
        "the room was never there. Too small a span is no good, either: with 10 directions there is little room. "
        "Which number would you take? The app takes 30 for heads.",
        read=("explanation/heads.md", "Heads"),
    ),
    Lesson(
        name="variety",
        title="Many pictures of one person",
        idea="Variety, β",
        question="A person needs many different pictures. The request is scattered a little for each: β says how far. "
        "Is more β always better?",
        choices=(
            "Yes: more variety, still the same person",
            "No: too much, and it is somebody else",
            "It makes no difference to who it is",
        ),
        right=1,
        task="Set β and look at five pictures from each of two generators. A picture that the recogniser takes for "
        "somebody else among 300 people is crossed out.",
        answer="Scattering a request makes pictures differ, and past a point makes them somebody else; the small GAN "
        "needs a little, because its pictures are else too alike, and the heads need none: pose, light and "
        "expression vary by themselves.",
        further="The curve counts requests, not pictures: of 300 people packed or as they came. Packed people have "
        "more room around them, so that more scatter fits in before two of them meet.",
        read=("explanation/training.md", "Training"),
    ),
    Lesson(
        name="race",
        title="Packed against random",
        idea="A fair test",
        question="Two recognisers learn from 12 people each: at random, or packed. All else is equal. They race once. "
        "What does it tell?",
        choices=("The winner’s people are better", "Next to nothing: chance is as large", "A tie is certain"),
        right=1,
        task="Run a race: 12 random people, and the same ones packed, are drawn, a small recogniser learns from each, "
        "and both are tested on strangers. Then race again, with other people.",
        answer="One small race is mostly chance: only many races, with both sides sharing people, lights and test, can "
        "tell whether packing helps, and the interval says how sure one may be.",
        further="From race to race the lead moves by about five points. Eight of ours had the packed ahead three "
        "times, on average by 0.7 points, give or take 4.2: nothing to be sure of. The interval covers the true mean "
        "in 95 of 100 such series, and four times as many races halve it; whoever stops when it looks good is fooled. "
        "The real study does the same with networks, and larger.",
        read=("explanation/packed_against_random.md", "Packed against random"),
    ),
    Lesson(
        name="thresholds",
        title="Who is let in",
        idea="Thresholds and leaks",
        question="A door lets in one stranger of a thousand by mistake. A thousand strangers try. How likely is it "
        "that none gets in?",
        choices=("Certain: one in a thousand is none", "About one chance in three", "Impossible: exactly one gets in"),
        right=1,
        task="Move the line: whoever is closer is let in. Then search twelve made-up people among ten thousand known "
        "faces: who of them is one of the known?",
        answer="Every line makes both kinds of mistakes, and with many strangers even a rare mistake happens: 37 % is "
        "the chance that a thousand tries at one in a thousand all fail.",
        further="Searching for a leak is the same test turned round: a line that strangers seldom cross, and whoever "
        "crosses it is looked at. Not everybody who is known crosses it, not even each mirrored copy: an audit that "
        "finds nothing has not proved that nobody is there.",
        read=("how-to/leakage.md", "Look for leakage"),
    ),
)


def lesson(name: object) -> Lesson:
    """A lesson by its name. InputError where there is none."""
    for each in LESSONS:
        if each.name == name:
            return each
    raise InputError(f"There is no lesson {name!r}. There are: {', '.join(each.name for each in LESSONS)}.")
