// What the server is asked by a component of the page.

/**
 * The server, whose answer that does not come is an error: Gradio gives nothing there, and tells the console alone.
 * @template {object} S
 * @param {S} server
 * @returns {S}
 */
function heard(server) {
  return new Proxy(server ?? /** @type {S} */ ({}), {
    get(questions, name) {
      /** @type {unknown} */
      const ask = Reflect.get(questions, name);
      if (!(ask instanceof Function)) return ask;
      /** @param {unknown[]} question */
      return async (...question) => {
        /** @type {unknown} */
        const answer = await ask(...question);
        if (answer === undefined) throw new Error('The server did not answer.');
        return answer;
      };
    },
  });
}

export { heard };
