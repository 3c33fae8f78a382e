// The curves of a training while it goes on and afterwards.
import { chart } from '../parts/chart.js';
import { find } from '../parts/elements.js';
import { controls, follower, showProgress } from '../parts/following.js';
import { add, figures, newest } from './curves.js';
import { guessedPairs } from './pairs.js';

/** @typedef {import('./curves.js').Series} Series */

/**
 * What `train_news` of view.py answers. against: of the other dataset, where there is one. lineage (HTML) and epochs come
 * with the first answer, pairs with the first guesses.
 * @typedef {object} OwnNews
 * @property {Series} metrics
 * @property {{ metrics: Series, status: RunStatus } | null} against
 * @property {import('./pairs.js').Guesses | null} guesses
 * @property {import('./pairs.js').Pair[] | null} [pairs]
 * @property {string} [lineage]
 * @property {number | null} [epochs]
 */

/** @typedef {News & OwnNews} TrainNews */

/**
 * Everything about the run that is shown. against: of the other dataset, where there is one.
 * @typedef {object} Training
 * @property {string | null} name
 * @property {RunStatus | null} status
 * @property {Series} series
 * @property {Series | null} against
 * @property {number | null} epochs
 */

const NEWS_MILLISECONDS = 500;  // between questions
/** @type {Record<string, string>} */
const WAITING = {
  starting: 'is about to be trained on', running: 'is being trained on', done: 'has been trained on',
};

/** @param {string | null} name @returns {Training} */
function fresh(name) {
  return { name, status: null, series: {}, against: null, epochs: null };
}

/**
 * Add what is new to what is known of a training.
 * @param {Training} state
 * @param {TrainNews} news
 * @returns {number} of new steps
 */
function takeIn(state, { status, metrics, against }) {
  state.status = status;
  add(state.series, metrics);
  if (against) add(state.against ??= {}, against.metrics);
  return metrics.step.length + (against?.metrics.step.length ?? 0);
}

/** @param {HTMLElement} root @param {Training} state */
function showFigures(root, state) {
  const other = new Map(state.against ? newest(state.against) : []);
  for (const [selector, text] of newest(state.series)) {
    find(root, selector).textContent = text;
    find(root, `${selector} + small`).textContent = other.has(selector) ? `other set ${other.get(selector)}` : '';
  }
}

/** @param {HTMLElement} root @param {TrainNews['against']} against */
function showAgainst(root, against) {
  const line = find(root, '.hf-train-against');
  line.hidden = !against;
  if (!against) return;
  const how = WAITING[against.status.state] ?? 'has its turn later';
  line.textContent = `Dashed: the other dataset, which ${how}. Both get as many identities, images and steps as the `
    + 'smaller one allows, and the same seed.';
}

/**
 * A component whose value is a run's name. It raises `ended` when a followed run has come to an end.
 * @param {View<string | null, NewsServer<TrainNews> & ControlServer>} view
 */
function trainView({ element, props, server, trigger, watch }) {
  const root = find(element, '.hf-train');
  const charts = { loss: chart(find(root, '.hf-loss-chart')), accuracy: chart(find(root, '.hf-accuracy-chart')) };
  const pairs = guessedPairs(root);
  let state = fresh(null);

  function drawCharts() {
    const { loss, accuracy } = figures(state.series, state.against, state.epochs);
    charts.loss.draw(loss);
    charts.accuracy.draw(accuracy);
  }

  /** @param {TrainNews | Refusal} news @param {boolean} first */
  function apply(news, first) {
    root.dataset.empty = String(!news.status);
    if (!news.status) {
      find(root, '.hf-train-empty').textContent = news.gone || news.error || '';
      return;
    }
    if (first) {
      state.epochs = news.epochs ?? null;
      find(root, '.hf-train-lineage').innerHTML = news.lineage ?? '';
    }
    const wasActive = state.status?.active, added = takeIn(state, news);
    showProgress(find(root, '.hf-progress'), news.status);
    showFigures(root, state);
    showAgainst(root, news.against);
    if (news.pairs) pairs.begin(news.pairs);
    if (news.guesses) pairs.tell(news.guesses);
    if (first || added) drawCharts();
    if (wasActive && !news.status.active) trigger('ended', { run: state.name });
  }

  const pauses = { interval: NEWS_MILLISECONDS };
  const followRun = follower(element, (question) => server.news(question), apply, pauses);
  /** @param {string | null} name */
  function follow(name) {
    state = fresh(name);
    pairs.begin([]);
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
