// The figures beside the sphere: angles, objective, bound, and the step that is shown.
import { find } from '../parts/elements.js';

/** @typedef {import('./frames.js').Packing} Packing */

/**
 * Place in the series of the step that is shown; -1 before there is one.
 * @param {Packing} state
 */
function place(state) {
  const { step } = state.series, frame = state.frames[state.index];
  if (!step.length) return -1;
  if (!frame || (state.live && !state.playing)) return step.length - 1;
  const found = step.indexOf(frame.step);
  return found < 0 ? step.length - 1 : found;
}

/**
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
function degrees(value, digits = 1) {
  return value === null || value === undefined ? '–' : `${value.toFixed(digits)}°`;
}

/**
 * Of the gauge's length, as CSS writes it.
 * @param {number | null} value
 * @param {number} most
 */
function share(value, most) {
  return `${Math.min(100, 100 * (value ?? 0) / most)}%`;
}

/** @param {HTMLElement} root @param {Packing} state */
function showFigures(root, state) {
  const at = place(state), { series, bound } = state;
  const smallest = series.min_angle[at], objective = series.objective[at];
  find(root, '.hf-min-angle').textContent = degrees(smallest, 2);
  find(root, '.hf-mean-angle').textContent = degrees(series.mean_nearest_angle[at], 2);
  find(root, '.hf-objective').textContent = objective === null || objective === undefined ? '–' : objective.toFixed(4);
  const started = `started at ${degrees(series.min_angle[0])}; no packing can exceed ${degrees(bound)}`;
  find(root, '.hf-bound').textContent = bound === null ? '' : started;
  const gauge = find(root, '.hf-gauge');
  gauge.hidden = bound === null;
  if (bound !== null && at >= 0) {
    find(gauge, 'i').style.width = share(smallest, bound);
    find(gauge, 'em').style.left = share(series.min_angle[0], bound);
  }
  const of = state.options.steps ? ` of ${state.options.steps}` : '';
  find(root, '.hf-frame-step').textContent = at < 0 ? '' : `step ${series.step[at]}${of}`;
}

export { place, degrees, share, showFigures };
