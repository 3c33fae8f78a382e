// The sphere of a packing: its points in the colors of their angles, the closest pair, and the chosen identity.
import { find } from '../parts/elements.js';
import { CLEAR, onTheme, variable } from '../parts/look.js';
import { plotly } from '../parts/plotly.js';
import { arc, background, inSoftware } from '../parts/sphere.js';

/** @typedef {import('./frames.js').Frame} Frame */
/** @typedef {import('./frames.js').Packing} Packing */

const TRACE_SPHERE = 0, TRACE_LINES = 1, TRACE_POINTS = 2, TRACE_PAIR = 3, TRACE_CHOSEN = 4;
const MANY = 2000, MANY_IN_SOFTWARE = 500;  // points: from here on squares, hardly told from discs, drawn twice as fast
const NARROW = 420;  // pixels: such a picture needs more room at its sides

/** The graph, which keeps its camera from frame to frame and from run to run. */
class SpherePicture {
  /**
   * @param {HTMLElement} root
   * @param {() => Packing} shown the run that is shown now
   * @param {(hover: PlotlyHover) => void} hovered
   * @param {() => void} left the pointer is on no point any more
   * @param {(index: number) => void} choose
   */
  constructor(root, shown, hovered, left, choose) {
    this.root = root;
    this.graph = /** @type {PlotlyElement} */ (find(root, '.hf-sphere'));
    this.shown = shown;
    this.hovered = hovered;
    this.left = left;
    this.choose = choose;
    onTheme(root, () => this.recolor());
  }

  /** @param {Frame} frame */
  async draw(frame) {
    const Plotly = await plotly();
    if (this.graph.dataset.run !== this.shown().name) {  // the first frame of this run
      await this.build(Plotly, frame);
      return;
    }
    const [x, y, z] = frame.axes, pair = arcOf(frame), chosen = raised(frame, this.shown().chosen);
    const update = {
      x: [x, pair[0], chosen[0]], y: [y, pair[1], chosen[1]], z: [z, pair[2], chosen[2]],
      'marker.color': [frame.angles, undefined, undefined],  // undefined: stays as it is
    };
    // one call: each draws everything
    await Plotly.restyle(this.graph, update, [TRACE_POINTS, TRACE_PAIR, TRACE_CHOSEN]);
  }

  /**
   * Build the graph for a run, keeping the camera.
   * @param {Plotly} Plotly
   * @param {Frame} frame
   */
  async build(Plotly, frame) {
    const state = this.shown(), [low, high] = colorRange(state), traces = tracesOf(state, frame, low, high);
    const axis = { visible: false, range: [-1.08, 1.08], showspikes: false };
    const away = this.graph.clientWidth < NARROW ? 1.12 : 1;
    const camera = this.graph.layout?.scene?.camera || { eye: { x: 0.86 * away, y: 0.86 * away, z: 0.56 * away } };
    await Plotly.react(this.graph, traces, {
      autosize: true, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: CLEAR, uirevision: 'keep',
      hovermode: 'closest',
      scene: {
        xaxis: axis, yaxis: axis, zaxis: axis, aspectmode: 'cube', camera, dragmode: 'orbit', uirevision: 'keep',
      },
    }, { displayModeBar: false, responsive: true, scrollZoom: false, plotGlPixelRatio: inSoftware() ? 1 : 2 });
    if (!this.graph.dataset.run) this.listen();
    this.graph.dataset.run = state.name ?? '';
    find(this.root, '.hf-scale-low').textContent = `${low}°`;
    find(this.root, '.hf-scale-high').textContent = `${high}°`;
  }

  listen() {
    /** @param {PlotlyPoint | undefined} point */
    const choosePoint = (point) => {
      if (point && point.curveNumber === TRACE_POINTS && point.pointNumber !== this.shown().chosen) {
        this.choose(point.pointNumber);
      }
    };
    this.graph.on('plotly_hover', (hover) => {
      choosePoint(hover.points[0]);
      if (hover.points[0].curveNumber === TRACE_POINTS) this.hovered(hover);
    });
    this.graph.on('plotly_unhover', () => this.left());
    this.graph.on('plotly_click', ({ points }) => choosePoint(points[0]));
  }

  /**
   * Mark the chosen identity of a frame.
   * @param {Frame} frame
   */
  async mark(frame) {
    const { name, chosen } = this.shown();
    if (this.graph.dataset.run !== name) return;
    const [x, y, z] = raised(frame, chosen);
    await (await plotly()).restyle(this.graph, { x: [x], y: [y], z: [z] }, [TRACE_CHOSEN]);
  }

  /** Take the theme's colors anew. */
  async recolor() {
    if (!this.graph.dataset.run) return;
    const Plotly = await plotly(), { graph } = this;
    const lines = [variable('--hf-graticule'), variable('--hf-series-2')];
    await Plotly.restyle(graph, { color: variable('--hf-ball') }, [TRACE_SPHERE]);
    await Plotly.restyle(graph, { 'line.color': lines }, [TRACE_LINES, TRACE_PAIR]);
    await Plotly.restyle(graph, { 'marker.line.color': variable('--body-text-color') }, [TRACE_CHOSEN]);
    await Plotly.restyle(graph, { 'marker.colorscale': [colorScale()] }, [TRACE_POINTS]);
  }
}

/**
 * The graph's traces, in the order of the numbers above.
 * @param {Packing} state
 * @param {Frame} frame
 * @param {number} low
 * @param {number} high
 * @returns {object[]}
 */
function tracesOf(state, frame, low, high) {
  const common = { hoverinfo: 'skip', showlegend: false }, count = state.frames[0].angles.length;
  const [x, y, z] = frame.axes, [px, py, pz] = arcOf(frame), [cx, cy, cz] = raised(frame, state.chosen);
  const style = pointStyle(count, inSoftware()), outline = { color: variable('--body-text-color'), width: 2 };
  const marker = {
    ...style, color: frame.angles, colorscale: colorScale(), cmin: low, cmax: high, line: { width: 0 },
  };
  return [
    ...background(),
    { type: 'scatter3d', mode: 'markers', x, y, z, hoverinfo: 'none', showlegend: false, marker },
    {
      type: 'scatter3d', mode: 'lines', x: px, y: py, z: pz, line: { color: variable('--hf-series-2'), width: 7 },
      ...common,
    },
    {
      type: 'scatter3d', mode: 'markers', x: cx, y: cy, z: cz, ...common,
      marker: { size: style.size + 6, color: CLEAR, line: outline },
    },
  ];
}

function colorScale() {
  return [1, 2, 3, 4, 5].map((stop, i) => [i / 4, variable(`--hf-angle-${stop}`)]);
}

/**
 * Range of the colors: from the smallest twentieth of the start's angles to the bound, the same in all frames.
 * @param {Pick<Packing, 'frames' | 'bound'>} state
 * @returns {[low: number, high: number]} degrees
 */
function colorRange({ frames, bound }) {
  const start = [...frames[0].angles].sort((a, b) => a - b);
  const low = Math.floor(start[Math.floor(start.length / 20)]);
  const best = Math.max(...frames[frames.length - 1].angles);
  return [low, Math.max(Math.ceil(bound !== null ? Math.min(bound, 1.15 * best) : best), low + 1)];
}

/**
 * The place of an identity, just above the sphere: lists of x, y and z with one entry each.
 * @param {Frame} frame
 * @param {number} index
 */
function raised(frame, index) {
  return frame.axes.map((axis) => [1.01 * axis[index]]);
}

/** @param {Frame} frame */
function arcOf(frame) {
  const [first, second] = frame.closest.map((index) => frame.axes.map((axis) => axis[index]));
  return arc(first, second);
}

/**
 * How so many points are drawn. size: pixels.
 * @param {number} count
 * @param {boolean} software whether no graphics card draws
 */
function pointStyle(count, software) {
  const size = Math.min(7, 150 / Math.sqrt(count)), square = count > (software ? MANY_IN_SOFTWARE : MANY);
  return square ? { symbol: 'square', size: Math.max(2.6, 0.7 * size) } : { symbol: 'circle', size: Math.max(2, size) };
}

export { colorRange, pointStyle, SpherePicture };
