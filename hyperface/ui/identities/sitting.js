// The sliders beside a portrait, and the expression: how the next picture is taken.
import { findAs, findInput } from '../parts/elements.js';

/** @param {HTMLElement} element of the whole view */
function sittingControls(element) {
  const names = ['yaw', 'pitch', 'light', 'age'];
  const [yaw, pitch, light, age] = names.map((name) => findInput(element, `input[name=${name}]`));
  const expression = findAs(element, 'select', HTMLSelectElement);
  const sliders = [yaw, pitch, light, age];

  return {
    sliders, yaw, pitch, expression,

    /**
     * What is set, as a question for a picture.
     * @param {object | null} who
     * @param {boolean} fine
     * @returns {PortraitQuestion}
     */
    asked: (who, fine) => ({
      who, fine, yaw: Number(yaw.value), pitch: Number(pitch.value), light: Number(light.value),
      age: Number(age.value) / 100, expression: expression.value || null,
    }),

    /** @param {string[]} expressions on offer, besides the style's own */
    offer(expressions) {
      const options = expressions.map((name) => new Option(name, name));
      expression.replaceChildren(new Option('as the style has it', ''), ...options);
    },

    /** @param {Sitting} sitting which the sliders round to their steps */
    put(sitting) {
      yaw.value = String(sitting.yaw);
      pitch.value = String(sitting.pitch);
      light.value = String(sitting.light);
      age.value = String(100 * sitting.age);
      expression.value = '';
    },

    /** Write the sliders' values beside them. */
    tell() {
      for (const slider of sliders) {
        const output = slider.parentElement?.querySelector('output');
        if (output) output.textContent = `${slider.value}${slider.dataset.unit}`.replace('-', '−');
      }
    },
  };
}

export { sittingControls };
