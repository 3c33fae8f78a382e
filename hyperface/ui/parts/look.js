// The theme as scripts see it: its colors and fonts, which change between light and dark.

const CLEAR = 'rgba(0,0,0,0)';

/**
 * The value of one of the page's CSS variables.
 * @param {string} name
 * @returns {string}
 */
function variable(name) {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

/** @returns {string[]} The colors of a chart's lines, in order. */
function series() {
  return [1, 2, 3, 4, 5].map((number) => variable(`--hf-series-${number}`));
}

/**
 * "series-2" and its kind, anywhere in traces and shapes, become the theme's color.
 * @template T
 * @param {T} value
 * @returns {T}
 */
function colored(value) {
  return /** @type {T} */ (anyColored(value));
}

/** @param {unknown} value @returns {unknown} */
function anyColored(value) {
  if (Array.isArray(value)) return value.length && typeof value[0] === 'object' ? value.map(anyColored) : value;
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, anyColored(item)]));
  if (typeof value !== 'string') return value;
  return /^series-([1-5]|muted)$/.test(value) ? variable(`--hf-${value}`) : value;
}

/**
 * Whether it is an object with keys and values, and no array, element or the like.
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlain(value) {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/**
 * Call back when the page turns light or dark, for as long as the element is in it.
 * @param {Element} element
 * @param {() => void} callback
 */
function onTheme(element, callback) {
  const observer = new MutationObserver(() => {
    if (element.isConnected) callback();
    else observer.disconnect();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
}

export { CLEAR, variable, series, colored, isPlain, onTheme };
