// A component whose value is points on a sphere, as balls.py makes it.
import { find } from '../elements.js';
import { onTheme, variable } from '../look.js';
import { color } from './look_of_points.js';
import { mountSphere } from './mount.js';

/**
 * points: 3n. marked: who stands out. words: what is written beside somebody. links: who is joined. front: who is turned to
 * the eye.
 * @typedef {{ points: number[], marked: number[], words: [number, string][], links: [number, number][], front: number | null }} Ball
 */

/** Colors of everybody: those who stand out in another one. @param {number} count @param {number[]} marked */
function colors(count, marked) {
  const plain = color(variable('--hf-series-1')), other = color(variable('--hf-series-2')), result = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) result.set(plain, 3 * i);
  for (const i of marked) result.set(other, 3 * i);
  return result;
}

/** @param {View<Ball | null>} view */
function sphereView({ element, props, trigger, watch }) {
  const here = find(element, '.hf-ball-here');
  /** @type {ReturnType<typeof mountSphere> | null} */
  let sphere = null;
  /** @type {number | null} */
  let front = null;
  function show() {
    const ball = props.value;
    here.hidden = !ball;
    if (!ball) return;
    sphere ??= mountSphere(here, { label: here.dataset.label ?? '', picked: (point) => trigger('picked', { point }) });
    sphere.show({
      positions: Float32Array.from(ball.points), colors: colors(ball.points.length / 3, ball.marked), marked: new Set(ball.marked),
      words: ball.words, links: ball.links.map(([from, to]) => ({ from, to })),
    });
    if (ball.front !== null && ball.front !== front) sphere.bring(ball.front);
    front = ball.front;
  }
  watch('value', show);
  onTheme(here, show);
  show();
}

export { colors, sphereView };
