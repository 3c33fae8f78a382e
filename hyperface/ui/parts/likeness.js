// How alike a recogniser finds two pictures, as a bar with the threshold across it.

const LOWEST = -0.2;  // cosine at the bar's left end

/** Where a cosine is on the bar, in percent of its length. @param {number} cosine */
function place(cosine) {
  return 100 * (Math.min(Math.max(cosine, LOWEST), 1) - LOWEST) / (1 - LOWEST);
}

/** A cosine as a likeness in percent. @param {number} cosine */
function percent(cosine) {
  return `${Math.round(100 * cosine).toLocaleString('en').replace('-', '−')} %`;
}

/**
 * The bar of a pair.
 * @param {number} cosine
 * @param {number} line the threshold, a cosine
 */
function likenessBar(cosine, line) {
  const bar = document.createElement('span'), reached = document.createElement('i'), mark = document.createElement('em');
  bar.className = 'hf-likeness';
  bar.setAttribute('aria-hidden', 'true');
  reached.style.width = `${place(cosine)}%`;
  mark.style.left = `${place(line)}%`;
  bar.append(reached, mark);
  return bar;
}

export { likenessBar, percent, place };
