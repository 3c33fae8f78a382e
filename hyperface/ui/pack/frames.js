// What is known of a packing: its frames, as they arrive, and everything else about the run that is shown.
import { bytesOf } from '../parts/decoded.js';

const RADIUS = 32767;  // of the sphere, in the units of a frame
const HEAD = 12;  // bytes of a record before its points: step and closest pair
const POINT = 6, ANGLE = 2;  // bytes of an identity: its place, then its angle in hundredths of a degree

/**
 * One picture of a packing. points: 3n coordinates on the unit sphere. angles: degrees, of each to its nearest.
 * @typedef {object} Frame
 * @property {number} step
 * @property {[number, number]} closest
 * @property {Float32Array} points
 * @property {Float32Array} angles
 */

/**
 * Addresses (`data:`) of the face an identity started from and of the one it has become.
 * @typedef {{ start?: string | null, now?: string | null }} Person
 */

/** @typedef {'step' | 'objective' | 'max_cosine' | 'gallery_distance' | 'min_angle' | 'mean_nearest_angle'} SeriesName */

/**
 * What `pack_news` of view.py answers. options: the run's, with the first answer. start: a first picture, where no frame is
 * drawn yet. picture: how faithful the last one is.
 * @typedef {object} OwnNews
 * @property {{ steps?: number }} [options]
 * @property {number | null} bound_angle
 * @property {Record<SeriesName, Column>} metrics
 * @property {{ from: number, points: number, records: string } | null} frames
 * @property {{ from: number, points: number, records: string } | null} [start]
 * @property {import('./words.js').PictureNews | null} picture
 */

/** @typedef {News & OwnNews} PackNews */

/**
 * Everything about the run that is shown. provisional: whether the only frame is a first picture that will be drawn
 * anew. picked: whether somebody was chosen by the visitor. index: of the frame that is shown, -1 before there is one. live: whether the
 * newest frame is followed. drawnCharts, drawnDetails: when, on the page's clock.
 * @typedef {object} Packing
 * @property {string | null} name
 * @property {{ steps?: number }} options
 * @property {Frame[]} frames
 * @property {boolean} provisional
 * @property {number | null} bound
 * @property {number} index
 * @property {boolean} live
 * @property {boolean} playing
 * @property {number} chosen
 * @property {boolean} picked
 * @property {RunStatus | null} status
 * @property {number} drawnCharts
 * @property {number} drawnDetails
 * @property {Record<SeriesName, Column>} series
 * @property {Record<number, Person>} faces
 */

/** @param {string | null} name @returns {Packing} */
function fresh(name) {
  /** @type {Record<SeriesName, Column>} */
  const series = {
    step: [], objective: [], max_cosine: [], gallery_distance: [], min_angle: [], mean_nearest_angle: [],
  };
  return {
    name, options: {}, frames: [], provisional: false, bound: null, index: -1, live: true, playing: false, chosen: 0,
    picked: false, status: null,
    drawnCharts: 0, drawnDetails: 0, series, faces: {},
  };
}

/**
 * Records of frames.bin, as base64, to frames.
 * @param {{ points: number, records: string }} news
 * @returns {Frame[]}
 */
function decodeFrames({ points, records }) {
  const bytes = bytesOf(records);
  const size = HEAD + (POINT + ANGLE) * points;
  /** @type {Frame[]} */
  const frames = [];
  for (let offset = 0; offset + size <= bytes.length; offset += size) {
    const [step, first, second] = new Int32Array(bytes.buffer, offset, 3);
    const packed = new Int16Array(bytes.buffer, offset + HEAD, 3 * points);
    const hundredths = new Uint16Array(bytes.buffer, offset + HEAD + POINT * points, points);
    const places = Float32Array.from(packed, (value) => value / RADIUS);
    const angles = Float32Array.from(hundredths, (value) => value / 100);
    frames.push({ step, closest: [first, second], points: places, angles });
  }
  return frames;
}

/**
 * Add what is new to what is known of a packing.
 * @param {Packing} state
 * @param {PackNews} news
 */
function takeIn(state, news) {
  if (news.options) state.options = news.options;
  if (news.bound_angle !== null) state.bound = news.bound_angle;
  for (const [name, values] of Object.entries(news.metrics)) {
    state.series[/** @type {SeriesName} */ (name)].push(...values);
  }
  if (news.frames) {
    if (news.frames.from === 0) Object.assign(state, { frames: [], index: -1, provisional: false });
    state.frames.push(...decodeFrames(news.frames));
  } else if (news.start && !state.frames.length) {
    state.frames.push(...decodeFrames(news.start));
    state.provisional = true;
  }
  state.status = news.status;
}

export { fresh, decodeFrames, takeIn };
