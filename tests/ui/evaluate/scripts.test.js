// The Evaluate tab's scripts where they compute: who is right about eight pairs.
import assert from 'node:assert/strict';
import test from 'node:test';

import { lines, modelSays, scoreText } from '../../../hyperface/ui/evaluate/guess.js';
import { percent, place } from '../../../hyperface/ui/parts/likeness.js';

/** @type {import('../../../hyperface/ui/evaluate/guess.js').Pair[]} */
const PAIRS = [
  { images: ['', ''], same: true, cosine: 0.7 },
  { images: ['', ''], same: false, cosine: 0.45 },
  { images: ['', ''], same: true, cosine: 0.3 },
  { images: ['', ''], same: false, cosine: -0.08 },
];

test('the model takes for one person what is above its threshold', () => {
  assert.deepEqual(PAIRS.map((pair) => modelSays(pair, 0.4)), [true, true, false, false]);
  assert.equal(modelSays({ ...PAIRS[0], cosine: 0.4 }, 0.4), false);
  assert.equal(modelSays({ ...PAIRS[0], cosine: null }, 0.4), null);
  assert.equal(modelSays(PAIRS[0], null), null);
});

test('both are counted, and the model at the threshold that it is moved to', () => {
  const round = { pairs: PAIRS, accuracy: 0.9167, count: 1200 }, said = [true, false, true, true];
  assert.match(scoreText(round, said, 0.4, 'dlib'), /^You are right on 3 of 4, the model on 2\. .* all 1,200 it decides 91\.7 % rightly\.$/);
  assert.match(scoreText(round, said, 0.5, 'dlib'), /the model on 3\./);
  assert.match(scoreText({ ...round, accuracy: null }, said, null, 'Mine'), /3 of 4\. Mine has not been tested/);
});

test('beside a pair stand the truth, the visitor and the model', () => {
  assert.deepEqual(lines(PAIRS[1], false, 0.4), [
    { text: 'They show two people.', right: null },
    { text: 'You: two people', right: true },
    { text: 'Model: one person, 45 % alike', right: false },
  ]);
  assert.equal(lines({ ...PAIRS[1], cosine: null }, true, null).length, 2);
});

test('a likeness has its place on the bar, and stays on it', () => {
  assert.deepEqual([-0.5, -0.2, 0.4, 1].map((cosine) => Math.round(place(cosine))), [0, 0, 50, 100]);
  assert.deepEqual([0.574, -0.08, 0].map(percent), ['57 %', '−8 %', '0 %']);
});
