// The twelve most alike pairs before, beside the same people packed.
import { find } from '../parts/elements.js';
import { degrees } from './figures.js';

/** @typedef {import('./people.js').People} People */

/**
 * What `alike_before` of faces.py answers: pairs of people, their angles in degrees, how many people had and have somebody
 * closer than the threshold.
 * @typedef {object} Alike
 * @property {undefined} [error]
 * @property {[number, number][]} pairs
 * @property {number[]} before
 * @property {number[]} after
 * @property {number} people
 * @property {number} alike_before
 * @property {number} alike_after
 * @property {number} threshold
 */

/** @typedef {{ alike(question: { run: string | null }): Promise<Alike | { error: string }> }} AlikeServer */

/** @param {Alike} alike */
function headline({ people, alike_before: before, alike_after: after }) {
  return `${before.toLocaleString('en')} of ${people.toLocaleString('en')} have a look-alike → ${after.toLocaleString('en')}`;
}

/** @param {Alike} alike */
function explanation({ threshold }) {
  return `A look-alike is somebody closer than ${threshold.toFixed(1)}°: at that angle one in a thousand pairs of `
    + 'different random faces passes for one person.';
}

class AlikePairs {
  /**
   * @param {HTMLElement} root
   * @param {AlikeServer} server
   * @param {() => People} people
   * @param {(pair: [number, number]) => void} choose
   */
  constructor(root, server, people, choose) {
    this.block = find(root, '.hf-alike');
    this.server = server;
    this.people = people;
    this.choose = choose;
    /** @type {string | null} */
    this.shown = null;
  }

  /** Show those of a finished run; nothing while there are none. @param {string | null} run @param {boolean} finished */
  async show(run, finished) {
    if (!finished || this.shown === run) {
      if (!finished) this.clear();
      return;
    }
    this.shown = run;
    const alike = await this.server.alike({ run }).catch(() => ({ error: 'The server did not answer.' }));
    if (this.shown !== run || alike.error !== undefined) return;
    find(this.block, 'h2').textContent = headline(alike);
    find(this.block, 'p').textContent = explanation(alike);
    const faces = await this.people().faces([...new Set(alike.pairs.flat())]).catch(() => []);
    if (this.shown !== run) return;
    this.draw(alike, new Map([...new Set(alike.pairs.flat())].map((index, i) => [index, faces[i]])));
    this.block.hidden = false;
  }

  clear() {
    this.shown = null;
    this.block.hidden = true;
  }

  /** @param {Alike} alike @param {Map<number, import('./frames.js').Person | undefined>} faces */
  draw(alike, faces) {
    /** @param {string | null | undefined} address */
    const image = (address) => (address ? `<img src="${address}" alt="">` : '<span class="hf-no-face"></span>');
    const list = find(this.block, '.hf-alike-pairs');
    list.innerHTML = alike.pairs.map(([a, b], i) => {
      const [first, second] = [faces.get(a), faces.get(b)];
      const told = `Identities ${a} and ${b}: ${degrees(alike.before[i])} apart before, ${degrees(alike.after[i])} packed. Show ${a}`;
      return `<button type="button" class="hf-alike-pair" data-pair="${i}" title="${told}">`
        + `<span class="hf-alike-two">${image(first?.start)}${image(second?.start)}</span><b class="hf-number">${degrees(alike.before[i], 0)}</b>`
        + `<span class="hf-alike-two">${image(first?.now)}${image(second?.now)}</span><b class="hf-number">${degrees(alike.after[i], 0)}</b></button>`;
    }).join('');
    for (const button of list.querySelectorAll('button')) {
      button.addEventListener('click', () => this.choose(alike.pairs[Number(button.dataset.pair)]));
    }
  }
}

export { AlikePairs, explanation, headline };
