// A few pairs of people whom a network is not trained on, and what it says of them while it learns.
import { find } from '../parts/elements.js';
import { likenessBar, percent, place } from '../parts/likeness.js';

/** @typedef {{ images: [string, string], same: boolean }} Pair */
/** @typedef {{ cosines: number[], line: number, step: number, epoch: number }} Guesses */

/** @param {boolean} one */
const who = (one) => (one ? 'one person' : 'two people');

/**
 * What is said of a pair.
 * @param {Pair} pair
 * @param {number} cosine
 * @param {number} line
 */
function guessOf({ same }, cosine, line) {
  const right = (cosine > line) === same;
  return { text: `${who(cosine > line)}, ${percent(cosine)} alike – ${right ? 'right' : 'wrong'}`, right };
}

/**
 * When that was, and how many are right.
 * @param {Pair[]} pairs
 * @param {Guesses} guesses
 */
function whenText(pairs, { cosines, line, step, epoch }) {
  const right = pairs.filter((pair, i) => guessOf(pair, cosines[i], line).right).length;
  const when = step === 0 ? 'Before it has learnt anything' : `In epoch ${epoch}, after ${step.toLocaleString('en')} steps`;
  return `${when}: ${right} of ${pairs.length} right.`;
}

/** @param {Pair} pair */
function item({ images, same }) {
  const made = document.createElement('li'), faces = document.createElement('div');
  faces.className = 'hf-two-faces';
  for (const src of images) {
    faces.append(Object.assign(document.createElement('img'), { className: 'hf-face', src, alt: '', width: 112, height: 112 }));
  }
  const truth = Object.assign(document.createElement('p'), { textContent: `They show ${who(same)}.` });
  made.append(faces, likenessBar(0, 0), truth, Object.assign(document.createElement('p'), { className: 'hf-train-guess' }));
  return made;
}

/**
 * Show pairs, and then what is said of them, in place, so that the bars glide.
 * @param {HTMLElement} root of the training
 */
function guessedPairs(root) {
  const section = find(root, '.hf-train-pairs'), list = find(section, '.hf-train-pairs-list');
  /** @type {Pair[]} */
  let pairs = [];

  /** @param {Pair[]} known none: nothing is shown */
  function begin(known) {
    pairs = known;
    section.hidden = !pairs.length;
    list.replaceChildren(...pairs.map(item));
  }

  /** @param {Guesses} guesses */
  function tell(guesses) {
    if (!pairs.length) return;
    find(section, '.hf-train-pairs-said').textContent = whenText(pairs, guesses);
    [...list.children].forEach((each, i) => {
      const { text, right } = guessOf(pairs[i], guesses.cosines[i], guesses.line), said = find(each, '.hf-train-guess');
      find(each, '.hf-likeness i').style.width = `${place(guesses.cosines[i])}%`;
      find(each, '.hf-likeness em').style.left = `${place(guesses.line)}%`;
      said.textContent = `It says: ${text}`;
      said.dataset.right = String(right);
    });
  }
  return { begin, tell };
}

export { guessOf, guessedPairs, whenText };
