// A ball with points that can be dragged, drawn on a canvas: lines between the closest, and a cap around each point.
import { onTheme, variable } from '../parts/look.js';
import { dot } from '../parts/sphere/vectors.js';
import { arc, circle, closest, rolled, turned, unit, unturned } from './geometry.js';

/** @typedef {import('./geometry.js').Vector} Vector */
/** @typedef {import('./geometry.js').Turn} Turn */

const MARGIN = 16, REACH = 26, POINT = 8;  // CSS pixels: around the ball, from a point that is taken hold of, its size
const STEP = 0.06;  // radians that a key moves a point or the ball

class BallPicture {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ moved: () => void, chose: () => void }} told when points were moved, and when one was chosen
   */
  constructor(canvas, told) {
    this.canvas = canvas;
    this.told = told;
    /** @type {Vector[]} */
    this.points = [];
    /** @type {Turn} */
    this.turn = rolled([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 0.5, -0.35);
    this.chosen = -1;
    this.held = false;
    canvas.addEventListener('pointerdown', (event) => this.take(event));
    canvas.addEventListener('pointermove', (event) => this.drag(event));
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { this.held = false; });
    // A finger on a point moves it, one beside the points moves the page.
    canvas.addEventListener('touchstart', (event) => {
      const touch = event.touches[0];
      if (this.nearest(touch.clientX, touch.clientY) >= 0) event.preventDefault();
    }, { passive: false });
    canvas.addEventListener('keydown', (event) => this.press(event));
    canvas.addEventListener('blur', () => { this.held = false; });
    new ResizeObserver(() => this.draw()).observe(canvas);
    onTheme(canvas, () => this.draw());
  }

  /** @param {Vector[]} points */
  set(points) {
    this.points = points;
    if (this.chosen >= points.length) this.chosen = -1;
    this.draw();
  }

  /** Middle and radius of the ball within the canvas, in CSS pixels. */
  get place() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return { x: width / 2, y: height / 2, radius: Math.max(Math.min(width, height) / 2 - MARGIN, 1) };
  }

  /** @param {Vector} point as seen, towards the viewer in front @returns {[number, number]} */
  onto([x, y]) {
    const place = this.place;
    return [place.x + place.radius * x, place.y - place.radius * y];
  }

  /** What is under a place of the window, on the ball or at its rim. @param {number} x @param {number} y @returns {Vector} */
  under(x, y) {
    const box = this.canvas.getBoundingClientRect(), place = this.place;
    const across = (x - box.left - place.x) / place.radius, up = (place.y - (y - box.top)) / place.radius;
    const out = Math.hypot(across, up);
    return out < 1 ? [across, up, Math.sqrt(1 - out * out)] : [across / out, up / out, 0];
  }

  /** The front point within reach of a place of the window; −1 for none. @param {number} x @param {number} y */
  nearest(x, y) {
    const box = this.canvas.getBoundingClientRect();
    let best = -1, distance = REACH;
    this.points.forEach((point, i) => {
      const seen = turned(this.turn, point), [px, py] = this.onto(seen);
      const away = Math.hypot(x - box.left - px, y - box.top - py);
      if (seen[2] > -0.15 && away < distance) [best, distance] = [i, away];
    });
    return best;
  }

  /** @param {PointerEvent} event */
  take(event) {
    this.chosen = this.nearest(event.clientX, event.clientY);
    this.held = true;
    this.last = [event.clientX, event.clientY];
    this.canvas.setPointerCapture(event.pointerId);
    if (this.chosen >= 0) this.told.chose();
    this.draw();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.held || !this.last) {
      this.canvas.style.cursor = this.nearest(event.clientX, event.clientY) >= 0 ? 'pointer' : 'grab';
      return;
    }
    if (this.chosen >= 0) {
      this.points[this.chosen] = unit(unturned(this.turn, this.under(event.clientX, event.clientY)));
      this.told.moved();
    } else {
      const radius = this.place.radius;
      this.turn = rolled(this.turn, (event.clientX - this.last[0]) / radius, (this.last[1] - event.clientY) / radius);
    }
    this.last = [event.clientX, event.clientY];
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const way = ways[event.key];
    if (way && this.chosen >= 0) {
      const [x, y, z] = turned(this.turn, this.points[this.chosen]);
      this.points[this.chosen] = unit(unturned(this.turn, [x + way[0], y + way[1], z]));
      this.told.moved();
    } else if (way) {
      this.turn = rolled(this.turn, 3 * way[0], 3 * way[1]);
    } else if (event.key.toLowerCase() === 'n') {
      this.chosen = (this.chosen + 1) % this.points.length;
      this.front(this.chosen);
      this.told.chose();
    } else if (event.key === 'Escape') {
      this.chosen = -1;
    } else {
      return;
    }
    event.preventDefault();
    this.draw();
  }

  /** Roll the ball until a point is in front. @param {number} index */
  front(index) {
    for (let tries = 0; tries < 40 && turned(this.turn, this.points[index])[2] < 0.6; tries++) {
      const [x, y] = turned(this.turn, this.points[index]);
      this.turn = rolled(this.turn, -0.15 * Math.sign(x || 1), -0.15 * Math.sign(y || 1) * Math.min(1, Math.abs(y) * 2));
    }
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas, scale = window.devicePixelRatio || 1;
    if (!width || !height) return;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const pen = this.canvas.getContext('2d');
    if (!pen) return;
    pen.scale(scale, scale);
    this.drawBall(pen);
    if (this.points.length < 2) return;
    const { angle, pairs } = closest(this.points);
    this.points.forEach((point) => this.drawCap(pen, point, angle / 2));
    for (const [i, j] of pairs) this.drawArc(pen, this.points[i], this.points[j]);
    const touching = new Set(pairs.flat());
    const order = this.points.map((point, i) => ({ i, seen: turned(this.turn, point) }));
    order.sort((a, b) => a.seen[2] - b.seen[2]);
    for (const { i, seen } of order) this.drawPoint(pen, seen, touching.has(i), i === this.chosen);
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawBall(pen) {
    const { x, y, radius } = this.place;
    const light = pen.createRadialGradient(x - 0.35 * radius, y - 0.45 * radius, 0.1 * radius, x, y, radius);
    light.addColorStop(0, variable('--background-fill-primary'));
    light.addColorStop(0.7, variable('--hf-ball'));
    light.addColorStop(1, variable('--hf-graticule'));
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = light;
    pen.fill();
    pen.lineWidth = 1;
    pen.strokeStyle = variable('--hf-graticule');
    pen.stroke();
  }

  /**
   * The circle of so many degrees around a point: those of the closest two touch.
   * @param {CanvasRenderingContext2D} pen @param {Vector} point @param {number} degrees
   */
  drawCap(pen, point, degrees) {
    pen.fillStyle = pen.strokeStyle = variable('--hf-series-1');
    pen.lineWidth = 1.2;
    this.along(pen, circle(point, Math.min(degrees, 89)), 0.55);
    if (turned(this.turn, point)[2] < Math.sin(Math.min(degrees, 60) * Math.PI / 180)) return;
    pen.globalAlpha = 0.09;
    pen.fill();
    pen.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} pen @param {Vector} a @param {Vector} b */
  drawArc(pen, a, b) {
    if (dot(a, b) < -0.999) return;  // opposite: no way is the shortest
    pen.strokeStyle = variable('--hf-series-2');
    pen.lineWidth = 2.5;
    this.along(pen, arc(a, b), 1);
  }

  /**
   * A line on the ball, faint where it is behind. Afterwards the whole of it is the path.
   * @param {CanvasRenderingContext2D} pen @param {Vector[]} line @param {number} strength
   */
  along(pen, line, strength) {
    const seen = line.map((point) => turned(this.turn, point));
    for (const front of [false, true]) {
      pen.globalAlpha = strength * (front ? 1 : 0.16);
      pen.beginPath();
      for (let i = 1; i < seen.length; i++) {
        if ((seen[i][2] + seen[i - 1][2] > 0) !== front) continue;
        pen.moveTo(...this.onto(seen[i - 1]));
        pen.lineTo(...this.onto(seen[i]));
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
    pen.beginPath();
    seen.forEach((point) => pen.lineTo(...this.onto(point)));
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {Vector} seen @param {boolean} touching @param {boolean} chosen
   */
  drawPoint(pen, seen, touching, chosen) {
    const [x, y] = this.onto(seen), behind = seen[2] < 0;
    pen.globalAlpha = behind ? 0.28 : 1;
    pen.beginPath();
    pen.arc(x, y, POINT * (1 + 0.18 * seen[2]), 0, 2 * Math.PI);
    pen.fillStyle = variable(touching ? '--hf-series-2' : '--hf-series-1');
    pen.fill();
    pen.lineWidth = chosen ? 3.5 : 2;
    pen.strokeStyle = chosen ? variable('--body-text-color') : variable('--background-fill-primary');
    pen.stroke();
    pen.globalAlpha = 1;
  }
}

export { BallPicture };
