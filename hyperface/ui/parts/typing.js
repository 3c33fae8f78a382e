// Numbers are taken when they are finished: on Enter, or when the field is left. Gradio would take each key as a value,
// and of 700 also 7 and 70.

/**
 * Hold back what is typed into number fields below `root`, for whoever listens further in, until the browser says that
 * the value has changed. A field with a range that is left empty, as a slider's is, goes back to what it held.
 * @param {EventTarget} root
 */
function holdTyping(root) {
  /** @type {WeakMap<HTMLInputElement, string>} */
  const held = new WeakMap();  // of fields that are typed into: what they held before

  root.addEventListener('focusin', (event) => {
    const field = numberField(event);
    if (field) held.set(field, field.value);
  }, true);
  root.addEventListener('input', (event) => {
    const field = numberField(event);
    if (field && event instanceof InputEvent && event.inputType) event.stopImmediatePropagation();
    else if (field && event.isTrusted) held.set(field, field.value);  // by the field's own arrows
  }, true);
  root.addEventListener('change', (event) => {
    const field = numberField(event);
    if (!field) return;
    const value = finished(field.value, field.min, field.max, held.get(field) ?? '');
    if (value !== field.value) field.value = value;
    held.set(field, value);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, true);
}

/** @param {Event} event @returns {HTMLInputElement | null} */
function numberField(event) {
  const field = event.target;
  return field instanceof HTMLInputElement && field.type === 'number' ? field : null;
}

/**
 * What a field holds once it is left: within its range, and what it held before where that is all it has of one.
 * @param {string} typed
 * @param {string} low
 * @param {string} high
 * @param {string} before
 * @returns {string}
 */
function finished(typed, low, high, before) {
  if (typed === '') return low !== '' && high !== '' ? before : '';
  if (low !== '' && Number(typed) < Number(low)) return low;
  return high !== '' && Number(typed) > Number(high) ? high : typed;
}

export { finished, holdTyping };
