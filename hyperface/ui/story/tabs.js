// The tabs of the page as scripts see them: which one is open, and opening another one.
import { moveTo, place } from '../parts/address.js';

const FIRST_TAB = 'pack';  // which a page begins with
const TAB = '[role=tab]', ID = /^tab-(\w+)-button$/;
const PATIENCE_MILLISECONDS = 15_000, AGAIN_MILLISECONDS = 200;

let wanted = '';  // the tab that was asked for last; none once somebody has pressed one

/** @param {Element} tab */
function nameOf(tab) {
  return ID.exec(tab.id)?.[1];
}

/** @returns {HTMLElement[]} those of the page itself; a component may have tabs of its own */
function tabs() {
  /** @type {NodeListOf<HTMLElement>} */
  const all = document.querySelectorAll(TAB);
  return [...all].filter((tab) => nameOf(tab) !== undefined);
}

/** @returns {string | undefined} the name of the open one */
function tabOpen() {
  const open = tabs().find((tab) => tab.getAttribute('aria-selected') === 'true');
  return open && nameOf(open);
}

/**
 * Open a tab, now or as soon as the page has it and listens to it.
 * @param {string} name
 * @param {number} until when it is given up, on the page's clock
 */
function openTab(name, until = performance.now() + PATIENCE_MILLISECONDS) {
  if (tabOpen() === name) return;  // the page may begin with another one than a link's, and tell so, on the way
  wanted = name;
  tryTab(name, until);
}

/** @param {string} name @param {number} until */
function tryTab(name, until) {
  if (wanted !== name) return;  // another one was asked for since, or pressed
  const tab = tabs().find((each) => nameOf(each) === name);
  if (tab?.getAttribute('aria-selected') === 'true' || (!tab && tabs().length)) return;
  tab?.click();
  if (performance.now() < until) setTimeout(() => tryTab(name, until), AGAIN_MILLISECONDS);
}

/**
 * Keep the address where the tabs are, and call back when another one is open.
 * @param {() => void} callback
 */
function followTabs(callback) {
  document.addEventListener('click', (event) => {
    if (event.isTrusted && event.target instanceof Element && event.target.closest(TAB)) wanted = '';
  }, true);
  let last = tabOpen();
  new MutationObserver(() => {
    const open = tabOpen();
    if (!open || open === last) return;
    if (last === undefined && place().tab !== undefined && open !== place().tab) return;  // a link's is about to open
    const first = last === undefined && place().tab === undefined;
    last = open;
    if (open !== place().tab) moveTo({ tab: open }, { step: !first });
    callback();
  }).observe(document.body, { attributes: true, subtree: true, attributeFilter: ['aria-selected'], childList: true });
}

export { FIRST_TAB, followTabs, openTab, tabOpen };
