// A run followed on the page: its state, its bar, and the buttons that stop and continue it.
import { find } from './elements.js';
import { follower, isActive, showProgress } from './following.js';

/**
 * A component whose value is a run's name. It raises `advanced` as the run gets on, and `finished` when a run that was
 * at work no longer is.
 * @param {View} view
 */
function runProgress({ element, props, server, trigger, watch }) {
  const block = find(element, '.hf-progress');
  let active = false;
  /** @type {number | null} */
  let reached = null;

  /** @param {{ run: string, cursor: any }} question @returns {Promise<News>} */
  const ask = async (question) => {
    const news = await server.news(question);
    return news.error ? { gone: news.error } : news;
  };
  const follow = follower(element, ask, (news) => {
    block.hidden = Boolean(news.gone);
    if (news.gone) return;
    showProgress(block, news.status);
    const before = active;
    active = isActive(news.status);
    if (active && news.status.progress !== reached) trigger('advanced', { run: props.value });
    reached = news.status.progress;
    if (before && !active) trigger('finished', { run: props.value });
  });
  const change = () => {
    active = false;
    block.hidden = !props.value;
    follow(props.value || null);
  };
  /** @param {string} button @param {(question: object) => Promise<any>} act */
  const press = (button, act) => find(element, button).addEventListener('click', async () => {
    const answer = await act({ run: props.value });
    if (answer.error) find(element, '.hf-progress-text').textContent = answer.error;
    else follow(props.value);
  });
  press('.hf-stop', (question) => server.stop(question));
  press('.hf-continue', (question) => server.resume(question));
  watch('value', change);
  change();
}

export { runProgress };
