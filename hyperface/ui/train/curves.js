// The curves of a training over its epochs, and its newest figures.

const MOST_POINTS = 600;  // of a curve: more cannot be told apart, and drawing them takes time

const WATCHED = 'watched/';  // before the name of a benchmark that is measured after each epoch

/** @typedef {Record<string, Column>} Series a list for each figure, an entry for each step */

/**
 * Add new steps to each figure's list.
 * @param {Series} series
 * @param {Series} metrics
 */
function add(series, metrics) {
  const known = series.step?.length ?? 0, more = metrics.step?.length ?? 0;
  for (const name of new Set([...Object.keys(series), ...Object.keys(metrics)])) {
    const values = series[name] ??= Array(known).fill(null);  // a benchmark is first measured on the way
    values.push(...metrics[name] ?? Array(more).fill(null));
  }
}

/**
 * The last value that there is.
 * @param {Column} [values]
 * @returns {number | null}
 */
function last(values = []) {
  return values.findLast((value) => value !== null) ?? null;
}

/**
 * Loss and accuracies of one training on the axis of epochs.
 * @param {Series} series
 * @param {{ dash: string, suffix: string }} style
 * @returns {{ loss: object[], accuracy: object[] }}
 */
function curves(series, style) {
  const { loss = [], accuracy = [], validation = [] } = series;
  const step = (series.step ?? []).map(Number), epoch = series.epoch ?? [];
  const second = epoch.indexOf(2);
  const perEpoch = second > 0 ? step[second] - 1 : Math.max(1, ...step);  // steps of an epoch, once one is over
  const every = Math.ceil(step.length / MOST_POINTS) || 1;
  const kept = step.map((_, i) => i).filter((i) => i % every === 0 || i === step.length - 1);
  /** @param {number} i */
  const at = (i) => step[i] / perEpoch;
  /** @param {Column} values @param {string} name @param {string} color */
  const line = (values, name, color) => ({
    type: 'scatter', mode: 'lines', name: name + style.suffix, x: kept.map(at), y: kept.map((i) => values[i]),
    line: { color, width: 2, dash: style.dash },
  });
  // validation is measured at the start and after each epoch, and repeated in between
  const measured = step.map((_, i) => i).filter((i) => typeof validation[i] === 'number'
    && (i === 0 || validation[i] !== validation[i - 1] || (step[i] > 0 && step[i] % perEpoch === 0)));
  const watched = Object.keys(series).filter((name) => name.startsWith(WATCHED)).map((name, i) => {
    const there = step.map((_, k) => k).filter((k) => typeof series[name][k] === 'number');
    return {
      type: 'scatter', mode: 'lines+markers', name: name.slice(WATCHED.length) + style.suffix,
      x: there.map(at), y: there.map((k) => series[name][k]),
      line: { color: `series-${4 + i % 3}`, width: 2, dash: style.dash }, marker: { size: 6, symbol: 'diamond' },
    };
  });
  return {
    loss: [line(loss, 'loss', 'series-2')],
    accuracy: [line(accuracy, 'training', 'series-1'), {
      type: 'scatter', mode: 'lines+markers', name: `unseen identities${style.suffix}`,
      x: measured.map(at), y: measured.map((i) => validation[i]),
      line: { color: 'series-3', width: 2, dash: style.dash }, marker: { size: 6 },
    }, ...watched],
  };
}

/**
 * The two charts of a training, with the other dataset's curves dashed.
 * @param {Series} series
 * @param {Series | null} against
 * @param {number | null} epochs how many were asked for
 * @returns {{ loss: Figure, accuracy: Figure }}
 */
function figures(series, against, epochs) {
  const own = curves(series, { dash: 'solid', suffix: '' });
  const other = against ? curves(against, { dash: 'dash', suffix: ', other set' }) : { loss: [], accuracy: [] };
  const end = Math.max(epochs || 1, last(series.epoch) || 1);
  const xaxis = { title: { text: 'epoch' }, range: [0, end], fixedrange: true };
  return {
    loss: {
      data: [...own.loss, ...other.loss],
      layout: {
        xaxis, yaxis: { rangemode: 'tozero', fixedrange: true, hoverformat: '.3f' }, showlegend: Boolean(against),
      },
    },
    accuracy: {
      data: [...own.accuracy, ...other.accuracy.map((trace) => ({ ...trace, showlegend: false }))],
      layout: {
        xaxis, yaxis: { range: [0, 1.02], tickformat: '.0%', fixedrange: true, hoverformat: '.1%' }, showlegend: true,
      },
    },
  };
}

/** @param {number} value */
function percent(value) {
  return `${(100 * value).toFixed(1)} %`;
}

/** @type {[selector: string, name: string, text: (value: number) => string][]} */
const NEWEST = [
  ['.hf-loss', 'loss', (value) => value.toFixed(3)],
  ['.hf-accuracy', 'accuracy', percent],
  ['.hf-validation', 'validation', percent],
  ['.hf-speed', 'images_per_second', (value) => Math.round(value).toLocaleString('en')],
  ['.hf-rate', 'learning_rate', (value) => value.toPrecision(2)],
];

/**
 * The newest figures of a training as text, each with the selector of its element.
 * @param {Series} series
 * @returns {[selector: string, text: string][]}
 */
function newest(series) {
  return NEWEST.map(([selector, name, text]) => {
    const value = last(series[name]);
    return [selector, value === null ? '–' : text(value)];
  });
}

export { add, curves, figures, newest };
