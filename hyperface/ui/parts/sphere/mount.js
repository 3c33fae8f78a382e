// The sphere as a part of a page: `mountSphere(element, options)`.
//
//   const sphere = mountSphere(element, { label: 'Identities on a sphere', picked: (index) => …, hovered: (index, at) => … });
//   sphere.show({ positions, values, range: [40, 80] });              // the map: unit rows, 3n numbers
//   sphere.show({ picked: 17, angles, view: 'person', bound: 82 });   // from one person: degrees to everybody
//   sphere.show({ positions: later });                                // glides there
//   sphere.faces({ image, columns, rows });                           // an atlas of pictures: faces in place of points
//
// `show` takes a Picture (see scene.js); what is left out stays. With `dragged`, points can be taken hold of and moved over
// the ball, with the pointer and with keys. The element needs a height of its own. Without WebGL an ordinary canvas shows the same, without faces.
import { onTheme } from '../look.js';
import { Camera } from './camera.js';
import { Faces, grown } from './faces.js';
import { Input } from './input.js';
import { Lines, onCanvas } from './lines.js';
import { pointSize } from './look_of_points.js';
import { Painter } from './painter.js';
import { PlainPainter } from './plain_painter.js';
import { Scene, brief } from './scene.js';
import { inverse, pointAt, toFront, turned, unit } from './vectors.js';

/** @typedef {import('./scene.js').Picture} Picture */
/** @typedef {import('./faces.js').Atlas} Atlas */
/** @typedef {import('./vectors.js').Vector} Vector */

/**
 * label: what it shows, for those who do not see it. picked: somebody was clicked, or walked to. hovered: who is under the
 * pointer, and where in the element; null for nobody. dragged: a point was dragged to a place on the unit sphere; a
 * point that is taken hold of is picked. dropped: it was let go.
 * said: what is read out after a walk to somebody; by default "Identity 17, nearest 462 at 77.1°". idle: whether it turns
 * slowly by itself.
 * @typedef {object} SphereOptions
 * @property {string} label
 * @property {(index: number) => void} [picked]
 * @property {() => void} [dropped]
 * @property {(index: number | null, at: { x: number, y: number }) => void} [hovered]
 * @property {(index: number, place: Vector) => void} [dragged]
 * @property {(index: number, nearest: number | null, angle: number) => string} [said]
 * @property {boolean} [idle]
 */

const MARGIN = 14;  // pixels around the ball
const LEAST_REACH = 9;  // pixels from a point that still mean it
const KEYS = 'Arrow keys turn it, plus and minus zoom, N walks to the nearest.';
const KEYS_OF_POINTS = 'N takes the next point, arrow keys move it, Escape lets it go. Then arrow keys turn the ball; plus and minus zoom.';
const NUDGE = 0.06;  // radians that a key moves a point

/** Whether long movements are unwanted. */
function calm() {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

class Sphere {
  /** @param {HTMLElement} element @param {SphereOptions} options */
  constructor(element, options) {
    this.element = element;
    this.options = options;
    this.scene = new Scene();
    this.camera = new Camera();
    this.portraits = new Faces();
    /** @type {number | null} */
    this.hovered = null;
    /** @type {number | null} */
    this.held = null;  // the point that is dragged
    this.walking = false;  // to somebody whose angles have not come yet
    this.painted = 0;  // counts pictures, for those who measure
    this.lastPainted = 0;
    this.waiting = 0;
    this.visible = true;
    this.released = false;
    const { canvas, overlay, grip, live } = parts(element, `${options.label}. ${options.dragged ? KEYS_OF_POINTS : KEYS}`);
    this.canvases = [canvas, overlay];
    this.grip = grip;
    this.live = live;
    this.begin(canvas, overlay);
    this.frame = { width: 0, height: 0, radius: 1 };
    this.aside = 0;  // pixels beside the canvases
    this.density = 1;
    this.camera.touched = performance.now();
    this.listen();
    this.resize();
  }

  /** Find out what can draw. @param {HTMLCanvasElement} canvas @param {HTMLCanvasElement} overlay */
  begin(canvas, overlay) {
    const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, premultipliedAlpha: true });
    const plain = gl ? null : canvas.getContext('2d');
    this.software = !gl || inSoftware(gl);
    this.painter = gl ? new Painter(gl) : plain ? new PlainPainter(plain) : null;
    const over = overlay.getContext('2d');
    this.lines = over ? new Lines(over) : null;
    this.card = gl?.getExtension('WEBGL_lose_context') ?? null;
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => {
      if (gl) this.painter = new Painter(gl);
      this.draw();
    });
  }

  listen() {
    new ResizeObserver(() => {
      this.release(!this.element.isConnected);
      this.resize();
    }).observe(this.element);
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.visible = isIntersecting;
      this.draw();
    }).observe(this.element);
    onTheme(this.element, () => {
      this.painter?.recolor();
      this.lines?.recolor();
      this.draw();
    });
    new Input({
      host: this.element, grip: this.grip, camera: this.camera,
      radius: () => this.frame.radius * this.camera.zoom,
      changed: () => this.draw(),
      hover: (event) => this.hover(event),
      leave: () => this.hoverOver(null, { x: 0, y: 0 }),
      click: (event) => {
        const index = this.under(event);
        if (index !== null) this.options.picked?.(index);
      },
      grab: (event) => {
        this.held = this.options.dragged && !this.scene.fromOne ? this.under(event) : null;
        if (this.held !== null) this.options.picked?.(this.held);
        return this.held !== null;
      },
      carry: (event) => this.carry(event),
      nudge: (x, y) => this.nudge(x, y),
      drop: () => this.options.dropped?.(),
      walk: () => this.walk(),
    });
  }

  /**
   * Give the graphics card back, or take it again. A browser lends it to sixteen at once; to more, it takes it from whoever
   * has had it longest, which may be a sphere that is looked at, while one that left the page may keep it for long.
   * @param {boolean} gone whether it left the page
   */
  release(gone) {
    if (gone === this.released) return;
    this.released = gone;
    if (gone) this.card?.loseContext();
    else this.card?.restoreContext();
  }

  /** Show what is new. @param {Picture} picture */
  show(picture) {
    const now = performance.now(), { scene, camera } = this;
    const newlyPicked = picture.picked !== undefined && picture.picked !== scene.picked;
    // Without a graphics card the pictures between two would take from the optimiser what it needs for the next.
    scene.take(this.software && brief(picture) ? { ...picture, milliseconds: 0 } : picture, camera, now, calm());
    if (newlyPicked && this.walking && scene.picked !== null) this.bring(scene.picked);
    if (this.walking && picture.angles) {
      this.walking = false;
      this.say();
    }
    this.draw();
  }

  /** Faces in place of points, as far as their pictures are `ready`; null: points. @param {Atlas | null} atlas @param {Uint8Array | null} [ready] */
  faces(atlas, ready = null) {
    this.portraits.take(atlas, ready);
    this.draw();
  }

  /** Go to the nearest of the picked one, or take the next of points that can be moved. */
  walk() {
    const { nearest, picked, count } = this.scene;
    if (count === 0) return;
    this.walking = true;
    this.options.picked?.(this.options.dragged ? ((picked ?? -1) + 1) % count : nearest ?? picked ?? 0);
  }

  /** Move the point that is held, by keys. @param {number} x to the right @param {number} y upwards @returns {boolean} whether one is */
  nudge(x, y) {
    const { scene: { picked, now, count }, camera: { turn }, options: { dragged } } = this;
    if (!dragged || picked === null || picked >= count) return false;
    const [right, up, near] = turned(turn, pointAt(now, picked));
    dragged(picked, turned(inverse(turn), unit([right + NUDGE * x, up + NUDGE * y, near])));
    return true;
  }

  /** Turn somebody to the eye. @param {number} index */
  bring(index) {
    if (index < this.scene.count && !this.scene.fromOne) {
      this.camera.flyTo(toFront(pointAt(this.scene.map, index)), performance.now(), calm());
    }
    this.draw();
  }

  say() {
    const { picked, nearest, angles } = this.scene;
    if (picked === null) return;
    const angle = nearest !== null && angles ? angles[nearest] : NaN;
    const usual = nearest === null ? `Identity ${picked}` : `Identity ${picked}, nearest ${nearest} at ${angle.toFixed(1)}°`;
    this.live.textContent = this.options.said?.(picked, nearest, angle) ?? usual;
  }

  resize() {
    const { clientWidth, clientHeight: height } = this.element;
    if (!clientWidth || !height) return;
    const width = this.software ? Math.min(clientWidth, height) : clientWidth;  // there every pixel takes its time
    this.density = this.software ? 1 : Math.min(2, window.devicePixelRatio || 1);
    const radius = Math.max(20, Math.min(width, height) / 2 - MARGIN);
    this.frame = { width, height, radius };
    this.aside = (clientWidth - width) / 2;
    for (const canvas of this.canvases) {
      canvas.width = Math.round(width * this.density);
      canvas.height = Math.round(height * this.density);
      canvas.style.width = `${width}px`;
    }
    Object.assign(this.grip.style, { width: `${2 * radius}px`, height: `${2 * radius}px` });
    this.paint();
  }

  /** Draw soon, and go on while anything moves. */
  draw() {
    this.waiting ||= requestAnimationFrame((now) => this.step(now));
  }

  /** @param {number} now */
  step(now) {
    this.waiting = 0;
    if (!this.visible || !this.element.isConnected) return;
    const seconds = Math.min(0.1, (now - this.lastPainted) / 1000), idle = this.mayIdle();
    this.lastPainted = now;
    this.scene.advance(now);
    this.camera.advance(now, seconds, idle);
    this.paint();
    if (this.scene.moving || this.camera.moving(now, idle)) this.draw();
  }

  /** Whether it may turn by itself: not where every picture costs the processor, and not for those who want it calm. */
  mayIdle() {
    return (this.options.idle ?? true) && !this.software && !calm() && this.hovered === null && this.scene.count > 0;
  }

  paint() {
    const { scene, camera, frame, portraits, density } = this;
    if (!frame.width) return;
    portraits.choose(scene, frame.radius * camera.zoom, performance.now());
    this.painter?.paint(scene, camera, frame, density, portraits);
    this.lines?.draw(scene, camera, frame, density, (index, z) => this.drawnRadius(index, z), this.hovered);
    this.painted += 1;
  }

  /**
   * How large somebody is drawn, in pixels from the middle.
   * @param {number} index
   * @param {number} z how far in front: faces shrink towards the edge of the ball
   */
  drawnRadius(index, z) {
    const point = pointSize(this.scene.count, this.camera.zoom);
    return (this.portraits.marks?.[index] ? Math.max(point, this.portraits.size * grown(z)) : point) / 2;
  }

  /** Where an event is on the canvases. @param {PointerEvent} event */
  at(event) {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left - this.aside, y: event.clientY - box.top };
  }

  /** Who is under the pointer; the one in front of two. @param {PointerEvent} event @returns {number | null} */
  under(event) {
    const { scene } = this, { x, y } = this.at(event), place = onCanvas(scene, this.camera, this.frame);
    /** @type {number | null} */
    let found = null;
    let best = 1;
    const point = [0, 0, 0];
    for (let i = 0; i < scene.count; i++) {
      for (let axis = 0; axis < 3; axis++) point[axis] = scene.now[3 * i + axis];
      const at = place(point);
      const share = Math.hypot(at.x - x, at.y - y) / Math.max(LEAST_REACH, this.drawnRadius(i, at.z));
      if (at.z < 0 || share >= best) continue;
      best = share;
      found = i;
    }
    return found;
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const { x, y } = this.at(event);
    this.hoverOver(this.under(event), { x: x + this.aside, y });
  }

  /** @param {number | null} index @param {{ x: number, y: number }} at */
  hoverOver(index, at) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.grip.style.cursor = index === null ? 'grab' : 'pointer';
    this.options.hovered?.(index, at);
    this.draw();
  }

  /** The held point follows the pointer over the front of the ball. @param {PointerEvent} event */
  carry(event) {
    if (this.held === null) return;
    const { width, height, radius } = this.frame, { x, y } = this.at(event), scale = radius * this.camera.zoom;
    const right = (x - width / 2) / scale, up = (height / 2 - y) / scale, far = Math.hypot(right, up);
    /** @type {Vector} */
    const front = far < 1 ? [right, up, Math.sqrt(1 - far * far)] : unit([right, up, 0]);
    this.options.dragged?.(this.held, turned(inverse(this.camera.turn), front));
  }
}

/** Whether no graphics card draws, so that every pixel costs the processor. @param {WebGL2RenderingContext} gl */
function inSoftware(gl) {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return /swiftshader|llvmpipe|software/i.test(String(info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : ''));
}

/** The element's own parts. @param {HTMLElement} element @param {string} label */
function parts(element, label) {
  const canvas = document.createElement('canvas'), overlay = document.createElement('canvas');
  const grip = document.createElement('div'), live = document.createElement('span');
  grip.className = 'hf-ball-grip';
  live.className = 'hf-ball-said';
  live.setAttribute('role', 'status');
  element.classList.add('hf-ball');
  element.tabIndex = 0;
  element.setAttribute('role', 'application');
  element.setAttribute('aria-label', label);
  element.replaceChildren(canvas, overlay, grip, live);
  return { canvas, overlay, grip, live };
}

/**
 * Make a sphere of an element.
 * @param {HTMLElement} element
 * @param {SphereOptions} options
 */
function mountSphere(element, options) {
  const sphere = new Sphere(element, options);
  Object.assign(element, { sphere });  // for who looks at the page from outside: tests, and measurements
  return sphere;
}

export { Sphere, mountSphere };
