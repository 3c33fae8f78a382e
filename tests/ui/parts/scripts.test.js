// What the tabs' scripts share, where it computes: figures in the theme's colours, following a run.
import assert from 'node:assert/strict';
import test from 'node:test';

import { merge } from '../../../hyperface/ui/parts/chart.js';
import { follower, showProgress } from '../../../hyperface/ui/parts/following.js';
import { colored, series } from '../../../hyperface/ui/parts/look.js';

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

test('progress is read out at the start, at quarters and at the end, and not when a page is opened', (context) => {
  class Element {
    dataset = /** @type {Record<string, string>} */ ({});
    style = {};
    textContent = '';
    attributes = /** @type {Record<string, string>} */ ({});
    /** @param {string} name @param {string} value */
    setAttribute(name, value) { this.attributes[name] = value; }
    parts = /** @type {Record<string, Element>} */ ({});
    /** @param {string} selector */
    querySelector(selector) { return this.parts[selector] ??= new Element(); }
  }
  context.after(() => Reflect.deleteProperty(globalThis, 'HTMLElement'));
  Object.assign(globalThis, { HTMLElement: Element });
  const status = { state: 'running', active: true, title: 'Running', text: 'Step 1', progress: 0, can_continue: false };
  /** @param {Partial<RunStatus>[]} news */
  const said = (...news) => {
    const element = new Element(), block = /** @type {HTMLElement} */ (/** @type {unknown} */ (element));
    return news.map((more) => {
      element.querySelector('.hf-progress-said').textContent = '';
      showProgress(block, { ...status, ...more });
      return element.querySelector('.hf-progress-said').textContent;
    });
  };
  const end = { state: 'done', active: false, title: 'Finished', progress: 1 };
  assert.deepEqual(said({}, { progress: 0.1 }, { progress: 0.24 }, { progress: 0.26 }, { progress: 0.4 },
    { progress: 0.5 }, end, end),
    ['Running, 0 %', '', '', 'Running, 26 %', '', 'Running, 50 %', 'Finished', '']);
  assert.deepEqual(said(end, end), ['', '']);
});
