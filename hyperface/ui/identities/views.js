// A head's views from all sides, drawn one after the other and kept, so that turning it costs nothing.

/** How far apart the first views are, in steps: all sides are there soon, the rest fills in between. */
const FIRST = 3;

/**
 * Views of one head at turns from −`most` to `most` degrees, `step` degrees apart.
 * @param {number} most
 * @param {number} step
 */
function turnedViews(most, step) {
  /** @type {Map<number, string>} */
  const kept = new Map();
  const turns = Array.from({ length: 2 * most / step + 1 }, (_, number) => number * step - most);

  return {
    /** @param {number} turn @param {string} address of the picture */
    keep: (turn, address) => void kept.set(turn, address),
    clear: () => kept.clear(),
    /** @param {number} turn */
    at: (turn) => kept.get(turn),
    /**
     * The turn that is to be drawn next: all sides coarsely first, near the present turn before far from it.
     * @param {number} present
     * @returns {number | undefined} undefined when all are there
     */
    missing(present) {
      const left = turns.filter((turn) => !kept.has(turn));
      const coarse = left.filter((turn) => (turn + most) % (FIRST * step) === 0);
      const among = coarse.length ? coarse : left;
      return among.sort((one, other) => Math.abs(one - present) - Math.abs(other - present))[0];
    },
    /**
     * The view that is nearest to a turn, if there is one within `reach` degrees.
     * @param {number} turn
     * @param {number} reach
     */
    near(turn, reach) {
      const found = [...kept.keys()].sort((one, other) => Math.abs(one - turn) - Math.abs(other - turn))[0];
      return found !== undefined && Math.abs(found - turn) <= reach ? kept.get(found) : undefined;
    },
  };
}

export { turnedViews };
