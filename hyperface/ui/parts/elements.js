// Finding elements that the page's own HTML is sure to have.

/**
 * The first element within `root` that fits the selector. An error where there is none: the HTML and its script belong
 * together.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
function find(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`There is no ${selector} here.`);
  return found;
}

/**
 * The same for a field that something is typed or drawn into.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLInputElement}
 */
function findInput(root, selector) {
  const found = find(root, selector);
  if (!(found instanceof HTMLInputElement)) throw new Error(`${selector} is no field.`);
  return found;
}

/**
 * The same for an element of a kind.
 * @template {HTMLElement} E
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => E} kind
 * @returns {E}
 */
function findAs(root, selector, kind) {
  const found = find(root, selector);
  if (!(found instanceof kind)) throw new Error(`${selector} is no ${kind.name}.`);
  return found;
}

export { find, findAs, findInput };
