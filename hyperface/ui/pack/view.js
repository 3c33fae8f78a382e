// The picture of a packing: what arrives from the server, and the parts that show it.
import { choose, chosenAt, onPlace, place } from '../parts/address.js';
import { find, findInput } from '../parts/elements.js';
import { controls, follower, showProgress } from '../parts/following.js';
import { plotly } from '../parts/plotly.js';
import { Tip } from '../parts/sphere/tip.js';
import { AlikePairs } from './alike.js';
import { PackingCharts, brushed } from './charts.js';
import { showFigures } from './figures.js';
import { fresh, takeIn } from './frames.js';
import { People } from './people.js';
import { SpherePicture } from './sphere_picture.js';
import { Timeline } from './timeline.js';
import { nearestPlace } from './way.js';

/** @typedef {import('./frames.js').Packing} Packing */
/** @typedef {import('./frames.js').PackNews} PackNews */
/** @typedef {import('./people.js').FaceServer} FaceServer */
/** @typedef {import('./true_angles.js').AngleServer} AngleServer */
/** @typedef {import('./alike.js').AlikeServer} AlikeServer */
/** @typedef {import('../parts/sphere/atlas.js').SheetServer} SheetServer */
/** @typedef {import('./way.js').WayServer} WayServer */
/** @typedef {import('./sphere_picture.js').MapServer} MapServer */

const BRUSH = 'Draw across the bars to see who they are.';
const NEWS_MILLISECONDS = 170;  // between questions: five pictures a second, as long as an answer takes little time

/**
 * State of the run, and what there is to see.
 * @param {HTMLElement} root
 * @param {Packing} state
 * @param {PackNews} news
 */
function showStatus(root, state, news) {
  showProgress(find(root, '.hf-progress'), news.status);
  root.dataset.frames = state.frames.length > 0 || news.status.active ? 'some' : 'none';
  const wait = find(root, '.hf-sphere-wait');
  wait.hidden = state.frames.length > 0;
  wait.textContent = 'The first picture is being drawn';
}

/**
 * A component whose value is a run's name. It raises `ended` when a followed run has come to an end.
 * @param {View<string | null, NewsServer<PackNews> & ControlServer & FaceServer & AngleServer & SheetServer & WayServer & MapServer & AlikeServer>} view
 */
function packView({ element, props, server, trigger, watch }) {
  const root = find(element, '.hf-pack');
  let state = fresh(null), { view } = place();
  const shown = () => state;
  plotly();  // fetched while the page settles, so that the first frame does not wait for it

  const charts = new PackingCharts(root, { hovered: goTo, brushed: light });
  const people = new People(root, server, shown);
  const tip = new Tip(find(root, '.hf-sphere-tip'), find(root, '.hf-sphere'), async (index) => {
    const [person] = await people.faces([index]).catch(() => [null]);
    return { name: String(index), address: person?.now || person?.start || null };
  });
  const sphere = new SpherePicture(root, shown, server, (index, at) => tip.show(index, at), choose);
  const timeline = new Timeline(root, shown, {
    figures: () => showFigures(root, state),
    draw: (frame) => sphere.draw(frame),
    details: showDetails,
    finished: () => {
      showDetails();
      if (!state.playing) charts.draw(state, true);
    },
  });

  const alike = new AlikePairs(root, server, () => people, ([first]) => choose(first));

  function showDetails() {
    state.drawnDetails = performance.now();
    charts.drawHistogram(state);
    people.show();
  }

  /** The frame nearest to a step that the pointer is at in a chart. @param {number} step */
  function goTo(step) {
    if (!state.frames.length || state.playing || state.status?.active) return;
    const index = nearestPlace(state.frames.map((frame) => frame.step), step);
    if (index !== state.index) timeline.stepBy(index - state.index);
  }

  /** Those whose nearest is so far stand out. @param {[number, number] | null} range degrees */
  function light(range) {
    const lit = range ? brushed(state, range) : null;
    sphere.light(lit?.people ?? null);
    find(root, '.hf-brushed').textContent = lit?.text ?? BRUSH;
  }

  /** Show who is chosen on the page; nobody is null. @param {number | null} identity */
  function show(identity) {
    if (state.picked === (identity !== null) && state.chosen === (identity ?? 0)) return;
    const frame = state.frames[state.index];
    state.chosen = frame ? Math.min(identity ?? 0, frame.angles.length - 1) : identity ?? 0;  // one that there is
    state.picked = identity !== null;
    findInput(root, '.hf-identity').value = String(state.chosen);
    if (!frame) return;
    people.show();
    sphere.mark(frame);
  }

  /** @param {PackNews | Refusal} news */
  async function apply(news) {
    root.dataset.empty = String(!news.status);
    if (!news.status) {
      find(root, '.hf-pack-empty').textContent = news.gone || news.error || '';
      return;
    }
    const wasActive = state.status?.active;
    sphere.tell(news.picture);
    takeIn(state, news);
    showStatus(root, state, news);
    await timeline.grow();
    charts.draw(state, news.status.state !== 'running');
    alike.show(state.name, news.status.state === 'done');
    if (wasActive && !news.status.active) {
      state.faces = {};
      showDetails();
      trigger('ended', { run: state.name });
    }
  }

  const pauses = { interval: NEWS_MILLISECONDS };
  const followRun = follower(element, (question) => server.news(question), apply, pauses);
  /** @param {string | null} name */
  function follow(name) {
    if (state.name === name) Object.assign(state, fresh(name));
    else {
      state = fresh(name);
      sphere.clear();
      showFigures(root, state);
    }
    const where = place(), wanted = where.run === name ? chosenAt(where) : null;
    Object.assign(state, { chosen: wanted ?? 0, picked: wanted !== null });
    findInput(root, '.hf-identity').value = String(state.chosen);
    timeline.setPlaying(false);
    root.dataset.empty = name ? 'false' : 'true';
    followRun(name);
  }
  const identity = findInput(root, '.hf-identity');
  identity.addEventListener('change', () => {
    const last = (state.frames[state.index]?.angles.length ?? Infinity) - 1;
    const wanted = Math.min(last, Math.max(0, Math.round(Number(identity.value)) || 0));  // somebody that there is
    identity.value = String(wanted);
    choose(wanted);
  });
  controls(find(root, '.hf-progress'), server, () => state.name, () => follow(state.name));
  watch('value', () => {
    if (props.value !== state.name) follow(props.value);
  });
  onPlace((where) => {
    if (!root.isConnected || where.run !== state.name) return;
    show(chosenAt(where));
    if (where.view !== view) sphere.see();
    ({ view } = where);
  });
  follow(props.value);
}

export { packView };
