// What the graphics card is told: the ball or disc behind everything, the points, and the faces.

const VERSION = '#version 300 es\n';

/** The background is two triangles over everything; `at` is the place in radii of the ball. */
const GROUND_VERTEX = `${VERSION}
in vec2 corner;
uniform vec2 halfSize;   // of the picture, in radii of the ball
uniform vec2 shift;
out vec2 at;
void main() {
  at = corner * halfSize - shift;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/** A ball lit from above left, with a rim and lines 30 degrees apart; or a disc with rings and the empty cap. */
const GROUND_FRAGMENT = `${VERSION}
precision highp float;
in vec2 at;
uniform float pixel;     // its size, in radii
uniform float flat_;     // 0: a ball, 1: a disc
uniform mat3 turn;       // from the sphere to the eye
uniform vec3 ball, line, rim, capColor;
uniform float cap;       // radius of the empty cap on the disc
uniform float rings[4];  // radii; 0 is none
uniform float dark;      // 1 where the page is dark
out vec4 color;

float stroke(float distance, float width) { return 1.0 - smoothstep(width - 0.6, width + 0.6, distance / pixel); }

// How near the lines of longitude and latitude are, 30 degrees apart; without angles, which software draws slowly.
float meridians(vec3 place) {
  vec3 side = abs(place);
  vec2 folded = vec2(max(side.x, side.z), min(side.x, side.z));  // longitudes fold to 0 to 45 degrees, with lines at 0 and 30
  float near = min(folded.y, abs(0.8660254 * folded.y - 0.5 * folded.x));
  float across = min(side.y, min(abs(side.y - 0.5), abs(side.y - 0.8660254))) / max(length(folded), 1e-3);
  return stroke(min(near, across), 0.7);
}

void main() {
  float far = length(at);
  if (far > 1.1) {
    color = vec4(0.0);
    return;
  }
  float inside = 1.0 - smoothstep(1.0 - pixel, 1.0 + pixel, far);
  float depth = sqrt(max(0.0, 1.0 - far * far));
  vec3 normal = vec3(at, depth);
  float light = dot(normal, vec3(-0.4479, 0.6171, 0.6470));  // of length 1
  float close = max(light, 0.0), square = close * close, fourth = square * square, eighth = fourth * fourth;
  float shine = 0.10 * eighth * (eighth * eighth) * (eighth * eighth);  // the fortieth power
  vec3 lit = ball * (mix(0.90, 0.70, dark) + mix(0.13, 0.55, dark) * close) + shine;
  float edge = (1.0 - depth) * (1.0 - depth) * (1.0 - depth);
  vec3 round_ = mix(lit, rim, edge * mix(0.45, 0.55, dark));
  if (flat_ < 1.0) round_ = mix(round_, line, 0.75 * meridians(transpose(turn) * normal) * depth);
  vec3 plate = ball * (1.0 + 0.03 * light);
  if (flat_ > 0.0) {
    plate = mix(plate, capColor, (1.0 - smoothstep(cap - pixel, cap + pixel, far)) * mix(0.16, 0.22, dark) * step(1e-4, cap));
    for (int i = 0; i < 4; i++) if (rings[i] > 0.0) plate = mix(plate, line, stroke(abs(far - rings[i]), 0.7));
    plate = mix(plate, rim, 0.8 * stroke(abs(far - 1.0), 1.2));
  }
  vec3 both = mix(round_, plate, flat_);
  float glow = (1.0 - smoothstep(1.0, 1.09, far)) * mix(0.10, 0.22, dark) * (1.0 - flat_);
  float alpha = max(inside, glow);
  color = vec4(mix(rim, both, inside) * alpha, alpha);
}`;

/** Points, the far ones and the near ones in turn. mark: 0 as it is, 1 stands out, 2 steps back, 3 is drawn as a face. */
const POINT_VERTEX = `${VERSION}
in vec3 place;
in vec4 look;            // red, green, blue; and the mark, times 1 / 255
uniform mat3 turn;
uniform vec2 halfSize, shift;
uniform float flat_, side, size;
out vec3 tint;
out float strength, rim;
void main() {
  vec3 seen = turn * place;
  float near = mix(smoothstep(-0.25, 0.25, seen.z), 1.0, flat_);
  float mark = floor(look.a * 255.0 + 0.5);
  bool hidden = (side > 0.0) != (seen.z * (1.0 - flat_) + flat_ >= 0.0) || (mark == 3.0 && near > 0.6);
  tint = look.rgb;
  strength = mix(0.16, 1.0, near) * (mark == 2.0 ? 0.18 : 1.0);
  rim = mark == 1.0 ? 1.0 : 0.0;
  gl_PointSize = size * mix(0.7, 1.0, near) * (mark == 1.0 ? 1.5 : 1.0) + 1.5;
  gl_Position = hidden ? vec4(2.0, 2.0, 0.0, 1.0) : vec4((seen.xy + shift) / halfSize, 0.0, 1.0);
}`;

const POINT_FRAGMENT = `${VERSION}
precision highp float;
in vec3 tint;
in float strength, rim;
uniform float size;
out vec4 color;
void main() {
  vec2 from = gl_PointCoord * 2.0 - 1.0;
  float far = length(from), soft = 2.4 / (size + 1.5);
  float alpha = strength * (1.0 - smoothstep(1.0 - soft, 1.0, far));
  if (alpha <= 0.003) discard;
  float shade = 1.0 + 0.18 * dot(from, vec2(-0.5, -0.7)) * step(5.0, size);
  color = vec4(mix(tint * shade, vec3(1.0), rim * smoothstep(0.55, 0.8, far) * 0.7) * alpha, alpha);
}`;

/** Faces: a round piece of the atlas for each, growing from the edge of the ball to its middle. */
const FACE_VERTEX = `${VERSION}
in vec3 place;
in vec4 look;
in vec2 cell;            // column and row in the atlas
uniform mat3 turn;
uniform vec2 halfSize, shift;
uniform float flat_, size;
out vec3 tint;
out vec2 corner;
out float strength, width;
void main() {
  vec3 seen = turn * place;
  float grown = mix(smoothstep(0.02, 0.45, seen.z), 1.0, flat_);
  width = size * grown;
  tint = look.rgb;
  corner = cell;
  strength = floor(look.a * 255.0 + 0.5) == 2.0 ? 0.22 : 1.0;
  gl_PointSize = width;
  gl_Position = width < 3.0 ? vec4(2.0, 2.0, 0.0, 1.0) : vec4((seen.xy + shift) / halfSize, 0.0, 1.0);
}`;

const FACE_FRAGMENT = `${VERSION}
precision highp float;
in vec3 tint;
in vec2 corner;
in float strength, width;
uniform sampler2D atlas;
uniform vec2 cells;      // columns and rows of the atlas
out vec4 color;
void main() {
  vec2 from = gl_PointCoord * 2.0 - 1.0;
  float far = length(from), pixel = 2.0 / width;
  float alpha = strength * (1.0 - smoothstep(1.0 - pixel, 1.0, far));
  if (alpha <= 0.003) discard;
  vec3 face = texture(atlas, (corner + 0.06 + 0.88 * gl_PointCoord) / cells).rgb;
  float ring = smoothstep(1.0 - 3.6 * pixel, 1.0 - 2.4 * pixel, far);
  color = vec4(mix(face, tint, ring) * alpha, alpha);
}`;

/**
 * A program of two shaders. An error with the card's words where that cannot be.
 * @param {WebGL2RenderingContext} gl
 * @param {string} vertex
 * @param {string} fragment
 * @returns {WebGLProgram}
 */
function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, source] of /** @type {const} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error('The graphics context is lost.');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
      throw new Error(gl.getShaderInfoLog(shader) ?? 'A shader does not compile.');
    }
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(made) ?? 'The shaders do not fit each other.');
  }
  return made;
}

/** The three programs. @param {WebGL2RenderingContext} gl */
function programs(gl) {
  return {
    ground: program(gl, GROUND_VERTEX, GROUND_FRAGMENT),
    points: program(gl, POINT_VERTEX, POINT_FRAGMENT),
    faces: program(gl, FACE_VERTEX, FACE_FRAGMENT),
  };
}

export { programs };
