// What is known of a packing: its frames, as they arrive, and everything else about the run that is shown.

const RADIUS = 32767;  // of the sphere, in the units of a frame
const HEAD = 12;  // bytes of a record before its points: step and closest pair
const POINT = 6, ANGLE = 2;  // bytes of an identity: its place, then its angle in hundredths of a degree

/**
 * One picture of a packing. axes: x, y and z of the points on the unit sphere. angles: degrees, of each to its nearest.
 * @typedef {object} Frame
 * @property {number} step
 * @property {[number, number]} closest
 * @property {Float32Array[]} axes
 * @property {Float32Array} angles
 */

/**
 * Addresses (`data:`) of the face an identity started from and of the one it has become.
 * @typedef {{ start?: string | null, now?: string | null }} Person
 */

/** @typedef {'step' | 'objective' | 'max_cosine' | 'gallery_distance' | 'min_angle' | 'mean_nearest_angle'} SeriesName */

/**
 * What `pack_news` of view.py answers. options: the run's, with the first answer. picture: how faithful it is.
 * @typedef {object} OwnNews
 * @property {{ steps?: number }} [options]
 * @property {number | null} bound_angle
 * @property {Record<SeriesName, Column>} metrics
 * @property {{ from: number, points: number, records: string } | null} frames
 * @property {{ trustworthiness: number, rank_correlation: number } | null} picture
 */

/** @typedef {News & OwnNews} PackNews */

/**
 * Everything about the run that is shown. index: of the frame that is shown, -1 before there is one. live: whether the
 * newest frame is followed. drawnCharts, drawnDetails: when, on the page's clock.
 * @typedef {object} Packing
 * @property {string | null} name
 * @property {{ steps?: number }} options
 * @property {Frame[]} frames
 * @property {number | null} bound
 * @property {number} index
 * @property {boolean} live
 * @property {boolean} playing
 * @property {number} chosen
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
    name, options: {}, frames: [], bound: null, index: -1, live: true, playing: false, chosen: 0, status: null,
    drawnCharts: 0, drawnDetails: 0, series, faces: {},
  };
}

/**
 * Records of frames.bin, as base64, to frames.
 * @param {{ points: number, records: string }} news
 * @returns {Frame[]}
 */
function decodeFrames({ points, records }) {
  const bytes = Uint8Array.from(atob(records), (character) => character.charCodeAt(0));
  const size = HEAD + (POINT + ANGLE) * points;
  /** @type {Frame[]} */
  const frames = [];
  for (let offset = 0; offset + size <= bytes.length; offset += size) {
    const [step, first, second] = new Int32Array(bytes.buffer, offset, 3);
    const packed = new Int16Array(bytes.buffer, offset + HEAD, 3 * points);
    const hundredths = new Uint16Array(bytes.buffer, offset + HEAD + POINT * points, points);
    const axes = [0, 1, 2].map(
      (axis) => Float32Array.from({ length: points }, (_, i) => packed[3 * i + axis] / RADIUS),
    );
    frames.push({ step, closest: [first, second], axes, angles: Float32Array.from(hundredths, (value) => value / 100) });
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
    if (news.frames.from === 0) Object.assign(state, { frames: [], index: -1 });
    state.frames.push(...decodeFrames(news.frames));
  }
  state.status = news.status;
}

export { fresh, decodeFrames, takeIn };
