// Points of the unit sphere, turns as unit quaternions [x, y, z, w], and where a person's view shows the others.

/** @typedef {[number, number, number]} Vector */
/** @typedef {[number, number, number, number]} Turn */

/** @type {Turn} */
const NO_TURN = [0, 0, 0, 1];
const DEGREES = 180 / Math.PI;

/** @param {Vector} a @param {Vector} b @returns {number} */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {Vector} a @param {Vector} b @returns {Vector} */
function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Scaled to length 1; zeros become the direction of x. @param {Vector} a @returns {Vector} */
function unit(a) {
  const length = Math.hypot(...a);
  return length < 1e-9 ? [1, 0, 0] : [a[0] / length, a[1] / length, a[2] / length];
}

/** The point of that number in a list of coordinates. @param {Float32Array} points @param {number} index @returns {Vector} */
function pointAt(points, index) {
  return [points[3 * index], points[3 * index + 1], points[3 * index + 2]];
}

/** Angle in degrees between two unit vectors. @param {Vector} a @param {Vector} b */
function angleBetween(a, b) {
  return DEGREES * 2 * Math.atan2(
    Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), Math.hypot(a[0] + b[0], a[1] + b[1], a[2] + b[2]),
  );
}

/** @param {Vector} axis of length 1 @param {number} angle radians @returns {Turn} */
function turnAround(axis, angle) {
  const sine = Math.sin(angle / 2);
  return [axis[0] * sine, axis[1] * sine, axis[2] * sine, Math.cos(angle / 2)];
}

/** First `b`, then `a`. @param {Turn} a @param {Turn} b @returns {Turn} */
function combine(a, b) {
  const [ax, ay, az, aw] = a, [bx, by, bz, bw] = b;
  /** @type {Turn} */
  const result = [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
  const length = Math.hypot(...result);
  return [result[0] / length, result[1] / length, result[2] / length, result[3] / length];
}

/** @param {Turn} turn @returns {Turn} */
function inverse([x, y, z, w]) {
  return [-x, -y, -z, w];
}

/** The turn as the nine numbers of a matrix, row by row. @param {Turn} turn @returns {number[]} */
function matrix([x, y, z, w]) {
  return [
    1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
    2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
    2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
  ];
}

/** @param {Turn} turn @param {Vector} point @returns {Vector} */
function turned(turn, [x, y, z]) {
  const m = matrix(turn);
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

/** All points turned, in a new list. @param {Turn} turn @param {Float32Array} points */
function turnedAll(turn, points) {
  const m = matrix(turn), result = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i], y = points[i + 1], z = points[i + 2];
    result[i] = m[0] * x + m[1] * y + m[2] * z;
    result[i + 1] = m[3] * x + m[4] * y + m[5] * z;
    result[i + 2] = m[6] * x + m[7] * y + m[8] * z;
  }
  return result;
}

/** A share of the way from one turn to another. @param {Turn} a @param {Turn} b @param {number} share @returns {Turn} */
function between(a, b, share) {
  const along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3], sign = along < 0 ? -1 : 1;
  const angle = Math.acos(Math.min(1, Math.abs(along)));
  const [left, right] = angle < 1e-4
    ? [1 - share, share]
    : [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return combine(NO_TURN, /** @type {Turn} */ (a.map((value, i) => left * value + right * sign * b[i])));
}

/** The shortest turn that brings a point to the front. @param {Vector} point @returns {Turn} */
function toFront(point) {
  const axis = cross(point, [0, 0, 1]), sine = Math.hypot(...axis);
  if (sine < 1e-6) return point[2] > 0 ? NO_TURN : [0, 1, 0, 0];
  return turnAround(unit(axis), Math.atan2(sine, point[2]));
}

/** Two directions at a point of the sphere: towards the pole, and to its right. @param {Vector} point */
function compass(point) {
  const right = unit(cross(Math.abs(point[1]) > 0.999 ? [0, 0, 1] : [0, 1, 0], point));
  return { up: cross(point, right), right };
}

/**
 * Everybody as one person sees them: on a disc whose distance from the middle is the true angle, `reach` degrees at its
 * rim, in the direction in which the map shows them.
 * @param {Float32Array} map 3n, unit rows
 * @param {Float32Array} angles n, degrees from the person
 * @param {number} person
 * @param {number} reach
 * @returns {Float32Array} 3n; z is 0
 */
function seenFrom(map, angles, person, reach) {
  const { up, right } = compass(pointAt(map, person)), result = new Float32Array(map.length);
  for (let i = 0; i < angles.length; i++) {
    const other = pointAt(map, i), x = dot(other, right), y = dot(other, up);
    const length = Math.hypot(x, y), radius = i === person ? 0 : angles[i] / reach;
    result[3 * i] = length < 1e-9 ? radius : radius * x / length;
    result[3 * i + 1] = length < 1e-9 ? 0 : radius * y / length;
  }
  return result;
}

/** Degrees at the rim of the disc that shows angles up to `widest`: a round number. @param {number} widest */
function reachOf(widest) {
  return Math.min(180, Math.max(100, 10 * Math.ceil(widest / 10)));
}

/** A great-circle arc of so many pieces between two unit vectors. @param {Vector} a @param {Vector} b @param {number} pieces */
function arc(a, b, pieces) {
  /** @type {Vector[]} */
  const points = [];
  for (let i = 0; i <= pieces; i++) {
    const share = i / pieces;
    points.push(unit([
      a[0] * (1 - share) + b[0] * share, a[1] * (1 - share) + b[1] * share, a[2] * (1 - share) + b[2] * share,
    ]));
  }
  return points;
}

/** The circle of so many degrees around a point, in so many pieces. @param {Vector} center @param {number} degrees @param {number} pieces */
function circle(center, degrees, pieces) {
  const { up, right } = compass(center), out = Math.sin(degrees / DEGREES), along = Math.cos(degrees / DEGREES);
  /** @type {Vector[]} */
  const points = [];
  for (let i = 0; i <= pieces; i++) {
    const x = out * Math.cos(2 * Math.PI * i / pieces), y = out * Math.sin(2 * Math.PI * i / pieces);
    points.push([
      along * center[0] + x * right[0] + y * up[0], along * center[1] + x * right[1] + y * up[1],
      along * center[2] + x * right[2] + y * up[2],
    ]);
  }
  return points;
}

export {
  NO_TURN, angleBetween, arc, between, circle, combine, cross, dot, inverse, matrix, pointAt, reachOf, seenFrom,
  toFront, turnAround, turned,
  turnedAll, unit,
};
