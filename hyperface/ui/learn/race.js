// Lesson 6, the race: people of both lanes arrive as they are drawn; then who learnt more, and what many races say.
import { find } from '../parts/elements.js';
import { drawSpots, onWidth } from './drawn.js';

/** @typedef {import('./stage.js').Desk} Desk */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {{ arm: string, face: string }} Runner */
/** @typedef {{ apart: Record<string, number>, score: Record<string, number>, lead: number }} Result */
/** @typedef {{ mean: number, low: number | null, high: number | null, wins: number }} Tally */
/** @typedef {{ from: number, runners: Runner[], result: Result | null, state: string }} News */

const PAUSE = 250;  // milliseconds between questions
const FEW = 5;  // races, fewer of which say nothing yet
const MOST = 16;  // points of a hundred, from the middle of the drawing to its rim

/** A number of points with its sign. @param {number} points */
function signed(points) {
  return `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
}

/** What some races say together. @param {Tally} tally @param {number} races */
function tallyText({ mean, low, high, wins }, races) {
  if (low === null || high === null) return `One race: the packed are ahead by ${signed(mean)} points. Race again, with other people.`;
  const soFar = `The packed won ${wins} of ${races} races, on average by ${signed(mean)} points`;
  if (races < FEW) return `${soFar}. Chance alone makes ${races} races agree often: run ${FEW} at least.`;
  const sure = low > 0 ? 'that is more than chance, with these small recognisers' : high < 0 ? 'that is more than chance, and against packing' : 'that can still be chance';
  return `${soFar}, give or take ${(high - mean).toFixed(1)}: ${sure}.`;
}

/** @param {Desk} desk @returns {Stage} */
function raceLesson({ root, ask, seen, say }) {
  const drawing = find(root, '.hf-leads'), button = find(root, '.hf-go');
  /** @type {number[]} */
  const leads = [];
  /** @type {Tally | null} */
  let tally = null;
  let seed = Math.floor(Math.random() * 10000), open = true;

  function draw() {
    /** @param {number} lead */
    const y = (lead) => 0.5 + Math.max(-0.5, Math.min(0.5, lead / (2 * MOST)));
    const columns = Math.max(8, leads.length);
    const spots = leads.map((lead, i) => ({
      x: (i + 0.5) / columns, y: y(lead), ink: /** @type {1 | 2} */ (lead > 0 ? 1 : 2), large: i === leads.length - 1,
    }));
    const mean = tally;
    drawSpots(drawing, {
      spots,
      lines: mean && mean.low !== null && mean.high !== null ? [
        { points: [{ x: 0, y: y(mean.low) }, { x: 1, y: y(mean.low) }], ink: 3 },
        { points: [{ x: 0, y: y(mean.high) }, { x: 1, y: y(mean.high) }], ink: 3 },
      ] : [],
      across: [[0.02, leads.length ? 'first race' : '']],
      up: [[0, `−${MOST}`], [0.25, `−${MOST / 2}`], [0.5, '0'], [0.75, `+${MOST / 2}`], [1, `+${MOST}`]],
      label: `By how many points the packed led in ${leads.length} races: ${leads.map(signed).join(', ')}`, height: 200,
    });
  }

  /** @param {Runner[]} runners */
  function arrive(runners) {
    for (const { arm, face } of runners) {
      const image = Object.assign(document.createElement('img'), { className: 'hf-face', src: face, width: 48, height: 48, alt: '' });
      find(root, `[data-arm="${arm}"] .hf-runners`).append(image);
    }
  }

  /** @param {Result} result */
  async function finish({ apart, score, lead }) {
    for (const arm of ['random', 'packed']) {
      const lane = find(root, `[data-arm="${arm}"]`);
      find(lane, '.hf-lane-apart').textContent = `nearest ${apart[arm].toFixed(0)}° away`;
      find(lane, '.hf-lane-score').textContent = `${(100 * score[arm]).toFixed(1)} of 100 pairs right`;
      lane.dataset.won = String((lead > 0) === (arm === 'packed'));
    }
    leads.push(lead);
    tally = /** @type {Tally} */ (await ask('tally', { leads }));
    draw();
    find(root, '.hf-tally').textContent = tallyText(tally, leads.length);
    say(`${lead > 0 ? 'The packed' : 'The random'} won this race.`);
    if (leads.length > 1) seen();
  }

  async function race() {
    button.toggleAttribute('disabled', true);
    for (const lane of root.querySelectorAll('.hf-lane')) {
      find(lane, '.hf-runners').replaceChildren();
      find(lane, '.hf-lane-score').textContent = find(lane, '.hf-lane-apart').textContent = '';
      if (lane instanceof HTMLElement) lane.dataset.won = 'false';
    }
    const mine = seed++;
    say('Drawing the people of both lanes. The strangers of the test are drawn before the first race.');
    try {
      let shown = 0;
      while (open) {
        const news = /** @type {News} */ (await ask('race', { seed: mine, from: shown }));
        arrive(news.runners);
        shown += news.runners.length;
        if (news.state) say(news.state);
        if (news.result) {
          await finish(news.result);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    } finally {
      button.toggleAttribute('disabled', false);
    }
  }

  button.addEventListener('click', () => race().catch(() => {}));
  onWidth(drawing, draw);
  return { hide: () => { open = false; }, show: () => { open = true; } };
}

export { raceLesson, signed, tallyText };
