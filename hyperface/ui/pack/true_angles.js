// True angles from one person to everybody, at the steps of a packing that were kept.
import { hundredths } from '../parts/decoded.js';

/**
 * What `person_angles` of view.py answers: uint16 in hundredths of a degree, as base64, a row for each of the steps.
 * @typedef {object} AngleAnswer
 * @property {string} [error]
 * @property {number} from
 * @property {number[]} steps
 * @property {string} records
 * @property {boolean} more
 */

/** @typedef {{ angles(question: { run: string | null, identity: number, seen: number }): Promise<AngleAnswer> }} AngleServer */

/** The angles from one person in one run, as far as they have come. */
class TrueAngles {
  /** @param {string | null} run @param {number} person */
  constructor(run, person) {
    this.run = run;
    this.person = person;
    /** @type {number[]} */
    this.steps = [];
    /** @type {Float32Array[]} */
    this.rows = [];
    this.asking = false;
  }

  /** @param {AngleAnswer} answer */
  take(answer) {
    if (answer.from !== this.steps.length) {
      this.steps = [];
      this.rows = [];
      if (answer.from !== 0) return;
    }
    const all = hundredths(answer.records), count = answer.steps.length ? all.length / answer.steps.length : 0;
    answer.steps.forEach((step, i) => {
      this.steps.push(step);
      this.rows.push(all.subarray(count * i, count * (i + 1)));
    });
  }

  /**
   * Ask for the steps that have been kept since. What is known of a run that has just begun, its start and no more, is
   * replaced by what it keeps.
   * @param {AngleServer} server
   * @param {number} seen steps that are known and stay
   * @returns {Promise<boolean>} whether anything came
   */
  async ask(server, seen = this.steps.length) {
    if (this.asking) return false;
    this.asking = true;
    try {
      let any = false, more = true, from = seen;
      while (more) {
        const answer = await server.angles({ run: this.run, identity: this.person, seen: from });
        if (answer.error !== undefined) return any;
        if (from === 0 && this.steps.length && answer.steps.length) {
          this.steps = [];
          this.rows = [];
        }
        this.take(answer);
        any ||= answer.steps.length > 0;
        more = answer.more && answer.steps.length > 0;
        from = this.steps.length;
      }
      return any;
    } finally {
      this.asking = false;
    }
  }

  /**
   * The angles at a step; between two that were kept, in proportion. Null before any have come.
   * @param {number} step
   * @returns {Float32Array | null}
   */
  at(step) {
    const { steps, rows } = this;
    if (!steps.length) return null;
    const after = steps.findIndex((kept) => kept >= step);
    if (after < 0) return rows[rows.length - 1];
    if (steps[after] === step || after === 0) return rows[after];
    const share = (step - steps[after - 1]) / (steps[after] - steps[after - 1]), a = rows[after - 1], b = rows[after];
    return a.map((value, i) => value + (b[i] - value) * share);
  }

  /** The widest angle of any step, in degrees. */
  get widest() {
    return Math.max(0, ...this.rows.map((row) => row.reduce((a, b) => Math.max(a, b), 0)));
  }
}

export { TrueAngles };
