// The camera of the visitor's device, for one picture.
import { find } from '../parts/elements.js';

const QUALITY = 0.95;  // of the JPEG

/**
 * Wire the camera's buttons.
 * @param {HTMLElement} element the photo picker's
 * @param {(text: string) => void} say tells the visitor something
 * @param {(photos: File[]) => void} send hands on the picture that was taken
 */
function camera(element, say, send) {
  const block = find(element, '.hf-camera'), drop = find(element, '.hf-drop');
  const video = /** @type {HTMLVideoElement} */ (find(element, 'video'));
  /** @type {MediaStream | null} */
  let stream = null;

  function close() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    block.hidden = true;
    drop.hidden = false;
  }

  async function open() {
    say('');
    if (!navigator.mediaDevices) {
      say('Browsers give the camera only to pages opened by https or on this computer. Choose a photo instead.');
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: 'user' } });
    } catch {
      say('The camera did not open. Allow it for this page in the browser, or choose a photo instead.');
      return;
    }
    video.srcObject = stream;
    await video.play();
    drop.hidden = true;
    block.hidden = false;
    find(element, '.hf-shoot').focus();
  }

  function shoot() {
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
    close();
    canvas.toBlob((blob) => {
      if (blob) send([new File([blob], 'Camera picture', { type: 'image/jpeg' })]);
    }, 'image/jpeg', QUALITY);
  }

  find(element, '.hf-camera-open').addEventListener('click', open);
  find(element, '.hf-camera-close').addEventListener('click', () => {
    close();
    find(element, '.hf-camera-open').focus();
  });
  find(element, '.hf-shoot').addEventListener('click', shoot);
  // A camera must not stay on behind another tab of the app.
  new IntersectionObserver(([entry]) => {
    if (stream && !entry.isIntersecting && element.offsetParent === null) close();
  }).observe(block);
}

export { camera };
