// The curves of a training. `props.value` is the run's name; `server.news` tells what is new in its folder.
const find = (selector) => element.querySelector(selector);
const root = find('.hf-train');
const charts = { loss: hyperface.chart(find('.hf-loss-chart')), accuracy: hyperface.chart(find('.hf-accuracy-chart')) };
const MOST_POINTS = 600;  // of a curve: more cannot be told apart, and drawing them takes time
let state = null;

const fresh = (name) => ({ name, status: null, series: {}, epochs: null });

function apply(news, first) {
  if (news.gone || news.error) {
    root.dataset.empty = 'true';
    find('.hf-train-empty').textContent = news.gone || news.error;
    return;
  }
  root.dataset.empty = 'false';
  const before = state.status;
  state.status = news.status;
  if (first) {
    state.epochs = news.epochs;
    find('.hf-train-lineage').innerHTML = news.lineage;
  }
  for (const [name, values] of Object.entries(news.metrics)) (state.series[name] ??= []).push(...values);
  hyperface.showProgress(find('.hf-progress'), news.status);
  showFigures();
  if (first || news.metrics.step.length) drawCharts();
  if (hyperface.isActive(before) && !hyperface.isActive(news.status)) trigger('ended', { run: state.name });
}

const last = (values = []) => values.findLast((value) => value !== null) ?? null;
const percent = (value) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);

function showFigures() {
  const { loss, accuracy, validation, images_per_second: speed } = state.series;
  find('.hf-loss').textContent = last(loss) === null ? '–' : last(loss).toFixed(3);
  find('.hf-accuracy').textContent = percent(last(accuracy));
  find('.hf-validation').textContent = percent(last(validation));
  find('.hf-speed').textContent = last(speed) === null ? '–' : Math.round(last(speed)).toLocaleString('en');
}

function drawCharts() {
  const { step = [], epoch = [], loss = [], accuracy = [], validation = [] } = state.series;
  const second = epoch.indexOf(2);
  const perEpoch = second > 0 ? step[second] - 1 : Math.max(1, ...step);  // steps of an epoch, once one is over
  const every = Math.ceil(step.length / MOST_POINTS) || 1;
  const kept = step.map((_, i) => i).filter((i) => i % every === 0 || i === step.length - 1);
  const at = (i) => step[i] / perEpoch;
  const line = (values, name, color) => ({ type: 'scatter', mode: 'lines', name, x: kept.map(at), y: kept.map((i) => values[i]), line: { color, width: 2 } });
  // validation is measured at the start and after each epoch, and repeated in between
  const measured = step.map((_, i) => i).filter((i) => typeof validation[i] === 'number' && (i === 0 || validation[i] !== validation[i - 1] || (step[i] > 0 && step[i] % perEpoch === 0)));
  const xaxis = { title: { text: 'epoch' }, range: [0, Math.max(state.epochs || 1, last(epoch) || 1)], fixedrange: true };
  charts.loss.draw({ data: [line(loss, 'loss', 'series-2')], layout: { xaxis, yaxis: { rangemode: 'tozero', fixedrange: true, hoverformat: '.3f' }, showlegend: false } });
  charts.accuracy.draw({
    data: [line(accuracy, 'training', 'series-1'), {
      type: 'scatter', mode: 'lines+markers', name: 'unseen identities', x: measured.map(at), y: measured.map((i) => validation[i]),
      line: { color: 'series-3', width: 2 }, marker: { size: 6 },
    }],
    layout: { xaxis, yaxis: { range: [0, 1.02], tickformat: '.0%', fixedrange: true, hoverformat: '.1%' }, showlegend: true },
  });
}

const followRun = hyperface.follower(element, (question) => server.news(question), apply, { interval: 500 });
function follow(name) {
  state = fresh(name);
  root.dataset.empty = name ? 'false' : 'true';
  followRun(name);
}
hyperface.controls(find('.hf-progress'), server, () => state.name, () => follow(state.name));
watch('value', () => { if (props.value !== state?.name) follow(props.value); });
follow(props.value);
