// The curves of a training while it goes on and afterwards.
import { chart } from '../parts/chart.js';
import { find } from '../parts/elements.js';
import { controls, follower, isActive, showProgress } from '../parts/following.js';
import { curves, last } from './curves.js';

const NEWS_MILLISECONDS = 500;  // between questions
const WAITING = {
  starting: 'is about to be trained on', running: 'is being trained on', done: 'has been trained on',
};

/**
 * Everything about the run that is shown. against: of the other dataset, where there is one.
 * @typedef {object} Training
 * @property {string | null} name
 * @property {RunStatus | null} status
 * @property {import('./curves.js').Series} series
 * @property {import('./curves.js').Series | null} against
 * @property {number | null} epochs
 */

/** @param {string | null} name @returns {Training} */
function fresh(name) {
  return { name, status: null, series: {}, against: null, epochs: null };
}

/** @param {number} value */
function percent(value) {
  return `${(100 * value).toFixed(1)} %`;
}

/** @type {Record<string, [string, (value: number) => string]>} */
const FIGURES = {
  '.hf-loss': ['loss', (value) => value.toFixed(3)],
  '.hf-accuracy': ['accuracy', percent],
  '.hf-validation': ['validation', percent],
  '.hf-speed': ['images_per_second', (value) => Math.round(value).toLocaleString('en')],
  '.hf-rate': ['learning_rate', (value) => value.toPrecision(2)],
};

/**
 * Add what is new to each figure's list.
 * @param {import('./curves.js').Series} series
 * @param {import('./curves.js').Series} metrics
 */
function add(series, metrics) {
  for (const [name, values] of Object.entries(metrics)) (series[name] ??= []).push(...values);
}

/** @param {HTMLElement} root @param {Training} state */
function showFigures(root, state) {
  for (const [selector, [name, text]] of Object.entries(FIGURES)) {
    /** @param {import('./curves.js').Series} series */
    const shown = (series) => {
      const value = last(series[name]);
      return value === null ? '–' : text(value);
    };
    find(root, selector).textContent = shown(state.series);
    find(root, `${selector} + small`).textContent = state.against ? `other set ${shown(state.against)}` : '';
  }
}

/** @param {HTMLElement} root @param {{ status: RunStatus } | null} against */
function showAgainst(root, against) {
  const line = find(root, '.hf-train-against');
  line.hidden = !against;
  if (!against) return;
  const how = /** @type {Record<string, string>} */ (WAITING)[against.status.state] ?? 'has its turn later';
  line.textContent = `Dashed: the other dataset, which ${how}. Both get as many identities, images and steps as the `
    + 'smaller one allows, and the same seed.';
}

/**
 * A component whose value is a run's name. It raises `ended` when a followed run has come to an end.
 * @param {View} view
 */
function trainView({ element, props, server, trigger, watch }) {
  const root = find(element, '.hf-train');
  const charts = { loss: chart(find(root, '.hf-loss-chart')), accuracy: chart(find(root, '.hf-accuracy-chart')) };
  let state = fresh(null);

  function drawCharts() {
    const own = curves(state.series, { dash: 'solid', suffix: '' });
    const none = { loss: [], accuracy: [] };
    const other = state.against ? curves(state.against, { dash: 'dash', suffix: ', other set' }) : none;
    const end = Math.max(state.epochs || 1, last(state.series.epoch) || 1);
    const xaxis = { title: { text: 'epoch' }, range: [0, end], fixedrange: true };
    charts.loss.draw({
      data: [...own.loss, ...other.loss],
      layout: {
        xaxis, yaxis: { rangemode: 'tozero', fixedrange: true, hoverformat: '.3f' }, showlegend: Boolean(state.against),
      },
    });
    charts.accuracy.draw({
      data: [...own.accuracy, ...other.accuracy.map((trace) => ({ ...trace, showlegend: false }))],
      layout: {
        xaxis, yaxis: { range: [0, 1.02], tickformat: '.0%', fixedrange: true, hoverformat: '.1%' }, showlegend: true,
      },
    });
  }

  /** @param {News} news @param {boolean} first */
  function apply(news, first) {
    const missing = news.gone || news.error;
    root.dataset.empty = String(Boolean(missing));
    if (missing) {
      find(root, '.hf-train-empty').textContent = missing;
      return;
    }
    const before = state.status;
    state.status = news.status;
    if (first) {
      state.epochs = news.epochs;
      find(root, '.hf-train-lineage').innerHTML = news.lineage;
    }
    add(state.series, news.metrics);
    let added = news.metrics.step.length;
    if (news.against) {
      add(state.against ??= {}, news.against.metrics);
      added += news.against.metrics.step.length;
    }
    showProgress(find(root, '.hf-progress'), news.status);
    showFigures(root, state);
    showAgainst(root, news.against);
    if (first || added) drawCharts();
    if (isActive(before) && !isActive(news.status)) trigger('ended', { run: state.name });
  }

  const pauses = { interval: NEWS_MILLISECONDS };
  const followRun = follower(element, (question) => server.news(question), apply, pauses);
  /** @param {string | null} name */
  function follow(name) {
    state = fresh(name);
    root.dataset.empty = name ? 'false' : 'true';
    followRun(name);
  }
  controls(find(root, '.hf-progress'), server, () => state.name, () => follow(state.name));
  watch('value', () => {
    if (props.value !== state.name) follow(props.value);
  });
  follow(props.value);
}

export { trainView };
