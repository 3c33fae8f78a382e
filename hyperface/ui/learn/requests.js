// Lesson 4, requests: four random points at a time, drawn by the server, and how far off what is drawn is.
import { find } from '../parts/elements.js';
import { choose, drawSpots, onWidth } from './drawn.js';
import { made } from './stage.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ images: string[], missed: number[], asked: number, drawn: number }} Four */
/** @typedef {{ shares: Record<string, number> }} Beginning */

const SPANS = [10, 20, 40, 80, 128];
const MOST = 90;  // degrees, the drawing's height

/** @param {Desk} desk @returns {Stage} */
function requestsLesson({ root, ask, seen, say }) {
  const four = find(root, '.hf-four'), drawing = find(root, '.hf-missed'), button = find(root, '.hf-request');
  /** @type {Record<string, number>} */
  let shares = {};
  /** @type {{ span: number, missed: number }[]} */
  const asked = [];
  let span = 128, seed = Math.floor(Math.random() * 1000);

  function draw() {
    drawSpots(drawing, {
      spots: asked.map(({ span: at, missed }, i) => ({
        x: 0.1 + 0.8 * SPANS.indexOf(at) / 4, y: missed / MOST, ink: at === 128 ? 2 : 1, large: i >= asked.length - 4,
      })),
      across: SPANS.map((at, i) => [0.1 + 0.8 * i / 4, at === 128 ? 'all 128' : String(at)]),
      up: [0, 30, 60, 90].map((degrees) => [degrees / MOST, `${degrees}°`]),
      label: `How far each of ${asked.length} pictures is from what was asked for, by the directions asked within`,
      height: 200,
    });
  }

  function chosen() {
    choose(root, '.hf-chip', 'span', String(span));
    const share = shares[span];
    find(root, '.hf-span-share').textContent = share === undefined ? ''
      : `${(100 * share).toFixed(share > 0.995 ? 0 : 1)} % of how ten thousand faces differ lies in these ${span} of 128 directions.`;
  }

  async function request() {
    button.toggleAttribute('disabled', true);
    say('Asking. The first time on a computer this takes a while.');
    try {
      const answer = /** @type {Four} */ (await ask('draw', { span, seed: seed++ }));
      four.replaceChildren(...answer.images.map((address, i) => {
        const image = Object.assign(document.createElement('img'), {
          className: 'hf-face', src: address, width: 112, height: 112, alt: `What was drawn for request ${i + 1}`,
        });
        asked.push({ span, missed: answer.missed[i] });
        return made('figure', 'hf-drawn', image, made('figcaption', 'hf-number', `${answer.missed[i].toFixed(0)}° off`));
      }));
      const mean = answer.missed.reduce((sum, value) => sum + value, 0) / answer.missed.length;
      say(`On average ${mean.toFixed(0)}° off. The four were asked for ${answer.asked.toFixed(0)}° from each other, and were `
        + `drawn ${answer.drawn.toFixed(0)}° apart.`);
      draw();
      if (new Set(asked.map((each) => each.span)).size > 1) seen();
    } finally {
      button.toggleAttribute('disabled', false);
    }
  }

  for (const chip of root.querySelectorAll('.hf-chip')) {
    chip.addEventListener('click', () => {
      span = Number(chip.getAttribute('data-span'));
      chosen();
    });
  }
  button.addEventListener('click', () => request().catch(() => {}));
  onWidth(drawing, draw);
  ask('begin').then((answer) => {
    ({ shares } = /** @type {Beginning} */ (answer));
    chosen();
  }).catch(() => {});
  chosen();
  return {};
}

export { requestsLesson };
