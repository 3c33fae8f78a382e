// Lesson 7, thresholds: a line over the angles of many pairs, and twelve people searched among the known.
import { find, findInput } from '../parts/elements.js';
import { choose, counted, drawHistogram, onWidth } from './drawn.js';
import { made } from './stage.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ same: number[], different: number[] }} Pairs degrees, rising */
/** @typedef {{ image: string, nearest: string, degrees: number, kind: string }} Found */
/** @typedef {{ line: number, found: Found[] }} Search */

const LOW = 0, HIGH = 150, BINS = 50;
/** @type {Record<string, string>} */
const KINDS = { copy: 'a known picture, mirrored', person: 'a known person, in a new picture', stranger: 'nobody known' };

/** How many of rising values are below a line. @param {number[]} values @param {number} line */
function below(values, line) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The chance that one of so many gets in, each with this rate. @param {number} rate @param {number} tries */
function somebody(rate, tries) {
  return rate < 1 ? -Math.expm1(tries * Math.log1p(-rate)) : Number(tries > 0);
}

/** @param {Desk} desk @returns {Stage} */
function thresholdsLesson({ root, ask, seen, say }) {
  const slider = findInput(root, '.hf-threshold'), drawing = find(root, '.hf-doors'), button = find(root, '.hf-search');
  /** @type {Pairs | null} */
  let pairs = null;
  let tries = 1, seed = Math.floor(Math.random() * 1000);

  function draw() {
    if (!pairs) return;
    const line = Number(slider.value), { same, different } = pairs;
    const accepted = below(different, line), rejected = same.length - below(same, line);
    find(root, '.hf-knob output').textContent = `${line}°`;
    find(root, '.hf-fact-rejected').textContent = `${rejected} of ${same.length.toLocaleString('en')} pairs`;
    find(root, '.hf-fact-accepted').textContent = `${accepted} of ${different.length.toLocaleString('en')} pairs`;
    const chance = somebody(accepted / different.length, tries);
    find(root, '.hf-somebody').textContent = accepted === 0
      ? `none was let in of ${different.length.toLocaleString('en')}: the rate is too small to be seen here.`
      : `the chance that at least one gets in is ${(100 * chance).toFixed(chance > 0.0995 && chance < 0.9995 ? 0 : 1)} %.`;
    choose(root, '.hf-chip', 'tries', String(tries));
    drawHistogram(drawing, {
      low: LOW, high: HIGH, marks: [{ at: line, text: 'let in', end: true }],
      bars: [
        { counts: counted(same, LOW, HIGH, BINS), ink: 1 }, { counts: counted(different, LOW, HIGH, BINS), ink: 2 },
      ],
      label: `Angles of pairs of one person and of two; with the line at ${line} degrees ${rejected} are turned away and ${accepted} strangers let in`,
    });
  }

  /** @param {Found} found @param {number} line */
  function card({ image, nearest, degrees, kind }, line) {
    /** @param {string} address @param {string} alt */
    const picture = (address, alt) => Object.assign(document.createElement('img'), {
      className: 'hf-face', src: address, width: 112, height: 112, alt,
    });
    const figure = made('figure', 'hf-suspect', made('div', 'hf-two', picture(image, 'Made-up person'), picture(nearest, 'The nearest known face')),
      made('figcaption', '', made('b', 'hf-number', `${degrees.toFixed(0)}°`), degrees <= line ? ' crosses the line' : '', made('small', '', `In truth ${KINDS[kind]}`)));
    figure.dataset.crosses = String(degrees <= line);
    return figure;
  }

  async function search() {
    button.toggleAttribute('disabled', true);
    say('Drawing twelve people, and searching each among ten thousand.');
    try {
      const { line, found } = /** @type {Search} */ (await ask('search', { seed: seed++ }));
      const order = [...found].sort((a, b) => a.degrees - b.degrees);
      find(root, '.hf-twelve').replaceChildren(...order.map((each) => card(each, line)));
      const crossing = found.filter(({ degrees }) => degrees <= line);
      const truly = crossing.filter(({ kind }) => kind !== 'stranger').length;
      say(`The line is at ${line.toFixed(0)}°: one search in a hundred for a stranger comes as near. ${crossing.length} cross it, `
        + `${truly} of them rightly; ${found.filter(({ kind }) => kind !== 'stranger').length} of the twelve are known in truth.`);
      seen();
    } finally {
      button.toggleAttribute('disabled', false);
    }
  }

  slider.addEventListener('input', draw);
  for (const chip of root.querySelectorAll('.hf-chip')) {
    chip.addEventListener('click', () => {
      tries = Number(chip.getAttribute('data-tries'));
      draw();
    });
  }
  button.addEventListener('click', () => search().catch(() => {}));
  onWidth(drawing, draw);
  ask('begin').then((answer) => {
    pairs = /** @type {Pairs} */ (answer);
    draw();
  }).catch(() => {});
  return {};
}

export { below, somebody, thresholdsLesson };
