// The colors of the sphere and of its points, from the theme's.
import { variable } from '../look.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {[number, number, number]} Color red, green and blue, 0 to 255 */

/** What stands out, steps back, or is drawn as a face; the shaders know these numbers. */
const PLAIN = 0, STANDS_OUT = 1, STEPS_BACK = 2, AS_FACE = 3;

/** @param {string} text as CSS writes it: #rgb or #rrggbb @returns {Color} */
function color(text) {
  const digits = text.length === 4 ? [...text.slice(1)].map((digit) => digit + digit).join('') : text.slice(1);
  const value = Number.parseInt(digits, 16) || 0;
  return [value >> 16 & 255, value >> 8 & 255, value & 255];
}

/** The theme's colors at this moment. */
function palette() {
  return {
    ball: color(variable('--hf-ball')),
    line: color(variable('--hf-graticule')),
    rim: color(variable('--hf-series-muted')),
    cap: color(variable('--hf-series-1')),
    scale: [1, 2, 3, 4, 5].map((stop) => color(variable(`--hf-angle-${stop}`))),
    dark: document.body.classList.contains('dark'),
  };
}

/** @typedef {ReturnType<typeof palette>} Palette */

/**
 * The color of a value on a scale of colors, from the first to the last of the range.
 * @param {number} value
 * @param {[number, number]} range
 * @param {Color[]} scale
 * @returns {Color}
 */
function onScale(value, [low, high], scale) {
  const place = Math.min(1, Math.max(0, (value - low) / (high - low || 1))) * (scale.length - 1);
  const stop = Math.min(Math.floor(place), scale.length - 2), share = place - stop;
  const [a, b] = [scale[stop], scale[stop + 1]];
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/**
 * Four bytes for everybody: color and mark.
 * @param {Scene} scene
 * @param {Palette} colors
 * @param {Uint8Array | null} faced 1 for those drawn as faces
 * @returns {Uint8Array}
 */
function looks(scene, colors, faced) {
  const { count, values, range, lit, marked } = scene, result = new Uint8Array(4 * count);
  const plain = onScale(0.75, [0, 1], colors.scale);
  for (let i = 0; i < count; i++) {
    const [red, green, blue] = scene.colors
      ? scene.colors.subarray(3 * i, 3 * i + 3)
      : values.length === count ? onScale(values[i], range, colors.scale) : plain;
    result[4 * i] = red;
    result[4 * i + 1] = green;
    result[4 * i + 2] = blue;
    const alone = lit || marked.has(i) ? STANDS_OUT : PLAIN;
    result[4 * i + 3] = faced?.[i] ? AS_FACE : lit && !lit.has(i) ? STEPS_BACK : alone;
  }
  return result;
}

/** How large a point is drawn among so many, in pixels: a few are large enough for a finger. @param {number} count @param {number} zoom */
function pointSize(count, zoom) {
  const many = Math.min(9, Math.max(3.2, 170 / Math.sqrt(count || 1))), few = Math.min(16, 80 / Math.sqrt(count || 1));
  return Math.min(20, Math.max(many, few) * Math.sqrt(zoom));
}

export { color, looks, onScale, palette, pointSize };
