// The faces of a packing's people in one picture, fetched sheet by sheet, and the faces of one person along its way.

const SHEET_SIDE = 8, SHEET = SHEET_SIDE * SHEET_SIDE;  // people in a row of the server's sheets, and in a sheet
const LARGE_CELLS = 1764;  // people: so many fit with the sheets' own cells; more get smaller ones
const CELL = 48, SMALL_CELL = 32;  // pixels
const SHOWN_EVERY = 0.6;  // milliseconds for each person: the whole picture goes to the graphics card each time

/**
 * The server's functions. sheet: 64 faces in one picture, as people started or as they are packed. way: one person's at
 * some of the steps.
 * @typedef {object} AtlasServer
 * @property {(question: { run: string | null, part: number, packed: boolean }) => Promise<{ error?: string, image?: string | null }>} sheet
 * @property {(question: { run: string | null, identity: number }) => Promise<{ error?: string, steps?: number[], images?: string[] }>} way
 */

/** @param {string} address @returns {Promise<HTMLImageElement>} */
async function picture(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** Everybody's faces, as they started or as they are packed. */
class PeopleAtlas {
  /** @param {string | null} run @param {number} count @param {boolean} packed */
  constructor(run, count, packed) {
    this.run = run;
    this.count = count;
    this.packed = packed;
    this.columns = Math.ceil(Math.sqrt(count));
    this.rows = Math.ceil(count / this.columns);
    this.cell = count <= LARGE_CELLS ? CELL : SMALL_CELL;
    this.image = document.createElement('canvas');
    this.image.width = this.columns * this.cell;
    this.image.height = this.rows * this.cell;
    this.ready = new Uint8Array(count);
    this.part = 0;  // the next to be fetched
    this.loading = false;
  }

  /** Whether everybody is there, or no more will come. */
  get whole() {
    return this.part * SHEET >= this.count;
  }

  /**
   * Fetch what is missing, one sheet after the other.
   * @param {AtlasServer} server
   * @param {() => boolean} goesOn whether it is still wanted
   * @param {() => void} came there is more to be shown
   */
  async load(server, goesOn, came) {
    if (this.loading) return;
    this.loading = true;
    let shown = -Infinity;
    try {
      while (!this.whole && goesOn()) {
        const { image } = await server.sheet({ run: this.run, part: this.part, packed: this.packed });
        if (!image) return;
        this.place(await picture(image), this.part * SHEET);
        this.part += 1;
        if (!this.whole && performance.now() - shown < SHOWN_EVERY * this.count) continue;
        shown = performance.now();
        came();
      }
    } catch (error) {
      console.warn('The faces did not come.', error);
    } finally {
      this.loading = false;
    }
  }

  /** Take a sheet of the people from number `first` on. @param {HTMLImageElement} sheet @param {number} first */
  place(sheet, first) {
    const context = this.image.getContext('2d'), { cell } = this;
    for (let i = 0; context && i < SHEET && first + i < this.count; i++) {
      const index = first + i, x = cell * (index % this.columns), y = cell * Math.floor(index / this.columns);
      context.drawImage(sheet, CELL * (i % SHEET_SIDE), CELL * Math.floor(i / SHEET_SIDE), CELL, CELL, x, y, cell, cell);
      this.ready[index] = 1;
    }
  }
}

/** One person's face along its way. */
class Way {
  /** @param {string | null} run @param {number} person */
  constructor(run, person) {
    this.run = run;
    this.person = person;
    /** @type {number[]} */
    this.steps = [];
    /** @type {HTMLImageElement[]} */
    this.images = [];
  }

  /** @param {AtlasServer} server */
  async load(server) {
    const { steps, images } = await server.way({ run: this.run, identity: this.person });
    if (!steps || !images) return;
    this.images = await Promise.all(images.map(picture));
    this.steps = steps;
  }

  /** The face at a step: the one kept nearest to it. @param {number} step @returns {{ image: HTMLImageElement, step: number } | null} */
  at(step) {
    const { steps, images } = this;
    if (!steps.length) return null;
    const nearest = nearestPlace(steps, step);
    return { image: images[nearest], step: steps[nearest] };
  }
}

/** Place of the number nearest to another in a rising list. @param {number[]} list @param {number} value */
function nearestPlace(list, value) {
  return list.reduce((best, item, i) => (Math.abs(item - value) < Math.abs(list[best] - value) ? i : best), 0);
}

export { PeopleAtlas, Way, nearestPlace };
