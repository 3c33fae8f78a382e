// The picture of a packing. `props.value` is the run's name; `server.news` tells what is new in its folder.
const RADIUS = 32767, TRACE_SPHERE = 0, TRACE_LINES = 1, TRACE_POINTS = 2, TRACE_PAIR = 3, TRACE_CHOSEN = 4;
const PLAY_MILLISECONDS = 140, CHART_MILLISECONDS = 1200;
const NEWS_MILLISECONDS = 220;  // between questions: as smooth as a picture that changes this often needs
const MANY = 2000, MANY_IN_SOFTWARE = 500;  // points: from here on squares, hardly told from discs, drawn twice as fast
const find = (selector) => element.querySelector(selector);
const root = find('.hf-pack'), sphere = find('.hf-sphere'), slider = find('.hf-frame');
hyperface.plotly();  // fetched while the page settles, so that the first frame does not wait for it
const charts = {
  angles: hyperface.chart(find('.hf-angles-chart')),
  terms: hyperface.chart(find('.hf-terms-chart')),
  histogram: hyperface.chart(find('.hf-histogram')),
};
let state = null;  // everything about the run that is shown

function fresh(name) {
  return {
    name, options: {}, frames: [], bound: null, index: -1, live: true, playing: false, chosen: 0, status: null, drawnCharts: 0, drawnDetails: 0,
    series: { step: [], objective: [], max_cosine: [], gallery_distance: [], min_angle: [], mean_nearest_angle: [] }, faces: {},
  };
}

/* ---- what arrives ---- */

function decodeFrames({ points, records }) {
  const bytes = Uint8Array.from(atob(records), (character) => character.charCodeAt(0));
  const size = 12 + 8 * points, frames = [];
  for (let offset = 0; offset + size <= bytes.length; offset += size) {
    const [step, first, second] = new Int32Array(bytes.buffer, offset, 3);
    const packed = new Int16Array(bytes.buffer, offset + 12, 3 * points);
    const hundredths = new Uint16Array(bytes.buffer, offset + 12 + 6 * points, points);
    const axes = [0, 1, 2].map((axis) => Float32Array.from({ length: points }, (_, i) => packed[3 * i + axis] / RADIUS));
    frames.push({ step, closest: [first, second], axes, angles: Float32Array.from(hundredths, (value) => value / 100) });
  }
  return frames;
}

async function apply(news, first) {
  if (news.gone || news.error) {
    root.dataset.empty = 'true';
    find('.hf-pack-empty').textContent = news.gone || news.error;
    return;
  }
  const before = state.status;
  root.dataset.empty = 'false';
  if (news.options) state.options = news.options;
  if (news.bound_angle !== null) state.bound = news.bound_angle;
  for (const [name, values] of Object.entries(news.metrics)) state.series[name].push(...values);
  if (news.frames) {
    if (news.frames.from === 0) Object.assign(state, { frames: [], index: -1 });
    state.frames.push(...decodeFrames(news.frames));
  }
  state.status = news.status;
  showStatus(news);
  const last = state.frames.length - 1;
  slider.max = Math.max(last, 0);
  if (last >= 0 && last !== state.index && (state.live || state.index < 0) && !state.playing) await show(last);
  else showFigures();
  drawCharts(news.status.state !== 'running');
  if (hyperface.isActive(before) && !hyperface.isActive(news.status)) {
    state.faces = {};
    showDetails();
    trigger('ended', { run: state.name });
  }
}

function showStatus(news) {
  const block = find('.hf-progress');
  hyperface.showProgress(block, news.status);
  const wait = find('.hf-sphere-wait');
  const active = hyperface.isActive(news.status);
  root.dataset.frames = state.frames.length > 0 || active ? 'some' : 'none';
  wait.hidden = state.frames.length > 0;
  wait.textContent = 'The first picture is being drawn';
  const faithful = news.picture
    ? ` How faithful it is here: trustworthiness ${news.picture.trustworthiness.toFixed(2)} (1: every neighbour shown is a true one), ` +
      `rank correlation of true and shown angles ${news.picture.rank_correlation.toFixed(2)}.`
    : '';
  find('.hf-pack-note').textContent = 'The picture is a UMAP projection of many dimensions onto two: near stays mostly near, but ' +
    'distances and empty regions are distorted, the more so the more evenly the identities are packed. The colours, angles and curves ' +
    'are the true ones, from the full space.' + faithful;
}

/* ---- the sphere ---- */

function colourScale() {
  return [1, 2, 3, 4, 5].map((stop, i) => [i / 4, hyperface.variable(`--hf-angle-${stop}`)]);
}

/** Range of the colours: from the smallest tenth of the start's angles to the bound, the same in all frames. */
function colourRange() {
  const start = [...state.frames[0].angles].sort((a, b) => a - b);
  const low = start[Math.floor(start.length / 20)];
  const best = Math.max(...state.frames[state.frames.length - 1].angles);
  return [Math.floor(low), Math.max(Math.ceil(state.bound !== null ? Math.min(state.bound, 1.15 * best) : best), Math.floor(low) + 1)];
}

function pick(frame, indices) {
  return frame.axes.map((axis) => indices.map((index) => 1.01 * axis[index]));
}

const arc = (frame, [first, second]) => hyperface.sphere.arc(...[first, second].map((index) => frame.axes.map((axis) => axis[index])));

function pointSize() {
  const size = Math.min(7, 150 / Math.sqrt(state.frames[0].angles.length));
  return pointSymbol() === 'square' ? Math.max(2.6, 0.7 * size) : Math.max(2, size);
}

function pointSymbol() {
  return state.frames[0].angles.length > (hyperface.sphere.inSoftware() ? MANY_IN_SOFTWARE : MANY) ? 'square' : 'circle';
}

async function draw(frame) {
  const Plotly = await hyperface.plotly();
  const { variable } = hyperface;
  const [low, high] = colourRange();
  if (sphere.dataset.run !== state.name) {  // the first frame of this run: build the graph, keeping the camera
    const common = { hoverinfo: 'skip', showlegend: false };
    const [x, y, z] = frame.axes, [px, py, pz] = arc(frame, frame.closest), [cx, cy, cz] = pick(frame, [state.chosen]);
    const traces = [
      ...hyperface.sphere.background(),
      { type: 'scatter3d', mode: 'markers', x, y, z, hoverinfo: 'none', showlegend: false,
        marker: { size: pointSize(), symbol: pointSymbol(), color: frame.angles, colorscale: colourScale(), cmin: low, cmax: high, line: { width: 0 } } },
      { type: 'scatter3d', mode: 'lines', x: px, y: py, z: pz, line: { color: variable('--hf-series-2'), width: 7 }, ...common },
      { type: 'scatter3d', mode: 'markers', x: cx, y: cy, z: cz, ...common,
        marker: { size: pointSize() + 6, color: 'rgba(0,0,0,0)', line: { color: variable('--body-text-color'), width: 2 } } },
    ];
    const axis = { visible: false, range: [-1.08, 1.08], showspikes: false };
    const away = sphere.clientWidth < 420 ? 1.12 : 1;  // a narrow picture needs more room at its sides
    const camera = sphere.layout?.scene?.camera || { eye: { x: 0.86 * away, y: 0.86 * away, z: 0.56 * away } };
    await Plotly.react(sphere, traces, {
      autosize: true, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: 'rgba(0,0,0,0)', uirevision: 'keep', hovermode: 'closest',
      scene: { xaxis: axis, yaxis: axis, zaxis: axis, aspectmode: 'cube', camera, dragmode: 'orbit', uirevision: 'keep' },
    }, { displayModeBar: false, responsive: true, scrollZoom: false, plotGlPixelRatio: hyperface.sphere.inSoftware() ? 1 : 2 });
    if (!sphere.dataset.run) {
      sphere.on('plotly_hover', (hover) => { choosePoint(hover.points[0]); showTip(hover); });
      sphere.on('plotly_unhover', hideTip);
      sphere.on('plotly_click', ({ points }) => choosePoint(points[0]));
    }
    sphere.dataset.run = state.name;
    find('.hf-scale-low').textContent = `${low}°`;
    find('.hf-scale-high').textContent = `${high}°`;
    state.range = [low, high];
    return;
  }
  const [x, y, z] = frame.axes, pair = arc(frame, frame.closest), chosen = pick(frame, [state.chosen]);
  const update = {
    x: [x, pair[0], chosen[0]], y: [y, pair[1], chosen[1]], z: [z, pair[2], chosen[2]],
    'marker.color': [frame.angles, undefined, undefined],  // undefined: stays as it is
  };
  await Plotly.restyle(sphere, update, [TRACE_POINTS, TRACE_PAIR, TRACE_CHOSEN]);  // one call: each draws everything
}

function choosePoint(point) {
  if (point && point.curveNumber === TRACE_POINTS && point.pointNumber !== state.chosen) choose(point.pointNumber);
}

const tip = find('.hf-sphere-tip');
/** The face of the point under the pointer, beside it. */
async function showTip({ points: [point], event }) {
  if (point.curveNumber !== TRACE_POINTS) return;
  const index = point.pointNumber, box = sphere.getBoundingClientRect();
  tip.dataset.index = index;
  const [person] = await faces([index]).catch(() => [null]);
  if (tip.dataset.index !== String(index)) return;  // the pointer is elsewhere by now
  const address = person?.now || person?.start;
  tip.innerHTML = `${address ? `<img src="${address}" alt="">` : ''}<b>${index}</b>`;
  tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - 84)}px`;
  tip.style.top = `${Math.max(event.clientY - box.top - 84, 0)}px`;
  tip.hidden = false;
}

function hideTip() {
  tip.hidden = true;
  delete tip.dataset.index;
}

async function choose(index) {
  const frame = state.frames[state.index];
  if (!frame || !(index >= 0 && index < frame.angles.length)) return;
  state.chosen = index;
  find('.hf-identity').value = index;
  showPeople();
  if (sphere.dataset.run !== state.name) return;
  const [x, y, z] = pick(frame, [index]);
  await (await hyperface.plotly()).restyle(sphere, { x: [x], y: [y], z: [z] }, [TRACE_CHOSEN]);
}

/* ---- frames ---- */

let drawing = null, wanted = null;
/** Show a frame; while one is being drawn, only the last asked for is kept. */
function show(index) {
  wanted = index;
  drawing ??= (async () => {
    try {
      while (wanted !== null) {
        const next = wanted;
        wanted = null;
        state.index = next;
        slider.value = next;
        showFigures();
        await draw(state.frames[next]);
        if (performance.now() - state.drawnDetails > CHART_MILLISECONDS) showDetails();
      }
    } finally { drawing = null; }
    if (state.live && hyperface.isActive(state.status)) return;  // the next frame is soon there
    showDetails();
    if (!state.playing) drawCharts(true);
  })();
  return drawing;
}

async function play() {
  state.playing = !state.playing;
  root.dataset.playing = state.playing;
  find('.hf-play').setAttribute('aria-label', state.playing ? 'Pause' : 'Play the frames');
  if (!state.playing) return;
  const mine = state;
  if (mine.index >= mine.frames.length - 1) mine.index = -1;
  while (mine === state && mine.playing && mine.index < mine.frames.length - 1) {
    const started = performance.now();
    await show(mine.index + 1);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, PLAY_MILLISECONDS - (performance.now() - started))));
  }
  if (mine === state && mine.playing) { mine.live = true; play(); }
}

/** Stop following and playing, and show the frame that many after the one shown. */
function stepBy(count) {
  state.playing = state.live = false;
  root.dataset.playing = false;
  const last = state.frames.length - 1;
  if (last >= 0) show(Math.max(0, Math.min(last, state.index + count)));
}

function showDetails() {
  state.drawnDetails = performance.now();
  drawHistogram();
  showPeople();
}

/* ---- figures ---- */

/** Place in the series of the step that is shown. */
function place() {
  const { step } = state.series, frame = state.frames[state.index];
  if (!step.length) return -1;
  if (!frame || (state.live && !state.playing)) return step.length - 1;
  const found = step.indexOf(frame.step);
  return found < 0 ? step.length - 1 : found;
}

const degrees = (value, digits = 1) => (value === null || value === undefined ? '–' : `${value.toFixed(digits)}°`);

function showFigures() {
  const at = place(), { series, bound } = state;
  const smallest = series.min_angle[at];
  find('.hf-min-angle').textContent = degrees(smallest, 2);
  find('.hf-mean-angle').textContent = degrees(series.mean_nearest_angle[at], 2);
  find('.hf-objective').textContent = at < 0 || series.objective[at] === null ? '–' : series.objective[at].toFixed(4);
  find('.hf-bound').textContent = bound === null ? '' : `started at ${degrees(series.min_angle[0])}; no packing can exceed ${degrees(bound)}`;
  const gauge = find('.hf-gauge');
  gauge.hidden = bound === null;
  if (bound !== null && at >= 0) {
    gauge.querySelector('i').style.width = `${Math.min(100, 100 * smallest / bound)}%`;
    gauge.querySelector('em').style.left = `${Math.min(100, 100 * series.min_angle[0] / bound)}%`;
  }
  find('.hf-frame-step').textContent = at < 0 ? '' : `step ${series.step[at]}${state.options.steps ? ` of ${state.options.steps}` : ''}`;
}

function drawCharts(now) {
  const moment = performance.now();
  if (!state.series.step.length || (!now && moment - state.drawnCharts < CHART_MILLISECONDS)) return;
  state.drawnCharts = moment;
  const { series, bound } = state, x = series.step;
  const line = (y, name, color, extra = {}) => ({ type: 'scatter', mode: 'lines', x, y, name, line: { color, width: 2, ...extra } });
  const last = x[x.length - 1], end = Math.max(state.options.steps || 0, last);
  const xaxis = { title: { text: 'step' }, range: [0, end], fixedrange: true };
  const here = place();
  const shapes = here >= 0 && here < x.length - 1
    ? [{ type: 'line', xref: 'x', yref: 'paper', x0: x[here], x1: x[here], y0: 0, y1: 1, line: { color: 'series-muted', width: 1 } }] : [];
  const angles = [line(series.mean_nearest_angle, 'mean nearest', 'series-1'), line(series.min_angle, 'smallest', 'series-2')];
  if (bound !== null) {
    angles.push({ type: 'scatter', mode: 'lines', x: [0, end], y: [bound, bound], name: 'bound', line: { color: 'series-muted', width: 1.5, dash: 'dash' } });
  }
  charts.angles.draw({ data: angles, layout: { xaxis, yaxis: { ticksuffix: '°', fixedrange: true, hoverformat: '.2f' }, shapes } });
  const smallest = series.max_cosine.map((value) => (value === null ? null : 1 - value));
  charts.terms.draw({
    data: [line(smallest, 'smallest distance', 'series-2'), line(series.gallery_distance, 'mean distance to gallery', 'series-3')],
    layout: { xaxis, yaxis: { fixedrange: true, rangemode: 'tozero', hoverformat: '.4f' }, shapes },
  });
}

function drawHistogram() {
  const first = state.frames[0], now = state.frames[state.index];
  if (!now) return;
  const everything = [first.angles, state.frames[state.frames.length - 1].angles];
  const low = Math.floor(Math.min(...everything.map((angles) => angles.reduce((a, b) => Math.min(a, b)))));
  const high = Math.ceil(Math.max(state.bound || 0, ...everything.map((angles) => angles.reduce((a, b) => Math.max(a, b)))));
  const size = Math.max((high - low) / 44, 0.25);
  const bars = (angles, name, color, opacity) => ({
    type: 'histogram', x: angles, name, opacity, autobinx: false, xbins: { start: low, end: high + size, size }, marker: { color },
    hovertemplate: '%{y} identities',
  });
  const shapes = state.bound === null ? [] : [{ type: 'line', xref: 'x', yref: 'paper', x0: state.bound, x1: state.bound, y0: 0, y1: 1,
    line: { color: 'series-muted', width: 1.5, dash: 'dash' } }];
  charts.histogram.draw({
    data: [bars(first.angles, 'before', 'series-muted', 0.55), bars(now.angles, 'now', 'series-1', 0.8)],
    layout: { barmode: 'overlay', bargap: 0.06, shapes, xaxis: { ticksuffix: '°', range: [low, high + size], fixedrange: true }, yaxis: { fixedrange: true, title: { text: 'identities' } } },
  });
}

/* ---- faces ---- */

async function faces(indices) {
  const run = state;
  const missing = indices.filter((index) => !(index in run.faces));
  if (missing.length) {
    const answer = await server.faces({ run: run.name, identities: missing });
    missing.forEach((index, i) => { run.faces[index] = { start: answer.start?.[i], now: answer.now?.[i] }; });
  }
  return indices.map((index) => run.faces[index]);
}

let asking = 0;
async function showPeople() {
  const frame = state.frames[state.index];
  if (!frame) return;
  const mine = ++asking, run = state, [first, second] = frame.closest, chosen = Math.min(state.chosen, frame.angles.length - 1);
  find('.hf-identity').max = frame.angles.length - 1;
  const angle = (index) => `<b class="hf-number">${degrees(frame.angles[index])}</b>`;
  const answer = await faces([...new Set([first, second, chosen])]).catch(() => null);
  if (mine !== asking || run !== state || !answer) return;
  const person = (index) => {
    const { start, now } = run.faces[index] || {};
    const picture = (address, caption, alt) => (address ? `<figure><img src="${address}" alt="${alt}"><figcaption>${caption}</figcaption></figure>` : '');
    return picture(start, 'start', `Identity ${index}: the gallery face it started from`) + picture(now, 'packed', `Identity ${index}, drawn from its packed embedding`);
  };
  find('.hf-closest').innerHTML = `<div><div class="hf-faces">${person(first)}</div><span>${first}</span></div>` +
    `<div class="hf-people-angle">${angle(first)}<span>apart</span></div><div><div class="hf-faces">${person(second)}</div><span>${second}</span></div>`;
  find('.hf-chosen').innerHTML = `<div class="hf-faces">${person(chosen)}</div><div class="hf-people-angle">${angle(chosen)}<span>to its nearest</span></div>`;
}

/* ---- controls ---- */

find('.hf-play').addEventListener('click', play);
find('.hf-step-back').addEventListener('click', () => stepBy(-1));
find('.hf-step-on').addEventListener('click', () => stepBy(1));
slider.addEventListener('input', () => {
  state.playing = false;
  root.dataset.playing = false;
  state.live = Number(slider.value) >= state.frames.length - 1;
  if (state.frames[slider.value]) show(Number(slider.value));
});
find('.hf-identity').addEventListener('change', (event) => choose(Number(event.target.value)));

hyperface.controls(find('.hf-progress'), server, () => state.name, () => follow(state.name));

hyperface.onTheme(element, async () => {
  if (!sphere.dataset.run) return;
  const Plotly = await hyperface.plotly(), { variable } = hyperface;
  await Plotly.restyle(sphere, { color: variable('--hf-ball') }, [TRACE_SPHERE]);
  await Plotly.restyle(sphere, { 'line.color': [variable('--hf-graticule'), variable('--hf-series-2')] }, [TRACE_LINES, TRACE_PAIR]);
  await Plotly.restyle(sphere, { 'marker.line.color': variable('--body-text-color') }, [TRACE_CHOSEN]);
  await Plotly.restyle(sphere, { 'marker.colorscale': [colourScale()] }, [TRACE_POINTS]);
});

const followRun = hyperface.follower(element, (question) => server.news(question), apply, { interval: NEWS_MILLISECONDS });
function follow(name) {
  if (!state || state.name !== name) state = fresh(name);
  else Object.assign(state, { ...fresh(name), chosen: state.chosen });
  root.dataset.playing = false;
  root.dataset.empty = name ? 'false' : 'true';
  followRun(name);
}
watch('value', () => { if (props.value !== state?.name) follow(props.value); });
follow(props.value);
