// The list of the visitor's runs behind what is shown, where each can be given another name, downloaded whole, or be
// deleted, and where a run is restored from a file.
import { find, findAs, findInput } from '../parts/elements.js';

/** @typedef {{ name: string, title: string, noun: string, warning: string }} ListedRun */
/** @typedef {Pick<import('./strip.js').StoryServer, 'rename' | 'remove' | 'whole'>} RunServer */

/**
 * @param {HTMLElement} root of the strip
 * @param {RunServer} server
 * @param {() => void} changed
 * @param {(name: string) => void} open a packing that was restored
 */
function runMenu(root, server, changed, open) {
  const list = find(root, '.hf-run-list');
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
    /** @param {Promise<{ error?: string }>} asked @param {() => void} then */
    const done = async (asked, then = changed) => {
      const answer = await asked.catch(() => ({ error: 'The server did not answer. Try again.' }));
      told.textContent = answer.error ?? '';
      if (!answer.error) then();
    };
    line.addEventListener('submit', (event) => {
      event.preventDefault();
      done(server.rename({ run: run.name, title: name.value }));
    });
    const save = button('Download this run', 'button');
    save.addEventListener('click', () => done(server.whole({ run: run.name }).then((answer) => {
      if (answer.address) download(answer.address, answer.name ?? '');
      return answer;
    }), () => {}));
    remove.addEventListener('click', () => {
      if (remove.dataset.sure) done(server.remove({ run: run.name }));
      remove.dataset.sure = 'yes';
      remove.textContent = 'Delete for good';
    });
    remove.addEventListener('blur', () => {
      delete remove.dataset.sure;
      remove.textContent = 'Delete';
    });
    line.append(noun, name, rename, remove, save, told);
    if (run.warning) {
      const warning = document.createElement('p');
      warning.textContent = run.warning;
      line.append(warning);
    }
    return line;
  }

  restoring(find(root, '.hf-run-restore'), changed, open);
  return {
    /** @param {ListedRun[]} runs */
    show(runs) {
      const now = JSON.stringify(runs);
      if (now === shown) return;
      shown = now;
      list.replaceChildren(...runs.map(row));
    },
  };
}

/** @param {string} address @returns {string} of this server */
function here(address) {
  return `${window.gradio_config?.root ?? ''}${address}`;
}

/** @param {string} address @param {string} name */
function download(address, name) {
  const link = document.createElement('a');
  link.href = here(address);
  link.download = name;
  link.click();
}

/**
 * Let a file become a run.
 * @param {HTMLElement} element
 * @param {() => void} changed
 * @param {(name: string) => void} open
 */
function restoring(element, changed, open) {
  const files = findInput(element, 'input'), told = find(element, '[role=status]');
  const pick = findAs(element, 'button', HTMLButtonElement);
  /** @param {File} file */
  async function bring(file) {
    told.textContent = 'Restoring …';
    pick.disabled = true;
    /** @type {{ error?: string, run?: string, verb?: string, title?: string }} */
    const answer = await fetch(here(element.dataset.address ?? ''), { method: 'POST', body: file })
      .then((response) => response.json()).catch(() => ({ error: 'The server did not take the file. Try again.' }));
    pick.disabled = false;
    told.textContent = answer.run ? `Restored: ${answer.title}` : answer.error ?? 'The server did not take the file.';
    if (answer.verb === 'pack' && answer.run) open(answer.run);
    else if (answer.run) changed();
  }
  pick.addEventListener('click', () => files.click());
  files.addEventListener('change', () => {
    const file = files.files?.[0];
    if (file) bring(file);
    files.value = '';
  });
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
