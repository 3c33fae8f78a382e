// The window that the documentation is read in.
import { find, findAs } from './elements.js';

/** @typedef {{ page: string, part: string }} Spot */
/** @typedef {{ read(question: { page: string }): Promise<{ html: string, error?: undefined } | { error: string }> }} DocsServer */

/** @param {View<null, DocsServer>} view */
function docReader({ element, server }) {
  const dialog = findAs(element, 'dialog', HTMLDialogElement), page = find(dialog, '.hf-reader-page');
  const back = find(dialog, '.hf-reader-back');
  /** @type {Spot[]} */
  const way = [];  // the pages that were read one after the other

  async function show() {
    const spot = way[way.length - 1];
    const failed = () => ({ error: 'The server did not answer. Try again.' });
    const answer = await server.read({ page: spot.page }).catch(failed);
    if (spot !== way[way.length - 1]) return;
    if (answer.error === undefined) page.innerHTML = answer.html;
    else page.textContent = answer.error;
    back.hidden = way.length < 2;
    if (!dialog.open) dialog.showModal();
    page.focus({ preventScroll: true });
    const part = spot.part && page.querySelector(`[data-part="${CSS.escape(spot.part)}"]`);
    if (part) part.scrollIntoView();
    else dialog.scrollTop = 0;
  }

  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('[data-doc]') : null;
    if (!(link instanceof HTMLElement) || !element.isConnected) return;
    if (!dialog.contains(link)) way.length = 0;
    way.push({ page: link.dataset.doc ?? '', part: link.dataset.part ?? '' });
    show();
  });
  back.addEventListener('click', () => {
    way.pop();
    show();
  });
  find(dialog, '.hf-reader-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();  // outside of what it holds
  });
}

export { docReader };
