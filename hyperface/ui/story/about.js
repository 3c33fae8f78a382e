// The page "What am I looking at?": a window over the others.
import { findAs } from '../parts/elements.js';

/**
 * Open the window by a button.
 * @param {HTMLElement} opener
 */
function about(opener) {
  opener.addEventListener('click', () => findAs(document, '#about-page dialog', HTMLDialogElement).showModal());
}

/** @param {View<null>} view */
function aboutPage({ element }) {
  const dialog = findAs(element, 'dialog', HTMLDialogElement);
  findAs(dialog, '.hf-about-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();  // outside of what it holds
  });
}

export { about, aboutPage };
