// Eight pairs of a benchmark: the visitor says whether each shows one person, then sees what the model says, and moves its
// threshold.
import { find, findAs, findInput } from '../parts/elements.js';
import { likenessBar, percent } from '../parts/likeness.js';

/** @typedef {{ model: string | null, label: string, benchmark: string | null, line: number | null, evaluated: boolean }} Asked */
/** @typedef {{ images: [string, string], same: boolean, cosine: number | null }} Pair */
/** @typedef {{ pairs: Pair[], accuracy: number | null, count: number, error?: undefined }} Round */
/** @typedef {{ pairs(question: object): Promise<Round | { error: string }> }} GuessServer */

/** Whether the model takes a pair for one person; null where it has not looked. @param {Pair} pair @param {number | null} line */
function modelSays({ cosine }, line) {
  return cosine === null || line === null ? null : cosine > line;
}

/** @param {boolean} one */
const who = (one) => (one ? 'one person' : 'two people');

/**
 * How many are right, told in words.
 * @param {Round} round
 * @param {boolean[]} said by the visitor
 * @param {number | null} line
 * @param {string} label the model's
 */
function scoreText({ pairs, accuracy, count }, said, line, label) {
  const yours = pairs.filter((pair, i) => said[i] === pair.same).length;
  const you = `You are right on ${yours} of ${pairs.length}`;
  if (accuracy === null || line === null) {
    return `${you}. ${label} has not been tested on this benchmark yet: press Evaluate, and its answers appear here.`;
  }
  const its = pairs.filter((pair) => modelSays(pair, line) === pair.same).length;
  return `${you}, the model on ${its}. Eight pairs say little: of all ${count.toLocaleString('en')} it decides `
    + `${(100 * accuracy).toFixed(1)} % rightly.`;
}

/** What is said beside a pair. @param {Pair} pair @param {boolean} said @param {number | null} line */
function lines(pair, said, line) {
  const its = modelSays(pair, line);
  const told = [{ text: `They show ${who(pair.same)}.`, right: /** @type {boolean | null} */ (null) }];
  told.push({ text: `You: ${who(said)}`, right: said === pair.same });
  if (its !== null && pair.cosine !== null) {
    told.push({ text: `Model: ${who(its)}, ${percent(pair.cosine)} alike`, right: its === pair.same });
  }
  return told;
}

/** @param {Pair} pair @param {boolean} said @param {number | null} line */
function pairItem(pair, said, line) {
  const item = document.createElement('li'), images = document.createElement('div');
  images.className = 'hf-two-faces';
  for (const src of pair.images) {
    images.append(Object.assign(document.createElement('img'), { className: 'hf-face', src, alt: '', width: 112, height: 112 }));
  }
  item.append(images);
  if (pair.cosine !== null && line !== null) item.append(likenessBar(pair.cosine, line));
  for (const { text, right } of lines(pair, said, line)) {
    const paragraph = Object.assign(document.createElement('p'), { textContent: text });
    if (right !== null) {
      paragraph.dataset.right = String(right);
      paragraph.append(Object.assign(document.createElement('span'), { textContent: right ? ' – right' : ' – wrong' }));
    }
    item.append(paragraph);
  }
  return item;
}

/**
 * A component whose value says which model and benchmark; see guess.py. It raises `moved` when the threshold was moved.
 * @param {View<Asked | null, GuessServer>} view
 */
function guessView({ element, props, server, trigger, watch }) {
  const root = find(element, '.hf-quiz'), asking = find(root, '.hf-quiz-asking'), told = find(root, '.hf-quiz-told');
  const images = [0, 1].map((k) => findAs(asking, `img:nth-child(${k + 1})`, HTMLImageElement));
  const slider = findInput(root, '.hf-quiz-line input'), message = find(root, '.hf-quiz-message');
  const again = find(root, '.hf-quiz-again');
  /** @type {Round | null} */
  let round = null;
  /** @type {boolean[]} */
  let said = [];
  /** @type {number | null} */
  let line = null;
  let number = 0, asked = '', benchmark = '', turn = 0;

  function show() {
    const playing = round !== null && said.length < round.pairs.length;
    asking.hidden = !playing;
    told.hidden = round === null || playing;
    again.hidden = playing || (round === null && !message.textContent);
    if (!round) return;
    if (playing) showQuestion(round);
    else showAnswers(round);
  }

  /** @param {Round} now */
  function showQuestion({ pairs }) {
    images.forEach((image, k) => { image.src = pairs[said.length].images[k]; });
    find(root, '.hf-quiz-number').textContent = `Pair ${said.length + 1} of ${pairs.length}: do they show one person?`;
  }

  /** @param {Round} now */
  function showAnswers(now) {
    const label = props.value?.label ?? 'The model';
    find(root, '.hf-quiz-score').textContent = scoreText(now, said, line, label);
    find(root, '.hf-quiz-pairs').replaceChildren(...now.pairs.map((pair, i) => pairItem(pair, said[i], line)));
    find(root, '.hf-quiz-line').hidden = line === null;
    if (line === null) return;
    slider.value = String(Math.round(100 * line));
    find(root, '.hf-quiz-line output').textContent = percent(line);
  }

  async function ask() {
    const mine = ++turn, value = props.value;
    if (!value?.benchmark) return;
    [round, message.textContent] = [null, ''];  // nobody answers a pair of what was asked before
    show();
    const question = { model: value.model, benchmark: value.benchmark, round: number };
    const answer = await server.pairs(question).catch(() => ({ error: 'The server did not answer. Try again.' }));
    if (mine !== turn) return;
    message.textContent = answer.error ?? '';
    round = answer.error === undefined ? answer : null;
    show();
  }

  function change() {
    const value = props.value;
    const wanted = JSON.stringify([value?.model, value?.benchmark, value?.evaluated]);
    // While the visitor moves it here, what comes is the answer to an earlier move.
    if (wanted !== asked || document.activeElement !== slider) line = value?.line ?? null;
    if (value?.benchmark !== benchmark) said = [];  // others are asked
    benchmark = value?.benchmark ?? '';
    root.hidden = !value?.benchmark;
    if (wanted === asked) show();
    else ask();
    asked = wanted;
  }

  /** @param {boolean} one */
  function guess(one) {
    said.push(one);
    show();
    if (!told.hidden) find(root, '.hf-quiz-score').focus({ preventScroll: true });
  }

  asking.addEventListener('click', (event) => {
    const same = event.target instanceof HTMLElement ? event.target.dataset.same : undefined;
    if (same) guess(same === 'true');
  });
  again.addEventListener('click', () => {
    number += 1;
    said = [];
    ask().then(() => (round ? find(asking, 'button') : again).focus({ preventScroll: true }));
  });
  slider.addEventListener('input', () => {
    line = Number(slider.value) / 100;
    show();
  });
  slider.addEventListener('change', () => trigger('moved', { line: Number(slider.value) / 100 }));
  watch('value', change);
  change();
}

export { guessView, lines, modelSays, scoreText };
