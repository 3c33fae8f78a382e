// A person enlarged, in a window over the page: a portrait that turns, sliders, and words for how the person differs.
import { find, findAs, findInput } from '../parts/elements.js';
import { newest } from './latest.js';
import { dragging, playing } from './turning.js';
import { turnedViews } from './views.js';

const REST = 180;  // milliseconds without a change after which the fine picture is drawn
const DEGREES = ['yaw', 'pitch', 'light'];
const NO_ANSWER = 'The server did not answer. Move a slider to try again.';

/**
 * @param {View<null, PortraitServer>} view
 * @param {{ step: number }} settings step: degrees between two views
 */
function portraitView({ element, server, trigger }, { step }) {
  const dialog = findAs(element, 'dialog', HTMLDialogElement), stage = find(element, '.hf-portrait-stage');
  const image = find(stage, 'img'), problem = find(element, '.hf-portrait-problem');
  const near = find(element, '.hf-portrait-near'), round = find(element, '.hf-portrait-round');
  const expression = findAs(element, 'select', HTMLSelectElement);
  const sliders = [...DEGREES, 'age'].map((name) => findInput(element, `input[name=${name}]`));
  const [yaw, pitch, light, age] = sliders;
  const most = Number(yaw.max);
  const views = turnedViews(most, step);
  /** @type {object | null} */
  let who = null;
  /** @type {Sitting | null} */
  let start = null;
  let opened = 0, turns = false, resting = 0;
  let kept = '';  // the settings that the kept views are of

  /** @returns {PortraitQuestion} */
  const asked = (fine = false) => ({
    who, fine, yaw: Number(yaw.value), pitch: Number(pitch.value), light: Number(light.value),
    age: Number(age.value) / 100, expression: expression.value || null,
  });
  /** What is in a picture, as text. @param {PortraitQuestion} question */
  const settings = (question) => JSON.stringify({ ...question, fine: false, aside: undefined });
  /** The same of all views. @param {PortraitQuestion} question */
  const sideless = (question) => settings({ ...question, yaw: 0 });

  /** @param {PortraitQuestion} question @returns {Promise<string>} */
  async function draw(question) {
    const answer = await server.draw(question);
    if (answer.error) throw new Error(answer.error);
    return answer.image ?? '';
  }

  /** @param {string} address @param {PortraitQuestion} question */
  function show(address, question) {
    problem.hidden = true;
    if (!question.fine && sideless(question) === kept) views.keep(question.yaw, address);
    const now = settings(asked());
    if (settings(question) === now || !question.aside && image.dataset.shown !== now) put(address, question);
  }

  /** @param {string} address @param {PortraitQuestion} question */
  function put(address, question) {
    image.setAttribute('src', address);
    image.dataset.shown = settings(question);
    image.dataset.fine = String(question.fine);
  }

  /** @param {unknown} error */
  function failed(error) {
    problem.textContent = error instanceof Error && error.message ? error.message : NO_ANSWER;
    problem.hidden = false;
  }

  const pictures = newest(draw, show, failed, fill);

  /** Draw the views that are missing, one after the other, while nothing else is asked for. */
  async function fill() {
    const missing = views.missing(Number(yaw.value));
    if (!turns || !dialog.open || pictures.busy() || resting || missing === undefined) return;
    pictures.want({ ...asked(), yaw: missing, aside: true });
  }

  /** Something was moved: show what there is at once, draw it coarsely, and finely when it rests. */
  function moved() {
    tell();
    const question = asked();
    if (sideless(question) !== kept) forget(question);
    const view = views.at(question.yaw), nearby = views.near(question.yaw, 2 * step);
    if (view) put(view, question);
    else pictures.want(question);
    if (!view && nearby) image.setAttribute('src', nearby);
    rest();
  }

  /** Draw it finely when nothing is moved any more. */
  function rest() {
    clearTimeout(resting);
    resting = 0;
    if (player.playing()) return;
    resting = setTimeout(() => {
      resting = 0;
      pictures.want(asked(true));
    }, REST);
  }

  /** The views that there are, are of other settings than these. @param {PortraitQuestion} question */
  function forget(question) {
    kept = sideless(question);
    views.clear();
    turns = false;  // they are drawn again when the head is turned again
  }

  function tell() {
    for (const slider of sliders) {
      const output = slider.parentElement?.querySelector('output');
      if (output) output.textContent = `${slider.value}${slider.dataset.unit}`.replace('-', '−');
    }
    stage.setAttribute('aria-valuenow', yaw.value);
    stage.setAttribute('aria-valuetext', `turned by ${yaw.value} degrees`);
  }

  /** @param {number} value */
  function turn(value) {
    yaw.value = String(value);
    moved();
    turns = true;
  }

  function reset() {
    if (!start) return;
    for (const name of DEGREES) findInput(element, `input[name=${name}]`).value = String(start[/** @type {'yaw'} */ (name)]);
    age.value = String(100 * start.age);
    expression.value = '';
  }

  /** @param {object} person @param {string} placeholder address of a picture to show until there is a larger one */
  async function open(person, placeholder) {
    const mine = ++opened;
    player.stop();
    pictures.forget();
    const beginning = await server.begin({ who: person }).catch(() => ({ error: NO_ANSWER }));
    if (mine !== opened) return;
    if ('error' in beginning && beginning.error) {
      trigger('submit', { message: beginning.error });
      return;
    }
    const { title, note, sitting, expressions } = /** @type {Beginning} */ (beginning);
    [who, start] = [person, sitting];
    find(element, '#hf-portrait-title').textContent = title;
    find(element, '.hf-portrait-note').textContent = note;
    expression.replaceChildren(
      new Option('as the style has it', ''), ...expressions.map((name) => new Option(name, name)),
    );
    near.replaceChildren();
    problem.hidden = true;
    reset();
    image.setAttribute('src', placeholder);
    image.setAttribute('alt', title);
    delete image.dataset.shown;
    tell();
    forget(asked());
    if (!dialog.open) dialog.showModal();
    stage.focus();
    pictures.want(asked(true));
    const answer = await server.compare({ who: person }).catch(() => ({ error: NO_ANSWER, html: '' }));
    if (mine !== opened) return;
    near.innerHTML = answer.html ?? '';
    if (answer.error) failed(new Error(answer.error));
  }

  const player = playing({ step, most, ready: views, present: () => Number(yaw.value), turn, ended: rest });
  dragging(stage, { step, most, present: () => Number(yaw.value), turn, begin: player.stop });
  round.addEventListener('click', () => player.toggle());
  stage.addEventListener('keydown', (event) => {
    const sideways = { ArrowLeft: -step, ArrowRight: step }[event.key];
    const upwards = { ArrowDown: -step, ArrowUp: step }[event.key];
    if (sideways === undefined && upwards === undefined) return;
    event.preventDefault();  // which would scroll
    player.stop();
    if (sideways !== undefined) {
      turn(Number(yaw.value) + sideways);
    } else if (upwards !== undefined) {
      pitch.value = String(Number(pitch.value) + upwards);
      moved();
    }
  });
  for (const slider of sliders) {
    slider.addEventListener('input', () => {
      player.stop();
      moved();
      turns ||= slider === yaw;
    });
  }
  expression.addEventListener('change', moved);
  find(element, '.hf-portrait-reset').addEventListener('click', () => {
    player.stop();
    reset();
    moved();
  });
  find(element, '.hf-portrait-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();  // outside of what it holds
  });
  dialog.addEventListener('close', () => {
    opened += 1;
    clearTimeout(resting);
    resting = 0;
    player.stop();
    pictures.forget();
    views.clear();
  });
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button.hf-enlarge') : null;
    if (!(button instanceof HTMLElement) || !element.isConnected) return;
    open(JSON.parse(button.dataset.who ?? 'null'), button.querySelector('img')?.src ?? '');
  });
}

export { portraitView };
