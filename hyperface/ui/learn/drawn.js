// Small drawings of lessons in SVG: their colors are the style sheet's.

/** @typedef {{ at: number, one: boolean, latest?: boolean }} Dot degrees; of one person, or of two */

const NS = 'http://www.w3.org/2000/svg';

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A ruler of angles: a line that parts one person from two, and a mark for every pair (round: one person; square: two).
 * @param {HTMLElement} element
 * @param {{ line: number, dots: Dot[], label: string, most?: number }} what
 */
function drawRuler(element, { line, dots, label, most = 120 }) {
  const width = Math.max(element.clientWidth, 240), left = 10, right = width - 14, base = 54;
  /** @param {number} degrees */
  const x = (degrees) => left + (right - left) * Math.min(degrees, most) / most;
  const ticks = Array.from({ length: Math.floor(most / 30) + 1 }, (_, i) => 30 * i);
  const drawing = svg('svg', { width, height: 84, viewBox: `0 0 ${width} 84`, role: 'img', 'aria-label': label });
  drawing.append(svg('rect', { x: left, y: base - 3, width: x(line) - left, height: 6, class: 'hf-ink-1', opacity: 0.35 }));
  drawing.append(svg('rect', { x: x(line), y: base - 3, width: right - x(line), height: 6, class: 'hf-ink-2', opacity: 0.35 }));
  for (const tick of ticks) {
    drawing.append(svg('text', { x: x(tick), y: base + 24, 'text-anchor': tick ? 'middle' : 'start', class: 'hf-ink-text' }, `${tick}°`));
  }
  drawing.append(svg('line', { x1: x(line), x2: x(line), y1: 16, y2: base + 8, class: 'hf-ink-line' }));
  drawing.append(svg('text', { x: x(line) - 8, y: 14, 'text-anchor': 'end', class: 'hf-ink-text' }, 'one person'));
  drawing.append(svg('text', { x: x(line) + 8, y: 14, class: 'hf-ink-text' }, 'two people'));
  for (const { at, one, latest } of dots) {
    const size = latest ? 8 : 5, place = base - 16;
    drawing.append(one
      ? svg('circle', { cx: x(at), cy: place, r: size, class: 'hf-ink-1' })
      : svg('rect', { x: x(at) - size, y: place - size, width: 2 * size, height: 2 * size, class: 'hf-ink-2' }));
  }
  element.replaceChildren(drawing);
}

/**
 * Numbers as a strip of colors, one pixel each, which the style sheet stretches.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} numbers
 * @param {number} most that has the full color
 * @param {[string, string]} colors of what is below and above zero
 */
function drawStrip(canvas, numbers, most, colors) {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.clearRect(0, 0, canvas.width, 1);
  numbers.forEach((value, i) => {
    pen.globalAlpha = Math.min(1, Math.abs(value) / most);
    pen.fillStyle = colors[value < 0 ? 0 : 1];
    pen.fillRect(i, 0, 1, 1);
  });
}

/** @typedef {{ counts: number[], ink: 1 | 2 | 3 }} Bars counted in bins of equal width from `low` to `high` */
/** @typedef {{ at: number, text: string, end?: boolean }} Mark a line across, and whether its words stand before it */

/**
 * Histograms over one axis of degrees, each with its largest bin as high as the drawing.
 * @param {HTMLElement} element
 * @param {{ low: number, high: number, bars: Bars[], marks: Mark[], label: string, height?: number }} what
 */
function drawHistogram(element, { low, high, bars, marks, label, height = 220 }) {
  const width = Math.max(element.clientWidth, 240), left = 10, right = width - 12, top = 18 + 16 * marks.length;
  const base = height - 26;
  /** @param {number} value */
  const x = (value) => left + (right - left) * (Math.min(Math.max(value, low), high) - low) / (high - low);
  const drawing = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  drawing.append(svg('line', { x1: left, x2: right, y1: base, y2: base, class: 'hf-ink-axis' }));
  for (const { counts, ink } of bars) {
    const most = Math.max(...counts, 1), bin = (right - left) / counts.length;
    counts.forEach((count, i) => {
      const tall = (base - top) * count / most;
      if (count) {
        drawing.append(svg('rect', {
          x: left + i * bin + 0.5, y: base - tall, width: Math.max(bin - 1, 1), height: tall, class: `hf-ink-${ink}`,
          opacity: bars.length > 1 ? 0.62 : 0.85,
        }));
      }
    });
  }
  for (let tick = Math.ceil(low / 30) * 30; tick <= high; tick += 30) {
    const anchor = tick === low ? 'start' : tick === high ? 'end' : 'middle';
    drawing.append(svg('text', { x: x(tick), y: base + 18, 'text-anchor': anchor, class: 'hf-ink-text' }, `${tick}°`));
  }
  marks.forEach(({ at, text, end }, i) => {
    const y = 14 + 16 * i, before = end ?? x(at) > width / 2;
    drawing.append(svg('line', { x1: x(at), x2: x(at), y1: y - 8, y2: base, class: 'hf-ink-line' }));
    drawing.append(svg('text', {
      x: x(at) + (before ? -6 : 6), y, 'text-anchor': before ? 'end' : 'start', class: 'hf-ink-text hf-ink-strong',
    }, text));
  });
  element.replaceChildren(drawing);
}

/** @typedef {{ x: number, y: number, ink: 1 | 2 | 3, large?: boolean }} Spot shares of the drawing, from its lower left */

/**
 * Spots and lines in a frame, with words along its axes.
 * @param {HTMLElement} element
 * @param {{
 *   spots: Spot[], lines?: { points: { x: number, y: number }[], ink: 1 | 2 | 3 }[],
 *   across: [number, string][], up: [number, string][], label: string, height?: number,
 * }} what
 */
function drawSpots(element, { spots, lines = [], across, up, label, height = 220 }) {
  const width = Math.max(element.clientWidth, 240), left = 46, right = width - 16, top = 12, base = height - 28;
  /** @param {number} share */
  const x = (share) => left + (right - left) * share;
  /** @param {number} share */
  const y = (share) => base - (base - top) * share;
  const drawing = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  for (const [share, text] of up) {
    drawing.append(svg('line', { x1: left, x2: right, y1: y(share), y2: y(share), class: 'hf-ink-axis' }));
    drawing.append(svg('text', { x: left - 8, y: y(share) + 4, 'text-anchor': 'end', class: 'hf-ink-text' }, text));
  }
  for (const [share, text] of across) {
    const anchor = share > 0.95 ? 'end' : share < 0.05 ? 'start' : 'middle';
    drawing.append(svg('text', { x: x(share), y: base + 20, 'text-anchor': anchor, class: 'hf-ink-text' }, text));
  }
  for (const { points, ink } of lines) {
    const path = points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
    drawing.append(svg('polyline', { points: path, class: `hf-ink-curve hf-stroke-${ink}` }));
  }
  for (const { x: across_, y: up_, ink, large } of spots) {
    drawing.append(svg('circle', { cx: x(across_), cy: y(up_), r: large ? 7 : 5, class: `hf-ink-${ink}`, opacity: 0.85 }));
  }
  element.replaceChildren(drawing);
}

/** Values counted in bins. @param {number[]} values @param {number} low @param {number} high @param {number} bins */
function counted(values, low, high, bins) {
  const counts = new Array(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(bins * (value - low) / (high - low));
    counts[Math.min(Math.max(bin, 0), bins - 1)]++;
  }
  return counts;
}

/**
 * Draw again whenever the element gets another width.
 * @param {HTMLElement} element @param {() => void} draw
 */
function onWidth(element, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (!element.clientWidth || element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
}

/**
 * Mark the chip that is chosen among its like.
 * @param {ParentNode} root @param {string} selector @param {string} key its data attribute @param {string} value
 */
function choose(root, selector, key, value) {
  for (const chip of root.querySelectorAll(selector)) {
    if (chip instanceof HTMLElement) chip.setAttribute('aria-pressed', String(chip.dataset[key] === value));
  }
}

export { choose, counted, drawHistogram, drawRuler, drawSpots, drawStrip, onWidth, svg };
