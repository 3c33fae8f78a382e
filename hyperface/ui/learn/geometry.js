// Points on a ball: the closest of them, and some anywhere.
import { angleBetween } from '../parts/sphere/vectors.js';

/** @typedef {import('../parts/sphere/vectors.js').Vector} Vector */

/**
 * The smallest angle between two of the points, in degrees, and the pairs that are as close, to within `slack`.
 * @param {Vector[]} points
 * @returns {{ angle: number, pairs: [number, number][] }}
 */
function closest(points, slack = 0.05) {
  let angle = 180;
  /** @type {[number, number, number][]} */
  const all = [];
  points.forEach((a, i) => points.slice(i + 1).forEach((b, k) => {
    const degrees = angleBetween(a, b);
    angle = Math.min(angle, degrees);
    all.push([degrees, i, i + 1 + k]);
  }));
  const pairs = all.filter(([degrees]) => degrees < angle + slack);
  return { angle, pairs: pairs.map(([, i, j]) => [i, j]) };
}

/**
 * A stream of numbers in [0, 1) that follows from its seed (mulberry32).
 * @param {number} seed
 * @returns {() => number}
 */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * So many points anywhere on the ball.
 * @param {number} count @param {number} seed @returns {Vector[]}
 */
function scattered(count, seed) {
  const random = chance(seed);
  return Array.from({ length: count }, () => {
    const z = 2 * random() - 1, around = 2 * Math.PI * random(), out = Math.sqrt(1 - z * z);
    return /** @type {Vector} */ ([out * Math.cos(around), out * Math.sin(around), z]);
  });
}

export { closest, scattered };
