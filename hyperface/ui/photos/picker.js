// The photo picker: files chosen, dropped or pasted, a picture from the camera, or an example.
import { find, findInput } from '../parts/elements.js';
import { camera } from './camera.js';

/**
 * A file as an address (`data:`) that holds it.
 * @param {Blob} blob
 * @returns {Promise<string | ArrayBuffer | null>}
 */
function readAddress(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/**
 * A component that raises `submit` with the photos, or with the number of an example.
 * @param {View<null>} view
 * @param {{ most_photos: number, most_bytes: number, most_megabytes_together: number }} limits photos in one go, bytes of
 *   each, and megabytes (of a million bytes) of all
 */
function photoPicker({ element, trigger }, limits) {
  const files = findInput(element, '.hf-files'), drop = find(element, '.hf-drop');
  /** @param {string} text */
  const say = (text) => {
    find(element, '.hf-picker-message').textContent = text;
  };

  /** @param {File[]} chosen */
  async function send(chosen) {
    say('');
    if (!chosen.length) return;
    if (chosen.length > limits.most_photos) {
      say(`Choose at most ${limits.most_photos} photos at once; these are ${chosen.length}.`);
      return;
    }
    const sent = chosen.filter((file) => file.size <= limits.most_bytes);
    if (sent.reduce((sum, file) => sum + file.size, 0) > limits.most_megabytes_together * 1e6) {
      say(`Choose photos of ${limits.most_megabytes_together} MB at most together, or a few at a time.`);
      return;
    }
    try {
      const photos = await Promise.all(chosen.map(async (file) => ({
        name: file.name || 'Photo',
        content: file.size > limits.most_bytes ? null : await readAddress(file),
      })));
      trigger('submit', { photos });
    } catch {
      say('The browser could not read that file. Choose it again, or another one.');
    }
  }

  find(element, '.hf-pick').addEventListener('click', () => files.click());
  files.addEventListener('change', () => {
    const chosen = [...files.files ?? []];
    files.value = '';
    send(chosen);
  });
  for (const button of element.querySelectorAll('button')) {
    if (!button.classList.contains('hf-example')) continue;
    button.addEventListener('click', () => {
      say('');
      trigger('submit', { example: Number(button.dataset.example) });
    });
  }
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('hf-over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('hf-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('hf-over');
    send([...event.dataTransfer?.files ?? []]);
  });
  document.addEventListener('paste', (event) => {
    const pasted = [...event.clipboardData?.files ?? []].filter((file) => file.type.startsWith('image/'));
    if (pasted.length && element.offsetParent !== null) {
      event.preventDefault();
      send(pasted);
    }
  });
  camera(element, say, send);
}

export { photoPicker };
