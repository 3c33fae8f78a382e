// What pictures on the sphere are made of, for Plotly's three-dimensional traces.
import { variable } from './look.js';

/** @param {number} degrees */
function radians(degrees) {
  return degrees * Math.PI / 180;
}

/**
 * @param {number} latitude in radians
 * @param {number} longitude in radians
 * @param {number} radius
 * @returns {Point}
 */
function point(latitude, longitude, radius) {
  return [
    radius * Math.cos(latitude) * Math.cos(longitude),
    radius * Math.cos(latitude) * Math.sin(longitude),
    radius * Math.sin(latitude),
  ];
}

/**
 * @param {(Point | [null, null, null])[]} points
 * @returns {Vertices}
 */
function axes(points) {
  return { x: points.map(([x]) => x), y: points.map(([, y]) => y), z: points.map(([, , z]) => z) };
}

/** Circles of latitude and of longitude, 30 degrees apart, as one broken line. */
function graticule(radius = 0.995) {
  /** @type {(Point | [null, null, null])[]} */
  const points = [];
  /** @type {[null, null, null]} */
  const gap = [null, null, null];
  for (let latitude = -60; latitude <= 60; latitude += 30) {
    for (let longitude = 0; longitude <= 360; longitude += 6) {
      points.push(point(radians(latitude), radians(longitude), radius));
    }
    points.push(gap);
  }
  for (let longitude = 0; longitude < 180; longitude += 30) {
    for (let around = 0; around <= 360; around += 6) points.push(point(radians(around), radians(longitude), radius));
    points.push(gap);
  }
  return axes(points);
}

/** A ball just under the points, so that those on the far side stand back. */
function ball(radius = 0.965, rings = 14, sectors = 24) {
  /** @type {Point[]} */
  const points = [];
  /** @type {number[]} */
  const i = [];
  /** @type {number[]} */
  const j = [];
  /** @type {number[]} */
  const k = [];
  for (let ring = 0; ring <= rings; ring++) {
    for (let sector = 0; sector < sectors; sector++) {
      points.push(point(Math.PI * (ring / rings - 0.5), 2 * Math.PI * sector / sectors, radius));
      if (ring === rings) continue;
      const a = ring * sectors + sector, b = ring * sectors + (sector + 1) % sectors;
      i.push(a, b);
      j.push(b, b + sectors);
      k.push(a + sectors, a + sectors);
    }
  }
  return { ...axes(points), i, j, k };
}

/**
 * The two traces behind every picture: ball and graticule, in the theme's colors.
 * @returns {object[]}
 */
function background() {
  const quiet = { hoverinfo: 'skip', showlegend: false };
  return [
    {
      type: 'mesh3d', ...ball(), color: variable('--hf-ball'), opacity: 0.82, flatshading: false,
      lighting: { ambient: 1, diffuse: 0, specular: 0, fresnel: 0 }, ...quiet,
    },
    { type: 'scatter3d', mode: 'lines', ...graticule(), line: { color: variable('--hf-graticule'), width: 1 }, ...quiet },
  ];
}

/**
 * Great-circle arc between two points [x, y, z], just above the sphere, as three lists of coordinates.
 * @param {number[]} a
 * @param {number[]} b
 * @returns {number[][]}
 */
function arc(a, b, steps = 12) {
  /** @type {number[][]} */
  const points = [];
  for (let t = 0; t <= steps; t++) {
    const mixed = a.map((value, axis) => value * (1 - t / steps) + b[axis] * t / steps);
    const norm = Math.hypot(...mixed) || 1;
    points.push(mixed.map((value) => 1.01 * value / norm));
  }
  return [0, 1, 2].map((axis) => points.map((each) => each[axis]));
}

/** @type {boolean | null} */
let software = null;

/** Whether no graphics card draws, so that every pixel and triangle costs the processor. */
function inSoftware() {
  if (software === null) {
    const context = document.createElement('canvas').getContext('webgl');
    const info = context?.getExtension('WEBGL_debug_renderer_info');
    const named = context && info ? context.getParameter(info.UNMASKED_RENDERER_WEBGL) : '';
    software = /swiftshader|llvmpipe|software/i.test(named);
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return software;
}

export { ball, graticule, background, arc, inSoftware };
