// Plotly, fetched once, when first needed.

/** @type {Promise<Plotly> | null} */
let loading = null;

/**
 * Plotly, from this server: PLOTLY_PATH is where it has it.
 * @returns {Promise<Plotly>}
 */
function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const config = window.gradio_config || {};
    const script = document.createElement('script');
    script.src = `${config.root || ''}${PLOTLY_PATH}`;
    script.onload = () => resolve(/** @type {Plotly} */ (window.Plotly));
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error('plotly.js did not arrive'));
    };
    document.head.appendChild(script);
  });
  return loading;
}

export { plotly };
