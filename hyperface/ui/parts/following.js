// Following a run: asking again and again what is new in its folder, and showing how far it is.
import { find } from './elements.js';

const LEAST_PAUSE = 30;  // milliseconds in which the page can do other things
const PAUSE_AFTER_FAILURE = 2000;

/**
 * Write a run's state into a `.hf-progress` block (see PROGRESS_HTML in run_view.py).
 * @param {HTMLElement} block
 * @param {RunStatus} status
 */
function showProgress(block, status) {
  block.dataset.state = status.state;
  block.dataset.continue = String(status.can_continue);
  const percent = Math.round(100 * status.progress);
  const bar = find(block, '[role=progressbar]');
  bar.setAttribute('aria-valuenow', String(percent));
  find(bar, 'span').style.width = `${percent}%`;
  find(block, '.hf-progress-state').textContent = status.title;
  find(block, '.hf-progress-text').textContent = status.text;
  const told = `${status.state} ${status.active ? Math.floor(4 * status.progress) : ''}`;
  if (block.dataset.told !== told && (block.dataset.told !== undefined || status.active)) {
    say(block, status.active ? `${status.title}, ${percent} %` : status.title);
  }
  block.dataset.told = told;
}

/** Read something out, to those who do not see it. Not more than at the start, at quarters and at the end. @param {HTMLElement} block @param {string} text */
function say(block, text) {
  find(block, '.hf-progress-said').textContent = text;
}

/**
 * Wire the progress block's buttons to the server's `stop` and `resume`; `again()` follows a resumed run.
 * @param {HTMLElement} block
 * @param {ControlServer} server
 * @param {() => string | null} name
 * @param {() => void} again
 */
function controls(block, server, name, again) {
  const text = find(block, '.hf-progress-text');
  /** @param {keyof ControlServer} command @param {string} meanwhile */
  const ask = async (command, meanwhile) => {
    text.textContent = meanwhile;
    say(block, meanwhile);
    const failed = () => ({ error: 'The server did not answer. Try again.' });
    const answer = await server[command]({ run: name() }).catch(failed);
    if (answer.error) {
      text.textContent = answer.error;
      say(block, answer.error);
    } else if (command === 'resume') again();
  };
  find(block, '.hf-stop').addEventListener('click', () => ask('stop', 'Stopping'));
  find(block, '.hf-continue').addEventListener('click', () => ask('resume', 'Starting'));
}

/**
 * Follow a run: ask for news while it is at work and the element is on the page. `apply(news, first)` gets each answer;
 * news.cursor is handed back with the next question. Survives a restarted server: a failed question is asked again.
 * @template {News} N
 * @param {HTMLElement} element
 * @param {(question: { run: string, cursor: unknown }) => Promise<N | Refusal>} fetchNews
 * @param {(news: N | Refusal, first: boolean) => void | Promise<void>} apply
 * @param {{ interval?: number, idle?: number }} [pauses] milliseconds between questions, at work and otherwise
 * @returns {(name: string | null) => Promise<void>} begins to follow the run with this name; null stops
 */
function follower(element, fetchNews, apply, { interval = 300, idle = 4000 } = {}) {
  let turn = 0;
  return async function follow(name) {
    const mine = ++turn;
    /** @type {unknown} */
    let cursor = null;
    let first = true, pause = interval;
    while (mine === turn && element.isConnected && name) {
      if (element.offsetParent !== null || first) {
        const asked = performance.now();
        try {
          const news = await fetchNews({ run: name, cursor });
          if (mine !== turn) return;
          cursor = news.cursor;
          await apply(news, first);
          first = false;
          if (news.gone) return;
          const rest = Math.max(LEAST_PAUSE, interval - (performance.now() - asked));
          pause = news.more ? 0 : news.status?.active ? rest : idle;
        } catch (error) {
          console.warn('The server did not answer; asking again.', error);
          pause = PAUSE_AFTER_FAILURE;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
}

export { showProgress, controls, follower };
