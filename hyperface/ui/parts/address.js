// The page's address: which tab, run, identity and view are looked at. Whoever changes one of them says so here, and is
// told when the visitor goes back and forward.

/** @typedef {{ tab?: string, run?: string, identity?: string, view?: string }} Place */

const KEYS = /** @type {const} */ (['tab', 'run', 'identity', 'view']);

/** @type {Set<(place: Place) => void>} */
const listeners = new Set();

/** @returns {Place} where the page is now */
function place() {
  return placeOf(location.search);
}

/**
 * @param {string} search what stands behind the question mark
 * @returns {Place}
 */
function placeOf(search) {
  const given = new URLSearchParams(search);
  return Object.fromEntries(KEYS.filter((key) => given.has(key)).map((key) => [key, given.get(key)]));
}

/**
 * What stands behind the question mark once some of the place is changed; what is set to nothing is left out, and what
 * others wrote there stays.
 * @param {string} search
 * @param {Place} changes
 * @returns {string}
 */
function searchWith(search, changes) {
  const given = new URLSearchParams(search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === '') given.delete(key);
    else given.set(key, value);
  }
  const text = given.toString();
  return text ? `?${text}` : '';
}

/**
 * Change some of the place, and tell everybody. A step of the visitor's can be gone back to; what follows by itself
 * is not one.
 * @param {Place} changes
 * @param {{ step?: boolean }} [options]
 */
function moveTo(changes, { step = true } = {}) {
  const search = searchWith(location.search, changes);
  if (search === location.search) return;
  const address = `${location.pathname}${search}${location.hash}`;
  if (step) history.pushState(history.state, '', address);
  else history.replaceState(history.state, '', address);
  tell();
}

/** Choose somebody of the packing, on every tab. @param {number} identity */
function choose(identity) {
  moveTo({ identity: String(identity) });
}

/** @param {Place} where @returns {number | null} who is chosen there, if somebody is */
function chosenAt({ identity }) {
  return identity !== undefined && /^\d+$/.test(identity) ? Number(identity) : null;
}

function tell() {
  const now = place();
  for (const listener of listeners) listener(now);
}

/**
 * Be told of every change of the place, whoever makes it.
 * @param {(place: Place) => void} listener
 */
function onPlace(listener) {
  if (!listeners.size) addEventListener('popstate', tell);
  listeners.add(listener);
}

export { choose, chosenAt, moveTo, onPlace, place, placeOf, searchWith };
