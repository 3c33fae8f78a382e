// Lines, marks and words over the sphere, on a canvas of their own.
import { variable } from '../look.js';
import { arc, circle, matrix, pointAt } from './vectors.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./scene.js').Link} Link */
/** @typedef {import('./camera.js').Camera} Camera */
/** @typedef {import('./painter.js').Frame} Frame */
/** A place on the canvas in pixels, and how far in front of the middle it is, in radii. @typedef {{ x: number, y: number, z: number }} Place */

const PIECES = 24, CIRCLE_PIECES = 48;
const PORTRAIT = 0.115;  // of the ball's radius: from the middle of the picked one's face to its edge
const NARROW = 180;  // pixels: so small a radius has no room for many words
const LIFTED = 1.012;  // of the radius: a line over the surface

/**
 * Where points are on the canvas.
 * @param {Scene} scene
 * @param {Camera} camera
 * @param {Frame} frame
 * @returns {(point: number[]) => Place}
 */
function onCanvas(scene, camera, { width, height, radius }) {
  const m = matrix(camera.turn), scale = radius * camera.zoom;
  const middle = { x: width / 2 + camera.shift.x * radius, y: height / 2 - camera.shift.y * radius };
  return ([x, y, z]) => ({
    x: middle.x + scale * (m[0] * x + m[1] * y + m[2] * z),
    y: middle.y - scale * (m[3] * x + m[4] * y + m[5] * z),
    z: (m[6] * x + m[7] * y + m[8] * z) * (1 - scene.flat) + scene.flat,
  });
}

/** The theme's colors of lines and words. */
function inks() {
  return {
    text: variable('--body-text-color'), quiet: variable('--body-text-color-subdued'), mark: variable('--hf-series-2'),
    paper: variable('--background-fill-primary'), bound: variable('--hf-series-muted'), cap: variable('--hf-series-1'), font: variable('--font') || 'sans-serif',
  };
}

class Lines {
  /** @param {CanvasRenderingContext2D} context */
  constructor(context) {
    this.context = context;
    this.inks = inks();
  }

  recolor() {
    this.inks = inks();
  }

  /**
   * @param {Scene} scene
   * @param {Camera} camera
   * @param {Frame} frame
   * @param {number} density
   * @param {(index: number, z: number) => number} radiusOf how large somebody is drawn so far in front, in pixels from the middle
   * @param {number | null} hovered
   */
  draw(scene, camera, frame, density, radiusOf, hovered) {
    const { context } = this, place = onCanvas(scene, camera, frame);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, frame.width, frame.height);
    if (scene.count === 0) return;
    if (scene.fromOne) this.rings(scene, place, frame.radius * camera.zoom);
    else if (scene.caps !== null) {
      for (let i = 0; i < scene.count; i++) this.cap(pointAt(scene.now, i), Math.min(scene.caps, 89), place);
    }
    for (const link of this.links(scene)) this.link(scene, link, place);
    for (const [index, text] of scene.words) {
      const at = index < scene.count ? place(pointAt(scene.now, index)) : null;
      if (at && at.z > 0) this.words(text, at.x, at.y - radiusOf(index, at.z) - 12, this.inks.mark, true);
    }
    const { picked } = scene;
    if (picked !== null && picked < scene.count) {
      const at = place(pointAt(scene.now, picked)), portrait = at.z > 0 ? scene.portrait : null;
      const large = PORTRAIT * frame.radius;
      if (portrait) this.face(portrait, at, large);
      this.ring(at, portrait ? large : radiusOf(picked, at.z) + 3, this.inks.text, 2);
    }
    if (hovered !== null && hovered < scene.count) {
      const at = place(pointAt(scene.now, hovered));
      this.ring(at, radiusOf(hovered, at.z) + 2, this.inks.mark, 2);
    }
  }

  /** The circle around somebody, filled where all of it is in front. @param {import('./vectors.js').Vector} point @param {number} degrees @param {(point: number[]) => Place} place */
  cap(point, degrees, place) {
    const { context, inks: colors } = this, way = circle(point, degrees, CIRCLE_PIECES).map(place);
    context.strokeStyle = context.fillStyle = colors.cap;
    context.lineWidth = 1.2;
    if (way.every(({ z }) => z > 0)) {
      context.beginPath();
      for (const { x, y } of way) context.lineTo(x, y);
      context.globalAlpha = 0.09;
      context.fill();
    }
    for (const front of [false, true]) {
      context.globalAlpha = front ? 0.55 : 0.09;
      context.beginPath();
      for (let i = 1; i < way.length; i++) {
        if (way[i - 1].z + way[i].z > 0 !== front) continue;
        context.moveTo(way[i - 1].x, way[i - 1].y);
        context.lineTo(way[i].x, way[i].y);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** Those given, and the one to the nearest. @param {Scene} scene @returns {Link[]} */
  links(scene) {
    const { picked, nearest, angles, links } = scene;
    if (picked === null || nearest === null || !angles) return links;
    return [...links, { from: picked, to: nearest, label: `${angles[nearest].toFixed(1)}°` }];
  }

  /** @param {Scene} scene @param {(point: number[]) => Place} place @param {number} radius */
  rings(scene, place, radius) {
    const { context } = this, middle = place([0, 0, 0]), alpha = scene.flat;
    context.globalAlpha = alpha;
    for (const degrees of [30, 60, 90]) {
      if (degrees < scene.reach) this.words(`${degrees}°`, middle.x, middle.y - radius * degrees / scene.reach, this.inks.quiet, false);
    }
    if (scene.bound !== null && scene.bound < scene.reach) {
      const length = radius * scene.bound / scene.reach;
      context.setLineDash([5, 5]);
      context.lineWidth = 1.5;
      context.strokeStyle = this.inks.text;
      context.beginPath();
      context.arc(middle.x, middle.y, length, 0, 2 * Math.PI);
      context.stroke();
      context.setLineDash([]);
      const what = radius < NARROW ? 'bound' : 'nobody can do better:';
      this.words(`${what} ${scene.bound.toFixed(1)}°`, middle.x, middle.y + length, this.inks.text, false);
    }
    context.globalAlpha = 1;
  }

  /** @param {Scene} scene @param {Link} link @param {(point: number[]) => Place} place */
  link(scene, link, place) {
    const { context, inks: colors } = this;
    if (link.from >= scene.count || link.to >= scene.count) return;
    const a = pointAt(scene.now, link.from), b = pointAt(scene.now, link.to);
    const lifted = (/** @type {number[]} */ point) => point.map((value) => LIFTED * value);
    const way = (scene.flat > 0 ? [a, b] : arc(a, b, PIECES).map(lifted)).map(place);
    context.lineWidth = link.quiet ? 1.5 : 2.5;
    context.strokeStyle = link.quiet ? colors.quiet : colors.mark;
    for (let i = 1; i < way.length; i++) {
      context.globalAlpha = way[i].z < 0 ? 0.15 : 1;
      context.beginPath();
      context.moveTo(way[i - 1].x, way[i - 1].y);
      context.lineTo(way[i].x, way[i].y);
      context.stroke();
    }
    const half = way[Math.floor(way.length / 2)];
    const middle = way.length > 2 ? half : { ...half, x: (way[0].x + half.x) / 2, y: (way[0].y + half.y) / 2 };
    context.globalAlpha = 1;
    if (link.label && middle.z > 0) {
      this.words(link.label, middle.x, middle.y, link.quiet ? colors.quiet : colors.mark, !link.quiet);
    }
  }

  /** @param {HTMLImageElement} image @param {Place} at @param {number} radius */
  face(image, at, radius) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    context.clip();
    context.drawImage(image, at.x - radius, at.y - radius, 2 * radius, 2 * radius);
    context.restore();
  }

  /** @param {Place} at @param {number} radius @param {string} color @param {number} width */
  ring(at, radius, color, width) {
    const { context } = this;
    context.globalAlpha = at.z < -0.1 ? 0.25 : 1;
    context.lineWidth = width;
    context.strokeStyle = color;
    context.beginPath();
    context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Words around a place, on a scrap of the page's own color. @param {string} text @param {number} x @param {number} y @param {string} color @param {boolean} strong */
  words(text, x, y, color, strong) {
    const { context } = this;
    context.font = `${strong ? '700 14px' : '12px'} ${this.inks.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const width = context.measureText(text).width + 10, height = strong ? 20 : 17, alpha = context.globalAlpha;
    context.globalAlpha = 0.85 * alpha;
    context.fillStyle = this.inks.paper;
    context.beginPath();
    context.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
    context.fill();
    context.globalAlpha = alpha;
    context.fillStyle = color;
    context.fillText(text, x, y + 1);
  }
}

export { Lines, onCanvas };
