"""A run followed on the page: its state, bar, time left, and the buttons that stop and continue it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_view import PROGRESS_HTML, Question, answers, control_functions, status_news


def run_progress(context: AppContext, *, elem_id: str) -> gr.HTML:
    """A component whose value is the name of a run; None shows nothing.

    It fires `advanced` as a run gets on, and `finished` when a run that was at work no longer is, however it ended. It
    goes on by itself after a lost connection or a restarted server: the run is followed by its folder.
    """

    @answers
    def news(question: Question) -> dict[str, Any]:
        return {"status": status_news(context, context.run(str(question.get("run"))))}

    return gr.HTML(
        None,
        html_template=PROGRESS_HTML,
        js_on_load=_SCRIPT,
        server_functions=[news, *control_functions(context)],
        apply_default_css=False,
        elem_id=elem_id,
    )


_SCRIPT = """
const block = element.querySelector('.hf-progress');
let active = false, reached = null;
const ask = async (question) => {
  const news = await server.news(question);
  return news.error ? { gone: true } : news;
};
const follow = hyperface.follower(element, ask, (news) => {
  block.hidden = Boolean(news.gone);
  if (news.gone) return;
  hyperface.showProgress(block, news.status);
  const before = active;
  active = ['running', 'starting'].includes(news.status.state);
  if (active && news.status.progress !== reached) trigger('advanced', { run: props.value });
  reached = news.status.progress;
  if (before && !active) trigger('finished', { run: props.value });
});
const change = () => { active = false; block.hidden = !props.value; follow(props.value || null); };
const press = (button, act) => element.querySelector(button).addEventListener('click', async () => {
  const answer = await act({ run: props.value });
  if (answer.error) element.querySelector('.hf-progress-text').textContent = answer.error;
  else follow(props.value);
});
press('.hf-stop', (question) => server.stop(question));
press('.hf-continue', (question) => server.resume(question));
watch('value', change);
change();
"""
