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

  /** @param {PlotlyHover} hover */
  async show({ points: [point], event }) {
    const index = point.pointNumber, box = this.sphere.getBoundingClientRect();
    this.block.dataset.index = String(index);
    const [person] = await this.people().faces([index]).catch(() => [null]);
    if (this.block.dataset.index !== String(index)) return;  // the pointer is elsewhere by now
    const address = person?.now || person?.start;
    this.block.innerHTML = `${address ? `<img src="${address}" alt="">` : ''}<b>${index}</b>`;
    this.block.style.left = `${Math.min(event.clientX - box.left + BESIDE, box.width - WIDTH)}px`;
    this.block.style.top = `${Math.max(event.clientY - box.top - WIDTH, 0)}px`;
    this.block.hidden = false;
  }

  hide() {
    this.block.hidden = true;
    delete this.block.dataset.index;
  }
}

export { Tip };
