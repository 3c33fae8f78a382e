// Lesson 2, points on a ball: dragged by hand, then packed by the server from where they were left.
import { find, findInput } from '../parts/elements.js';
import { onTheme } from '../parts/look.js';
import { mountSphere } from '../parts/sphere/mount.js';
import { colors } from '../parts/sphere/view.js';
import { closest, scattered } from './geometry.js';
import { play, still } from './stage.js';

/** @typedef {import('../parts/sphere/vectors.js').Vector} Vector */
/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ best: number | null, bound: number }} Marks */
/** @typedef {{ frames: Vector[][] }} Way */

const SOLVING = 2600, GLIDING = 500;  // milliseconds that the way there is played for, and the one to its start
const OPPOSITE = 179.5;  // degrees between two, of which no way is the shortest

/** Degrees in words. @param {number | null} value */
function degrees(value) {
  return value === null ? 'not listed' : `${value.toFixed(2)}°`;
}

/**
 * The lesson at its desk.
 * @param {Desk} desk
 * @returns {Stage}
 */
function ballLesson({ root, ask, seen, say }) {
  const sphere = mountSphere(find(root, '.hf-lesson-ball'), {
    label: 'A ball with points', picked: take, dropped: () => take(null), dragged: move, idle: false,
  });
  /** @type {Vector[]} */
  let points = [];
  const count = findInput(root, '.hf-ball-count');
  /** @type {Marks} */
  let marks = { best: null, bound: 180 };
  let yours = 0, turn = 0, seed = 1;

  /**
   * Points somewhere else: the closest are joined, and a circle around each touches those of the closest.
   * @param {Vector[]} next
   * @param {number} [milliseconds] that they take there
   */
  function set(next, milliseconds = 0) {
    points = next;
    const { angle, pairs } = closest(points), { picked } = sphere.scene;
    sphere.show({
      positions: Float32Array.from(points.flat()), colors: colors(points.length, [...new Set(pairs.flat())]),
      caps: angle / 2,
      links: angle < OPPOSITE ? pairs.map(([from, to]) => ({ from, to })) : [], milliseconds,
      picked: picked !== null && picked < points.length ? picked : null,
    });
    find(root, '.hf-ball-angle').textContent = degrees(angle);
    find(root, '.hf-lesson-ruler-yours').style.width = `${100 * Math.min(1, angle / marks.bound)}%`;
    return angle;
  }

  /** A point is taken hold of; null: let go. @param {number | null} index */
  function take(index) {
    sphere.show({ picked: index });
    if (index === null) return;
    const nearest = Math.min(
      ...points.filter((_, i) => i !== index).map((other) => closest([points[index], other]).angle),
    );
    say(`Point ${index + 1} of ${points.length}: its nearest is ${nearest.toFixed(0)}° away.`);
  }

  /** @param {number} index @param {Vector} place */
  function move(index, place) {
    turn++;  // whatever is playing stops
    yours = Math.max(yours, set(points.map((point, i) => (i === index ? place : point))));
    find(root, '.hf-ball-yours').textContent = degrees(yours);
  }

  /** Begin with so many points. @param {number} wanted */
  async function begin(wanted) {
    turn++;
    yours = 0;
    count.value = String(wanted);
    find(root, '.hf-ball-any output').textContent = String(wanted);
    for (const chip of root.querySelectorAll('.hf-chip')) {
      chip.setAttribute('aria-pressed', String(chip.getAttribute('data-count') === String(wanted)));
    }
    find(root, '.hf-ball-yours').textContent = '–';
    set(scattered(wanted, seed++));
    const mine = turn;
    const answer = /** @type {Marks} */ (await ask('marks', { count: wanted }));
    if (mine !== turn && points.length !== wanted) return;
    marks = answer;
    find(root, '.hf-ball-best').textContent = degrees(marks.best);
    find(root, '.hf-ball-bound').textContent = degrees(marks.bound);
    const best = find(root, '.hf-lesson-ruler-best');
    best.hidden = marks.best === null;
    best.style.left = `${100 * (marks.best ?? 0) / marks.bound}%`;
    set(points);
  }

  /** @param {'solve' | 'many'} what */
  async function solve(what) {
    const mine = ++turn, start = points;
    say(what === 'solve' ? 'Pushing apart, from where the points are.' : 'Trying 32 starts, and polishing the best.');
    const { frames } = /** @type {Way} */ (await ask(what, { points: start, count: start.length }));
    if (mine !== turn) return;
    if (what === 'many' && !still()) {
      set(frames[0], GLIDING);
      await new Promise((resolve) => setTimeout(resolve, GLIDING));
    }
    const done = await play(frames.length, SOLVING, (i) => set(frames[i]), () => mine === turn);
    if (!done) return;
    const { angle } = closest(points);
    const there = marks.best !== null && angle > marks.best - 0.01;
    say(`${degrees(angle)} between the closest two. ${there ? 'This is the best that anybody knows.' : ''}`);
    seen();
  }

  for (const chip of root.querySelectorAll('.hf-chip')) {
    chip.addEventListener('click', () => begin(Number(chip.getAttribute('data-count'))));
  }
  count.addEventListener('input', () => begin(Number(count.value)));
  find(root, '.hf-ball-solve').addEventListener('click', () => solve('solve'));
  find(root, '.hf-ball-many').addEventListener('click', () => solve('many'));
  find(root, '.hf-ball-scatter').addEventListener('click', () => begin(points.length));
  onTheme(root, () => set(points));
  begin(6);
  return { hide: () => { turn++; } };
}

export { ballLesson, degrees };
