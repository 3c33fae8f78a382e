// Going through the frames of a packing: one by one, played, or dragged to.
import { find, findInput } from '../parts/elements.js';

/** @typedef {import('./frames.js').Frame} Frame */
/** @typedef {import('./frames.js').Packing} Packing */

const PLAY_MILLISECONDS = 140, DETAILS_MILLISECONDS = 2000;

/**
 * What is done to show a frame. figures: at once. draw: the picture. details: what takes longer. finished: once no other
 * frame waits to be drawn.
 * @typedef {object} Showing
 * @property {() => void} figures
 * @property {(frame: Frame) => Promise<void>} draw
 * @property {() => void} details
 * @property {() => void} finished
 */

class Timeline {
  /**
   * @param {HTMLElement} root
   * @param {() => Packing} shown the run that is shown now
   * @param {Showing} showing
   */
  constructor(root, shown, showing) {
    this.root = root;
    this.shown = shown;
    this.showing = showing;
    this.slider = findInput(root, '.hf-frame');
    /** @type {Promise<void> | null} */
    this.drawing = null;
    /** @type {number | null} */
    this.wanted = null;
    find(root, '.hf-play').addEventListener('click', () => this.play());
    find(root, '.hf-step-back').addEventListener('click', () => this.stepBy(-1));
    find(root, '.hf-step-on').addEventListener('click', () => this.stepBy(1));
    this.slider.addEventListener('input', () => this.drag());
  }

  /** Take note of how many frames there are, and show the newest if they are followed. */
  async grow() {
    const state = this.shown(), last = state.frames.length - 1;
    this.slider.max = String(Math.max(last, 0));
    if (last >= 0 && last !== state.index && (state.live || state.index < 0) && !state.playing) await this.show(last);
    else this.showing.figures();
  }

  /**
   * Show a frame; while one is being drawn, only the last asked for is kept.
   * @param {number} index
   */
  show(index) {
    this.wanted = index;
    this.drawing ??= this.drawWanted();
    return this.drawing;
  }

  async drawWanted() {
    try {
      while (this.wanted !== null) {
        const next = this.wanted, state = this.shown(), frame = state.frames[next];
        this.wanted = null;
        if (!frame) continue;  // asked for before another run was chosen
        state.index = next;
        this.slider.value = String(next);
        this.showing.figures();
        await this.showing.draw(frame);
        if (performance.now() - this.shown().drawnDetails > DETAILS_MILLISECONDS) this.showing.details();
      }
    } finally {
      this.drawing = null;
    }
    const state = this.shown();
    if (state.live && state.status?.active) return;  // the next frame is soon there
    this.showing.finished();
  }

  async play() {
    const mine = this.shown();
    this.setPlaying(!mine.playing);
    find(this.root, '.hf-play').setAttribute('aria-label', mine.playing ? 'Pause' : 'Play the frames');
    if (!mine.playing) return;
    const goesOn = () => mine === this.shown() && mine.playing;
    if (mine.index >= mine.frames.length - 1) mine.index = -1;
    while (goesOn() && mine.index < mine.frames.length - 1) {
      const started = performance.now();
      await this.show(mine.index + 1);
      const rest = Math.max(0, PLAY_MILLISECONDS - (performance.now() - started));
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
    if (goesOn()) {
      mine.live = true;
      this.play();
    }
  }

  /** @param {boolean} playing */
  setPlaying(playing) {
    this.shown().playing = playing;
    this.root.dataset.playing = String(playing);
  }

  /**
   * Stop following and playing, and show the frame that many after the one shown.
   * @param {number} count
   */
  stepBy(count) {
    const state = this.shown(), last = state.frames.length - 1;
    state.live = false;
    this.setPlaying(false);
    if (last >= 0) this.show(Math.max(0, Math.min(last, state.index + count)));
  }

  /** Show the frame that the slider was dragged to; at its end, follow the newest. */
  drag() {
    const state = this.shown(), index = Number(this.slider.value);
    this.setPlaying(false);
    state.live = index >= state.frames.length - 1;
    if (state.frames[index]) this.show(index);
  }
}

export { Timeline };
