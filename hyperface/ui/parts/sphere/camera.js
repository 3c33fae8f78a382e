// From where the sphere is looked at: how it is turned, how near, and how it goes on turning when let go.
import { NO_TURN, between, combine, turnAround, unit } from './vectors.js';

/** @typedef {import('./vectors.js').Turn} Turn */

const LEAST_ZOOM = 1, MOST_ZOOM = 16;
const FADE_SECONDS = 0.45;  // in which a turn that was let go loses most of its speed
const STILL = 0.02;  // radians a second: slower is no turning
const IDLE_SPEED = 0.09;  // radians a second
const IDLE_AFTER = 2500, IDLE_UNTIL = 60_000;  // milliseconds since it was last touched
const FLY_MILLISECONDS = 650;

/** 0 to 1, gently begun and ended. @param {number} share */
function eased(share) {
  const x = Math.min(1, Math.max(0, share));
  return x * x * (3 - 2 * x);
}

class Camera {
  constructor() {
    /** @type {Turn} */
    this.turn = combine(turnAround([1, 0, 0], 0.35), turnAround([0, 1, 0], -0.5));
    this.zoom = 1;
    this.shift = { x: 0, y: 0 };  // of the disc's middle, in its radii, times zoom
    this.flat = false;  // whether the disc is looked at, which only turns around its middle
    this.speed = { x: 0, y: 0 };  // radians a second, as the pointer goes
    this.touched = 0;  // when, on the page's clock
    /** @type {{ from: Turn, to: Turn, begun: number } | null} */
    this.flight = null;
  }

  /**
   * Turn by what the pointer went, in radii of the sphere to the right and up.
   * @param {number} x
   * @param {number} y
   */
  drag(x, y) {
    this.flight = null;
    if (this.flat && this.zoom > 1.05) {
      this.shift = { x: this.shift.x + x * this.zoom, y: this.shift.y + y * this.zoom };
      this.keepInside();
      return;
    }
    const angle = Math.hypot(x, y);
    if (angle === 0) return;
    const around = this.flat ? turnAround([0, 0, 1], x) : turnAround(unit([-y, x, 0]), angle);
    this.turn = combine(around, this.turn);
  }

  /** Fly to a turn. @param {Turn} to @param {number} now @param {boolean} calm at once */
  flyTo(to, now, calm) {
    this.speed = { x: 0, y: 0 };
    this.flight = calm ? null : { from: this.turn, to, begun: now };
    if (calm) this.turn = to;
  }

  /** Nearer, above 1, or farther. @param {number} factor @returns {boolean} whether anything changed */
  zoomBy(factor) {
    const before = this.zoom;
    this.zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.zoom * factor));
    const scaled = this.zoom / before;
    this.shift = { x: this.shift.x * scaled, y: this.shift.y * scaled };
    this.keepInside();
    return this.zoom !== before;
  }

  /** Straight on, and not zoomed in. */
  reset() {
    this.zoom = 1;
    this.shift = { x: 0, y: 0 };
    this.speed = { x: 0, y: 0 };
    this.flight = null;
    if (this.flat) this.turn = NO_TURN;
  }

  keepInside() {
    const most = this.flat ? this.zoom - 1 : 0;
    const far = Math.hypot(this.shift.x, this.shift.y);
    if (far > most) this.shift = { x: this.shift.x * most / far, y: this.shift.y * most / far };
  }

  /**
   * What happens by itself in the time that passed.
   * @param {number} now milliseconds, on the page's clock
   * @param {number} seconds since the last time
   * @param {boolean} idle whether it may turn by itself
   * @returns {boolean} whether it moved
   */
  advance(now, seconds, idle) {
    if (this.flight) {
      const share = (now - this.flight.begun) / FLY_MILLISECONDS;
      this.turn = between(this.flight.from, this.flight.to, eased(share));
      if (share >= 1) this.flight = null;
      return true;
    }
    if (Math.hypot(this.speed.x, this.speed.y) > STILL) {
      this.drag(this.speed.x * seconds, this.speed.y * seconds);
      const left = Math.exp(-seconds / FADE_SECONDS);
      this.speed = { x: this.speed.x * left, y: this.speed.y * left };
      return true;
    }
    const since = now - this.touched;
    if (!idle || this.flat || since < IDLE_AFTER || since > IDLE_UNTIL) return false;
    this.turn = combine(this.turn, turnAround([0, 1, 0], IDLE_SPEED * seconds));
    return true;
  }

  /** Whether it goes on by itself after its `advance`. @param {number} now @param {boolean} idle */
  moving(now, idle) {
    return this.flight !== null || Math.hypot(this.speed.x, this.speed.y) > STILL
      || (idle && !this.flat && now - this.touched < IDLE_UNTIL);
  }
}

export { Camera, eased };
