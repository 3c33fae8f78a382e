// Lesson 2, points on a ball: dragged by hand, then packed by the server from where they were left.
import { find, findAs, findInput } from '../parts/elements.js';
import { BallPicture } from './ball_picture.js';
import { between, closest, scattered } from './geometry.js';
import { play, still } from './stage.js';

/** @typedef {import('./geometry.js').Vector} Vector */
/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ best: number | null, bound: number }} Marks */
/** @typedef {{ frames: Vector[][] }} Way */

const SOLVING = 2600;  // milliseconds that the way there is played for

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
  const canvas = findAs(root, '.hf-lesson-ball', HTMLCanvasElement);
  const picture = new BallPicture(canvas, { moved, chose });
  const count = findInput(root, '.hf-ball-count');
  /** @type {Marks} */
  let marks = { best: null, bound: 180 };
  let yours = 0, turn = 0, seed = 1;

  /** @param {boolean} [byHand] */
  function show(byHand = false) {
    const { angle } = closest(picture.points);
    if (byHand) yours = Math.max(yours, angle);
    find(root, '.hf-ball-angle').textContent = degrees(angle);
    find(root, '.hf-ball-yours').textContent = yours ? degrees(yours) : '–';
    find(root, '.hf-lesson-ruler-yours').style.width = `${100 * Math.min(1, angle / marks.bound)}%`;
  }

  function moved() {
    turn++;  // whatever is playing stops
    show(true);
  }

  function chose() {
    const point = picture.points[picture.chosen];
    const others = picture.points.filter((other) => other !== point);
    const nearest = Math.min(...others.map((other) => closest([point, other]).angle));
    say(`Point ${picture.chosen + 1} of ${picture.points.length}: its nearest is ${nearest.toFixed(0)}° away.`);
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
    picture.set(scattered(wanted, seed++));
    const mine = turn;
    const answer = /** @type {Marks} */ (await ask('marks', { count: wanted }));
    if (mine !== turn && picture.points.length !== wanted) return;
    marks = answer;
    find(root, '.hf-ball-best').textContent = degrees(marks.best);
    find(root, '.hf-ball-bound').textContent = degrees(marks.bound);
    const best = find(root, '.hf-lesson-ruler-best');
    best.hidden = marks.best === null;
    best.style.left = `${100 * (marks.best ?? 0) / marks.bound}%`;
    show();
  }

  /** @param {'solve' | 'many'} what */
  async function solve(what) {
    const mine = ++turn, start = picture.points.slice();
    say(what === 'solve' ? 'Pushing apart, from where the points are.' : 'Trying 32 starts, and polishing the best.');
    const { frames } = /** @type {Way} */ (await ask(what, { points: start, count: start.length }));
    if (mine !== turn) return;
    if (what === 'many' && !still()) await glide(start, frames[0], mine);
    const done = await play(frames.length, SOLVING, (i) => {
      picture.set(frames[i].slice());
      show();
    }, () => mine === turn);
    if (!done) return;
    const { angle } = closest(picture.points);
    const there = marks.best !== null && angle > marks.best - 0.01;
    say(`${degrees(angle)} between the closest two. ${there ? 'This is the best that anybody knows.' : ''}`);
    seen();
  }

  /** @param {Vector[]} from @param {Vector[]} to @param {number} mine */
  function glide(from, to, mine) {
    return play(24, 500, (i) => picture.set(from.map((a, k) => between(a, to[k], (i + 1) / 24))), () => mine === turn);
  }

  for (const chip of root.querySelectorAll('.hf-chip')) {
    chip.addEventListener('click', () => begin(Number(chip.getAttribute('data-count'))));
  }
  count.addEventListener('input', () => begin(Number(count.value)));
  find(root, '.hf-ball-solve').addEventListener('click', () => solve('solve'));
  find(root, '.hf-ball-many').addEventListener('click', () => solve('many'));
  find(root, '.hf-ball-scatter').addEventListener('click', () => begin(picture.points.length));
  begin(6);
  return { hide: () => { turn++; } };
}

export { ballLesson, degrees };
