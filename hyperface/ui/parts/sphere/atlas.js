// The faces of a packing's people in one picture, fetched sheet by sheet.

const SHEET_SIDE = 8, SHEET = SHEET_SIDE * SHEET_SIDE;  // people in a row of the server's sheets, and in a sheet
const LARGE_CELLS = 1764;  // people: so many fit with the sheets' own cells; more get smaller ones
const CELL = 48, SMALL_CELL = 32;  // pixels
const MOST_DRAWN = 2000;  // people that are drawn as they are packed; of more, the faces they started from are shown
const SHOWN_EVERY = 0.6;  // milliseconds for each person: the whole picture goes to the graphics card each time

/**
 * The server's function: 64 faces in one picture, as people started or as they are packed.
 * @typedef {object} SheetServer
 * @property {(question: { run: string | null, part: number, packed: boolean }) => Promise<{ error?: string, image?: string | null }>} sheet
 */

/** @param {string} address @returns {Promise<HTMLImageElement>} */
async function picture(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/**
 * Everybody's faces, and after them those of guests: as people started, which is soon there, and then, over them, as they are
 * packed.
 */
class PeopleAtlas {
  /** @param {string | null} run @param {number} count @param {boolean} packed @param {number} [guests] */
  constructor(run, count, packed, guests = 0) {
    this.run = run;
    this.count = count;
    this.packed = packed;
    this.columns = Math.ceil(Math.sqrt(count + guests));
    this.rows = Math.ceil((count + guests) / this.columns);
    this.cell = count <= LARGE_CELLS ? CELL : SMALL_CELL;
    this.image = document.createElement('canvas');
    this.image.width = this.columns * this.cell;
    this.image.height = this.rows * this.cell;
    this.ready = new Uint8Array(count + guests);
    this.kinds = packed ? [false, true] : [false];  // which faces are still to be fetched, the first of them now
    this.part = 0;  // the next sheet of these
    this.loading = false;
  }

  /** Whether everybody is there, or no more will come. */
  get whole() {
    return !this.kinds.length;
  }

  /** How many people are still shown as they started while they are drawn as they are packed. */
  get undrawn() {
    return this.packed && !this.whole ? this.count - (this.kinds[0] ? Math.min(this.count, this.part * SHEET) : 0) : 0;
  }

  /**
   * Fetch what is missing, one sheet after the other.
   * @param {SheetServer} server
   * @param {() => boolean} goesOn whether it is still wanted
   * @param {() => void} came there is more to be shown
   */
  async load(server, goesOn, came) {
    if (this.loading) return;
    this.loading = true;
    let shown = -Infinity;
    try {
      while (!this.whole && goesOn()) {
        const [packed] = this.kinds, { image } = await server.sheet({ run: this.run, part: this.part, packed });
        if (image) this.place(await picture(image), this.part * SHEET);
        this.part += 1;
        if (!image || this.part * SHEET >= this.count) {
          this.kinds.shift();
          this.part = 0;
        }
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
    for (let i = 0; i < SHEET && first + i < this.count; i++) {
      this.put(first + i, sheet, CELL * (i % SHEET_SIDE), CELL * Math.floor(i / SHEET_SIDE), CELL);
    }
  }

  /**
   * Take one face out of a picture. @param {number} index whose
   * @param {HTMLImageElement} image @param {number} left @param {number} top @param {number} side pixels
   */
  put(index, image, left, top, side) {
    const { cell, columns } = this, x = cell * (index % columns), y = cell * Math.floor(index / columns);
    this.image.getContext('2d')?.drawImage(image, left, top, side, side, x, y, cell, cell);
    this.ready[index] = 1;
  }

  /** The address of somebody's face; null where there is none. @param {number} index @returns {string | null} */
  address(index) {
    if (!this.ready[index]) return null;
    const { cell, columns } = this, one = document.createElement('canvas');
    one.width = one.height = cell;
    one.getContext('2d')?.drawImage(this.image, -cell * (index % columns), -cell * Math.floor(index / columns));
    return one.toDataURL();
  }
}

export { MOST_DRAWN, PeopleAtlas, picture };
