// Who is under the pointer, beside it: a face, and a name.

/** @typedef {{ name: string, address: string | null }} Somebody a name, and the address of a face */

const WIDTH = 84, BESIDE = 14;  // pixels

class Tip {
  /**
   * @param {HTMLElement} block
   * @param {HTMLElement} sphere the element that `at` below is in
   * @param {(index: number) => Promise<Somebody> | Somebody} who
   */
  constructor(block, sphere, who) {
    this.block = block;
    this.sphere = sphere;
    this.who = who;
  }

  /**
   * Show who is under the pointer, or nobody.
   * @param {number | null} index
   * @param {{ x: number, y: number }} at pixels
   */
  async show(index, at) {
    this.block.dataset.index = String(index);
    if (index === null) {
      this.block.hidden = true;
      return;
    }
    const { name, address } = await this.who(index);
    if (this.block.dataset.index !== String(index)) return;  // the pointer is elsewhere by now
    const words = document.createElement('b');
    words.textContent = name;
    this.block.replaceChildren(...(address ? [Object.assign(document.createElement('img'), { src: address, alt: '' })] : []), words);
    this.block.style.left = `${Math.min(at.x + BESIDE, this.sphere.clientWidth - WIDTH)}px`;
    this.block.style.top = `${Math.max(at.y - WIDTH, 0)}px`;
    this.block.hidden = false;
  }
}

export { Tip };
