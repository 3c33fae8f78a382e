// A component whose value is points on a sphere, as balls.py makes it.
import { choose, chosenAt, moveTo, onPlace, place } from '../address.js';
import { hundredths } from '../decoded.js';
import { find } from '../elements.js';
import { onTheme, variable } from '../look.js';
import { MOST_DRAWN, PeopleAtlas, picture } from './atlas.js';
import { color } from './look_of_points.js';
import { mountSphere } from './mount.js';
import { Tip } from './tip.js';
import { reachOf } from './vectors.js';

/** @typedef {import('./atlas.js').SheetServer} SheetServer */
/** @typedef {import('./scene.js').Link} Link */

/**
 * points: 3n. marked: who stands out. words: what is written beside somebody. links: who is joined. caps: degrees around
 * each. people: the packing whose people the first points are. guests: of those after them true angles to everybody, and
 * the addresses of their faces.
 * @typedef {object} Ball
 * @property {number[]} points
 * @property {number[]} marked
 * @property {[number, string][]} words
 * @property {[number, number][]} links
 * @property {number | null} caps
 * @property {{ run: string, count: number } | null} people
 * @property {{ angles: string, pictures: string[] } | null} guests
 */

/** @typedef {{ angles(question: { run: string, identity: number }): Promise<{ error?: string, angles?: string }> }} AngleServer */

const CENTER_MILLISECONDS = 700, FLIGHT_MILLISECONDS = 1800;

/** Where everybody is before the guests, those from the first on, fly in: from the farther pole. @param {number[]} points @param {number} first */
function beforeFlight(points, first) {
  const result = Float32Array.from(points);
  for (let i = 3 * first; i < result.length; i += 3) result.set([0, 0, points[i + 2] > 0 ? -1 : 1], i);
  return result;
}

/** Colors of everybody: those who stand out in another one. @param {number} count @param {number[]} marked */
function colors(count, marked) {
  const plain = color(variable('--hf-series-1')), other = color(variable('--hf-series-2')), result = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) result.set(plain, 3 * i);
  for (const i of marked) result.set(other, 3 * i);
  return result;
}

/**
 * Angles from somebody of the packing to everybody: to its people as the server tells them, to each guest as the guest has
 * them.
 * @param {number} index
 * @param {Float32Array} toPeople
 * @param {Float32Array[]} guests the angles of each to everybody
 */
function withGuests(index, toPeople, guests) {
  const all = new Float32Array(toPeople.length + guests.length);
  all.set(toPeople);
  guests.forEach((angles, i) => { all[toPeople.length + i] = angles[index]; });
  return all;
}

class BallOnPage {
  /** @param {HTMLElement} element @param {Partial<SheetServer & AngleServer>} server */
  constructor(element, server) {
    this.box = find(element, '.hf-ball-box');
    this.server = server;
    this.here = find(element, '.hf-ball-here');
    /** @type {Ball | null} */
    this.ball = null;
    /** @type {PeopleAtlas | null} */
    this.atlas = null;
    /** @type {Float32Array[]} */
    this.guests = [];  // the angles of each to everybody
    /** @type {number | null} */
    this.picked = null;
    /** @type {Float32Array | null} */
    this.angles = null;  // from the picked
    this.shown = '';  // run and size of what is on the sphere
    /** @type {ReturnType<typeof mountSphere> | null} */
    this.mounted = null;
    for (const button of this.box.querySelectorAll('button')) button.addEventListener('click', () => moveTo({ view: button.dataset.view }));
  }

  /** The sphere, made when first needed: what nobody looks at costs nothing. */
  get sphere() {
    this.mounted ??= this.mount();
    return this.mounted;
  }

  mount() {
    const tip = new Tip(find(this.box, '.hf-sphere-tip'), this.here, (index) => ({ name: this.nameOf(index), address: this.atlas?.address(index) ?? null }));
    return mountSphere(this.here, {
      label: this.here.dataset.label ?? '',
      picked: (index) => (this.ball?.people && index < this.ball.people.count ? choose(index) : this.pick(index)),
      hovered: (index, at) => (this.ball?.people ? tip.show(index, at) : undefined),
      said: (index, nearest, angle) => `${this.nameOf(index)}${nearest === null ? '' : `, nearest ${this.nameOf(nearest)} at ${angle.toFixed(1)}°`}`,
    });
  }

  /** @param {number} index */
  nameOf(index) {
    return this.ball?.words.find(([who]) => who === index)?.[1] ?? `identity ${index}`;
  }

  /** Whether the chosen one of the page is one of these. */
  get chosen() {
    const where = place(), people = this.ball?.people, identity = chosenAt(where);
    return people && where.run === people.run && identity !== null && identity < people.count ? identity : null;
  }

  get view() {
    const { view } = place();
    return view === 'person' || view === 'map' ? view : this.picked !== null && this.ball?.people ? 'person' : 'map';
  }

  /** Take a new value. @param {Ball | null} ball */
  take(ball) {
    const before = this.ball;
    this.ball = ball;
    this.box.hidden = !ball;
    if (!ball) return;
    find(this.box, '.hf-views').hidden = !ball.people;
    const { people, guests } = ball, count = ball.points.length / 3, shown = `${people?.run} ${count}`;
    if (guests) {
      const all = hundredths(guests.angles);
      this.guests = guests.pictures.map((_, i) => all.subarray(count * i, count * (i + 1)));
    } else this.guests = [];
    const others = guests?.pictures.join() !== before?.guests?.pictures.join();
    if (shown !== this.shown || others) {
      this.shown = shown;
      this.picked = null;
      this.angles = null;
      this.dress();
    }
    const flies = Boolean(guests && people && others) && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (flies) {
      const positions = beforeFlight(ball.points, people?.count ?? 0);
      this.sphere.show({ positions, marked: new Set(ball.marked), view: 'map', picked: null, milliseconds: 0 });
    }
    this.show(flies ? FLIGHT_MILLISECONDS : undefined);
    const first = guests && people && this.picked === null ? people.count : this.picked ?? this.chosen;
    if (first !== this.picked) this.pick(first, flies ? FLIGHT_MILLISECONDS : undefined);
    const front = ball.marked[0] ?? null;
    if (this.picked === null && front !== null && front !== before?.marked[0]) this.sphere.bring(front);
  }

  /** Faces for the points: the packing's, and those of the guests. */
  async dress() {
    const { ball } = this, people = ball?.people, { sheet } = this.server, guests = ball?.guests?.pictures ?? [];
    this.sphere.faces(null);
    this.atlas = null;
    if (!people || !sheet) return;
    const atlas = new PeopleAtlas(people.run, people.count, people.count <= MOST_DRAWN, guests.length);
    this.atlas = atlas;
    const wanted = () => this.atlas === atlas && this.here.isConnected;
    const wear = () => {
      if (wanted()) this.sphere.faces(atlas.ready.includes(1) ? atlas : null, atlas.ready);
    };
    const images = await Promise.all(guests.map(picture));
    images.forEach((image, i) => atlas.put(people.count + i, image, 0, 0, image.naturalWidth));
    wear();
    await atlas.load({ sheet }, wanted, wear);
  }

  /** Look from somebody, once the angles are known. @param {number | null} index @param {number} [milliseconds] */
  async pick(index, milliseconds = CENTER_MILLISECONDS) {
    this.picked = index;
    const angles = index === null ? null : await this.anglesFrom(index);
    if (this.picked !== index) return;
    this.angles = angles;
    this.show(milliseconds);
    if (index !== null) this.sphere.bring(index);
  }

  /** @param {number} index @returns {Promise<Float32Array | null>} */
  async anglesFrom(index) {
    const people = this.ball?.people, { angles: ask } = this.server;
    if (!people || !ask) return null;
    if (index >= people.count) return this.guests[index - people.count];
    const { angles } = await ask({ run: people.run, identity: index }).catch(() => ({ angles: undefined }));
    return angles === undefined ? null : withGuests(index, hundredths(angles), this.guests);
  }

  /** Draw what is known now. @param {number} [milliseconds] that the move takes */
  show(milliseconds) {
    const { ball, picked, angles, chosen, view } = this;
    if (!ball) return;
    /** @type {Link[]} */
    const links = ball.links.map(([from, to]) => ({ from, to }));
    if (picked !== null && chosen !== null && angles && chosen !== picked) {
      links.push({ from: picked, to: chosen, label: `${this.nameOf(chosen)}: ${angles[chosen].toFixed(1)}°`, quiet: true });
    }
    this.sphere.show({
      positions: Float32Array.from(ball.points), colors: colors(ball.points.length / 3, ball.marked),
      marked: new Set(ball.marked), words: ball.words, links, caps: ball.caps, picked, angles, view,
      reach: reachOf(angles ? Math.max(...angles) : 0), milliseconds,
    });
    find(this.box, '.hf-ball-note').textContent = ball.people ? this.note() : '';
    for (const button of this.box.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.dataset.view === view));
  }

  note() {
    const name = this.picked === null ? '' : this.nameOf(this.picked);
    return this.view === 'person' && this.angles
      ? `From ${name}: how far somebody is from the middle is the true angle. Nobody is in the coloured middle.`
      : 'A globe cannot hold so many dimensions: who is beside whom can be believed in part. The angles written at lines are the true ones.';
  }
}

/** @param {View<Ball | null, Partial<SheetServer & AngleServer>>} view */
function sphereView({ element, props, server, watch }) {
  const page = new BallOnPage(element, server);
  const show = () => page.take(props.value?.points ? props.value : null);  // on a busy machine it can come in parts
  watch('value', show);
  onTheme(page.here, () => page.show());
  onPlace(() => {
    if (!page.ball?.people || !page.here.isConnected) return;
    const { chosen } = page;
    if (chosen !== last && (chosen !== null || !page.ball.guests)) page.pick(chosen);
    else page.show(CENTER_MILLISECONDS);
    last = chosen;
  });
  let last = page.chosen;
  show();
}

export { beforeFlight, colors, sphereView, withGuests };
