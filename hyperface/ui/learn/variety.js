// Lesson 5, variety: a person drawn five times by two generators, with requests scattered by β.
import { find, findInput } from '../parts/elements.js';
import { drawSpots, onWidth } from './drawn.js';
import { made } from './stage.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ beta: number, degrees: number, lost: number }} Scatter */
/** @typedef {{ packed: Scatter[], random: Scatter[], people: number }} Beginning */
/** @typedef {{ images: string[], degrees: number[], own: boolean[] }} Row */

const MOST = 0.16;  // share, the drawing's height

/** @param {Desk} desk @returns {Stage} */
function varietyLesson({ root, ask, seen, say }) {
  const slider = findInput(root, '.hf-beta'), drawing = find(root, '.hf-lost');
  /** @type {Beginning | null} */
  let known = null;
  let person = 7, turn = 0;
  /** @type {Set<number>} */
  const tried = new Set();

  function draw() {
    if (!known) return;
    const { packed, random } = known, last = packed.length - 1, now = Number(slider.value);
    /** @param {Scatter[]} scatters */
    const points = (scatters) => scatters.map(({ lost }, i) => ({ x: i / last, y: Math.min(lost / MOST, 1) }));
    drawSpots(drawing, {
      lines: [{ points: points(random), ink: 2 }, { points: points(packed), ink: 1 }],
      spots: [{ ...points(random)[now], ink: 2, large: true }, { ...points(packed)[now], ink: 1, large: true }],
      across: packed.map(({ beta }, i) => [i / last, String(beta)]),
      up: [0, 0.05, 0.1, 0.15].map((share) => [share / MOST, `${Math.round(100 * share)} %`]),
      label: `Share of requests that are lost, by β; at ${packed[now].beta}: ${(100 * packed[now].lost).toFixed(1)} % packed, `
        + `${(100 * random[now].lost).toFixed(1)} % as they came`,
      height: 190,
    });
    find(root, '.hf-knob output').textContent = String(packed[now].beta);
    find(root, '.hf-beta-means').textContent = packed[now].beta
      ? `Each picture is asked for about ${packed[now].degrees.toFixed(0)}° away from the person, in a direction of its own.`
      : 'Every picture is asked for exactly where the person is.';
  }

  /** @param {string} generator @param {Row} row */
  function show(generator, { images, degrees, own }) {
    const five = find(root, `[data-generator="${generator}"] .hf-five`);
    five.replaceChildren(...images.map((address, i) => {
      const image = Object.assign(document.createElement('img'), {
        className: 'hf-face', src: address, width: 112, height: 112, alt: own[i] ? 'Taken for this person' : 'Taken for somebody else',
      });
      const figure = made('figure', 'hf-drawn', image, made('figcaption', 'hf-number', own[i] ? `${degrees[i].toFixed(0)}°` : 'somebody else'));
      figure.dataset.own = String(own[i]);
      return figure;
    }));
  }

  async function rows() {
    draw();
    if (!known) return;
    const mine = ++turn, { beta } = known.packed[Number(slider.value)];
    say('Drawing five pictures each.');
    let lost = '';
    for (const generator of ['gan', 'heads']) {
      const row = /** @type {Row} */ (await ask('row', { generator, beta, person }));
      if (mine !== turn) return;
      show(generator, row);
      lost += ` ${generator === 'gan' ? 'GAN' : 'Heads'}: ${row.own.filter((own) => own).length} of 5 are this person.`;
    }
    say(`With β = ${beta}.${lost}`);
    tried.add(beta);
    if (tried.size > 2 && Math.max(...tried) >= 0.01) seen();
  }

  slider.addEventListener('input', draw);
  slider.addEventListener('change', () => rows().catch(() => {}));
  find(root, '.hf-another').addEventListener('click', () => {
    person = (person + 37) % (known?.people ?? 300);
    rows().catch(() => {});
  });
  onWidth(drawing, draw);
  say('Getting both generators ready.');
  ask('begin').then((answer) => {
    known = /** @type {Beginning} */ (answer);
    return rows();
  }).catch(() => {});
  return { hide: () => { turn++; } };
}

export { varietyLesson };
