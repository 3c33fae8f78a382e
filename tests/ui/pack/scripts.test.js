// The Pack tab's scripts where they compute: frames, colours' range, charts, figures.
import assert from 'node:assert/strict';
import test from 'node:test';

import { explanation, headline } from '../../../hyperface/ui/pack/alike.js';
import { PackingCharts, brushed, curves, histogram } from '../../../hyperface/ui/pack/charts.js';
import { degrees, place, share } from '../../../hyperface/ui/pack/figures.js';
import { decodeFrames, fresh, takeIn } from '../../../hyperface/ui/pack/frames.js';
import { People } from '../../../hyperface/ui/pack/people.js';
import { colorRange } from '../../../hyperface/ui/pack/sphere_picture.js';
import { TrueAngles } from '../../../hyperface/ui/pack/true_angles.js';
import { nearestPlace } from '../../../hyperface/ui/pack/way.js';
import { inWords, noteOf } from '../../../hyperface/ui/pack/words.js';
import { reachOf } from '../../../hyperface/ui/parts/sphere/vectors.js';

/** @typedef {import('../../../hyperface/ui/pack/frames.js').PackNews} PackNews */

const STATUS = { state: 'running', active: true, title: 'Running', text: '', progress: 0.5, can_continue: false };

/**
 * A record as hyperface/projection/frames.py writes it: little-endian, without gaps.
 * @param {number} step
 * @param {[number, number]} closest
 * @param {number[][]} points on the unit sphere
 * @param {number[]} angles degrees
 */
function record(step, closest, points, angles) {
  const bytes = Buffer.alloc(12 + 8 * points.length);
  [step, ...closest].forEach((value, i) => bytes.writeInt32LE(value, 4 * i));
  points.flat().forEach((value, i) => bytes.writeInt16LE(Math.round(32767 * value), 12 + 2 * i));
  angles.forEach((value, i) => bytes.writeUInt16LE(Math.round(100 * value), 12 + 6 * points.length + 2 * i));
  return bytes;
}

const FIRST = record(0, [0, 1], [[1, 0, 0], [0, -1, 0]], [40.5, 41]);
const SECOND = record(7, [1, 0], [[0, 0, 1], [0, 1, 0]], [60.25, 179.99]);

/** @param {Partial<PackNews>} more @returns {PackNews} */
const news = (more) => ({
  status: STATUS, bound_angle: null, frames: null, picture: null, ...more,
  metrics: { step: [], objective: [], max_cosine: [], gallery_distance: [], min_angle: [], mean_nearest_angle: [],
    ...more.metrics },
});

/** A packing of two identities, at step 7 of 20. */
function packing() {
  const state = fresh('run');
  const records = Buffer.concat([FIRST, SECOND]).toString('base64');
  takeIn(state, news({
    options: { steps: 20 }, bound_angle: 180, frames: { from: 0, points: 2, records },
    metrics: {
      step: [0, 7], objective: [1.5, 1.25], max_cosine: [null, 0.25], gallery_distance: [0, 0.5],
      min_angle: [40.5, 60.25],
      mean_nearest_angle: [40.75, 120],
    },
  }));
  state.index = 1;
  return state;
}

test('frames are read to the last whole record', () => {
  const records = Buffer.concat([FIRST, SECOND, SECOND.subarray(0, 20)]).toString('base64');
  const frames = decodeFrames({ points: 2, records });
  assert.deepEqual(frames.map(({ step, closest }) => [step, closest]), [[0, [0, 1]], [7, [1, 0]]]);
  assert.deepEqual([...frames[0].points], [1, 0, 0, 0, -1, 0]);
  assert.deepEqual([...frames[1].points], [0, 0, 1, 0, 1, 0]);
  assert.deepEqual([...frames[1].angles], [60.25, Math.fround(179.99)]);
  assert.deepEqual(decodeFrames({ points: 2, records: '' }), []);
});

test('news are added to what is known, and frames from the first replace it', () => {
  const state = packing();
  takeIn(state, news({ frames: { from: 2, points: 2, records: FIRST.toString('base64') } }));
  assert.deepEqual([state.frames.length, state.index, state.bound, state.options.steps], [3, 1, 180, 20]);
  takeIn(state, news({ frames: { from: 0, points: 2, records: SECOND.toString('base64') } }));
  assert.deepEqual([state.frames.length, state.index, state.frames[0].step], [1, -1, 7]);
});

test('the figures are those of the frame that is shown, or the newest while it is followed', () => {
  const state = packing();
  state.index = 0;
  assert.equal(place(state), 1);
  state.live = false;
  assert.equal(place(state), 0);
  state.frames[0].step = 5;  // of which no figures have come
  assert.equal(place(state), 1);
  assert.equal(place(fresh(null)), -1);
});

test('numbers are written with their unit', () => {
  assert.deepEqual([degrees(61.239), degrees(61.239, 2), degrees(0), degrees(null), degrees(undefined)], ['61.2°', '61.24°', '0.0°', '–', '–']);
  assert.deepEqual([share(30, 60), share(90, 60), share(null, 60)], ['50%', '100%', '0%']);
});

test('the colours begin with the start and end with what can be reached', () => {
  const { frames } = packing();
  assert.deepEqual(colorRange({ frames, bound: 63.4 }), [40, 64]);
  assert.deepEqual(colorRange({ frames, bound: 1000 }), [40, 207]);  // 1.15 times the best so far
  assert.deepEqual(colorRange({ frames, bound: null }), [40, 180]);
  const flat = { ...frames[0], angles: Float32Array.of(40, 40) };
  assert.deepEqual(colorRange({ frames: [flat], bound: null }), [40, 41]);
});

test('a first picture gives way to the first frame', () => {
  const state = fresh('run'), start = { from: 0, points: 2, records: FIRST.toString('base64') };
  takeIn(state, news({ start }));
  assert.deepEqual([state.frames.length, state.provisional, state.frames[0].step], [1, true, 0]);
  takeIn(state, news({ frames: { from: 0, points: 2, records: SECOND.toString('base64') } }));
  assert.deepEqual([state.frames.length, state.provisional, state.frames[0].step], [1, false, 7]);
});

/** @param {number} from @param {Record<number, number[]>} steps degrees @param {boolean} [more] */
function answer(from, steps, more = false) {
  const hundredths = Uint16Array.from(Object.values(steps).flat(), (value) => Math.round(100 * value));
  const records = Buffer.from(hundredths.buffer).toString('base64');
  return { from, steps: Object.keys(steps).map(Number), records, more };
}

test('true angles are those of the step, and in proportion between two steps', () => {
  const truth = new TrueAngles('run', 1);
  assert.equal(truth.at(0), null);
  truth.take(answer(0, { 0: [40, 0], 10: [60.5, 0] }));
  assert.deepEqual([...truth.at(0) ?? []], [40, 0]);
  assert.deepEqual([...truth.at(10) ?? []], [60.5, 0]);
  assert.deepEqual([...truth.at(5) ?? []], [50.25, 0]);
  assert.deepEqual([...truth.at(99) ?? []], [60.5, 0]);
  truth.take(answer(2, { 20: [77, 0] }));
  assert.deepEqual([truth.steps, truth.widest], [[0, 10, 20], 77]);
});

test('true angles are asked for until none are left, and the start that came first is replaced', async () => {
  const truth = new TrueAngles('run', 1);
  /** @type {object[]} */
  const asked = [];
  /** @type {import('../../../hyperface/ui/pack/true_angles.js').AngleAnswer[]} */
  const answers = [
    answer(0, { 0: [40, 0] }), answer(0, { 0: [40.25, 0], 1: [41, 0] }, true), answer(2, { 2: [42, 0] }), { ...answer(0, {}), error: 'gone' },
  ];
  const server = { angles: async (/** @type {object} */ question) => answers[asked.push(question) - 1] };
  assert.equal(await truth.ask(server), true);
  assert.equal(await truth.ask(server, 0), true);
  assert.deepEqual([truth.steps, truth.rows.map(([value]) => value)], [[0, 1, 2], [40.25, 41, 42]]);
  assert.equal(await truth.ask(server), false);
  assert.deepEqual(asked[2], { run: 'run', identity: 1, seen: 2 });
  assert.equal(truth.steps.length, 3);
});

test('the rim of the disc is at a round angle', () => {
  assert.deepEqual([reachOf(0), reachOf(116.2), reachOf(120), reachOf(179)], [100, 120, 120, 180]);
});

test('the curves go to the last step, with a mark at the step that is shown', () => {
  const state = packing();
  const { angles, terms } = /** @type {Record<string, any>} */ (curves(state));
  assert.deepEqual(angles.layout.xaxis.range, [0, 20]);
  assert.deepEqual(angles.data.map((/** @type {{ name: string }} */ { name }) => name), ['mean nearest', 'smallest', 'bound']);
  assert.deepEqual(angles.data[2].y, [180, 180]);
  assert.deepEqual(terms.data[0].y, [null, 0.75]);
  assert.deepEqual(angles.layout.shapes, []);
  Object.assign(state, { index: 0, live: false, bound: null });
  const marked = /** @type {Record<string, any>} */ (curves(state)).angles;
  assert.deepEqual([marked.data.length, marked.layout.shapes[0].x0], [2, 0]);
});

test('the curves of a packing that has none yet are empty, and drawn once', () => {
  const { angles, terms } = /** @type {Record<string, any>} */ (curves({ ...fresh('new'), options: { steps: 30 } }));
  assert.deepEqual(angles.data.map((/** @type {{ y: number[] }} */ { y }) => y), [[], []]);
  assert.deepEqual(angles.layout.xaxis.range, [0, 30]);
  assert.deepEqual(terms.layout.shapes, []);
  let drawn = 0;
  const chart = { draw: () => drawn += 1 }, state = fresh('new');
  const charts = Object.assign(Object.create(PackingCharts.prototype), { angles: chart, terms: chart });
  for (const now of [false, true, false]) charts.draw(state, now);
  assert.equal(drawn, 2);
});

test('the histogram has the same bars in all frames', () => {
  const state = packing();
  assert.equal(histogram(fresh(null)), null);
  const last = /** @type {any} */ (histogram(state));
  state.index = 0;
  const first = /** @type {any} */ (histogram(state));
  assert.deepEqual(first.layout.xaxis, last.layout.xaxis);
  assert.equal(first.layout.yaxis.type, 'log');
  assert.deepEqual(first.data[0].xbins, { start: 40, end: 180 + 140 / 44, size: 140 / 44 });
  assert.deepEqual([...last.data[1].x], [60.25, Math.fround(179.99)]);
  assert.deepEqual([...last.data[0].x], [40.5, 41]);
});

test('look-alikes are counted in words, and the threshold is told', () => {
  /** @type {import('../../../hyperface/ui/pack/alike.js').Alike} */
  const alike = { pairs: [[1, 2]], before: [40], after: [77], people: 1500, alike_before: 160, alike_after: 0,
    threshold: 58.21 };
  assert.equal(headline(alike), '160 of 1,500 have a look-alike → 0');
  assert.match(explanation(alike), /closer than 58\.2°/);
});

test('the frame nearest to a step is found', () => {
  assert.deepEqual([nearestPlace([0, 10, 30], -5), nearestPlace([0, 10, 30], 19), nearestPlace([0, 10, 30], 21)],
    [0, 1, 2]);
});

test('the note says which picture it is, and how far each can be believed', () => {
  const own = { trustworthiness: 0.66, rank_correlation: 0.06 },
    other = { trustworthiness: 0.93, rank_correlation: 0.7 };
  assert.match(inWords(own), /hardly be believed .*0\.66.* almost nothing .*0\.06/);
  assert.match(inWords(other), /can be believed .*0\.93.* largely agree .*0\.70/);
  assert.match(noteOf('person', 17, own), /true angle.*closer to identity 17/);
  const ours = noteOf('map', 0, { ...own, umap_learn: other }), theirs = noteOf('umap', 0, { ...own, umap_learn: other });
  assert.ok(ours.startsWith('Our own map') && ours.includes('umap-learn’s map: who is shown beside whom can be believed'));
  assert.ok(theirs.startsWith('The map as umap-learn draws it') && theirs.includes('Our own steady map: who is shown beside whom can hardly'));
  assert.ok(!noteOf('map', 0, null).includes('trustworthiness'));
});

test('who was brushed is found now, or else at the start', () => {
  const state = packing();
  const now = brushed(state, [60, 61]), before = brushed(state, [40, 40.6]);
  assert.deepEqual([[...now.people], now.text], [[0], '1 person with the nearest between 60.0° and 61.0°']);
  assert.deepEqual([[...before.people], before.text], [[0], '1 person with the nearest between 40.0° and 40.6° at the start']);
});

test('while a run is played, faces are asked for one question at a time, and for the last frame', async () => {
  /** @type {(() => void)[]} */
  const answers = [];
  class Slow extends People {
    showFrame() {
      return new Promise((resolve) => { answers.push(() => resolve(undefined)); });
    }
  }
  const people = new Slow(/** @type {any} */ (null), /** @type {any} */ (null), packing);
  const first = people.show();
  for (let frame = 0; frame < 5; frame++) await people.show();
  assert.equal(answers.length, 1);
  answers[0]();
  await new Promise(setImmediate);
  assert.equal(answers.length, 2);  // for where it is now
  answers[1]();
  await first;
  assert.equal(answers.length, 2);
  people.show();
  assert.equal(answers.length, 3);
});
