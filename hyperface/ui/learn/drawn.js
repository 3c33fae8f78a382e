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

export { drawRuler, drawStrip, svg };
