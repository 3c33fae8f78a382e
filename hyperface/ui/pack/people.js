// The people of a packing: the face each started from, and the one it has become.
import { find, findInput } from '../parts/elements.js';
import { degrees } from './figures.js';

/** @typedef {import('./frames.js').Packing} Packing */
/** @typedef {import('./frames.js').Person} Person */

/**
 * The server's function: addresses of the asked identities' faces, in their order.
 * @typedef {object} FaceServer
 * @property {(question: { run: string | null, identities: number[] }) => Promise<FaceAnswer>} faces
 */

/** @typedef {{ error?: string, start?: (string | null)[], now?: (string | null)[] }} FaceAnswer */

/** The closest pair and the chosen identity, as faces. */
class People {
  /**
   * @param {HTMLElement} root
   * @param {FaceServer} server
   * @param {() => Packing} shown the run that is shown now
   */
  constructor(root, server, shown) {
    this.root = root;
    this.server = server;
    this.shown = shown;
    this.showing = false;
    this.changed = false;  // the frame, the run or the chosen one, since they were shown last
  }

  /**
   * Faces of these identities; those that have come once are not asked for again.
   * @param {number[]} indices
   * @returns {Promise<Person[]>}
   */
  async faces(indices) {
    const run = this.shown();
    const missing = indices.filter((index) => !(index in run.faces));
    if (missing.length) {
      const answer = await this.server.faces({ run: run.name, identities: missing });
      missing.forEach((index, i) => {
        run.faces[index] = { start: answer.start?.[i], now: answer.now?.[i] };
      });
    }
    return indices.map((index) => run.faces[index]);
  }

  /**
   * Show the closest pair of the frame, and the chosen identity, once their faces have come. One question at a time: a
   * frame a moment while a run is played would take all of the browser's connections from a server that is slow.
   */
  async show() {
    this.changed = true;
    if (this.showing) return;
    this.showing = true;
    try {
      while (this.changed) {
        this.changed = false;
        await this.showFrame();
      }
    } finally {
      this.showing = false;
    }
  }

  async showFrame() {
    const run = this.shown(), frame = run.frames[run.index];
    if (!frame) return;
    const [first, second] = frame.closest;
    const chosen = Math.min(run.chosen, frame.angles.length - 1);
    findInput(this.root, '.hf-identity').max = String(frame.angles.length - 1);
    const answer = await this.faces([...new Set([first, second, chosen])]).catch(() => null);
    if (run !== this.shown() || !answer) return;
    /** @param {number} index */
    const angle = (index) => `<b class="hf-number">${degrees(frame.angles[index])}</b>`;
    /** @param {number} index */
    const one = (index) => `<div><div class="hf-faces">${person(run, index)}</div><span>${index}</span></div>`;
    find(this.root, '.hf-closest').innerHTML = `${one(first)}<div class="hf-people-angle">${angle(first)}`
      + `<span>apart</span></div>${one(second)}`;
    find(this.root, '.hf-chosen').innerHTML = `<div class="hf-faces">${person(run, chosen)}</div>`
      + `<div class="hf-people-angle">${angle(chosen)}<span>to its nearest</span></div>`;
  }
}

/**
 * HTML of an identity's faces.
 * @param {Packing} run
 * @param {number} index
 */
function person(run, index) {
  const { start, now } = run.faces[index] || {};
  return picture(start, 'start', `Identity ${index}: the gallery face it started from`)
    + picture(now, 'packed', `Identity ${index}, drawn from its packed embedding`);
}

/**
 * @param {string | null | undefined} address
 * @param {string} caption
 * @param {string} alt
 */
function picture(address, caption, alt) {
  return address ? `<figure><img src="${address}" alt="${alt}"><figcaption>${caption}</figcaption></figure>` : '';
}

export { People };
