// What is known of a packing: its frames, as they arrive, and everything else about the run that is shown.

const RADIUS = 32767;  // of the sphere, in the units of a frame

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

/**
 * Everything about the run that is shown. index: of the frame that is shown, -1 before there is one. live: whether the
 * newest frame is followed. drawnCharts, drawnDetails: when, on the page's clock.
 * @typedef {object} Packing
 * @property {string | null} name
 * @property {Record<string, any>} options
 * @property {Frame[]} frames
 * @property {number | null} bound
 * @property {number} index
 * @property {boolean} live
 * @property {boolean} playing
 * @property {number} chosen
 * @property {RunStatus | null} status
 * @property {number} drawnCharts
 * @property {number} drawnDetails
 * @property {Record<string, any[]>} series
 * @property {Record<number, Person>} faces
 */

/** @param {string | null} name @returns {Packing} */
function fresh(name) {
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
  const size = 12 + 8 * points;
  /** @type {Frame[]} */
  const frames = [];
  for (let offset = 0; offset + size <= bytes.length; offset += size) {
    const [step, first, second] = new Int32Array(bytes.buffer, offset, 3);
    const packed = new Int16Array(bytes.buffer, offset + 12, 3 * points);
    const hundredths = new Uint16Array(bytes.buffer, offset + 12 + 6 * points, points);
    const axes = [0, 1, 2].map(
      (axis) => Float32Array.from({ length: points }, (_, i) => packed[3 * i + axis] / RADIUS),
    );
    frames.push({ step, closest: [first, second], axes, angles: Float32Array.from(hundredths, (value) => value / 100) });
  }
  return frames;
}

export { fresh, decodeFrames };
