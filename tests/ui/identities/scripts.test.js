// The Identities tab's scripts where they compute: which question is asked next, and which view of a head is drawn next.
import assert from 'node:assert/strict';
import test from 'node:test';

import { newest } from '../../../hyperface/ui/identities/latest.js';
import { between, onStep } from '../../../hyperface/ui/identities/turning.js';
import { turnedViews } from '../../../hyperface/ui/identities/views.js';

/** Questions that are answered when the test says so. */
function exchange() {
  /** @type {((answer: string) => void)[]} */
  const answer = [];
  /** @type {((error: Error) => void)[]} */
  const fail = [];
  const asked = /** @type {string[]} */ ([]), shown = /** @type {string[]} */ ([]);
  const failed = /** @type {string[]} */ ([]);
  let idle = 0;
  const questions = newest(
    (/** @type {string} */ question) => {
      asked.push(question);
      return new Promise((/** @type {(answer: string) => void} */ resolve, reject) => {
        answer.push(resolve);
        fail.push(reject);
      });
    },
    (text) => shown.push(text), (error) => failed.push(String(error)), () => { idle += 1; },
  );
  return { questions, answer, fail, asked, shown, failed, idle: () => idle };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('of many questions the first and the last are asked, one at a time', async () => {
  const { questions, answer, asked, shown, idle } = exchange();
  for (const question of ['a', 'b', 'c', 'd']) questions.want(question);
  assert.deepEqual(asked, ['a']);
  answer[0]('A');
  await settled();
  assert.deepEqual(asked, ['a', 'd']);
  assert.equal(questions.busy(), true);
  answer[1]('D');
  await settled();
  assert.deepEqual(shown, ['A', 'D']);
  assert.deepEqual([questions.busy(), idle()], [false, 1]);
});

test('what was forgotten is not shown when it comes, and a failure does not stop the next', async () => {
  const { questions, answer, fail, shown, failed } = exchange();
  questions.want('a');
  questions.want('b');
  questions.forget();
  questions.want('c');
  answer[0]('A');
  await settled();
  questions.want('d');
  fail[1](new Error('lost'));
  await settled();
  answer[2]('D');
  await settled();
  assert.deepEqual(shown, ['D']);
  assert.deepEqual(failed, ['Error: lost']);
});

test('views are drawn on all sides first, near before far, and each once', () => {
  const views = turnedViews(90, 5);
  /** @type {number[]} */
  const order = [];
  for (let turn = views.missing(20); turn !== undefined; turn = views.missing(20)) {
    order.push(turn);
    views.keep(turn, `${turn}`);
  }
  assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 37 }, (_, i) => 5 * i - 90));
  assert.ok(order.slice(0, 13).every((turn) => turn % 15 === 0));
  assert.deepEqual([...order.slice(0, 2), ...order.slice(13, 15)], [15, 30, 20, 25]);
  assert.equal(views.at(20), '20');
  views.clear();
  assert.equal(views.at(20), undefined);
});

test('a view that is missing is stood in for by a near one only', () => {
  const views = turnedViews(90, 5);
  assert.equal(views.near(0, 10), undefined);
  views.keep(-15, 'left');
  views.keep(30, 'right');
  assert.equal(views.near(-10, 10), 'left');
  assert.equal(views.near(20, 10), 'right');
  assert.equal(views.near(0, 10), undefined);
});

test('turns stay on their steps and between the two sides', () => {
  assert.deepEqual([-200, -12, 0, 13, 91].map((value) => onStep(value, 5, 90)), [-90, -10, 0, 15, 90]);
  assert.deepEqual(between(10, -10, 5), [5, 0, -5, -10]);
  assert.deepEqual(between(10, 10, 5), []);
});
