// The curves of a training. `props.value` is the run's name; `server.news` tells what is new in its folder.
/** @typedef {{ [name: string]: (number | null)[] }} Series  a figure's values, step by step */
/** @typedef {{ metrics: Series, status: RunStatus }} Against  the training on the other dataset */

/** @type {(selector: string) => HTMLElement} */
const find = (selector) => hyperface.find(element, selector);
const root = find('.hf-train');
const charts = { loss: hyperface.chart(find('.hf-loss-chart')), accuracy: hyperface.chart(find('.hf-accuracy-chart')) };
const MOST_POINTS = 600;  // of a curve: more cannot be told apart, and drawing them takes time

/**
 * What is known of a run before its news.
 * @param {string | null} name
 * @returns {{ name: string | null, status: RunStatus | null, series: Series, against: Series | null, epochs: number | null }}
 */
const fresh = (name) => ({ name, status: null, series: {}, against: null, epochs: null });
let state = fresh(null);

/**
 * @param {News} news
 * @param {boolean} first
 */
function apply(news, first) {
  if (news.gone || news.error) {
    root.dataset.empty = 'true';
    find('.hf-train-empty').textContent = news.gone || news.error || '';
    return;
  }
  root.dataset.empty = 'false';
  const before = state.status;
  state.status = news.status;
  if (first) {
    state.epochs = news.epochs;
    find('.hf-train-lineage').innerHTML = news.lineage;
  }
  add(state.series, news.metrics);
  let added = news.metrics.step.length;
  if (news.against) {
    add(state.against ??= {}, news.against.metrics);
    added += news.against.metrics.step.length;
  }
  hyperface.showProgress(find('.hf-progress'), news.status);
  showFigures();
  showAgainst(news.against);
  if (first || added) drawCharts();
  if (hyperface.isActive(before) && !hyperface.isActive(news.status)) trigger('ended', { run: state.name });
}

/**
 * @param {Series} series
 * @param {Series} metrics
 */
function add(series, metrics) {
  for (const [name, values] of Object.entries(metrics)) (series[name] ??= []).push(...values);
}

/** @type {(values?: (number | null)[]) => number | null} */
const last = (values = []) => values.findLast((value) => value !== null) ?? null;
const percent = (/** @type {number | null} */ value) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);

/** @type {Record<string, [string, (value: number) => string]>} */
const FIGURES = {
  '.hf-loss': ['loss', (value) => value.toFixed(3)],
  '.hf-accuracy': ['accuracy', percent],
  '.hf-validation': ['validation', percent],
  '.hf-speed': ['images_per_second', (value) => Math.round(value).toLocaleString('en')],
  '.hf-rate': ['learning_rate', (value) => value.toPrecision(2)],
};

function showFigures() {
  for (const [selector, [name, text]] of Object.entries(FIGURES)) {
    const shown = (/** @type {Series} */ series) => {
      const value = last(series[name]);
      return value === null ? '–' : text(value);
    };
    find(selector).textContent = shown(state.series);
    find(`${selector} + small`).textContent = state.against ? `other set ${shown(state.against)}` : '';
  }
}

/** @type {Record<string, string>} */
const WAITING = { starting: 'is about to be trained on', running: 'is being trained on', done: 'has been trained on' };

/** @param {Against | null | undefined} against */
function showAgainst(against) {
  const line = find('.hf-train-against');
  line.hidden = !against;
  if (against) line.textContent = `Dashed: the other dataset, which ${WAITING[against.status.state] ?? 'has its turn later'}. Both get as many identities, images and steps as the smaller one allows, and the same seed.`;
}

/**
 * Places of one training's steps on the axis of epochs, and its curves.
 * @param {Series} series
 * @param {{ dash: string, suffix: string }} style
 */
function curves(series, style) {
  const step = /** @type {number[]} */ (series.step ?? []);  // every row has one
  const { epoch = [], loss = [], accuracy = [], validation = [] } = series;
  const second = epoch.indexOf(2);
  const perEpoch = second > 0 ? step[second] - 1 : Math.max(1, ...step);  // steps of an epoch, once one is over
  const every = Math.ceil(step.length / MOST_POINTS) || 1;
  const kept = step.map((_, i) => i).filter((i) => i % every === 0 || i === step.length - 1);
  const at = (/** @type {number} */ i) => step[i] / perEpoch;
  const line = (/** @type {(number | null)[]} */ values, /** @type {string} */ name, /** @type {string} */ color) => ({
    type: 'scatter', mode: 'lines', name: name + style.suffix, x: kept.map(at), y: kept.map((i) => values[i]),
    line: { color, width: 2, dash: style.dash },
  });
  // validation is measured at the start and after each epoch, and repeated in between
  const measured = step.map((_, i) => i).filter((i) => typeof validation[i] === 'number' && (i === 0 || validation[i] !== validation[i - 1] || (step[i] > 0 && step[i] % perEpoch === 0)));
  return {
    loss: [line(loss, 'loss', 'series-2')],
    accuracy: [line(accuracy, 'training', 'series-1'), {
      type: 'scatter', mode: 'lines+markers', name: `unseen identities${style.suffix}`, x: measured.map(at), y: measured.map((i) => validation[i]),
      line: { color: 'series-3', width: 2, dash: style.dash }, marker: { size: 6 },
    }],
  };
}

function drawCharts() {
  const own = curves(state.series, { dash: 'solid', suffix: '' });
  const other = state.against ? curves(state.against, { dash: 'dash', suffix: ', other set' }) : { loss: [], accuracy: [] };
  const xaxis = { title: { text: 'epoch' }, range: [0, Math.max(state.epochs || 1, last(state.series.epoch) || 1)], fixedrange: true };
  charts.loss.draw({ data: [...own.loss, ...other.loss], layout: { xaxis, yaxis: { rangemode: 'tozero', fixedrange: true, hoverformat: '.3f' }, showlegend: Boolean(state.against) } });
  charts.accuracy.draw({
    data: [...own.accuracy, ...other.accuracy.map((trace) => ({ ...trace, showlegend: false }))],
    layout: { xaxis, yaxis: { range: [0, 1.02], tickformat: '.0%', fixedrange: true, hoverformat: '.1%' }, showlegend: true },
  });
}

const followRun = hyperface.follower(element, (question) => server.news(question), apply, { interval: 500 });
/** @param {string | null} name */
function follow(name) {
  state = fresh(name);
  root.dataset.empty = name ? 'false' : 'true';
  followRun(name);
}
hyperface.controls(find('.hf-progress'), server, () => state.name, () => follow(state.name));
watch('value', () => { if (props.value !== state.name) follow(props.value); });
follow(props.value);
