// The sphere's scripts where they compute: turns, who is where in which view, who is drawn as a face.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Camera } from '../../../hyperface/ui/parts/sphere/camera.js';
import { Faces, strideOf } from '../../../hyperface/ui/parts/sphere/faces.js';
import { onCanvas } from '../../../hyperface/ui/parts/sphere/lines.js';
import { color, onScale, pointSize } from '../../../hyperface/ui/parts/sphere/look_of_points.js';
import { PlainPainter } from '../../../hyperface/ui/parts/sphere/plain_painter.js';
import { Scene, brief } from '../../../hyperface/ui/parts/sphere/scene.js';
import {
  NO_TURN, angleBetween, arc, between, circle, combine, inverse, pointAt, seenFrom, toFront, turnAround, turned,
  turnedAll, unit,
} from '../../../hyperface/ui/parts/sphere/vectors.js';
import { beforeFlight } from '../../../hyperface/ui/parts/sphere/view.js';

/** @typedef {[number, number, number]} Vector */

/** Points on a spiral over the whole sphere. @param {number} count */
function spiral(count) {
  const points = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const z = 1 - (2 * i + 1) / count, around = Math.sqrt(1 - z * z), turn = i * Math.PI * (3 - Math.sqrt(5));
    points.set([around * Math.cos(turn), around * Math.sin(turn), z], 3 * i);
  }
  return points;
}

/** @param {number[]} a @param {number[]} b */
const close = (a, b, most = 1e-6) => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < most);

test('a quarter turn around each axis goes by the right hand', () => {
  const quarter = Math.PI / 2;
  assert.ok(close(turned(turnAround([0, 0, 1], quarter), [1, 0, 0]), [0, 1, 0]));
  assert.ok(close(turned(turnAround([1, 0, 0], quarter), [0, 1, 0]), [0, 0, 1]));
  assert.ok(close(turned(turnAround([0, 1, 0], quarter), [0, 0, 1]), [1, 0, 0]));
  const both = combine(turnAround([1, 0, 0], quarter), turnAround([0, 0, 1], quarter));
  assert.ok(close(turned(both, [1, 0, 0]), [0, 0, 1]));  // first around z, then around x
  assert.ok(close(turned(combine(inverse(both), both), [0.6, 0, 0.8]), [0.6, 0, 0.8]));
  assert.ok(close([...turnedAll(both, Float32Array.of(1, 0, 0, 0, 0, 1))],
    [...turned(both, [1, 0, 0]), ...turned(both, [0, 0, 1])]));
});

test('anybody can be brought to the front, the shortest way', () => {
  const points = spiral(50);
  for (let i = 0; i < 50; i++) {
    assert.ok(close(turned(toFront(pointAt(points, i)), pointAt(points, i)), [0, 0, 1], 1e-5));
  }
  assert.ok(close(turned(toFront([0, 0, -1]), [0, 0, -1]), [0, 0, 1]));
  assert.ok(close(turned(between(NO_TURN, turnAround([0, 1, 0], 1), 0.25), [0, 0, 1]),
    [Math.sin(0.25), 0, Math.cos(0.25)]));
});

test('an arc lies on the sphere, and its halves are as long', () => {
  const line = arc([1, 0, 0], [0, 0, -1], 4);
  assert.ok(line.every((point) => Math.abs(Math.hypot(...point) - 1) < 1e-9));
  assert.ok(Math.abs(angleBetween(line[0], line[2]) - 45) < 1e-9);
  assert.ok(arc([1, 0, 0], [-1, 0, 0], 4).flat().every(Number.isFinite));  // no great circle is the shortest
  assert.ok(Math.abs(angleBetween([1, 0, 0], unit([1, 1e-7, 0])) - 180 / Math.PI * 1e-7) < 1e-12);
});

test('a circle lies on the sphere, so many degrees around its middle', () => {
  for (const center of /** @type {Vector[]} */ ([[0.6, 0, 0.8], [0, 1, 0], unit([1, -2, 3])])) {
    for (const point of circle(center, 33, 12)) {
      assert.ok(Math.abs(Math.hypot(...point) - 1) < 1e-12);
      assert.ok(Math.abs(angleBetween(point, center) - 33) < 1e-9);
    }
  }
});

test('from one person everybody is as far as the angle says, in the direction of the map', () => {
  const map = spiral(200), angles = Float32Array.from({ length: 200 }, (_, i) => (i === 17 ? 0 : 40 + i / 3));
  const seen = seenFrom(map, angles, 17, 120), me = pointAt(map, 17);
  for (let i = 0; i < 200; i++) {
    const [x, y, z] = pointAt(seen, i);
    assert.ok(Math.abs(120 * Math.hypot(x, y) - angles[i]) < 1e-4);
    assert.equal(z, 0);
  }
  // as on a map with north up: the one nearest to the pole is above, one to the east is to the right
  const north = seenFrom(Float32Array.of(1, 0, 0, 0.6, 0.8, 0, 0.6, 0, -0.8), Float32Array.of(0, 50, 70), 0, 100);
  assert.ok(close([...north], [0, 0, 0, 0, 0.5, 0, 0.7, 0, 0]));
  assert.ok(me.every(Number.isFinite));
});

test('a frame glides to the next on the sphere, and the view from one person turns nobody around', () => {
  const scene = new Scene(), camera = new Camera();
  scene.take({ positions: Float32Array.of(1, 0, 0, 0, 1, 0), milliseconds: 100 }, camera, 0, false);
  assert.deepEqual([...scene.now], [1, 0, 0, 0, 1, 0]);  // the first is there at once
  assert.equal(scene.moving, false);
  scene.take({ positions: Float32Array.of(0, 0, 1, 0, 1, 0), milliseconds: 100 }, camera, 1000, false);
  scene.advance(1050);
  assert.ok(close([...scene.now], [Math.SQRT1_2, 0, Math.SQRT1_2, 0, 1, 0]));
  scene.advance(1200);
  assert.ok(close([...scene.now], [0, 0, 1, 0, 1, 0]) && !scene.moving);
  const frame = { width: 200, height: 200, radius: 100 },
    before = onCanvas(scene, camera, frame)(pointAt(scene.now, 1));
  scene.take({ picked: 0, angles: Float32Array.of(0, 60), view: 'person', reach: 120, milliseconds: 500 }, camera, 2000, false);
  const after = onCanvas(scene, camera, frame)(pointAt(scene.now, 1));
  assert.ok(close([before.x, before.y], [after.x, after.y], 1e-4));
  assert.deepEqual([scene.fromOne, scene.nearest, scene.flat], [true, 1, 0]);
  scene.advance(3000);
  assert.ok(close([Math.hypot(...pointAt(scene.now, 1)), scene.flat], [0.5, 1]));
  scene.take({ view: 'map', milliseconds: 500 }, camera, 4000, false);
  scene.advance(5000);
  assert.ok(close([...scene.now], [0, 0, 1, 0, 1, 0]) && scene.flat === 0);
  assert.ok(close(turned(camera.turn, [0, 0, 1]), [0, 0, 1]));  // the person is in front
});

test('without angles the map is shown, and who wants it calm sees views change at once', () => {
  const scene = new Scene(), camera = new Camera();
  scene.take({ positions: spiral(5), picked: 2, view: 'person' }, camera, 0, true);
  assert.deepEqual([scene.fromOne, scene.nearest], [false, null]);
  scene.take({ angles: Float32Array.of(50, 60, 0, 70, 55) }, camera, 10, true);
  assert.deepEqual([scene.fromOne, scene.nearest, scene.flat], [true, 0, 1]);
  scene.take({ positions: new Float32Array(0), picked: null, angles: null }, camera, 20, true);
  assert.deepEqual([scene.count, scene.fromOne], [0, false]);
});

test('a turn that is let go slows down, zoom has its ends, and the disc stays in sight', () => {
  const camera = new Camera();
  camera.speed = { x: 2, y: 0 };
  assert.ok(camera.advance(0, 0.1, false) && camera.speed.x < 1.7 && camera.speed.x > 1.5);
  for (let i = 0; i < 40; i++) camera.advance(0, 0.1, false);
  assert.equal(camera.moving(0, false), false);
  assert.equal(camera.zoomBy(0.5), false);
  assert.ok(camera.zoomBy(1000));
  assert.equal(camera.zoom, 16);
  camera.flat = true;
  camera.reset();
  camera.zoomBy(4);
  for (let i = 0; i < 30; i++) camera.drag(1, 0);
  assert.ok(Math.abs(camera.shift.x - 3) < 1e-9);
  camera.zoomBy(1 / 4);
  assert.ok(Math.abs(camera.shift.x) < 1e-9);
  camera.drag(0.3, 0);
  assert.ok(close(camera.turn, turnAround([0, 0, 1], 0.3)));
});

test('it turns by itself for a while, if it may', () => {
  const camera = new Camera();
  assert.equal(camera.advance(10_000, 0.1, true), true);
  assert.equal(camera.advance(10_000, 0.1, false), false);
  assert.equal(camera.advance(1_000_000, 0.1, true), false);
  assert.equal(camera.advance(1000, 0.1, true), false);  // just touched
});

test('faces do not cover each other, the chosen one is among them, and near to there is room for all', () => {
  const scene = new Scene(), faces = new Faces();
  scene.take({ positions: spiral(400), picked: 123, angles: null }, new Camera(), 0, true);
  faces.choose(scene, 100, 0);
  assert.deepEqual(faces.shown, []);  // no pictures yet
  const image = /** @type {TexImageSource} */ ({});
  faces.take({ image, columns: 20, rows: 20 });
  faces.choose(scene, 100, 0);
  assert.equal(faces.shown[0], 123);
  assert.ok(faces.shown.length > 60 && faces.shown.length < 400);
  for (const a of faces.shown) {
    for (const b of faces.shown) {
      const [p, q] = [pointAt(scene.now, a), pointAt(scene.now, b)];
      assert.ok(a === b || 100 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) >= faces.size);
    }
  }
  assert.deepEqual(faces.cell(47), [7, 2]);
  faces.choose(scene, 3200, 0);
  assert.equal(faces.shown.length, 400);
  faces.take({ image, columns: 20, rows: 20 }, Uint8Array.from({ length: 400 }, (_, i) => Number(i < 3)));
  faces.choose(scene, 3200, 0);
  assert.deepEqual([...faces.shown].sort(), [0, 1, 2]);
});

test('a stride visits everybody once', () => {
  for (const count of [1, 2, 7, 12, 500, 1000]) {
    const stride = strideOf(count), seen = new Set();
    for (let i = 0, index = 0; i < count; i++, index = (index + stride) % count) seen.add(index);
    assert.equal(seen.size, count);
  }
});

test('colours are read as CSS writes them, and lie on a scale', () => {
  assert.deepEqual([color('#ff8000'), color('#abc')], [[255, 128, 0], [170, 187, 204]]);
  /** @type {Vector[]} */
  const scale = [[0, 0, 0], [100, 0, 0], [100, 200, 0]];
  assert.deepEqual([onScale(5, [10, 20], scale), onScale(12.5, [10, 20], scale), onScale(99, [10, 20], scale)],
    [[0, 0, 0], [50, 0, 0], [100, 200, 0]]);
  assert.ok(pointSize(100, 1) > pointSize(10_000, 1) && pointSize(100, 4) > pointSize(100, 1));
});

test('without WebGL everybody is drawn on an ordinary canvas, the far ones first and faintly', (context) => {
  context.after(() => { Reflect.deleteProperty(globalThis, 'document'); Reflect.deleteProperty(globalThis, 'getComputedStyle'); });
  const body = { classList: { contains: () => false } }, getPropertyValue = () => '#102030';
  Object.assign(globalThis, { document: { body }, getComputedStyle: () => ({ getPropertyValue }) });
  /** @type {{ x: number, y: number, radius: number, style: unknown }[]} */
  const drawn = [];
  const canvas = {
    fillStyle: /** @type {unknown} */ (''), setTransform() {}, clearRect() {}, beginPath() {}, fill() {},
    createRadialGradient: () => ({ addColorStop() {} }),
    /** @param {number} x @param {number} y @param {number} radius */
    arc(x, y, radius) { drawn.push({ x, y, radius, style: this.fillStyle }); },
  };
  const scene = new Scene(), camera = new Camera();
  camera.turn = NO_TURN;
  scene.take({ positions: Float32Array.of(0, 0, 1, 1, 0, 0, 0, 0, -1) }, camera, 0, true);
  const painter = new PlainPainter(/** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (canvas)));
  painter.paint(scene, camera, { width: 300, height: 200, radius: 80 }, 1);
  const [ball, ...points] = drawn;
  assert.deepEqual([ball.x, ball.y, ball.radius], [150, 100, 80]);
  assert.deepEqual(points.map(({ x, y }) => [x, y]), [[150, 100], [150, 100], [230, 100]]);
  assert.deepEqual(points.map(({ style }) => String(style).endsWith(', 1)')), [false, true, true]);
});

test('who comes flies in from the farther pole, and everybody else is where they belong', () => {
  const points = [1, 0, 0, 0, 1, 0, 0, 0.6, 0.8, 0, 0.6, -0.8];
  assert.deepEqual([...beforeFlight(points, 2)], [1, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 1]);
});

test('moves from frame to frame are told from those that lead the eye', () => {
  assert.deepEqual([{}, { milliseconds: 140 }, { milliseconds: 700 }].map(brief), [true, true, false]);
});
