// What the tabs' scripts share, where it computes: the sphere's geometry, figures in the theme's colours.
import assert from 'node:assert/strict';
import test from 'node:test';

import { merge } from '../../../hyperface/ui/parts/chart.js';
import { follower } from '../../../hyperface/ui/parts/following.js';
import { colored, series } from '../../../hyperface/ui/parts/look.js';
import { arc, ball, graticule } from '../../../hyperface/ui/parts/sphere.js';

/** @param {(number | null)[]} x @param {(number | null)[]} y @param {(number | null)[]} z */
const lengths = (x, y, z) => x.flatMap((value, i) => (value === null ? [] : [Math.hypot(value, Number(y[i]), Number(z[i]))]));

/** @param {number[]} values @param {number} wanted */
const allAre = (values, wanted) => values.every((value) => Math.abs(value - wanted) < 1e-9);

test('an arc follows the great circle, just above the sphere', () => {
  const [x, y, z] = arc([1, 0, 0], [0, 0, -1], 4);
  assert.equal(x.length, 5);
  assert.ok(allAre(lengths(x, y, z), 1.01));
  assert.ok(allAre([x[2], -z[2]], 1.01 / Math.SQRT2));
  assert.ok(allAre([x[0], -z[4]], 1.01));
  assert.ok(arc([1, 0, 0], [-1, 0, 0]).flat().every(Number.isFinite));  // no great circle is the shortest
});

test('globe and ball are round', () => {
  const lines = graticule(), body = ball(0.9, 4, 6);
  assert.ok(allAre(lengths(lines.x, lines.y, lines.z), 0.995));
  assert.equal(lines.x.filter((value) => value === null).length, 5 + 6);  // parallels, meridians
  assert.ok(allAre(lengths(body.x, body.y, body.z), 0.9));
  assert.equal(body.x.length, 5 * 6);
  assert.equal(body.i.length, 2 * 4 * 6);
  assert.ok([...body.i, ...body.j, ...body.k].every((corner) => corner >= 0 && corner < body.x.length));
});

test('colours are named in figures, and come from the theme', (context) => {
  context.after(() => { Reflect.deleteProperty(globalThis, 'document'); Reflect.deleteProperty(globalThis, 'getComputedStyle'); });
  const getPropertyValue = (/** @type {string} */ name) => ` <${name}> `;
  Object.assign(globalThis, { document: { body: {} }, getComputedStyle: () => ({ getPropertyValue }) });
  const x = Float32Array.of(1, 2), names = ['series-1', 'a name'];
  const figure = { data: [{ x, line: { color: 'series-2' }, text: names }], layout: { title: 'series-9', shapes: [{ color: 'series-muted' }] } };
  const seen = colored(figure);
  assert.equal(seen.data[0].line.color, '<--hf-series-2>');
  assert.equal(seen.layout.shapes[0].color, '<--hf-series-muted>');
  assert.equal(seen.data[0].x, x);  // not copied
  assert.equal(seen.data[0].text, names);
  assert.equal(seen.layout.title, 'series-9');
  assert.equal(figure.data[0].line.color, 'series-2');
  assert.deepEqual(series().slice(3), ['<--hf-series-4>', '<--hf-series-5>']);
});

test('layouts are laid over each other at every depth', () => {
  const base = { a: { b: 1, c: [1, 2] }, d: 1 };
  assert.deepEqual(merge(base, { a: { c: [3], e: null }, d: { f: 2 } }), { a: { b: 1, c: [3], e: null }, d: { f: 2 } });
  assert.deepEqual(base, { a: { b: 1, c: [1, 2] }, d: 1 });
  assert.deepEqual(merge(base, undefined), base);
});

test('a run is asked about until it is gone, with the cursor of the last answer', async () => {
  const status = { state: 'running', active: true, title: '', text: '', progress: 0, can_continue: false };
  /** @type {(News | Refusal)[]} */
  const answers = [{ status, cursor: 1, more: true }, { status, cursor: 2, more: true }, { gone: 'It was deleted.' }];
  /** @type {unknown[]} */
  const asked = [], applied = /** @type {[string | undefined, boolean][]} */ ([]);
  const element = /** @type {HTMLElement} */ (/** @type {unknown} */ ({ isConnected: true, offsetParent: {} }));
  const follow = follower(element, async (question) => {
    asked.push(question);
    return /** @type {News | Refusal} */ (answers[asked.length - 1]);
  }, (news, first) => { applied.push([news.gone, first]); });
  await follow('a');
  assert.deepEqual(asked, [{ run: 'a', cursor: null }, { run: 'a', cursor: 1 }, { run: 'a', cursor: 2 }]);
  assert.deepEqual(applied, [[undefined, true], [undefined, false], ['It was deleted.', false]]);
  await follow(null);
  assert.equal(asked.length, 3);
});
