// What there is to see: where everybody is and was a moment ago, in which color, and what joins whom.
import { eased } from './camera.js';
import { inverse, pointAt, seenFrom, toFront, turnedAll } from './vectors.js';

/** @typedef {import('./camera.js').Camera} Camera */

/** A line between two people, with words at its middle. @typedef {{ from: number, to: number, label?: string, quiet?: boolean }} Link */

/**
 * What to show; whatever is left out stays as it was.
 * @typedef {object} Picture
 * @property {Float32Array} [positions] 3n, unit rows: where the map has everybody
 * @property {Float32Array | null} [angles] n, degrees from the picked person: what the view from one person is made of
 * @property {Float32Array} [values] n: what the colors tell, from the first to the second of `range`
 * @property {[number, number]} [range]
 * @property {Uint8Array | null} [colors] 3n, red, green and blue of everybody, in place of `values`
 * @property {number | null} [picked]
 * @property {'map' | 'person'} [view]
 * @property {Link[]} [links]
 * @property {number | null} [bound] degrees: the ring that no packing can pass
 * @property {number} [reach] degrees at the rim of the view from one person
 * @property {Set<number> | null} [lit] who stands out; everybody if null
 * @property {Set<number>} [marked] who is larger, with a rim
 * @property {[number, string][]} [words] what is written beside somebody
 * @property {number | null} [caps] degrees: the radius of a circle around everybody
 * @property {HTMLImageElement | null} [portrait] the picked one's face, drawn large
 * @property {number} [milliseconds] that the move takes; 0 is at once
 */

const MOVE_MILLISECONDS = 220, LONG_MILLISECONDS = 300;

class Scene {
  constructor() {
    this.count = 0;
    /** @type {Float32Array} */
    this.map = new Float32Array(0);  // 3n
    /** @type {Float32Array | null} */
    this.angles = null;
    this.values = new Float32Array(0);
    /** @type {[number, number]} */
    this.range = [0, 1];
    /** @type {Uint8Array | null} */
    this.colors = null;
    /** @type {number | null} */
    this.picked = null;
    /** @type {'map' | 'person'} */
    this.view = 'map';
    /** @type {Link[]} */
    this.links = [];
    /** @type {number | null} */
    this.bound = null;
    this.reach = 120;
    /** @type {Set<number> | null} */
    this.lit = null;
    /** @type {Set<number>} */
    this.marked = new Set();
    /** @type {[number, string][]} */
    this.words = [];
    /** @type {number | null} */
    this.caps = null;
    /** @type {HTMLImageElement | null} */
    this.portrait = null;
    /** @type {Float32Array} */
    this.now = new Float32Array(0);  // 3n, where everybody is drawn at this moment
    /** @type {Float32Array} */
    this.from = new Float32Array(0);
    /** @type {Float32Array} */
    this.to = new Float32Array(0);
    this.fromFlat = 0;
    this.flat = 0;  // 0: a ball, 1: a disc, and what is between while one becomes the other
    this.begun = 0;
    this.milliseconds = 0;
    this.changes = 0;  // counts where everybody is, for those who keep what they made of it
    this.looks = 0;  // counts colors
  }

  /** Whether the view from one person is shown: it needs the person, and the angles. */
  get fromOne() {
    return this.view === 'person' && this.picked !== null && this.picked < this.count && this.angles !== null
      && this.angles.length === this.count;
  }

  /** The one nearest to the picked, by the true angle; null where it is not known. @returns {number | null} */
  get nearest() {
    const { angles, picked } = this;
    if (picked === null || !angles || angles.length !== this.count || this.count < 2) return null;
    let best = picked === 0 ? 1 : 0;
    for (let i = 0; i < angles.length; i++) if (i !== picked && angles[i] < angles[best]) best = i;
    return best;
  }

  /**
   * Take up what is new, and begin to move there.
   * @param {Picture} picture
   * @param {Camera} camera
   * @param {number} now
   * @param {boolean} calm no long moves: what changes is there at once
   */
  take(picture, camera, now, calm) {
    const { positions, milliseconds, ...rest } = picture, wasFrom = this.fromOne;
    this.advance(now);
    for (const [name, value] of Object.entries(rest)) if (value !== undefined) Object.assign(this, { [name]: value });
    const afresh = positions !== undefined && positions.length !== this.map.length;
    if (positions) this.map = positions;
    this.count = this.map.length / 3;
    const repainted = picture.colors !== undefined || picture.lit !== undefined;
    if (repainted || picture.values || picture.range || picture.marked) this.looks += 1;
    if (afresh) this.looks += 1;
    const moves = positions || picture.angles !== undefined || picture.reach || picture.view
      || picture.picked !== undefined;
    if (!moves) return;
    this.changeView(wasFrom, camera);
    const { fromOne } = this;
    this.from = afresh || this.from.length !== this.map.length ? this.goal() : this.now.slice();
    this.to = this.goal();
    this.fromFlat = afresh ? Number(fromOne) : this.flat;
    this.begun = now;
    this.milliseconds = afresh || (calm && fromOne !== wasFrom) ? 0 : milliseconds ?? MOVE_MILLISECONDS;
    this.now = this.from.slice();
    this.advance(now);
  }

  /** Where everybody is to be. */
  goal() {
    return this.fromOne && this.angles && this.picked !== null
      ? seenFrom(this.map, this.angles, this.picked, this.reach)
      : this.map.slice();
  }

  /**
   * From ball to disc everything is turned once as it is seen, so that nothing jumps; and back, with the person in front.
   * @param {boolean} was
   * @param {Camera} camera
   */
  changeView(was, camera) {
    if (was === this.fromOne) return;
    const before = camera.turn;
    camera.flat = this.fromOne;
    if (!this.fromOne && this.picked !== null && this.picked < this.count) {
      camera.turn = toFront(pointAt(this.map, this.picked));
    }
    if (this.fromOne) camera.reset();
    else camera.zoom = 1;
    camera.keepInside();
    this.now = turnedAll(inverse(camera.turn), turnedAll(before, this.now));
  }

  /** Move on. @param {number} now @returns {boolean} whether anything moved */
  advance(now) {
    const { from, to } = this, wanted = Number(this.fromOne);
    if (this.now === this.to && this.flat === wanted) return false;
    const share = this.milliseconds > 0 ? Math.min(1, (now - this.begun) / this.milliseconds) : 1;
    const t = this.milliseconds > LONG_MILLISECONDS ? eased(share) : share;  // frame after frame, each as fast as the last
    this.changes += 1;
    this.flat = this.fromFlat + (wanted - this.fromFlat) * t;
    if (share >= 1) {
      this.now = this.to;
      return true;
    }
    const round = wanted === 0 && this.fromFlat === 0, result = this.now === this.to ? to.slice() : this.now;
    for (let i = 0; i < to.length; i += 3) {
      const x = from[i] + (to[i] - from[i]) * t, y = from[i + 1] + (to[i + 1] - from[i + 1]) * t;
      const z = from[i + 2] + (to[i + 2] - from[i + 2]) * t, scale = round ? 1 / (Math.hypot(x, y, z) || 1) : 1;
      result[i] = scale * x;
      result[i + 1] = scale * y;
      result[i + 2] = scale * z;
    }
    this.now = result;
    return true;
  }

  /** Whether it goes on moving. */
  get moving() {
    return this.now !== this.to || this.flat !== Number(this.fromOne);
  }
}

/** Whether a move is one from frame to frame, and not one that leads the eye. @param {Picture} picture */
function brief({ milliseconds }) {
  return (milliseconds ?? MOVE_MILLISECONDS) <= LONG_MILLISECONDS;
}

export { brief, Scene };
