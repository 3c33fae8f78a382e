// Buttons that save what is on the page as files: the server makes a file when its button is pressed.
import { find } from './elements.js';

const KEPT_MILLISECONDS = 10_000;  // the browser has taken the file by then

/**
 * A component whose value, anything that JSON holds, is what the files are made of.
 * @param {View<unknown, { made(question: object): Promise<{ error?: string, content: string }> }>} view
 */
function downloads({ element, props, server }) {
  const told = find(element, '[role=status]');
  for (const button of element.querySelectorAll('button')) {
    button.addEventListener('click', async () => {
      told.textContent = '';
      const { number, name, type } = button.dataset;
      const answer = await server.made({ number: Number(number), value: props.value })
        .catch(() => ({ error: 'The server did not answer. Try again.', content: '' }));
      if (answer.error) {
        told.textContent = answer.error;
        return;
      }
      const link = document.createElement('a');
      const bytes = Uint8Array.from(atob(answer.content), (letter) => letter.charCodeAt(0));
      link.href = URL.createObjectURL(new Blob([bytes], { type }));
      link.download = name || '';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MILLISECONDS);
    });
  }
}

export { downloads };
