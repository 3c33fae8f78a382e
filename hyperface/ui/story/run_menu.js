// The list of the visitor's runs behind what is shown, where each can be given another name, or be deleted.
import { find } from '../parts/elements.js';

/** @typedef {{ name: string, title: string, noun: string, warning: string }} ListedRun */
/** @typedef {Pick<import('./strip.js').StoryServer, 'rename' | 'remove'>} RunServer */

/**
 * @param {HTMLElement} root of the strip
 * @param {RunServer} server
 * @param {() => void} changed
 */
function runMenu(root, server, changed) {
  const menu = find(root, '.hf-run-menu'), list = find(menu, '.hf-run-list');
  let shown = '';

  /** @param {ListedRun} run */
  function row(run) {
    const line = document.createElement('form'), name = document.createElement('input');
    const rename = button('Rename', 'submit'), remove = button('Delete', 'button'), told = document.createElement('span');
    told.setAttribute('role', 'status');
    name.value = run.title;
    name.setAttribute('aria-label', `Name of the ${run.noun}`);
    const noun = document.createElement('small');
    noun.textContent = run.noun;
    /** @param {Promise<{ error?: string }>} asked */
    const done = async (asked) => {
      const answer = await asked.catch(() => ({ error: 'The server did not answer. Try again.' }));
      told.textContent = answer.error ?? '';
      if (!answer.error) changed();
    };
    line.addEventListener('submit', (event) => {
      event.preventDefault();
      done(server.rename({ run: run.name, title: name.value }));
    });
    remove.addEventListener('click', () => {
      if (remove.dataset.sure) done(server.remove({ run: run.name }));
      remove.dataset.sure = 'yes';
      remove.textContent = 'Delete for good';
    });
    remove.addEventListener('blur', () => {
      delete remove.dataset.sure;
      remove.textContent = 'Delete';
    });
    line.append(noun, name, rename, remove, told);
    if (run.warning) {
      const warning = document.createElement('p');
      warning.textContent = run.warning;
      line.append(warning);
    }
    return line;
  }

  return {
    /** @param {ListedRun[]} runs */
    show(runs) {
      menu.hidden = !runs.length;
      const now = JSON.stringify(runs);
      if (now === shown) return;
      shown = now;
      list.replaceChildren(...runs.map(row));
    },
  };
}

/** @param {string} text @param {'button' | 'submit'} type */
function button(text, type) {
  const made = document.createElement('button');
  made.type = type;
  made.className = 'hf-download';
  made.textContent = text;
  return made;
}

export { runMenu };
