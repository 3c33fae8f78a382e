// The face of the point under the pointer, beside it.
import { find } from '../parts/elements.js';

/** @typedef {import('./people.js').People} People */

const WIDTH = 84, BESIDE = 14;  // pixels

class Tip {
  /**
   * @param {HTMLElement} root
   * @param {() => People} people
   */
  constructor(root, people) {
    this.block = find(root, '.hf-sphere-tip');
    this.sphere = find(root, '.hf-sphere');
    this.people = people;
  }

  /**
   * Show who is under the pointer, or nobody.
   * @param {number | null} index
   * @param {{ x: number, y: number }} at in the sphere's element, pixels
   */
  async show(index, at) {
    this.block.dataset.index = String(index);
    if (index === null) {
      this.block.hidden = true;
      return;
    }
    const [person] = await this.people().faces([index]).catch(() => [null]);
    if (this.block.dataset.index !== String(index)) return;  // the pointer is elsewhere by now
    const address = person?.now || person?.start;
    this.block.innerHTML = `${address ? `<img src="${address}" alt="">` : ''}<b>${index}</b>`;
    this.block.style.left = `${Math.min(at.x + BESIDE, this.sphere.clientWidth - WIDTH)}px`;
    this.block.style.top = `${Math.max(at.y - WIDTH, 0)}px`;
    this.block.hidden = false;
  }
}

export { Tip };
