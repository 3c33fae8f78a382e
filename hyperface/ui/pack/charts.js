// The three charts of a packing: true angles, terms of the objective, and the histogram of nearest angles.
import { chart } from '../parts/chart.js';
import { find } from '../parts/elements.js';
import { place } from './figures.js';

/** @typedef {import('./frames.js').Packing} Packing */

const PAUSE_MILLISECONDS = 2000;  // between two drawings of a packing that goes on
const BARS = 44;
const LEAST_WIDTH = 0.25;  // of a bar, degrees
const LEAST_COUNT = 0.6;  // where the axis begins, so that a bar of one is seen
const BOUND = { color: 'series-muted', width: 1.5, dash: 'dash' };  // the line that no packing can pass

/**
 * A line across a chart at this place.
 * @param {number | null} x
 * @param {object} line
 */
function upright(x, line) {
  return { type: 'line', xref: 'x', yref: 'paper', x0: x, x1: x, y0: 0, y1: 1, line };
}

/**
 * The curves over the steps, with a mark at the step that is shown.
 * @param {Packing} state
 * @returns {{ angles: Figure, terms: Figure }}
 */
function curves(state) {
  const { series, bound } = state, x = series.step, newest = x.length - 1, here = place(state);
  /** @param {Column} y @param {string} name @param {string} color */
  const line = (y, name, color) => ({ type: 'scatter', mode: 'lines', x, y, name, line: { color, width: 2 } });
  const end = Math.max(state.options.steps || 1, x[newest] ?? 0);
  const xaxis = { title: { text: 'step' }, range: [0, end], fixedrange: true };
  const shapes = here >= 0 && here < newest ? [upright(x[here], { color: 'series-muted', width: 1 })] : [];
  /** @type {object[]} */
  const angles = [
    line(series.mean_nearest_angle, 'mean nearest', 'series-1'),
    line(series.min_angle, 'smallest', 'series-2'),
  ];
  if (bound !== null) {
    angles.push({ type: 'scatter', mode: 'lines', x: [0, end], y: [bound, bound], name: 'bound', line: BOUND });
  }
  const smallest = series.max_cosine.map((value) => (value === null ? null : 1 - value));
  const terms = [
    line(smallest, 'smallest distance', 'series-2'),
    line(series.gallery_distance, 'mean distance to gallery', 'series-3'),
  ];
  return {
    angles: { data: angles, layout: { xaxis, yaxis: { ticksuffix: '°', fixedrange: true, hoverformat: '.2f' }, shapes } },
    terms: {
      data: terms, layout: { xaxis, yaxis: { fixedrange: true, rangemode: 'tozero', hoverformat: '.4f' }, shapes },
    },
  };
}

/**
 * Nearest angles of the first frame and of the one that is shown, on an axis that all frames share; null without frames.
 * @param {Packing} state
 * @returns {Figure | null}
 */
function histogram(state) {
  const first = state.frames[0], now = state.frames[state.index];
  if (!now) return null;
  const ends = [first.angles, state.frames[state.frames.length - 1].angles];
  const low = Math.floor(Math.min(...ends.map((angles) => angles.reduce((a, b) => Math.min(a, b)))));
  const highest = ends.map((angles) => angles.reduce((a, b) => Math.max(a, b)));
  const high = Math.ceil(Math.max(state.bound || 0, ...highest));
  const size = Math.max((high - low) / BARS, LEAST_WIDTH);
  /** @param {Float32Array} angles @param {string} name @param {string} color @param {number} opacity */
  const bars = (angles, name, color, opacity) => ({
    type: 'histogram', x: angles, name, opacity, autobinx: false, xbins: { start: low, end: high + size, size },
    marker: { color }, hovertemplate: '%{y} identities',
  });
  return {
    data: [bars(first.angles, 'before', 'series-muted', 0.55), bars(now.angles, 'now', 'series-1', 0.8)],
    layout: {
      barmode: 'overlay', bargap: 0.06, dragmode: 'select', selectdirection: 'h', selectionrevision: 'kept', shapes: state.bound === null ? [] : [upright(state.bound, BOUND)],
      xaxis: { ticksuffix: '°', range: [low, high + size], fixedrange: true },
      yaxis: {
        fixedrange: true, title: { text: 'identities' }, type: 'log', dtick: 1,  // a spike of all would flatten the others
        range: [Math.log10(LEAST_COUNT), Math.log10(1.3 * first.angles.length)],
      },
    },
  };
}

/**
 * Those whose nearest is so far in the frame that is shown, or, if nobody's is, was so far at the start; and who they are in
 * words.
 * @param {Packing} state
 * @param {[number, number]} range degrees
 */
function brushed(state, [low, high]) {
  /** @param {number} index */
  const within = (index) => {
    /** @type {Set<number>} */
    const people = new Set();
    state.frames[index]?.angles.forEach((angle, i) => {
      if (angle >= low && angle <= high) people.add(i);
    });
    return people;
  };
  const now = within(state.index), before = now.size ? now : within(0), many = before.size === 1 ? '1 person' : `${before.size.toLocaleString('en')} people`;
  const between = `between ${low.toFixed(1)}° and ${high.toFixed(1)}°`;
  return { people: before, text: now.size ? `${many} with the nearest ${between}` : `${many} with the nearest ${between} at the start` };
}

/** Curves over the steps, and the histogram of the frame that is shown. */
class PackingCharts {
  /**
   * @param {HTMLElement} root
   * @param {{ hovered: (step: number) => void, brushed: (range: [number, number] | null) => void }} leads what a step under
   * the pointer leads to, and what angles that were brushed in the histogram do
   */
  constructor(root, leads) {
    this.angles = chart(find(root, '.hf-angles-chart'), { hovered: leads.hovered });
    this.terms = chart(find(root, '.hf-terms-chart'), { hovered: leads.hovered });
    this.histogram = chart(find(root, '.hf-histogram'), { brushed: leads.brushed });
  }

  /**
   * Draw the curves, unless they were drawn a moment ago. A packing without any yet is drawn once, so that the curves of the
   * one before go.
   * @param {Packing} state
   * @param {boolean} now draw them in any case
   */
  draw(state, now) {
    const moment = performance.now(), recent = moment - state.drawnCharts < PAUSE_MILLISECONDS;
    if (state.drawnCharts && (!state.series.step.length || (recent && !now))) return;
    state.drawnCharts = moment;
    const { angles, terms } = curves(state);
    this.angles.draw(angles);
    this.terms.draw(terms);
  }

  /**
   * Nearest angles of the first frame and of the one that is shown.
   * @param {Packing} state
   */
  drawHistogram(state) {
    const figure = histogram(state);
    if (figure) this.histogram.draw(figure);
  }
}

export { brushed, curves, histogram, PackingCharts };
