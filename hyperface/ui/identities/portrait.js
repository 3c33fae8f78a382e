// A person enlarged, in a window over the page: a portrait that turns, sliders, and words for how the person differs.
import { find, findAs } from '../parts/elements.js';
import { livePicture } from './live.js';
import { sittingControls } from './sitting.js';
import { dragging, playing } from './turning.js';

const NO_ANSWER = 'The server did not answer. Move a slider to try again.';

/**
 * The server's answer; where there is none, an error for people. Gradio gives nothing where the server is gone.
 * @template {object} A
 * @param {Promise<A | undefined>} asked
 * @returns {Promise<A | { error: string }>}
 */
async function answered(asked) {
  return await asked.catch(() => undefined) ?? { error: NO_ANSWER };
}

/**
 * @param {View<null, PortraitServer>} view
 * @param {{ step: number }} settings step: degrees between two views
 */
function portraitView({ element, server, trigger }, { step }) {
  const dialog = findAs(element, 'dialog', HTMLDialogElement), stage = find(element, '.hf-portrait-stage');
  const image = find(stage, 'img'), near = find(element, '.hf-portrait-near');
  const round = find(element, '.hf-portrait-round');
  const sitting = sittingControls(element);
  const { yaw, pitch } = sitting;
  const most = Number(yaw.max);
  /** @type {object | null} */
  let who = null;
  /** @type {Sitting | null} */
  let start = null;
  let opened = 0;

  /** @param {PortraitQuestion} question @returns {Promise<string>} */
  async function draw(question) {
    const answer = await answered(server.draw(question));
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.image;
  }

  /** @param {unknown} error null where there is none */
  function failed(error) {
    const problem = find(element, '.hf-portrait-problem');
    problem.hidden = error === null;
    problem.textContent = error instanceof Error ? error.message : '';
  }

  const picture = livePicture({
    image, draw, failed, most, step, asked: (fine) => sitting.asked(who, fine), playing: () => player.playing(),
  });
  const player = playing({ step, most, ready: picture.has, present: () => Number(yaw.value), turn, told });

  /** @param {boolean} turned */
  function moved(turned) {
    tell();
    picture.moved(turned);
  }

  /** @param {number} value */
  function turn(value) {
    yaw.value = String(value);
    moved(true);
  }

  /** Whether the head turns by itself. @param {boolean} going */
  function told(going) {
    round.textContent = going ? 'Stop' : 'Turn this person';
    if (!going) picture.rest();
  }

  function tell() {
    sitting.tell();
    stage.setAttribute('aria-valuenow', yaw.value);
    stage.setAttribute('aria-valuetext', `turned by ${yaw.value} degrees`);
  }

  /** @param {object} person @param {string} placeholder address of a picture to show until there is a larger one */
  async function open(person, placeholder) {
    const mine = ++opened;
    player.stop();
    const beginning = await answered(server.begin({ who: person }));
    if (mine !== opened) return;
    if (beginning.error !== undefined) {
      trigger('submit', { message: beginning.error });
      return;
    }
    [who, start] = [person, beginning.sitting];
    find(element, '#hf-portrait-title').textContent = beginning.title;
    find(element, '.hf-portrait-note').textContent = beginning.note;
    image.setAttribute('alt', beginning.title);
    near.replaceChildren();
    sitting.offer(beginning.expressions);
    sitting.put(start);
    tell();
    failed(null);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTo(0, 0);
    stage.focus();
    picture.begin(placeholder);
    const answer = await answered(server.compare({ who: person }));
    if (mine !== opened) return;
    if (answer.error === undefined) near.innerHTML = answer.html;
    else failed(new Error(answer.error));
  }

  function close() {
    opened += 1;
    picture.close();
    player.stop();
  }

  dragging(stage, { step, most, present: () => Number(yaw.value), turn, begin: player.stop });
  stage.addEventListener('keydown', (event) => {
    const sideways = { ArrowLeft: -step, ArrowRight: step }[event.key];
    const upwards = { ArrowDown: -step, ArrowUp: step }[event.key];
    if (sideways === undefined && upwards === undefined) return;
    event.preventDefault();  // which would scroll
    player.stop();
    yaw.value = String(Number(yaw.value) + (sideways ?? 0));
    pitch.value = String(Number(pitch.value) + (upwards ?? 0));
    moved(sideways !== undefined);
  });
  for (const control of [...sitting.sliders, sitting.expression]) {
    control.addEventListener('input', () => {
      player.stop();
      moved(control === yaw);
    });
  }
  find(element, '.hf-portrait-reset').addEventListener('click', () => {
    player.stop();
    if (start) sitting.put(start);
    moved(false);
  });
  round.addEventListener('click', player.toggle);
  find(element, '.hf-portrait-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();  // outside of what it holds
  });
  dialog.addEventListener('close', close);
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button.hf-enlarge') : null;
    if (!(button instanceof HTMLElement) || !element.isConnected) return;
    open(JSON.parse(button.dataset.who ?? 'null'), button.querySelector('img')?.src ?? '');
  });
}

export { portraitView };
