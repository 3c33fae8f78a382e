// The Learn tab's scripts where they compute: points on a ball, verdicts, what is kept in the browser.
import assert from 'node:assert/strict';
import test from 'node:test';

import { chanceText } from '../../../hyperface/ui/learn/dimensions.js';
import { counted } from '../../../hyperface/ui/learn/drawn.js';
import { closest, scattered } from '../../../hyperface/ui/learn/geometry.js';
import { products, verdict } from '../../../hyperface/ui/learn/pictures.js';
import { next, read } from '../../../hyperface/ui/learn/progress.js';
import { signed, tallyText } from '../../../hyperface/ui/learn/race.js';
import { below, somebody } from '../../../hyperface/ui/learn/thresholds.js';
import { dot } from '../../../hyperface/ui/parts/sphere/vectors.js';

/** @typedef {import('../../../hyperface/ui/parts/sphere/vectors.js').Vector} Vector */

/** @param {number} value @param {number} wanted */
const near = (value, wanted, slack = 1e-9) => assert.ok(Math.abs(value - wanted) < slack, `${value} is not ${wanted}`);

/** @type {Vector[]} */
const OCTAHEDRON = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];

test('the closest of an octahedron are its twelve edges', () => {
  const { angle, pairs } = closest(OCTAHEDRON);
  near(angle, 90);
  assert.equal(pairs.length, 12);
  assert.ok(pairs.every(([i, j]) => i < j && Math.floor(i / 2) !== Math.floor(j / 2)));
});

test('the closest of scattered points are those of a plain search', () => {
  const points = scattered(15, 4);
  let smallest = 180;
  for (let i = 0; i < 15; i++) {
    for (let j = 0; j < i; j++) smallest = Math.min(smallest, Math.acos(dot(points[i], points[j])) * 180 / Math.PI);
  }
  near(closest(points).angle, smallest, 1e-6);
  points.forEach((point) => near(Math.hypot(...point), 1));
  assert.deepEqual(scattered(15, 4), points);
  assert.notDeepEqual(scattered(15, 5), points);
});

test('a verdict says who was right', () => {
  /** @type {import('../../../hyperface/ui/learn/pictures.js').Pair} */
  const pair = { images: [], numbers: [[1, 2, -3], [4, -5, -6]], same: true, kind: 'one person', angle: 61.4 };
  assert.deepEqual(verdict(pair, true, 52), {
    who: 'One person.', said: 'You are right, and the recogniser is wrong: 61° between the two.',
  });
  assert.ok(verdict(pair, false, 52).said.startsWith('The recogniser is wrong, too'));
  assert.ok(verdict({ ...pair, angle: 40 }, false, 52).said.startsWith('The recogniser is right'));
  assert.ok(verdict({ ...pair, same: false }, false, 52).said.startsWith('You are right, and so is the recogniser'));
  assert.equal(verdict({ ...pair, same: false, kind: 'look-alikes' }, false, 52).who, 'Two people who look alike.');
  assert.deepEqual(products(pair.numbers), [4, -10, 18]);
});

test('what is kept is read as far as it makes sense', () => {
  assert.deepEqual(read(null), {});
  assert.deepEqual(read('{"ball"'), {});
  assert.deepEqual(read('[1, null]'), {});
  assert.deepEqual(read('{"ball": {"guess": 2, "done": true}, "pictures": {"guess": "x"}, "other": 3}'), {
    ball: { guess: 2, done: true }, pictures: { guess: null, done: false },
  });
});

test('one goes on with the first lesson that is not done', () => {
  assert.equal(next({}, ['a', 'b']), 'a');
  assert.equal(next({ a: { guess: 1, done: true } }, ['a', 'b']), 'b');
  assert.equal(next({ a: { guess: 1, done: true }, b: { guess: null, done: true } }, ['a', 'b']), 'a');
});

test('chances are told as one can say them', () => {
  assert.deepEqual([0.25, 0.0055, 1.11e-5, 9.2e-8, 8.05e-10].map(chanceText), [
    '25 in 100', '1 in 180', '1 in 90,000', '1 in 11 million', '1 in 1.2 billion',
  ]);
});

test('values are counted in bins, and those beyond in the last ones', () => {
  assert.deepEqual(counted([-5, 0, 9.9, 10, 29, 30, 99], 0, 30, 3), [3, 1, 3]);
});

test('rising values below a line are those that a plain search finds', () => {
  const values = [1, 2, 2, 5, 9];
  for (const line of [0, 1, 2, 3, 9, 10]) {
    assert.equal(below(values, line), values.filter((value) => value < line).length);
  }
  assert.equal(below([], 3), 0);
});

test('somebody gets in as the product says', () => {
  near(somebody(0.001, 1000), 1 - 0.999 ** 1000, 1e-12);
  near(1 - somebody(0.001, 1000), 0.3677, 1e-4);  // what the lesson says
  near(somebody(1e-12, 1000), 1e-9, 1e-15);  // no digits are lost
  near(somebody(0, 10), 0);
  near(somebody(1, 1), 1);
});

test('races are told with their interval, once there are two', () => {
  assert.equal(signed(-1.25), '\u22121.3');
  assert.match(tallyText({ mean: 2, low: null, high: null, wins: 1 }, 1), /^One race/);
  assert.match(tallyText({ mean: 1.5, low: -1, high: 4, wins: 3 }, 5),
    /won 3 of 5 races, on average by \+1\.5 points, give or take 2\.5: that can still be chance\.$/);
  assert.match(tallyText({ mean: 2, low: 0.5, high: 3.5, wins: 6 }, 6), /that is more than chance, with these/);
  assert.match(tallyText({ mean: -2, low: -3.5, high: -0.5, wins: 0 }, 6), /more than chance, and against packing/);
  assert.match(tallyText({ mean: 3.6, low: 0.7, high: 6.5, wins: 2 }, 2),
    /Chance alone makes 2 races agree often: run 5 at least\.$/);
});
