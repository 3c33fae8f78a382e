// Charts in the theme's colors, each kept alive in its element.
import { find } from './elements.js';
import { CLEAR, colored, isPlain, onTheme, series, variable } from './look.js';
import { plotly } from './plotly.js';

/** Layout every chart starts from: the theme's text, quiet grid, no background. */
function baseLayout() {
  const text = variable('--body-text-color-subdued');
  const axis = {
    gridcolor: variable('--border-color-primary'),
    zerolinecolor: variable('--border-color-primary'),
    linecolor: variable('--border-color-primary'),
    automargin: true,
    title: { standoff: 8 },
  };
  return {
    font: { family: variable('--font') || 'sans-serif', size: 12, color: text },
    paper_bgcolor: CLEAR,
    plot_bgcolor: CLEAR,
    colorway: series(),
    margin: { l: 8, r: 8, t: 8, b: 8 },
    xaxis: axis,
    yaxis: axis,
    hovermode: 'x unified',
    hoverlabel: {
      bgcolor: variable('--background-fill-primary'),
      font: { color: variable('--body-text-color') },
      bordercolor: variable('--border-color-primary'),
    },
    legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom', bgcolor: CLEAR, font: { size: 11 } },
  };
}

/**
 * The target with what the source says otherwise, down through what both have.
 * @param {Record<string, unknown>} target
 * @param {object} [source]
 * @returns {Record<string, unknown>}
 */
function merge(target, source) {
  const result = { ...target };
  for (const [key, value] of Object.entries(source || {})) {
    const own = result[key];
    result[key] = isPlain(value) && isPlain(own) ? merge(own, value) : value;
  }
  return result;
}

/**
 * A chart kept alive in `element`: `draw({data, layout})` applies what changed, and draws again when the theme or the
 * width changes; `draw(null)` takes it away. A chart that is not on screen is drawn when it comes into view.
 * @param {HTMLElement} element
 * @param {ChartEvents} [events]
 * @returns {Chart}
 */
function chart(element, events = {}) {
  /** @type {Figure | null} */
  let figure = null;
  let waiting = false, listening = false;
  function clear() {
    figure = null;
    listening = false;
    element.hidden = true;
    window.Plotly?.purge(element);
  }
  async function render() {
    if (!figure || waiting || !element.clientWidth) return;
    waiting = true;
    try {
      const Plotly = await plotly();
      if (!figure) return;  // taken away in the meantime
      const { data, layout } = colored(figure);
      const size = { width: element.clientWidth, height: element.clientHeight };
      await Plotly.react(element, data, merge(merge(baseLayout(), layout), size), {
        displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: 'reset',
      });
      if (!listening) {
        listening = true;
        listen(/** @type {PlotlyElement} */ (element), events);
      }
    } finally {
      waiting = false;
    }
  }
  new ResizeObserver(render).observe(element);
  onTheme(element, render);
  return {
    draw(next) {
      if (!next) {
        clear();
        return Promise.resolve();
      }
      figure = next;
      element.hidden = false;
      return render();
    },
  };
}

/** @param {PlotlyElement} graph @param {ChartEvents} events */
function listen(graph, { picked, hovered, brushed }) {
  if (picked) {
    graph.on('plotly_click', ({ points: [{ customdata }] }) => {
      if (customdata !== undefined) picked(customdata);
    });
  }
  if (hovered) graph.on('plotly_hover', ({ points: [{ x }] }) => hovered(Number(x)));
  if (brushed) {
    graph.on('plotly_selected', (event) => brushed(event?.range?.x ?? null));
    graph.on('plotly_deselect', () => brushed(null));
  }
}

/**
 * A component whose value is a figure. It raises `picked` with the customdata of a point that is clicked.
 * @param {View<Figure | null>} view
 */
function chartView({ element, props, trigger, watch }) {
  const drawn = chart(find(element, '.hf-chart'), { picked: (point) => trigger('picked', { point }) });
  const draw = () => drawn.draw(props.value || null);
  watch('value', draw);
  draw();
}

export { merge, chart, chartView };
