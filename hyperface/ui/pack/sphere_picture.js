// The sphere of a packing: the whole map, or everybody at the true angle from the chosen one.
import { moveTo, place } from '../parts/address.js';
import { bytesOf } from '../parts/decoded.js';
import { find } from '../parts/elements.js';
import { MOST_DRAWN, PeopleAtlas } from '../parts/sphere/atlas.js';
import { mountSphere } from '../parts/sphere/mount.js';
import { reachOf } from '../parts/sphere/vectors.js';
import { TrueAngles } from './true_angles.js';
import { Way } from './way.js';
import { noteOf } from './words.js';

/** @typedef {import('./frames.js').Frame} Frame */
/** @typedef {import('./frames.js').Packing} Packing */
/** @typedef {import('./true_angles.js').AngleServer} AngleServer */
/** @typedef {import('../parts/sphere/atlas.js').SheetServer} SheetServer */
/** @typedef {import('./way.js').WayServer} WayServer */
/** @typedef {import('./words.js').ViewName} ViewName */
/** @typedef {import('./words.js').PictureNews} PictureNews */
/** @typedef {{ published(question: { run: string | null }): Promise<{ error?: string, points?: string }> }} MapServer */

const FRAME_MILLISECONDS = 200, CENTER_MILLISECONDS = 700;

/** The sphere, which keeps its camera from frame to frame and from run to run. */
class SpherePicture {
  /**
   * @param {HTMLElement} root
   * @param {() => Packing} shown the run that is shown now
   * @param {AngleServer & SheetServer & WayServer & MapServer} server
   * @param {(index: number | null, at: { x: number, y: number }) => void} hovered
   * @param {(index: number) => void} choose
   */
  constructor(root, shown, server, hovered, choose) {
    this.root = root;
    this.shown = shown;
    this.server = server;
    this.truth = new TrueAngles(null, 0);
    this.way = new Way(null, 0);
    /** @type {{ start: PeopleAtlas | null, packed: PeopleAtlas | null }} */
    this.atlases = { start: null, packed: null };
    /** @type {PeopleAtlas | null} */
    this.worn = null;  // the atlas that is on the sphere
    this.asFaces = true;  // whether people are shown as faces, where there is room
    /** @type {string | null} */
    this.drawn = null;  // the run that is on the screen
    /** @type {PictureNews | null} */
    this.picture = null;
    /** @type {{ run: string | null, points: Float32Array } | null} */
    this.published = null;  // umap-learn's map
    const element = find(root, '.hf-sphere');
    this.sphere = mountSphere(element, { label: 'Identities as points on a sphere', picked: choose, hovered });
    for (const button of root.querySelectorAll('.hf-view[data-view]')) {
      button.addEventListener('click', () => moveTo({ view: /** @type {HTMLElement} */ (button).dataset.view }));
    }
    const faces = find(root, '.hf-as-faces');
    faces.addEventListener('click', () => {
      this.asFaces = !this.asFaces;
      faces.setAttribute('aria-pressed', String(this.asFaces));
      this.worn = null;
      this.dress();
    });
  }

  /** The view: the one the address asks for, and else from one person as soon as there is one. @returns {ViewName} */
  get view() {
    const { view } = place();
    if (view === 'umap') return this.picture?.umap_learn ? 'umap' : 'map';
    return view === 'person' || view === 'map' ? view : this.shown().picked ? 'person' : 'map';
  }

  /** The view may be another. */
  async see() {
    const { name } = this.shown();
    if (this.view === 'umap' && this.published?.run !== name) {
      const { points } = await this.server.published({ run: name }).catch(() => ({ points: undefined }));
      if (points) this.published = { run: name, points: new Float32Array(bytesOf(points).buffer) };
    }
    const { frames, index } = this.shown();
    if (frames[index] && this.shown().name === name) this.place(frames[index], CENTER_MILLISECONDS);
    this.tell();
  }

  /**
   * Show where everybody is at a frame; umap-learn has only the last.
   * @param {Frame} frame
   * @param {number} milliseconds
   * @param {import('../parts/sphere/scene.js').Picture} [more] what else is to be seen
   */
  place(frame, milliseconds, more = {}) {
    const { name, frames } = this.shown(), { view, published } = this;
    const other = view === 'umap' && published?.run === name && frame === frames[frames.length - 1] ? published.points : null;
    const positions = other?.length === frame.points.length ? other : frame.points;
    this.sphere.show({ ...more, positions, view: view === 'person' ? 'person' : 'map', milliseconds });
  }

  /** Which view is pressed, and what it shows. @param {PictureNews | null} [picture] how faithful the maps are */
  tell(picture = this.picture) {
    const before = this.view;
    this.picture = picture;
    if (this.view === 'umap' && before !== 'umap') this.see();  // as a link asks for, once it is known to be there
    find(this.root, '[data-view="umap"]').hidden = !picture?.umap_learn;
    find(this.root, '.hf-pack-note').textContent = noteOf(this.sphere.scene.fromOne ? 'person' : this.view === 'umap' ? 'umap' : 'map', this.shown().chosen, picture);
    for (const button of this.root.querySelectorAll('.hf-view[data-view]')) {
      button.setAttribute('aria-pressed', String(/** @type {HTMLElement} */ (button).dataset.view === this.view));
    }
    this.root.dataset.view = this.view;
  }

  /** @param {Frame} frame */
  async draw(frame) {
    const state = this.shown(), first = this.drawn !== state.name;
    const [low, high] = colorRange(state);
    if (first) {
      this.drawn = state.name;
      this.truth = new TrueAngles(state.name, state.chosen);
      this.atlases = { start: null, packed: null };
      this.worn = null;
    }
    const last = this.truth.steps[this.truth.steps.length - 1] ?? -1;
    const newest = frame === state.frames[state.frames.length - 1];
    const behind = frame.step > last && (state.status?.active || last < 0 || newest);
    this.place(frame, first ? 0 : FRAME_MILLISECONDS, {
      values: frame.angles, range: [low, high], bound: state.bound, picked: state.chosen,
      angles: this.truth.at(frame.step),
      reach: reachOf(this.truth.widest),
    });
    find(this.root, '.hf-scale-low').textContent = `${low}°`;
    find(this.root, '.hf-scale-high').textContent = `${high}°`;
    this.tell();
    this.dress();
    if (behind) await this.learn(this.truth, frame, FRAME_MILLISECONDS);
  }

  /**
   * Faces for the points: those that people started from, and at the last frame of a finished run those they have become.
   * The chosen one's is that of the frame.
   */
  dress() {
    const { name, frames, index, status, chosen, picked } = this.shown(), frame = frames[index];
    if (!frame) return;
    const count = frame.angles.length;
    const kind = index === frames.length - 1 && index > 0 && status && !status.active && count <= MOST_DRAWN ? 'packed' : 'start';
    if (this.asFaces) {
      const atlas = this.atlases[kind] ??= new PeopleAtlas(name, count, kind === 'packed');
      if (this.worn !== atlas) this.wear(atlas);
      const wanted = () => this.worn === atlas && this.shown().name === name;
      atlas.load(this.server, wanted, () => {
        if (wanted()) this.wear(atlas);
      });
    } else {
      find(this.root, '.hf-as-faces').textContent = 'Faces';
      this.sphere.faces(null);
    }
    if (picked && !status?.active && (this.way.run !== name || this.way.person !== chosen)) {
      const way = new Way(name, chosen);
      this.way = way;
      way.load(this.server).then(() => {
        if (this.way === way) this.dress();
      }).catch((error) => console.warn('The faces of the way did not come.', error));
    }
    const mine = picked && this.way.run === name && this.way.person === chosen ? this.way.at(frame.step) : null;
    this.sphere.show({ portrait: mine?.image ?? null });
  }

  /** @param {PeopleAtlas} atlas */
  wear(atlas) {
    this.worn = atlas;
    const { undrawn, count } = atlas, drawn = (count - undrawn).toLocaleString('en');
    find(this.root, '.hf-as-faces').textContent = undrawn ? `Faces: ${drawn} of ${count.toLocaleString('en')} drawn` : 'Faces';
    this.sphere.faces(atlas.ready.includes(1) ? atlas : null, atlas.ready);
  }

  /**
   * Fetch angles, and show them if the same person and run are still shown.
   * @param {TrueAngles} truth
   * @param {Frame} frame
   * @param {number} milliseconds
   */
  async learn(truth, frame, milliseconds) {
    const seen = truth.steps.length <= 2 ? 0 : truth.steps.length;  // two at most: perhaps only the start and the end
    const came = await truth.ask(this.server, seen).catch(() => false);
    const state = this.shown();
    if (truth.run !== state.name || truth.person !== state.chosen) return;
    if (!came && truth === this.truth) return;
    this.truth = truth;
    const now = state.frames[state.index] ?? frame;
    this.sphere.show({
      picked: state.chosen, angles: truth.at(now.step), reach: reachOf(truth.widest), view: this.view === 'person' ? 'person' : 'map', milliseconds,
    });
    this.tell();
  }

  /** The chosen identity is another: show it once its angles are there. @param {Frame} frame */
  async mark(frame) {
    const { name, chosen } = this.shown();
    this.dress();
    await this.learn(new TrueAngles(name, chosen), frame, CENTER_MILLISECONDS);
  }

  /** Let some people stand out; all of them if null. @param {Set<number> | null} lit */
  light(lit) {
    this.sphere.show({ lit });
  }

  /** Nothing is known yet of the run that is shown. */
  clear() {
    this.drawn = null;
    this.truth = new TrueAngles(null, 0);
    this.worn = null;
    this.sphere.faces(null);
    const nothing = new Float32Array(0);
    this.sphere.show({
      positions: nothing, values: nothing, angles: null, bound: null, picked: null, lit: null, portrait: null,
    });
  }
}

/**
 * Range of the colors: from the smallest twentieth of the start's angles to the bound, the same in all frames.
 * @param {Pick<Packing, 'frames' | 'bound'>} state
 * @returns {[low: number, high: number]} degrees
 */
function colorRange({ frames, bound }) {
  const start = [...frames[0].angles].sort((a, b) => a - b);
  const low = Math.floor(start[Math.floor(start.length / 20)]);
  const best = frames[frames.length - 1].angles.reduce((a, b) => Math.max(a, b));
  return [low, Math.max(Math.ceil(bound !== null ? Math.min(bound, 1.15 * best) : best), low + 1)];
}

export { colorRange, SpherePicture };
