// What is said of the packing that is shown, and how it plays itself once for somebody who has never been here.

const SEEN = 'hyperface-seen', TICK_MILLISECONDS = 150, PATIENCE_MILLISECONDS = 30_000;
const BEGINNING = 0.2;  // of the frames, while the first caption is read

/** @typedef {{ first?: string, between?: string, last?: string }} Captions */

/**
 * Which of the captions belongs to a frame.
 * @param {Captions} captions
 * @param {number} frame
 * @param {number} last
 * @returns {string}
 */
function captionAt(captions, frame, last) {
  if (last <= 0 || frame >= last) return captions.last ?? '';
  return (frame <= BEGINNING * last ? captions.first : captions.between) ?? '';
}

/** @returns {HTMLInputElement | null} the slider of the packing's frames */
function frameSlider() {
  const slider = document.querySelector('#pack-view .hf-frame');
  return slider instanceof HTMLInputElement ? slider : null;
}

/**
 * @param {HTMLElement} root of the strip
 * @param {() => Captions} captions of the packing that is shown
 */
function landing(root, captions) {
  const caption = root.querySelector('.hf-story-caption');

  function tell() {
    const slider = frameSlider();
    const text = slider ? captionAt(captions(), Number(slider.value), Number(slider.max)) : captions().last ?? '';
    if (caption && caption.textContent !== text) caption.textContent = text;
  }

  /** @param {string} end "first" or "last": of the packing's frames */
  function goToEnd(end) {
    const slider = frameSlider();
    if (!slider || !end) return;
    slider.value = end === 'first' ? slider.min : slider.max;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function playOnce() {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches || seen()) return;
    const until = performance.now() + PATIENCE_MILLISECONDS;
    const wait = setInterval(() => {
      const slider = frameSlider(), play = document.querySelector('#pack-view .hf-play');
      const ready = slider && Number(slider.max) > 0 && slider.offsetParent !== null && captions().last;
      if (performance.now() > until) clearInterval(wait);
      if (!ready || !(play instanceof HTMLElement)) return;
      clearInterval(wait);
      keepSeen();
      play.click();
    }, TICK_MILLISECONDS);
  }

  const ticking = setInterval(() => {
    if (root.isConnected) tell();
    else clearInterval(ticking);
  }, TICK_MILLISECONDS);
  return { tell, goToEnd, playOnce };
}

function seen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}

function keepSeen() {
  try {
    localStorage.setItem(SEEN, 'yes');
  } catch {
    // it will play again next time
  }
}

export { captionAt, landing };
