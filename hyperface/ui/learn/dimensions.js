// Lesson 3, dimensions: histograms of random pairs, and points pushed apart by the server.
import { find, findInput } from '../parts/elements.js';
import { choose, drawHistogram, onWidth } from './drawn.js';
import { play } from './stage.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ dimension: number, counts: number[], low: number, high: number, near: number }} Spread */
/** @typedef {{ spreads: Spread[], bounds: Record<string, number[]> }} Beginning bounds: by the number of points */
/** @typedef {{ frames: { closest: number, counts: number[] }[] }} Way */

const PUSHING = 2400;  // milliseconds

/** A chance in words. @param {number} chance */
function chanceText(chance) {
  if (chance >= 0.01) return `${(100 * chance).toFixed(0)} in 100`;
  const one = 1 / chance;
  const [size, name] = one < 1e6 ? [1, ''] : one < 1e9 ? [1e6, ' million'] : [1e9, ' billion'];
  const value = one / size;
  const digits = value < 10 && size > 1 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
  return `1 in ${Number(digits).toLocaleString('en')}${name}`;
}

/** @param {Desk} desk @returns {Stage} */
function dimensionsLesson({ root, ask, seen, say }) {
  const slider = findInput(root, '.hf-dimension'), drawing = find(root, '.hf-spread');
  /** @type {Beginning | null} */
  let known = null;
  /** @type {Way['frames'][number] | null} */
  let pushed = null;
  let count = 100, turn = 0;

  const place = () => Number(slider.value);

  function draw() {
    if (!known) return;
    const { dimension, counts, low, high, near } = known.spreads[place()], bound = known.bounds[count][place()];
    find(root, '.hf-knob output').textContent = String(dimension);
    find(root, '.hf-fact-range').textContent = `${low.toFixed(0)}° to ${high.toFixed(0)}°`;
    find(root, '.hf-fact-near').textContent = chanceText(near);
    find(root, '.hf-fact-bound').textContent = `${bound.toFixed(1)}°`;
    find(root, '.hf-fact-closest').textContent = pushed ? `${pushed.closest.toFixed(1)}°` : '–';
    const marks = [{ at: bound, text: `limit for ${count} points` }];
    if (pushed) marks.unshift({ at: pushed.closest, text: 'closest two' });
    drawHistogram(drawing, {
      low: 0, high: 180, marks,
      bars: pushed ? [{ counts, ink: 3 }, { counts: pushed.counts, ink: 1 }] : [{ counts, ink: 1 }],
      label: `Angles of random pairs in ${dimension} dimensions: nine of ten from ${low.toFixed(0)} to ${high.toFixed(0)} degrees`,
    });
  }

  function anew() {
    turn++;
    pushed = null;
    choose(root, '.hf-chip', 'count', String(count));
    draw();
  }

  async function push() {
    if (!known) return;
    const mine = ++turn, { dimension } = known.spreads[place()];
    say(`Pushing ${count} points apart in ${dimension} dimensions.`);
    const { frames } = /** @type {Way} */ (await ask('push', { count, dimension }));
    if (mine !== turn) return;
    const done = await play(frames.length, PUSHING, (i) => {
      pushed = frames[i];
      draw();
    }, () => mine === turn);
    if (!done) return;
    const [first, last] = [frames[0].closest, frames[frames.length - 1].closest];
    say(`The closest two were ${first.toFixed(1)}° apart and are ${last.toFixed(1)}° apart now; the limit is `
      + `${known.bounds[count][place()].toFixed(1)}°.`);
    seen();
  }

  slider.addEventListener('input', anew);
  for (const chip of root.querySelectorAll('.hf-chip')) {
    chip.addEventListener('click', () => {
      count = Number(chip.getAttribute('data-count'));
      anew();
    });
  }
  const button = find(root, '.hf-push');
  button.toggleAttribute('disabled', true);
  button.addEventListener('click', () => push().catch(() => {}));
  onWidth(drawing, draw);
  ask('begin').then((answer) => {
    known = /** @type {Beginning} */ (answer);
    button.toggleAttribute('disabled', false);
    anew();
  }).catch(() => {});
  return { hide: () => { turn++; } };
}

export { chanceText, dimensionsLesson };
