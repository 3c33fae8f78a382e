// The Learn tab: opening lessons, guesses, answers, how far one is. What a lesson shows is its own script's.
import { find } from '../parts/elements.js';
import { ballLesson } from './ball.js';
import { dimensionsLesson } from './dimensions.js';
import { picturesLesson } from './pictures.js';
import { load, next, save } from './progress.js';
import { raceLesson } from './race.js';
import { requestsLesson } from './requests.js';
import { thresholdsLesson } from './thresholds.js';
import { varietyLesson } from './variety.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */

/** @typedef {{ ask(question: object): Promise<{ error?: string }> }} LessonServer */

/** @type {Record<string, (desk: Desk) => Stage>} */
const STAGES = {
  pictures: picturesLesson, ball: ballLesson, dimensions: dimensionsLesson, requests: requestsLesson,
  variety: varietyLesson,
  race: raceLesson, thresholds: thresholdsLesson,
};

/** A component of seven lessons; its value is nothing. @param {View<null, LessonServer>} view */
function learnView({ element, server }) {
  const root = find(element, '.hf-learn');
  const articles = [...root.querySelectorAll('.hf-lesson')].filter((each) => each instanceof HTMLElement);
  const names = articles.map((article) => article.dataset.lesson ?? '');
  const progress = load();
  /** @type {Record<string, Stage>} */
  const stages = {};
  let opened = '';

  /** @param {string} name */
  const article = (name) => articles[names.indexOf(name)];
  /** @param {string} name */
  const mark = (name) => (progress[name] ??= { guess: null, done: false });

  function showProgress() {
    const done = names.filter((name) => progress[name]?.done).length;
    find(root, '.hf-learn-done').textContent = `${done} of ${names.length} done`;
    for (const name of names) {
      const button = find(root, `.hf-learn-steps [data-open="${name}"]`);
      button.dataset.done = String(progress[name]?.done ?? false);
      find(button, '.hf-learn-state').textContent = progress[name]?.done ? 'done' : '';
      if (name === opened) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
      showRow(name);
    }
  }

  /** A lesson's row in the table at the end. @param {string} name */
  function showRow(name) {
    const row = find(root, `.hf-learned [data-row="${name}"]`), { guess, done } = mark(name);
    row.dataset.done = String(done);
    const choices = article(name).querySelectorAll('.hf-choice');
    find(row, '.hf-learned-guess').textContent = guess === null ? '–' : choices[guess]?.textContent ?? '–';
    find(row, '.hf-learned-answer').hidden = !done;
    find(row, '.hf-learned-open').hidden = done;
  }

  /** @param {string} name @param {{ focus?: boolean }} [how] */
  function open(name, { focus = false } = {}) {
    if (opened && opened !== name) stages[opened]?.hide?.();
    opened = name;
    for (const each of articles) each.hidden = each.dataset.lesson !== name;
    showLesson(name);
    showProgress();
    if (!focus) return;
    const title = find(article(name), 'h2');
    title.focus({ preventScroll: true });
    article(name).scrollIntoView({ block: 'start' });
  }

  /** What of a lesson is shown, as far as one has come. @param {string} name */
  function showLesson(name) {
    const lesson = article(name), { guess, done } = mark(name);
    lesson.querySelectorAll('.hf-choice').forEach((choice, i) => {
      choice.setAttribute('aria-pressed', String(i === guess));
      choice.toggleAttribute('data-right', done && i === Number(lesson.dataset.right));
    });
    const begun = guess !== null || done;
    find(lesson, '.hf-lesson-stage').hidden = !begun;
    find(lesson, '.hf-skip').hidden = begun;
    if (begun) start(name);
    showAnswer(lesson, guess, done);
  }

  /** @param {HTMLElement} lesson @param {number | null} guess @param {boolean} done */
  function showAnswer(lesson, guess, done) {
    find(lesson, '.hf-answer').hidden = !done;
    find(lesson, '.hf-show-answer').hidden = done;
    if (!done) return;
    const right = lesson.querySelectorAll('.hf-choice')[Number(lesson.dataset.right)].textContent;
    const verdict = guess === null ? 'No guess this time.'
      : guess === Number(lesson.dataset.right) ? 'You guessed right.' : `You guessed otherwise; it is: ${right}.`;
    find(lesson, '.hf-verdict').textContent = verdict;
  }

  /** @param {string} name */
  function start(name) {
    if (stages[name]) {
      stages[name].show?.();
      return;
    }
    const stage = find(article(name), '.hf-stage-body'), line = find(article(name), '.hf-stage-line');
    /** @param {string} text */
    const say = (text) => { line.textContent = text; };
    stages[name] = STAGES[name]({
      root: stage,
      say,
      seen: () => finish(name),
      ask: async (what, more = {}) => {
        const failed = () => ({ error: 'The server did not answer. Try again.' });
        const answer = await server.ask({ lesson: name, what, ...more }).catch(failed);
        if (answer.error) {
          say(answer.error);
          throw new Error(answer.error);
        }
        return answer;
      },
    });
  }

  /** @param {string} name */
  function finish(name) {
    if (mark(name).done) return;
    mark(name).done = true;
    save(progress);
    showLesson(name);
    showProgress();
  }

  root.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (!button) return;
    const lesson = button.closest('.hf-lesson');
    if (button.dataset.open) open(button.dataset.open, { focus: true });
    else if (button.dataset.guess !== undefined) {
      mark(opened).guess = Number(button.dataset.guess);
      save(progress);
      showLesson(opened);
      showProgress();
    } else if (button.matches('.hf-skip')) {
      find(article(opened), '.hf-lesson-stage').hidden = false;
      button.hidden = true;
      start(opened);
    } else if (lesson && button.matches('.hf-show-answer')) finish(opened);
  });
  find(root, '.hf-learn-again').addEventListener('click', () => {
    for (const name of Object.keys(progress)) delete progress[name];
    save(progress);
    open(names[0], { focus: true });
  });
  // Nothing is asked of the server before the tab is looked at.
  const looked = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    looked.disconnect();
    open(next(progress, names));
  });
  looked.observe(root);
}

export { learnView };
