// Drawing the sphere without WebGL, on an ordinary canvas: fewer fine shades, the same places.
import { looks, palette, pointSize } from './look_of_points.js';
import { onCanvas } from './lines.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./camera.js').Camera} Camera */
/** @typedef {import('./painter.js').Frame} Frame */

/** @param {number[]} color @param {number} [alpha] */
const css = ([red, green, blue], alpha = 1) => `rgba(${red}, ${green}, ${blue}, ${alpha})`;

class PlainPainter {
  /** @param {CanvasRenderingContext2D} context */
  constructor(context) {
    this.context = context;
    this.colors = palette();
  }

  recolor() {
    this.colors = palette();
  }

  /**
   * Everybody is a point: no faces here.
   * @param {Scene} scene
   * @param {Camera} camera
   * @param {Frame} frame
   * @param {number} density
   */
  paint(scene, camera, frame, density) {
    const { context, colors } = this, place = onCanvas(scene, camera, frame), scale = frame.radius * camera.zoom;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, frame.width, frame.height);
    const middle = place([0, 0, 0]), light = context.createRadialGradient(
      middle.x - 0.35 * scale, middle.y - 0.45 * scale, 0.1 * scale, middle.x, middle.y, scale,
    );
    light.addColorStop(0, css(colors.ball));
    light.addColorStop(1, css(colors.line));
    context.fillStyle = scene.fromOne ? css(colors.ball) : light;
    context.beginPath();
    context.arc(middle.x, middle.y, scale, 0, 2 * Math.PI);
    context.fill();
    const look = looks(scene, colors, null), size = pointSize(scene.count, camera.zoom) / 2;
    for (const front of [false, true]) {
      for (let i = 0; i < scene.count; i++) {
        const at = place([...scene.now.subarray(3 * i, 3 * i + 3)]);
        if (at.z >= 0 !== front) continue;
        context.fillStyle = css([...look.subarray(4 * i, 4 * i + 3)], front ? 1 : 0.16);
        context.beginPath();
        context.arc(at.x, at.y, size, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }
}

export { PlainPainter };
