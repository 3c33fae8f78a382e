"""The lessons as one component: their texts come with the page, what they compute is asked for when one is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from hyperface.lessons import LESSONS, Lesson, lesson
from hyperface.ui.learn import ball, dimensions, pictures, race, requests, thresholds, variety
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.reading import doc_link
from hyperface.ui.parts.run_view import Question, answers
from hyperface.ui.parts.scripts import component_script

FOLDER = Path(__file__).parent
Answer = Callable[[AppContext, Question], dict[str, Any]]

ANSWERS: dict[str, Answer] = {
    "pictures": pictures.answer,
    "ball": ball.answer,
    "dimensions": dimensions.answer,
    "requests": requests.answer,
    "variety": variety.answer,
    "race": race.answer,
    "thresholds": thresholds.answer,
}


def learn_view(context: AppContext) -> gr.HTML:
    """The component."""

    @answers
    def ask(question: Question) -> dict[str, Any]:
        return answer(context, question)

    return gr.HTML(
        html_template=template(),
        js_on_load=component_script("learnView"),
        apply_default_css=False,
        elem_id="learn-view",
        server_functions=[ask],
    )


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """What a lesson's script asks: {"lesson": its name, "what": of the lesson, …}. InputError for what it cannot be
    asked."""
    return ANSWERS[lesson(question.get("lesson")).name](context, question)


def template() -> str:
    """The tab's HTML: an overview, the lessons, and the table of what was learnt."""
    steps = "".join(_step(number, each) for number, each in enumerate(LESSONS, 1))
    lessons = "".join(_lesson(number, each) for number, each in enumerate(LESSONS, 1))
    rows = "".join(_row(number, each) for number, each in enumerate(LESSONS, 1))
    return f'<div class="hf-learn">{_TOP.replace("@steps", steps)}{lessons}{_LEARNED.replace("@rows", rows)}</div>'


def _step(number: int, each: Lesson) -> str:
    return (
        f'<li><button type="button" data-open="{each.name}"><b aria-hidden="true">{number}</b>'
        f"<span>{escape(each.title)}<small>{escape(each.idea)}</small></span>"
        '<span class="hf-learn-state"></span></button></li>'
    )


def _lesson(number: int, each: Lesson) -> str:
    choices = "".join(
        f'<button type="button" class="hf-choice" data-guess="{i}" aria-pressed="false">{escape(choice)}</button>'
        for i, choice in enumerate(each.choices)
    )
    after = LESSONS[number] if number < len(LESSONS) else None
    onwards = (
        ""
        if after is None
        else f'<button type="button" class="hf-button hf-primary" data-open="{after.name}">'
        f"Next: {escape(after.title)}</button>"
    )
    filled = {
        "@name": each.name,
        "@right": str(each.right),
        "@number": f"Lesson {number} of {len(LESSONS)} · {escape(each.idea)}",
        "@title": escape(each.title),
        "@question": escape(each.question),
        "@choices": choices,
        "@task": escape(each.task),
        "@answer": escape(each.answer),
        "@further": escape(each.further),
        "@read": doc_link(*each.read),
        "@onwards": onwards,
        "@stage": (FOLDER / f"{each.name}.html").read_text(encoding="utf-8"),
    }
    text = _LESSON
    for mark, content in filled.items():
        text = text.replace(mark, content)
    return text


def _row(number: int, each: Lesson) -> str:
    return (
        f'<tr data-row="{each.name}"><th scope="row">{number}. {escape(each.title)}</th>'
        f'<td data-label="You guessed" class="hf-learned-guess">–</td>'
        f'<td data-label="It is so"><span class="hf-learned-answer" hidden>{escape(each.answer)}</span>'
        f'<button type="button" class="hf-download hf-learned-open" data-open="{each.name}">'
        f"Open lesson {number}</button></td>"
        f'<td data-label="Read on">{doc_link(*each.read)}</td></tr>'
    )


_TOP = """
<header class="hf-learn-top">
  <h2 class="hf-learn-title">Learn how it works, by guessing and trying</h2>
  <p class="hf-note">Seven lessons of about two minutes. Each asks you something first, then lets the real thing run,
  and ends with one sentence. <b class="hf-learn-done" role="status"></b></p>
  <nav aria-label="Lessons"><ol class="hf-learn-steps">@steps</ol></nav>
</header>
"""

_LESSON = """
<article class="hf-lesson hf-panel" data-lesson="@name" data-right="@right" hidden aria-labelledby="hf-lesson-@name">
  <div><p class="hf-note">@number</p><h2 class="hf-lesson-title" id="hf-lesson-@name" tabindex="-1">@title</h2></div>
  <section class="hf-guess" aria-labelledby="hf-question-@name">
    <h3 class="hf-question" id="hf-question-@name">@question</h3>
    <div class="hf-choices" role="group" aria-label="Your guess">@choices</div>
    <button type="button" class="hf-link hf-skip">Try it without a guess</button>
  </section>
  <section class="hf-lesson-stage" hidden aria-label="Try it">
    <p class="hf-task">@task</p>
    <div class="hf-stage-body">@stage</div>
    <p class="hf-stage-line" role="status"></p>
    <button type="button" class="hf-link hf-show-answer">Show the answer</button>
  </section>
  <section class="hf-answer" hidden aria-label="The answer">
    <p class="hf-verdict"></p>
    <p class="hf-answer-text">@answer</p>
    <details class="hf-further"><summary>A step further</summary><p>@further</p></details>
    <p class="hf-note">More in the documentation: @read.</p>
    <div class="hf-lesson-buttons">@onwards</div>
  </section>
</article>
"""

_LEARNED = """
<section class="hf-learned hf-panel" aria-labelledby="hf-learned-title">
  <h2 class="hf-heading" id="hf-learned-title">What you have learnt</h2>
  <table>
    <thead><tr><th scope="col">Lesson</th><th scope="col">You guessed</th><th scope="col">It is so</th>
      <th scope="col">Read on</th></tr></thead>
    <tbody>@rows</tbody>
  </table>
  <p class="hf-note">This is kept in your browser only.
    <button type="button" class="hf-link hf-learn-again">Begin again</button></p>
</section>
"""
