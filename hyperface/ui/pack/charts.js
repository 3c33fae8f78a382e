// The three charts of a packing: true angles, terms of the objective, and the histogram of nearest angles.
import { chart } from '../parts/chart.js';
import { find } from '../parts/elements.js';
import { place } from './figures.js';

/** @typedef {import('./frames.js').Packing} Packing */

const PAUSE_MILLISECONDS = 1200;  // between two drawings of a packing that goes on
const BARS = 44;
const LEAST_WIDTH = 0.25;  // of a bar, degrees

/** Curves over the steps, and the histogram of the frame that is shown. */
class PackingCharts {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.angles = chart(find(root, '.hf-angles-chart'));
    this.terms = chart(find(root, '.hf-terms-chart'));
    this.histogram = chart(find(root, '.hf-histogram'));
  }

  /**
   * Draw the curves, unless they were drawn a moment ago.
   * @param {Packing} state
   * @param {boolean} now draw them in any case
   */
  draw(state, now) {
    const moment = performance.now();
    if (!state.series.step.length || (!now && moment - state.drawnCharts < PAUSE_MILLISECONDS)) return;
    state.drawnCharts = moment;
    const { series, bound } = state, x = series.step;
    /** @param {(number | null)[]} y @param {string} name @param {string} color */
    const line = (y, name, color) => ({ type: 'scatter', mode: 'lines', x, y, name, line: { color, width: 2 } });
    const end = Math.max(state.options.steps || 0, x[x.length - 1]);
    const xaxis = { title: { text: 'step' }, range: [0, end], fixedrange: true };
    const here = place(state);
    const shapes = here >= 0 && here < x.length - 1 ? [upright(x[here], { color: 'series-muted', width: 1 })] : [];
    /** @type {object[]} */
    const angles = [
      line(series.mean_nearest_angle, 'mean nearest', 'series-1'),
      line(series.min_angle, 'smallest', 'series-2'),
    ];
    if (bound !== null) {
      const dashed = { color: 'series-muted', width: 1.5, dash: 'dash' };
      angles.push({ type: 'scatter', mode: 'lines', x: [0, end], y: [bound, bound], name: 'bound', line: dashed });
    }
    const yaxis = { ticksuffix: '°', fixedrange: true, hoverformat: '.2f' };
    this.angles.draw({ data: angles, layout: { xaxis, yaxis, shapes } });
    const smallest = series.max_cosine.map((value) => (value === null ? null : 1 - value));
    const distance = line(series.gallery_distance, 'mean distance to gallery', 'series-3');
    this.terms.draw({
      data: [line(smallest, 'smallest distance', 'series-2'), distance],
      layout: { xaxis, yaxis: { fixedrange: true, rangemode: 'tozero', hoverformat: '.4f' }, shapes },
    });
  }

  /**
   * Nearest angles of the first frame and of the one that is shown.
   * @param {Packing} state
   */
  drawHistogram(state) {
    const first = state.frames[0], now = state.frames[state.index];
    if (!now) return;
    const everything = [first.angles, state.frames[state.frames.length - 1].angles];
    const low = Math.floor(Math.min(...everything.map((angles) => angles.reduce((a, b) => Math.min(a, b)))));
    const highest = everything.map((angles) => angles.reduce((a, b) => Math.max(a, b)));
    const high = Math.ceil(Math.max(state.bound || 0, ...highest));
    const size = Math.max((high - low) / BARS, LEAST_WIDTH);
    /** @param {Float32Array} angles @param {string} name @param {string} color @param {number} opacity */
    const bars = (angles, name, color, opacity) => ({
      type: 'histogram', x: angles, name, opacity, autobinx: false, xbins: { start: low, end: high + size, size },
      marker: { color }, hovertemplate: '%{y} identities',
    });
    const dashed = { color: 'series-muted', width: 1.5, dash: 'dash' };
    this.histogram.draw({
      data: [bars(first.angles, 'before', 'series-muted', 0.55), bars(now.angles, 'now', 'series-1', 0.8)],
      layout: {
        barmode: 'overlay', bargap: 0.06, shapes: state.bound === null ? [] : [upright(state.bound, dashed)],
        xaxis: { ticksuffix: '°', range: [low, high + size], fixedrange: true },
        yaxis: { fixedrange: true, title: { text: 'identities' } },
      },
    });
  }
}

/**
 * A line across a chart at this place.
 * @param {number} x
 * @param {object} line
 */
function upright(x, line) {
  return { type: 'line', xref: 'x', yref: 'paper', x0: x, x1: x, y0: 0, y1: 1, line };
}

export { PackingCharts };
