// Turning a head by dragging its picture, and by itself from side to side.

const DEGREES_PER_WIDTH = 220;  // by dragging across the whole picture
const FRAME = 70;  // milliseconds that each view stays while the head turns by itself

/**
 * @param {number} value
 * @param {number} step
 * @param {number} most
 */
function onStep(value, step, most) {
  return Math.max(-most, Math.min(most, Math.round(value / step) * step));
}

/**
 * Let a picture be dragged sideways.
 * @param {HTMLElement} stage
 * @param {{ step: number, most: number, present: () => number, turn: (value: number) => void, begin: () => void }} head
 *   degrees between two views, largest turn, the present one, what turns it, and what is done before
 */
function dragging(stage, { step, most, present, turn, begin }) {
  let from = 0, at = 0, active = false;
  stage.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    begin();
    [from, at, active] = [present(), event.clientX, true];
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', (event) => {
    if (!active) return;
    const value = onStep(from + DEGREES_PER_WIDTH * (event.clientX - at) / stage.clientWidth, step, most);
    if (value !== present()) turn(value);
  });
  for (const end of ['pointerup', 'pointercancel']) {
    stage.addEventListener(end, () => {
      active = false;
    });
  }
}

/**
 * A head that turns by itself: to one side, to the other, and back to where it was. A view that is not there yet is
 * waited for.
 * @param {{ step: number, most: number, ready: (turn: number) => boolean, present: () => number,
 *   turn: (value: number) => void, told: (going: boolean) => void }} head
 *   ready: whether a view is there; told: called when it begins to turn, and when it ends
 */
function playing({ step, most, ready, present, turn, told }) {
  /** @type {number[]} */
  let way = [];
  /** @type {ReturnType<typeof setTimeout> | 0} */
  let timer = 0;

  function advance() {
    if (ready(present())) {
      const next = way.shift();
      if (next === undefined) {
        stop();
        return;
      }
      turn(next);
    }
    timer = setTimeout(advance, FRAME);
  }

  function stop() {
    const going = timer !== 0;
    clearTimeout(timer);
    [timer, way] = [0, []];
    if (going) told(false);
  }

  return {
    stop,
    playing: () => timer !== 0,
    toggle() {
      const going = timer !== 0;
      stop();
      if (going) return;
      const start = present();
      way = [...between(start, most, step), ...between(most, -most, step), ...between(-most, start, step)];
      timer = setTimeout(advance, FRAME);
      told(true);
      turn(start);
    },
  };
}

/**
 * The turns from one to another, without the first.
 * @param {number} from
 * @param {number} to
 * @param {number} step
 */
function between(from, to, step) {
  const count = Math.round(Math.abs(to - from) / step);
  return Array.from({ length: count }, (_, number) => from + Math.sign(to - from) * (number + 1) * step);
}

export { dragging, playing, between, onStep };
