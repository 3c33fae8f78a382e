// How far a visitor is: what was guessed in each lesson, and which are done. Kept in the browser.

/** @typedef {{ guess: number | null, done: boolean }} Mark */
/** @typedef {Record<string, Mark>} Progress by the lessons' names */

const KEY = 'hyperface.lessons';

/** What was kept, as far as it makes sense. @param {string | null} text @returns {Progress} */
function read(text) {
  /** @type {Progress} */
  const progress = {};
  /** @type {unknown} */
  let kept;
  try {
    kept = JSON.parse(text ?? '{}');
  } catch {
    return progress;
  }
  if (typeof kept !== 'object' || kept === null) return progress;
  for (const [name, mark] of Object.entries(kept)) {
    if (typeof mark !== 'object' || mark === null) continue;
    progress[name] = { guess: Number.isInteger(mark.guess) ? mark.guess : null, done: mark.done === true };
  }
  return progress;
}

/** @returns {Progress} */
function load() {
  try {
    return read(localStorage.getItem(KEY));
  } catch {
    return {};  // a browser that keeps nothing
  }
}

/** @param {Progress} progress */
function save(progress) {
  try {
    localStorage.setItem(KEY, JSON.stringify(progress));
  } catch {
    // a browser that keeps nothing: the lessons work all the same
  }
}

/**
 * The lesson to go on with: the first that is not done, or the first of all.
 * @param {Progress} progress @param {string[]} names
 */
function next(progress, names) {
  return names.find((name) => !progress[name]?.done) ?? names[0];
}

export { load, next, read, save };
