// Questions of which only the newest matters, such as those that a slider asks while it is dragged.

/**
 * Asks one question at a time. Of those that are wanted meanwhile only the last is asked, when the answer is there: no
 * queue grows, and the last one is always answered.
 * @template Q
 * @template A
 * @param {(question: Q) => Promise<A>} ask
 * @param {(answer: A, question: Q) => void} show
 * @param {(error: unknown) => void} failed
 * @param {() => void} idle when there is nothing left to ask
 */
function newest(ask, show, failed, idle) {
  /** @type {{ question: Q } | null} */
  let waiting = null;
  let busy = false, turn = 0;

  async function work() {
    busy = true;
    while (waiting) {
      const { question } = waiting;
      const mine = turn;
      waiting = null;
      try {
        const answer = await ask(question);
        if (mine === turn) show(answer, question);
      } catch (error) {
        if (mine === turn) failed(error);
      }
    }
    busy = false;
    idle();
  }

  return {
    /** @param {Q} question */
    want(question) {
      waiting = { question };
      if (!busy) work();
    },
    /** Want nothing, and show no answer that is under way. */
    forget() {
      turn += 1;
      waiting = null;
    },
    /** Whether a question is under way. */
    busy: () => busy,
  };
}

export { newest };
