// The strip above the tabs: the stages of the shown packing's story, each a door, and the button that leads on.
import { find, findAs } from '../parts/elements.js';
import { choose, chosenAt, moveTo, onPlace, place } from '../parts/address.js';
import { about } from './about.js';
import { landing } from './landing.js';
import { runMenu } from './run_menu.js';
import { FIRST_TAB, followTabs, openTab, tabOpen } from './tabs.js';

/**
 * @typedef {object} Stage
 * @property {string} key
 * @property {string} title
 * @property {string} tab
 * @property {string} frame
 * @property {string} figure
 * @property {string} state
 * @property {number} progress
 * @property {string} thumbnail
 */

/** @typedef {{ label: string, to: string, action: string, waiting: boolean }} Next */

/**
 * @typedef {object} StoryNews
 * @property {string} cursor
 * @property {boolean} [same]
 * @property {string} listing
 * @property {Stage[]} stages
 * @property {Record<string, Next>} next
 * @property {{ first?: string, between?: string, last?: string }} captions
 * @property {boolean} [active] whether the packing is still at work
 * @property {{ name: string, title: string, noun: string, warning: string }[]} runs
 * @property {undefined} [error]
 */

/**
 * @typedef {object} StoryServer
 * @property {(question: { run: string | null, cursor: string | null }) => Promise<StoryNews | { error: string }>} news
 * @property {(question: { run: string, title: string }) => Promise<{ error?: string }>} rename
 * @property {(question: { run: string }) => Promise<{ error?: string }>} remove
 * @property {(question: { run: string }) => Promise<{ error?: string, address?: string, name?: string }>} whole
 */

/** @type {Record<string, string>} */
const HERE = { pack: 'packed', identities: 'pictures', train: 'train', evaluate: 'test' };  // the stage that a tab is of
const NEWS_MILLISECONDS = 2500;
const OWN = 'hyperface-own-runs', MOST_OWN = 20;

/** @returns {string[]} runs that were started in this browser, newest first */
function ownRuns() {
  try {
    const kept = JSON.parse(localStorage.getItem(OWN) ?? '[]');
    return Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    return [];
  }
}

/** @param {string} name */
function keepOwn(name) {
  const kept = [name, ...ownRuns().filter((other) => other !== name)].slice(0, MOST_OWN);
  try {
    localStorage.setItem(OWN, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing forgets whose run it is, and no more
  }
}

/**
 * HTML of a stage.
 * @param {Stage} stage
 * @param {string | undefined} open the tab that is open
 */
function stageHtml({ key, title, tab, frame, figure, state, progress, thumbnail }, open) {
  return `<li class="hf-chapter" data-key="${key}" data-done="${progress >= 1}">`
    + `<button type="button" data-tab="${tab}" data-frame="${frame}"${key === HERE[open ?? ''] ? ' aria-current="step"' : ''}>`
    + `<span class="hf-chapter-picture">${thumbnail}</span>`
    + `<span class="hf-chapter-text"><b>${title}</b><span>${figure || state}</span></span>`
    + `<span class="hf-chapter-state"><span class="hf-hidden">${state}</span>`
    + `<i style="width:${Math.round(100 * progress)}%"></i></span></button></li>`;
}

/**
 * A component whose value says which packing is shown; see strip.py for its events.
 * @param {View<{ run?: string | null, own?: boolean, identity?: number | null } | null, StoryServer>} view
 */
function storyStrip({ element, props, server, trigger, watch }) {
  const root = find(element, '.hf-story'), next = findAs(root, '.hf-story-next', HTMLButtonElement);
  /** @type {StoryNews | null} */
  let told = null;
  /** @type {string | null} */
  let listing = null;
  let asking = 0, led = 0;  // led: who was last told to lead the grid of identities
  /** @type {string | null} */
  let followed = null;
  let written = '';
  const run = () => props.value?.run ?? null;
  const story = landing(root, () => told?.captions ?? {});
  const menu = runMenu(root, server, () => trigger('listed', {}), (name) => trigger('opened', { runs: [name] }));

  function show() {
    if (!told) return;
    const open = tabOpen(), stages = find(root, '.hf-chapters');
    const html = told.stages.map((stage) => stageHtml(stage, open)).join('');
    if (written !== html) {
      const focused = [...stages.querySelectorAll('button')].findIndex((door) => door === document.activeElement);
      stages.innerHTML = html;
      written = html;
      if (focused >= 0) stages.querySelectorAll('button')[focused]?.focus({ preventScroll: true });
    }
    const step = told.next[open ?? ''];
    next.hidden = !step;
    next.disabled = Boolean(step?.waiting);
    next.textContent = step?.label ?? '';
    menu.show(told.runs);
    story.tell();
  }

  async function follow() {
    const mine = ++asking;
    followed = run();
    /** @type {string | null} */
    let cursor = null;
    let active = false;
    while (mine === asking && element.isConnected) {
      if (document.visibilityState === 'visible') {
        /** @type {StoryNews | { error: string } | null} */
        const news = await server.news({ run: run(), cursor }).catch(() => null);
        if (mine !== asking) return;
        if (news && news.error === undefined && !news.same) {
          if (listing !== null && listing !== news.listing) trigger('listed', {});
          if (active && !news.active) trigger('ended', {});
          active = news.active ?? false;
          [told, cursor, listing] = [news, news.cursor, news.listing];
          show();
        }
      }
      await new Promise((resolve) => setTimeout(resolve, NEWS_MILLISECONDS));
    }
  }

  /** What Python says is shown. */
  function changed() {
    const name = run(), identity = props.value?.identity;
    if (props.value?.own && name) keepOwn(name);
    if (name && name !== place().run) {
      const begun = place().run !== undefined;  // the first is where the page begins, with whoever its link names
      moveTo(begun ? { run: name, identity: undefined } : { run: name }, { step: begun });
    } else if (identity !== undefined && identity !== null) choose(identity);
    if (name !== followed) follow();
  }

  /** Let the grid of identities, and the walk, begin with who is chosen, where somebody sees it. */
  function tellIdentity() {
    const wanted = chosenAt(place()) ?? 0;
    if (wanted === led || tabOpen() === 'pack') return;
    led = wanted;
    trigger('chosen', { identity: wanted });
  }

  next.addEventListener('click', () => {
    const step = told?.next[tabOpen() ?? ''];
    if (!step) return;
    if (step.action) trigger(step.action, {});
    if (step.to) openTab(step.to);
  });
  find(root, '.hf-chapters').addEventListener('click', (event) => {
    const door = event.target instanceof Element ? event.target.closest('button') : null;
    if (!door) return;
    openTab(door.dataset.tab ?? '');
    story.goToEnd(door.dataset.frame ?? '');
  });
  // Numbers of people anywhere on the page lead to them.
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button[data-identity]') : null;
    if (button instanceof HTMLElement && element.isConnected) choose(Number(button.dataset.identity));
  });
  about(find(root, '.hf-about-open'));
  followTabs(() => {
    show();
    tellIdentity();
  });

  let known = place();
  onPlace((now) => {
    if (now.tab !== known.tab) openTab(now.tab ?? FIRST_TAB);
    if (now.run && now.run !== known.run && now.run !== run()) trigger('opened', { runs: [now.run] });
    known = now;
    tellIdentity();
  });
  watch('value', changed);

  const start = place();
  if (start.tab) openTab(start.tab);
  trigger('opened', { runs: [...(start.run ? [start.run] : []), ...ownRuns()] });
  if (!start.run && !ownRuns().length && (start.tab ?? FIRST_TAB) === FIRST_TAB) story.playOnce();
  follow();
}

export { ownRuns, stageHtml, storyStrip };
