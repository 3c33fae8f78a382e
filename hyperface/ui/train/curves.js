// The curves of a training over its epochs.

const MOST_POINTS = 600;  // of a curve: more cannot be told apart, and drawing them takes time

/** @typedef {Record<string, (number | null)[]>} Series a list for each figure, an entry for each step */

/**
 * The last value that there is.
 * @param {(number | null)[]} [values]
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
  /** @param {(number | null)[]} values @param {string} name @param {string} color */
  const line = (values, name, color) => ({
    type: 'scatter', mode: 'lines', name: name + style.suffix, x: kept.map(at), y: kept.map((i) => values[i]),
    line: { color, width: 2, dash: style.dash },
  });
  // validation is measured at the start and after each epoch, and repeated in between
  const measured = step.map((_, i) => i).filter((i) => typeof validation[i] === 'number'
    && (i === 0 || validation[i] !== validation[i - 1] || (step[i] > 0 && step[i] % perEpoch === 0)));
  return {
    loss: [line(loss, 'loss', 'series-2')],
    accuracy: [line(accuracy, 'training', 'series-1'), {
      type: 'scatter', mode: 'lines+markers', name: `unseen identities${style.suffix}`,
      x: measured.map(at), y: measured.map((i) => validation[i]),
      line: { color: 'series-3', width: 2, dash: style.dash }, marker: { size: 6 },
    }],
  };
}

export { last, curves };
