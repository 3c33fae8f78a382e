// Faces in place of points: an atlas of the people's pictures, and who is drawn as one where there is room.
import { matrix } from './vectors.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./camera.js').Camera} Camera */

/** Pictures of so many people in rows of `columns`, each `side` pixels wide and high. @typedef {{ image: TexImageSource, columns: number, rows: number }} Atlas */

const LEAST_SIZE = 32, MOST_SIZE = 72;  // pixels
const APART = 1.02;  // of a face's size, between the middles of two
const PAUSE_MILLISECONDS = 500;
const MOST_POINTS = 20_000;  // beyond, nobody looks for room while points move

class Faces {
  constructor() {
    /** @type {TexImageSource | null} */
    this.atlas = null;
    this.columns = 1;
    this.rows = 1;
    this.size = LEAST_SIZE;
    /** @type {Uint8Array | null} */
    this.ready = null;
    /** @type {Uint8Array | null} */
    this.marks = null;  // n: 1 for those drawn as faces
    /** @type {number[]} */
    this.shown = [];
    this.choices = 0;  // counts choices of who is shown
    this.drawn = 0;  // counts changes of the atlas
    this.chosenAt = '';  // what it was chosen for
    this.chosen = -Infinity;  // when
  }

  /**
   * Take the atlas, or what is new in it; null: points again.
   * @param {Atlas | null} atlas
   * @param {Uint8Array | null} [ready] n: 1 for those whose picture is there; everybody's if null
   */
  take(atlas, ready = null) {
    this.atlas = atlas?.image ?? null;
    this.columns = atlas?.columns ?? 1;
    this.rows = atlas?.rows ?? 1;
    this.ready = ready;
    this.drawn += 1;
    this.chosenAt = '';
  }

  /** Column and row of somebody's picture. @param {number} index @returns {[number, number]} */
  cell(index) {
    return [index % this.columns, Math.floor(index / this.columns)];
  }

  /**
   * Choose who is drawn as a face: as many as fit without covering each other, wherever they stand on the ball, so that
   * nobody comes or goes while it turns.
   * While points move, this is done now and then: it takes longer than to draw them.
   * @param {Scene} scene
   * @param {number} scale pixels in a radius
   * @param {number} now on the page's clock
   */
  choose(scene, scale, now) {
    if (scene.moving && this.marks?.length === scene.count && now - this.chosen < PAUSE_MILLISECONDS) return;
    const at = `${scene.count} ${scene.changes} ${scene.looks} ${scene.picked} ${Math.round(16 * Math.log2(scale))} ${this.drawn}`;
    if (at === this.chosenAt) return;
    this.chosenAt = at;
    this.chosen = now;
    this.size = Math.min(MOST_SIZE, Math.max(LEAST_SIZE, 2.2 * scale / Math.sqrt(scene.count || 1), 0.085 * scale));
    const before = this.marks;
    const shown = this.atlas && scene.count <= MOST_POINTS ? this.fitting(scene, APART * this.size / scale) : [];
    const marks = new Uint8Array(scene.count);
    for (const index of shown) marks[index] = 1;
    this.shown = shown;
    this.marks = marks;
    if (before?.length !== marks.length || marks.some((mark, i) => mark !== before[i])) this.choices += 1;
  }

  /**
   * Those who fit, the picked, its nearest and those who stand out first, then in the order of a fixed shuffle.
   * @param {Scene} scene
   * @param {number} apart in radii
   */
  fitting(scene, apart) {
    const { now, count, picked, nearest, lit, marked } = scene;
    /** @type {Map<number, number[]>} */
    const taken = new Map();
    const grid = Math.ceil(2.4 / apart) + 2, square = apart * apart;
    /** @param {number} value */
    const cellOf = (value) => Math.floor((value + 1.2) / apart) + 1;
    /** @type {number[]} */
    const shown = [];
    /** @param {number} index */
    const tryOne = (index) => {
      if (this.ready && !this.ready[index]) return;
      const x = now[3 * index], y = now[3 * index + 1], z = now[3 * index + 2];
      if (Math.abs(x) > 1.2 || Math.abs(y) > 1.2) return;
      const [cx, cy, cz] = [cellOf(x), cellOf(y), cellOf(z)];
      for (let key = 0; key < 27; key++) {
        const across = cx + key % 3 - 1, down = cy + Math.floor(key / 3) % 3 - 1, deep = cz + Math.floor(key / 9) - 1;
        const near = taken.get((across * grid + down) * grid + deep);
        if (near?.some((other) => (
          (now[3 * other] - x) ** 2 + (now[3 * other + 1] - y) ** 2 + (now[3 * other + 2] - z) ** 2 < square
        ))) return;
      }
      const own = (cx * grid + cy) * grid + cz, there = taken.get(own);
      if (there) there.push(index);
      else taken.set(own, [index]);
      shown.push(index);
    };
    const first = new Set([picked ?? 0, nearest ?? 0, ...(lit ?? []), ...marked].filter((index) => index < count));
    for (const index of first) tryOne(index);
    const stride = strideOf(count);
    for (let i = 0, index = 0; i < count; i++, index = (index + stride) % count) if (!first.has(index)) tryOne(index);
    return shown;
  }

  /** Those shown, the farthest first. @param {Scene} scene @param {Camera} camera */
  inOrder(scene, camera) {
    const m = matrix(camera.turn), { now } = scene;
    /** @param {number} index */
    const depth = (index) => m[6] * now[3 * index] + m[7] * now[3 * index + 1] + m[8] * now[3 * index + 2];
    const front = scene.flat > 0 ? this.shown.slice() : this.shown.filter((index) => depth(index) > 0);
    return scene.flat === 1 ? front.reverse() : front.sort((a, b) => depth(a) - depth(b));
  }
}

/** The share of its size that a face has so far in front of the ball's middle; the shaders say the same. @param {number} z */
function grown(z) {
  const share = Math.min(1, Math.max(0, (z - 0.02) / 0.43));
  return share * share * (3 - 2 * share);
}

/** A step that visits all of so many numbers before it comes back, far from one to the next. @param {number} count */
function strideOf(count) {
  /** @type {(a: number, b: number) => number} */
  const common = (a, b) => (b === 0 ? a : common(b, a % b));
  let stride = Math.max(1, Math.round(0.618 * count));
  while (common(stride, count) !== 1) stride += 1;
  return stride;
}

export { Faces, grown, strideOf };
