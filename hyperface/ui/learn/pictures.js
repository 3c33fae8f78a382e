// Lesson 1, two pictures: the visitor says whether they show one person, then sees the recogniser's numbers and angle.
import { find, findAs } from '../parts/elements.js';
import { onTheme, variable } from '../parts/look.js';
import { drawRuler, drawStrip } from './drawn.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./drawn.js').Dot} Dot */
/** @typedef {{ images: string[], numbers: [number[], number[]], same: boolean, kind: string, angle: number }} Pair */

/**
 * What is told of a pair once it has been guessed.
 * @param {Pair} pair
 * @param {boolean} said that it is one person
 * @param {number} line degrees
 */
function verdict({ same, kind, angle }, said, line) {
  const who = same ? 'One person.' : kind === 'look-alikes' ? 'Two people who look alike.' : 'Two people.';
  const both = (angle < line) === same ? 'and so is the recogniser' : 'and the recogniser is wrong';
  const alone = (angle < line) === same ? 'The recogniser is right' : 'The recogniser is wrong, too';
  const first = said === same ? `You are right, ${both}` : alone;
  return { who, said: `${first}: ${angle.toFixed(0)}° between the two.` };
}

/** Numbers of equal place multiplied. @param {[number[], number[]]} numbers */
function products([a, b]) {
  return a.map((value, i) => value * b[i]);
}

/** @param {Desk} desk @returns {Stage} */
function picturesLesson({ root, ask, seen, say }) {
  const images = [...root.querySelectorAll('.hf-lesson-pair img')].filter((each) => each instanceof HTMLImageElement);
  const strips = [...root.querySelectorAll('.hf-lesson-strip canvas')].filter((each) => each instanceof HTMLCanvasElement);
  const ruler = find(root, '.hf-pair-ruler'), told = find(root, '.hf-pair-told'), asking = find(root, '.hf-pair-ask');
  /** @type {Dot[]} */
  const dots = [];
  const score = { yours: 0, its: 0 };
  let number = 0, count = 8, line = 60;
  /** @type {Pair | null} */
  let pair = null;
  /** @type {Promise<Pair>} */
  let coming;

  /** @param {number} which */
  function fetch(which) {
    coming = ask('pair', { number: which }).then((answer) => /** @type {Pair} */ (answer));
    coming.catch(() => {});  // told where it is waited for
  }

  function ruled() {
    if (ruler.clientWidth) drawRuler(ruler, { line, dots, label: `The angles of ${dots.length} pairs, and the line at ${line.toFixed(0)}°` });
  }

  function stripes() {
    if (!pair) return;
    /** @type {[string, string]} */
    const colors = [variable('--hf-series-2'), variable('--hf-series-1')];
    const most = 2 / Math.sqrt(pair.numbers[0].length);
    pair.numbers.forEach((numbers, i) => drawStrip(strips[i], numbers, most, colors));
    drawStrip(strips[2], products(pair.numbers), most * most / 2, colors);
  }

  async function next() {
    if (number === count) {  // once more, from the first
      number = score.yours = score.its = 0;
      dots.length = 0;
      fetch(0);
    }
    told.hidden = true;
    find(root, '.hf-strips').hidden = true;
    asking.hidden = false;
    asking.toggleAttribute('inert', true);
    find(root, '.hf-pair-number').textContent = `Pair ${number + 1} of ${count}`;
    say(number ? 'Drawing the next pair.' : 'Drawing the first pair. The first time on a computer this takes a while.');
    pair = await coming;
    images.forEach((image, i) => { image.src = pair?.images[i] ?? ''; });
    asking.toggleAttribute('inert', false);
    say('One person, or two?');
    ruled();
    if (number + 1 < count) fetch(number + 1);
  }

  /** @param {boolean} said */
  function guess(said) {
    if (!pair) return;
    const { who, said: text } = verdict(pair, said, line);
    score.yours += Number(said === pair.same);
    score.its += Number((pair.angle < line) === pair.same);
    dots.forEach((dot) => { dot.latest = false; });
    dots.push({ at: pair.angle, one: pair.same, latest: true });
    find(root, '.hf-pair-truth').replaceChildren(Object.assign(document.createElement('b'), { textContent: who }), ` ${text}`);
    find(root, '.hf-pair-score').textContent = `Right so far: you ${score.yours}, the recogniser ${score.its}, of ${dots.length}.`;
    const sum = products(pair.numbers).reduce((all, value) => all + value, 0);
    find(root, '.hf-strip-sum').textContent = `Where both are above or both below zero the product is above. The products add up to `
      + `${sum.toFixed(2)}, the cosine of ${pair.angle.toFixed(0)}°: 1 would be the same direction, 0 nothing in common.`;
    asking.hidden = true;
    told.hidden = false;
    find(root, '.hf-strips').hidden = false;
    find(root, '.hf-pair-next').textContent = number + 1 < count ? 'Next pair' : 'Once more';
    stripes();
    ruled();
    say('');
    number++;
    if (number === count) seen();
    find(root, '.hf-pair-next').focus({ preventScroll: true });
  }

  asking.addEventListener('click', (event) => {
    const said = event.target instanceof HTMLElement ? event.target.dataset.same : undefined;
    if (said) guess(said === 'true');
  });
  find(root, '.hf-pair-next').addEventListener('click', () => next().catch(() => {}));
  new ResizeObserver(ruled).observe(ruler);
  onTheme(findAs(root, '.hf-lesson-strip canvas', HTMLCanvasElement), stripes);

  async function begin() {
    say('Getting the heads and the recogniser ready.');
    const answer = /** @type {{ count: number, line: number }} */ (await ask('begin'));
    ({ count, line } = answer);
    fetch(0);
    await next();
  }
  begin().catch(() => {});
  return {};
}

export { picturesLesson, products, verdict };
