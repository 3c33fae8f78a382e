// The faces of one person along the way that a packing took it.
import { picture } from '../parts/sphere/atlas.js';

/**
 * The server's function: one person's faces at some of the steps.
 * @typedef {object} WayServer
 * @property {(question: { run: string | null, identity: number }) => Promise<{ error?: string, steps?: number[], images?: string[] }>} way
 */

/** One person's face along its way. */
class Way {
  /** @param {string | null} run @param {number} person */
  constructor(run, person) {
    this.run = run;
    this.person = person;
    /** @type {number[]} */
    this.steps = [];
    /** @type {HTMLImageElement[]} */
    this.images = [];
  }

  /** @param {WayServer} server */
  async load(server) {
    const { steps, images } = await server.way({ run: this.run, identity: this.person });
    if (!steps || !images) return;
    this.images = await Promise.all(images.map(picture));
    this.steps = steps;
  }

  /** The face at a step: the one kept nearest to it. @param {number} step @returns {{ image: HTMLImageElement, step: number } | null} */
  at(step) {
    const { steps, images } = this;
    if (!steps.length) return null;
    const nearest = nearestPlace(steps, step);
    return { image: images[nearest], step: steps[nearest] };
  }
}

/** Place of the number nearest to another in a rising list. @param {number[]} list @param {number} value */
function nearestPlace(list, value) {
  return list.reduce((best, item, i) => (Math.abs(item - value) < Math.abs(list[best] - value) ? i : best), 0);
}

export { Way, nearestPlace };
