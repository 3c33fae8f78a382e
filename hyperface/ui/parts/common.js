// Shared by every picture in the app: Plotly (fetched once, when first needed), charts in the theme's colours, and
// following a run. Loaded in the page's head; everything hangs off `window.hyperface`.
window.hyperface = /** @type {HyperFace} */ ((() => {
  const LEAST_PAUSE = 30;  // milliseconds in which the page can do other things
  /** @type {Promise<Plotly> | null} */
  let loading = null;

  /**
   * Plotly, from this server: PLOTLY_PATH is the copy inside the installed Python package.
   * @returns {Promise<Plotly>}
   */
  function plotly() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    loading ??= new Promise((resolve, reject) => {
      const config = window.gradio_config || {};
      const script = document.createElement('script');
      script.src = `${config.root || ''}${config.api_prefix || '/gradio_api'}/file=PLOTLY_PATH`;
      script.onload = () => { if (window.Plotly) resolve(window.Plotly); };
      script.onerror = () => { loading = null; script.remove(); reject(new Error('plotly.js did not arrive')); };
      document.head.appendChild(script);
    });
    return loading;
  }

  /** @type {HyperFace['variable']} */
  const variable = (name, element = document.body) => getComputedStyle(element).getPropertyValue(name).trim();
  /** @type {HyperFace['find']} */
  function find(element, selector) {
    const found = element.querySelector(selector);
    if (!(found instanceof HTMLElement)) throw new Error(`There is no ${selector} here`);
    return /** @type {any} */ (found);
  }

  const series = () => [1, 2, 3, 4, 5].map((number) => variable(`--hf-series-${number}`));
  const reducedMotion = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  /** Layout every chart starts from: the theme's text, quiet grid, no background. */
  function baseLayout() {
    const text = variable('--body-text-color-subdued');
    const axis = {
      gridcolor: variable('--border-color-primary'), zerolinecolor: variable('--border-color-primary'),
      linecolor: variable('--border-color-primary'), automargin: true, title: { standoff: 8 },
    };
    return {
      font: { family: variable('--font') || 'sans-serif', size: 12, color: text },
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', colorway: series(),
      margin: { l: 8, r: 8, t: 8, b: 8 }, xaxis: axis, yaxis: axis, hovermode: 'x unified',
      hoverlabel: { bgcolor: variable('--background-fill-primary'), font: { color: variable('--body-text-color') },
        bordercolor: variable('--border-color-primary') },
      legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom', bgcolor: 'rgba(0,0,0,0)', font: { size: 11 } },
    };
  }

  /**
   * @param {unknown} value
   * @returns {value is Record<string, unknown>}
   */
  const isPlain = (value) => Object.prototype.toString.call(value) === '[object Object]';

  /**
   * The one object over the other, all the way down.
   * @param {Record<string, unknown>} target
   * @param {Record<string, unknown> | undefined} source
   * @returns {Record<string, unknown>}
   */
  function merge(target, source) {
    const result = { ...target };
    for (const [key, value] of Object.entries(source || {})) {
      const before = result[key];
      result[key] = isPlain(value) && isPlain(before) ? merge(before, value) : value;
    }
    return result;
  }

  /**
   * "series-2" and its kind in traces and shapes become the theme's colour.
   * @param {any} value
   * @returns {any}
   */
  function coloured(value) {
    if (Array.isArray(value)) return value.length && typeof value[0] === 'object' ? value.map(coloured) : value;
    if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item)]));
    if (typeof value !== 'string') return value;
    const number = /^series-([1-5])$/.exec(value);
    return number ? variable(`--hf-series-${number[1]}`) : value === 'series-muted' ? variable('--hf-series-muted') : value;
  }

  /**
   * A chart kept alive in `element`: `draw({data, layout})` applies what changed, and draws again when the theme or the
   * width changes. A chart that is not on screen is drawn when it comes into view. A click on a point that has customdata
   * calls `picked` with it.
   * @type {HyperFace['chart']}
   */
  function chart(element, picked = null) {
    /** @type {Figure | null} */
    let figure = null;
    let waiting = false, listening = false;
    async function render() {
      if (!figure || waiting || !element.clientWidth) return;
      waiting = true;
      try {
        const Plotly = await plotly();
        const { data, layout } = coloured(figure);
        await Plotly.react(element, data, merge(merge(baseLayout(), layout), { width: element.clientWidth, height: element.clientHeight }),
          { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: 'reset' });
        if (picked && !listening) {
          listening = true;
          /** @type {PlotlyElement} */ (element).on('plotly_click', ({ points: [{ customdata }] }) => { if (customdata !== undefined) picked(customdata); });
        }
      } finally { waiting = false; }
    }
    new ResizeObserver(render).observe(element);
    onTheme(element, render);
    return { draw(/** @type {Figure} */ next) { figure = next; return render(); } };
  }

  /**
   * Call `callback` when the page turns light or dark, for as long as `element` is in it.
   * @type {HyperFace['onTheme']}
   */
  function onTheme(element, callback) {
    const observer = new MutationObserver(() => { if (element.isConnected) callback(); else observer.disconnect(); });
    observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  }

  /** @type {HyperFace['duration']} */
  function duration(seconds) {
    if (seconds === null || seconds === undefined) return '';
    if (seconds < 1) return 'less than a second';
    if (seconds < 90) return `${Math.round(seconds)} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
  }

  /** @type {Record<string, string>} */
  const STATES = { starting: 'Starting', running: 'Running', done: 'Finished', stopped: 'Stopped', failed: 'Failed', interrupted: 'Interrupted' };

  /**
   * Write a run's state into a `.hf-progress` block (see PROGRESS_HTML in run_view.py).
   * @type {HyperFace['showProgress']}
   */
  function showProgress(block, status) {
    const active = isActive(status);
    block.dataset.state = status.state;
    block.dataset.continue = String(status.can_continue);
    const percent = Math.round(100 * status.progress);
    find(block, '[role=progressbar]').setAttribute('aria-valuenow', String(percent));
    find(block, '[role=progressbar] > *').style.width = `${percent}%`;
    find(block, '.hf-progress-state').textContent = STATES[status.state] || '';
    const left = active && status.seconds_left !== null ? `${duration(status.seconds_left)} left` : '';
    find(block, '.hf-progress-text').textContent = [status.message, left].filter(Boolean).join(' · ');
  }

  /**
   * Wire the progress block's buttons to the server's `stop` and `resume`; `again()` follows a resumed run.
   * @type {HyperFace['controls']}
   */
  function controls(block, server, name, again) {
    const ask = async (/** @type {string} */ command, /** @type {string} */ meanwhile) => {
      const text = find(block, '.hf-progress-text');
      text.textContent = meanwhile;
      const answer = await server[command]({ run: name() }).catch(() => ({ error: 'The server did not answer. Try again.' }));
      if (answer.error) text.textContent = answer.error;
      else if (command === 'resume') again();
    };
    find(block, '.hf-stop').addEventListener('click', () => ask('stop', 'Stopping'));
    find(block, '.hf-continue').addEventListener('click', () => ask('resume', 'Starting'));
  }

  /** @type {HyperFace['isActive']} */
  const isActive = (status) => status?.state === 'running' || status?.state === 'starting';

  /**
   * Follow a run: ask `fetchNews(name, cursor)` again and again while it is at work and the element is on the page.
   * `apply(news, first)` gets each answer; news.cursor is handed back with the next question. Survives a restarted
   * server: a failed question is asked again. interval: milliseconds between questions. Returns `follow(name)`; null
   * stops.
   * @type {HyperFace['follower']}
   */
  function follower(element, fetchNews, apply, { interval = 300, idle = 4000 } = {}) {
    let turn = 0;
    return async function follow(name) {
      const mine = ++turn;
      /** @type {unknown} */
      let cursor = null;
      let first = true, pause = interval;
      while (mine === turn && element.isConnected && name) {
        if (element.offsetParent !== null || first) {
          const asked = performance.now();
          try {
            const news = await fetchNews({ run: name, cursor });
            if (mine !== turn) return;
            cursor = news.cursor;
            await apply(news, first);
            first = false;
            if (news.gone) return;
            const active = isActive(news.status);
            const rest = Math.max(LEAST_PAUSE, interval - (performance.now() - asked));
            pause = news.more ? 0 : active ? rest : idle;
          } catch (error) {
            console.warn('The server did not answer; asking again.', error);
            pause = 2000;
          }
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
  }

  return { find, plotly, chart, onTheme, variable, series, reducedMotion, duration, showProgress, controls, isActive, follower };
})());
