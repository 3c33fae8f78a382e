// The Train tab's scripts where they compute: curves and newest figures.
import assert from 'node:assert/strict';
import test from 'node:test';

import { add, curves, figures, newest } from '../../../hyperface/ui/train/curves.js';
import { guessOf, whenText } from '../../../hyperface/ui/train/pairs.js';

const SOLID = { dash: 'solid', suffix: '' };
const TWO_EPOCHS = {
  step: [0, 1, 2, 3, 4], epoch: [1, 1, 1, 2, 2], loss: [null, 3, 2, 1.5, 1], accuracy: [0, 0, 0.25, 0.5, 0.5],
  validation: [0.5, 0.5, 0.75, 0.75, 0.75],
};

test('new steps are added to each list', () => {
  /** @type {Record<string, (number | null)[]>} */
  const series = { loss: [1] };
  add(series, { loss: [null, 2], step: [3] });
  assert.deepEqual(series, { loss: [1, null, 2], step: [3] });
});

test('a benchmark that is watched has a curve, from where it was first measured', () => {
  /** @type {Record<string, (number | null)[]>} */
  const series = {};
  add(series, { step: [0, 1, 2], epoch: [1, 1, 1], accuracy: [0, 0, 0.5] });
  add(series, { step: [3, 4], epoch: [2, 2], accuracy: [0.5, 1], 'watched/lfw': [0.75, null] });
  add(series, { step: [5], epoch: [2], accuracy: [1] });
  assert.deepEqual(series['watched/lfw'], [null, null, null, 0.75, null, null]);
  const { accuracy } = /** @type {Record<string, any>} */ (curves(series, SOLID));
  assert.deepEqual(accuracy.map((/** @type {any} */ trace) => trace.name), ['training', 'unseen identities', 'lfw']);
  assert.deepEqual([accuracy[2].x, accuracy[2].y], [[1.5], [0.75]]);
});

test('the axis is in epochs, and verification is marked where it was measured', () => {
  const { loss, accuracy } = /** @type {Record<string, any>} */ (curves(TWO_EPOCHS, SOLID));
  assert.deepEqual(loss[0].x, [0, 0.5, 1, 1.5, 2]);  // step 3 is the first of the second epoch: two steps make one
  assert.deepEqual(loss[0].y, TWO_EPOCHS.loss);
  assert.deepEqual(accuracy[1].x, [0, 1, 2]);  // at the start and after each epoch, changed or not
  assert.deepEqual(accuracy[1].y, [0.5, 0.75, 0.75]);
});

test('a long curve is thinned out, and keeps its ends', () => {
  const step = Array.from({ length: 1502 }, (_, i) => i);
  const { loss: [line] } = /** @type {Record<string, any>} */ (
    curves({ step, epoch: step.map(() => 1), loss: step }, SOLID)
  );
  assert.ok(line.x.length <= 601);
  assert.deepEqual([line.y[0], line.y.at(-1), line.x.at(-1)], [0, 1501, 1]);
});

test('the other dataset is dashed, and named once', () => {
  const alone = /** @type {Record<string, any>} */ (figures(TWO_EPOCHS, null, 3));
  const both = /** @type {Record<string, any>} */ (figures(TWO_EPOCHS, TWO_EPOCHS, 3));
  assert.deepEqual([alone.loss.data.length, both.loss.data.length], [1, 2]);
  assert.deepEqual([alone.loss.layout.showlegend, both.loss.layout.showlegend], [false, true]);
  assert.deepEqual([both.loss.data[1].name, both.loss.data[1].line.dash], ['loss, other set', 'dash']);
  assert.deepEqual(both.accuracy.data.map((/** @type {{ showlegend?: boolean }} */ trace) => trace.showlegend),
    [undefined, undefined, false, false]);
  assert.deepEqual(both.loss.layout.xaxis.range, [0, 3]);
  assert.deepEqual(/** @type {any} */ (figures({}, null, null)).loss.layout.xaxis.range, [0, 1]);
});

test('the newest figures are the last that are known', () => {
  const shown = new Map(newest({
    ...TWO_EPOCHS, loss: [2, 1.23456, null], images_per_second: [1234.5], learning_rate: [0.000123],
  }));
  assert.deepEqual([...shown.values()], ['1.235', '50.0 %', '75.0 %', '1,235', '0.00012']);
  assert.deepEqual([...new Map(newest({})).values()], ['–', '–', '–', '–', '–']);
});

test('a pair is guessed rightly or not, and the right ones are counted', () => {
  /** @type {import('../../../hyperface/ui/train/pairs.js').Pair[]} */
  const pairs = [{ images: ['', ''], same: true }, { images: ['', ''], same: false }];
  assert.deepEqual(guessOf(pairs[0], 0.8, 0.6), { text: 'one person, 80 % alike – right', right: true });
  assert.deepEqual(guessOf(pairs[1], 0.8, 0.6), { text: 'one person, 80 % alike – wrong', right: false });
  assert.deepEqual(guessOf(pairs[1], 0.6, 0.6), { text: 'two people, 60 % alike – right', right: true });
  assert.equal(whenText(pairs, { cosines: [0.8, 0.8], line: 0.6, step: 0, epoch: 0 }), 'Before it has learnt anything: 1 of 2 right.');
  assert.equal(whenText(pairs, { cosines: [0.8, 0.1], line: 0.6, step: 1200, epoch: 3 }), 'In epoch 3, after 1,200 steps: 2 of 2 right.');
});
