// Turning, zooming and choosing: pointers, wheel and keys.

/** @typedef {import('./camera.js').Camera} Camera */

const CLICK_PIXELS = 5, CLICK_MILLISECONDS = 400;
const KEY_TURN = 0.14;  // radians
const KEY_ZOOM = 1.25;
const WHEEL_ZOOM = 0.0016;  // of a pixel turned
const LET_GO_MILLISECONDS = 80;  // a pointer that rested so long before it was lifted does not throw

/**
 * What the input is about, and what it leads to. grip: the round element over the ball; a finger beside it scrolls the
 * page. grab: whether a press at this place of the page takes hold of a point, which then is dragged.
 * @typedef {object} Handling
 * @property {HTMLElement} host
 * @property {HTMLElement} grip
 * @property {Camera} camera
 * @property {() => number} radius of the ball, in pixels of the page, zoomed
 * @property {() => void} changed the camera has moved
 * @property {(event: PointerEvent) => void} hover
 * @property {() => void} leave
 * @property {(event: PointerEvent) => void} click
 * @property {(event: PointerEvent) => boolean} grab
 * @property {(event: PointerEvent) => void} carry
 * @property {(x: number, y: number) => boolean} nudge an arrow key, to the right and upwards; false: it turns the ball
 * @property {() => void} drop let go of what is held
 * @property {() => void} walk to the nearest
 */

class Input {
  /** @param {Handling} handling */
  constructor(handling) {
    this.handling = handling;
    /** @type {Map<number, PointerEvent>} */
    this.pointers = new Map();
    this.traveled = 0;
    this.pressed = 0;  // when
    this.moved = 0;  // when last
    this.carrying = false;
    this.armed = false;  // whether the pointer came to the ball by itself, and not by scrolling: then the wheel zooms
    const { host, grip } = handling;
    grip.addEventListener('pointerdown', (event) => this.down(event));
    grip.addEventListener('pointermove', (event) => this.move(event));
    grip.addEventListener('pointerup', (event) => this.up(event, true));
    grip.addEventListener('pointercancel', (event) => this.up(event, false));
    grip.addEventListener('pointerleave', () => handling.leave());
    grip.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    host.addEventListener('keydown', (event) => this.key(event));
  }

  touch() {
    this.handling.camera.touched = performance.now();
    this.handling.camera.speed = { x: 0, y: 0 };
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return;
    const { grip, grab } = this.handling;
    grip.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    this.touch();
    if (this.pointers.size > 1) return;
    this.pressed = performance.now();
    this.traveled = 0;
    this.carrying = grab(event);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { camera, hover, carry, changed } = this.handling, last = this.pointers.get(event.pointerId);
    this.armed = true;
    if (!last) {
      if (event.pointerType !== 'touch') hover(event);
      return;
    }
    const before = this.spread();
    this.pointers.set(event.pointerId, event);
    const x = event.clientX - last.clientX, y = event.clientY - last.clientY, radius = this.handling.radius();
    const now = performance.now();
    this.traveled += Math.hypot(x, y);
    if (this.carrying) carry(event);
    else if (this.pointers.size > 1) camera.zoomBy(this.spread() / (before || 1));
    else {
      const seconds = Math.max(0.004, (now - this.moved) / 1000);
      camera.drag(x / radius, -y / radius);
      const weight = Math.min(1, seconds / 0.05);
      camera.speed = {
        x: camera.speed.x + (x / radius / seconds - camera.speed.x) * weight,
        y: camera.speed.y + (-y / radius / seconds - camera.speed.y) * weight,
      };
    }
    this.moved = now;
    camera.touched = now;
    changed();
  }

  /** How far two pointers are apart, in pixels. */
  spread() {
    const [a, b] = this.pointers.values();
    return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  }

  /** @param {PointerEvent} event @param {boolean} lifted */
  up(event, lifted) {
    const { camera, click, changed } = this.handling, now = performance.now();
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.carrying || this.pointers.size || now - this.moved > LET_GO_MILLISECONDS) camera.speed = { x: 0, y: 0 };
    if (lifted && !this.carrying && this.traveled < CLICK_PIXELS && now - this.pressed < CLICK_MILLISECONDS) {
      camera.speed = { x: 0, y: 0 };
      click(event);
    }
    this.carrying = false;
    changed();
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const { camera, changed } = this.handling;
    if (!this.armed && !event.ctrlKey) return;
    const pixels = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
    if (!camera.zoomBy(Math.exp(-WHEEL_ZOOM * (event.ctrlKey ? 4 : 1) * pixels))) {
      this.armed = false;  // at the end of the zoom the page scrolls, and goes on scrolling
      return;
    }
    event.preventDefault();
    camera.touched = performance.now();
    changed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { camera, nudge, drop, walk, changed } = this.handling, step = KEY_TURN / camera.zoom;
    /** @param {number} x @param {number} y */
    const arrow = (x, y) => {
      if (!nudge(x, y)) camera.drag(step * x, step * y);
    };
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => arrow(-1, 0),
      ArrowRight: () => arrow(1, 0),
      ArrowUp: () => arrow(0, 1),
      ArrowDown: () => arrow(0, -1),
      Escape: drop,
      '+': () => camera.zoomBy(KEY_ZOOM),
      '=': () => camera.zoomBy(KEY_ZOOM),
      '-': () => camera.zoomBy(1 / KEY_ZOOM),
      0: () => camera.reset(),
      n: walk,
      N: walk,
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    this.touch();
    action();
    changed();
  }
}

export { Input };
