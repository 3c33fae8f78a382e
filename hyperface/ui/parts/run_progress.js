// A run followed on the page: its state, its bar, and the buttons that stop and continue it.
import { find } from './elements.js';
import { controls, follower, showProgress } from './following.js';

/**
 * A component whose value is a run's name. It raises `advanced` as the run gets on, and `finished` when a run that was
 * at work no longer is.
 * @param {View<string | null, NewsServer<News> & ControlServer>} view
 */
function runProgress({ element, props, server, trigger, watch }) {
  const block = find(element, '.hf-progress');
  let active = false;
  /** @type {number | null} */
  let reached = null;

  /** @param {{ run: string, cursor: unknown }} question @returns {Promise<News | Refusal>} */
  async function ask(question) {
    const news = await server.news(question);
    return news.error ? { gone: news.error } : news;
  }

  /** @param {News | Refusal} news */
  function apply({ status }) {
    block.hidden = !status;
    if (!status) return;
    showProgress(block, status);
    const before = active;
    active = status.active;
    if (active && status.progress !== reached) trigger('advanced', { run: props.value });
    reached = status.progress;
    if (before && !active) trigger('finished', { run: props.value });
  }

  const follow = follower(element, ask, apply);
  function change() {
    active = false;
    block.hidden = !props.value;
    follow(props.value || null);
  }
  controls(block, server, () => props.value, () => follow(props.value));
  watch('value', change);
  change();
}

export { runProgress };
