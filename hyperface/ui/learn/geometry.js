// Vectors of three numbers and points on a ball.
import { cross, dot } from '../parts/sphere/vectors.js';

/** @typedef {[number, number, number]} Vector */
/** @typedef {[Vector, Vector, Vector]} Turn a rotation, row by row */

/** Scaled to length 1; straight up where it has none. @param {Vector} a @returns {Vector} */
function unit(a) {
  const length = Math.hypot(...a);
  return length > 1e-12 ? [a[0] / length, a[1] / length, a[2] / length] : [0, 0, 1];
}

/** Degrees between two unit vectors, exact near 0 and 180, too. @param {Vector} a @param {Vector} b */
function degreesBetween(a, b) {
  return Math.atan2(Math.hypot(...cross(a, b)), dot(a, b)) * 180 / Math.PI;
}

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
    const degrees = degreesBetween(a, b);
    angle = Math.min(angle, degrees);
    all.push([degrees, i, i + 1 + k]);
  }));
  const pairs = all.filter(([degrees]) => degrees < angle + slack);
  return { angle, pairs: pairs.map(([, i, j]) => [i, j]) };
}

/** The turned vector. @param {Turn} turn @param {Vector} a @returns {Vector} */
function turned(turn, a) {
  return [dot(turn[0], a), dot(turn[1], a), dot(turn[2], a)];
}

/** The vector before it was turned. @param {Turn} turn @param {Vector} a @returns {Vector} */
function unturned(turn, a) {
  return mixed(turn, a);
}

/** The sum of three vectors, each times its share. @param {Turn} rows @param {Vector} shares @returns {Vector} */
function mixed([p, q, r], [a, b, c]) {
  return [a * p[0] + b * q[0] + c * r[0], a * p[1] + b * q[1] + c * r[1], a * p[2] + b * q[2] + c * r[2]];
}

/**
 * The turn after which the ball has been rolled by so many radians to the right and upwards, as seen.
 * @param {Turn} turn
 * @param {number} right
 * @param {number} up
 * @returns {Turn}
 */
function rolled(turn, right, up) {
  const [cosR, sinR, cosU, sinU] = [Math.cos(right), Math.sin(right), Math.cos(up), Math.sin(up)];
  return [
    mixed(turn, [cosR, 0, sinR]),
    mixed(turn, [-sinU * sinR, cosU, sinU * cosR]),
    mixed(turn, [-cosU * sinR, -sinU, cosU * cosR]),
  ];
}

/**
 * The point a share of the way from a to b, on the ball.
 * @param {Vector} a @param {Vector} b @param {number} share @returns {Vector}
 */
function between(a, b, share) {
  return unit(mixed([a, b, [0, 0, 0]], [1 - share, share, 0]));
}

/** Points along the shortest way from a to b. @param {Vector} a @param {Vector} b @returns {Vector[]} */
function arc(a, b, steps = 16) {
  return Array.from({ length: steps + 1 }, (_, t) => between(a, b, t / steps));
}

/**
 * The circle of so many degrees around a point.
 * @param {Vector} center @param {number} degrees @returns {Vector[]}
 */
function circle(center, degrees, steps = 48) {
  const side = unit(cross(center, Math.abs(center[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0])), other = cross(center, side);
  const [out, along] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)];
  return Array.from({ length: steps + 1 }, (_, t) => {
    const [x, y] = [out * Math.cos(2 * Math.PI * t / steps), out * Math.sin(2 * Math.PI * t / steps)];
    return mixed([center, side, other], [along, x, y]);
  });
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

export { arc, between, chance, circle, closest, degreesBetween, rolled, scattered, turned, unit, unturned };
