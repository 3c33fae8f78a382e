// What a lesson's own script is given, and what the lessons share.

/**
 * The desk that a lesson works at.
 * @typedef {object} Desk
 * @property {HTMLElement} root the lesson's stage
 * @property {(what: string, more?: object) => Promise<object>} ask the server; an Error has a message for the person
 * @property {() => void} seen the visitor has seen the thing run: the answer may follow
 * @property {(text: string) => void} say told to those who listen, and shown in the stage's line of text
 */

/**
 * What a lesson gives back: called when it is opened again, and when another one is.
 * @typedef {object} Stage
 * @property {() => void} [show]
 * @property {() => void} [hide]
 */

/** Whether the visitor has asked for less motion. */
function still() {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/**
 * Call `draw(i)` for i = 0 … count − 1, evenly over so many milliseconds; the last one alone where less motion is asked
 * for. Resolves to whether it came to its end: `going` says when to stop.
 * @param {number} count
 * @param {number} milliseconds
 * @param {(index: number) => void} draw
 * @param {() => boolean} going
 * @returns {Promise<boolean>}
 */
function play(count, milliseconds, draw, going) {
  return new Promise((resolve) => {
    if (count < 1 || still()) {
      if (count) draw(count - 1);
      resolve(true);
      return;
    }
    const start = performance.now();
    let shown = -1;
    /** @param {number} now */
    const tick = (now) => {
      if (!going()) {
        resolve(false);
        return;
      }
      const index = Math.min(count - 1, Math.floor(count * Math.max(0, now - start) / milliseconds));
      if (index !== shown) draw(index);
      shown = index;
      if (index === count - 1) resolve(true);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
}

/**
 * An element with a class, text and children.
 * @param {string} tag
 * @param {string} className
 * @param {(Node | string)[]} children
 */
function made(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

export { made, play, still };
