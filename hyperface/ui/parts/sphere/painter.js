// Drawing the sphere with WebGL: the ball or disc, the far points, the near ones, and the faces among them.
import { matrix } from './vectors.js';
import { looks, palette, pointSize } from './look_of_points.js';
import { programs } from './shaders.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./camera.js').Camera} Camera */
/** @typedef {import('./faces.js').Faces} Faces */
/** Where the picture is on the page: its size, and the ball's radius, in pixels of the page. @typedef {{ width: number, height: number, radius: number }} Frame */
/** @typedef {{ ground: WebGLProgram, points: WebGLProgram, faces: WebGLProgram }} Programs */

/** @param {[number, number, number]} color */
const shares = (color) => color.map((value) => value / 255);

class Painter {
  /** @param {WebGL2RenderingContext} gl */
  constructor(gl) {
    this.gl = gl;
    this.programs = programs(gl);
    this.buffers = {
      corners: gl.createBuffer(), places: gl.createBuffer(), looks: gl.createBuffer(), faces: gl.createBuffer(),
    };
    this.texture = gl.createTexture();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.corners);
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(-1, -1, 1, -1, -1, 1, 1, 1), gl.STATIC_DRAW);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    /** @type {Map<WebGLProgram, Map<string, WebGLUniformLocation | null>>} */
    this.places = new Map();
    this.colors = palette();
    this.drawn = { changes: -1, looks: -1, faces: -1, atlas: -1 };
  }

  /** The theme has changed. */
  recolor() {
    this.colors = palette();
    this.drawn.looks = -1;
  }

  /**
   * @param {Scene} scene
   * @param {Camera} camera
   * @param {Frame} frame
   * @param {number} density pixels of the screen in one of the page
   * @param {Faces} faces
   */
  paint(scene, camera, frame, density, faces) {
    const { gl } = this;
    this.upload(scene, faces);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.ground(scene, camera, frame, density);
    const size = pointSize(scene.count, camera.zoom) * density;
    this.points(scene, camera, frame, size, -1);
    this.points(scene, camera, frame, size, 1);
    if (faces.shown.length) this.faces(scene, camera, frame, faces, density);
  }

  /** What changed since it was drawn. @param {Scene} scene @param {Faces} faces */
  upload(scene, faces) {
    const { gl, buffers, drawn } = this;
    if (drawn.changes !== scene.changes) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.places);
      gl.bufferData(gl.ARRAY_BUFFER, scene.now, gl.DYNAMIC_DRAW);
    }
    const looksChanged = drawn.looks !== scene.looks || drawn.faces !== faces.choices;
    if (looksChanged) {
      this.look = looks(scene, this.colors, faces.marks);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.looks);
      gl.bufferData(gl.ARRAY_BUFFER, this.look, gl.DYNAMIC_DRAW);
    }
    if (faces.atlas && drawn.atlas !== faces.drawn) {
      gl.bindTexture(gl.TEXTURE_2D, this.texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, faces.atlas);
      for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
        gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
      }
      for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
        gl.texParameteri(gl.TEXTURE_2D, side, gl.LINEAR);
      }
    }
    this.drawn = { changes: scene.changes, looks: scene.looks, faces: faces.choices, atlas: faces.drawn };
  }

  /** Begin to draw with a program, as the camera sees it. @param {WebGLProgram} made @param {Scene} scene @param {Camera} camera @param {Frame} frame */
  use(made, scene, camera, frame) {
    const { gl } = this, scale = frame.radius * camera.zoom;
    gl.useProgram(made);
    gl.uniformMatrix3fv(this.place(made, 'turn'), true, matrix(camera.turn));
    gl.uniform2f(this.place(made, 'halfSize'), frame.width / 2 / scale, frame.height / 2 / scale);
    gl.uniform2f(this.place(made, 'shift'), camera.shift.x / camera.zoom, camera.shift.y / camera.zoom);
    gl.uniform1f(this.place(made, 'flat_'), scene.flat);
    return scale;
  }

  /** @param {WebGLProgram} made @param {string} name */
  place(made, name) {
    const known = this.places.get(made) ?? new Map();
    this.places.set(made, known);
    if (!known.has(name)) known.set(name, this.gl.getUniformLocation(made, name));
    return known.get(name) ?? null;
  }

  /** @param {WebGLProgram} made @param {string} name @param {WebGLBuffer | null} buffer @param {number} size @param {boolean} [bytes] */
  attribute(made, name, buffer, size, bytes = false) {
    const { gl } = this, place = gl.getAttribLocation(made, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, bytes ? gl.UNSIGNED_BYTE : gl.FLOAT, bytes, 0, 0);
  }

  /** @param {Scene} scene @param {Camera} camera @param {Frame} frame @param {number} density */
  ground(scene, camera, frame, density) {
    const { gl, colors } = this, made = this.programs.ground, scale = this.use(made, scene, camera, frame);
    gl.uniform1f(this.place(made, 'pixel'), 1 / scale / density);
    for (const [name, color] of /** @type {const} */ ([
      ['ball', colors.ball], ['line', colors.line], ['rim', colors.rim], ['capColor', colors.cap],
    ])) gl.uniform3fv(this.place(made, name), shares(color));
    gl.uniform1f(this.place(made, 'dark'), Number(colors.dark));
    const { nearest, angles } = scene;
    const cap = scene.fromOne && nearest !== null && angles ? angles[nearest] / scene.reach : 0;
    gl.uniform1f(this.place(made, 'cap'), cap);
    const rings = [30, 60, 90].map((degrees) => (degrees < scene.reach ? degrees / scene.reach : 0));
    gl.uniform1fv(this.place(made, 'rings'), [...rings, 0]);
    this.attribute(made, 'corner', this.buffers.corners, 2);
    gl.disable(gl.BLEND);  // there is nothing below it
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.enable(gl.BLEND);
  }

  /** @param {Scene} scene @param {Camera} camera @param {Frame} frame @param {number} size @param {number} side */
  points(scene, camera, frame, size, side) {
    const { gl } = this, made = this.programs.points;
    if (scene.count === 0 || (side < 0 && scene.flat === 1)) return;
    this.use(made, scene, camera, frame);
    gl.uniform1f(this.place(made, 'size'), size);
    gl.uniform1f(this.place(made, 'side'), side);
    this.attribute(made, 'place', this.buffers.places, 3);
    this.attribute(made, 'look', this.buffers.looks, 4, true);
    gl.drawArrays(gl.POINTS, 0, scene.count);
  }

  /** @param {Scene} scene @param {Camera} camera @param {Frame} frame @param {Faces} faces @param {number} density */
  faces(scene, camera, frame, faces, density) {
    const { gl } = this, made = this.programs.faces, order = faces.inOrder(scene, camera);
    const data = new Float32Array(6 * order.length), bytes = new Uint8Array(data.buffer);
    order.forEach((index, i) => {
      data.set(scene.now.subarray(3 * index, 3 * index + 3), 6 * i);
      data.set(faces.cell(index), 6 * i + 3);
      if (this.look) bytes.set(this.look.subarray(4 * index, 4 * index + 4), 24 * i + 20);
    });
    this.use(made, scene, camera, frame);
    gl.uniform1f(this.place(made, 'size'), faces.size * density);
    gl.uniform2f(this.place(made, 'cells'), faces.columns, faces.rows);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.faces);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STREAM_DRAW);
    for (const [name, size, kind, offset] of /** @type {const} */ ([
      ['place', 3, gl.FLOAT, 0], ['cell', 2, gl.FLOAT, 12], ['look', 4, gl.UNSIGNED_BYTE, 20],
    ])) {
      const place = gl.getAttribLocation(made, name);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, kind, kind === gl.UNSIGNED_BYTE, 24, offset);
    }
    gl.drawArrays(gl.POINTS, 0, order.length);
  }
}

export { Painter };
