// Behaviour of the photo picker. `.hf-drop` says how many photos may come at once, and how many bytes each may have.

/** @type {(selector: string) => HTMLElement} */
const find = (selector) => hyperface.find(element, selector);
const drop = find('.hf-drop'), camera = find('.hf-camera');
const most = Number(drop.dataset.most), largest = Number(drop.dataset.largest);
/** @type {HTMLInputElement} */
const files = hyperface.find(element, '.hf-files');
/** @type {HTMLVideoElement} */
const video = hyperface.find(element, 'video');
const say = (/** @type {string} */ text) => { find('.hf-picker-message').textContent = text; };
/** @type {(blob: Blob) => Promise<string>} */
const readAddress = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

/** @param {File[]} chosen */
async function send(chosen) {
  say('');
  if (!chosen.length) return;
  if (chosen.length > most) {
    say(`Choose at most ${most} photos at once; these are ${chosen.length}.`);
    return;
  }
  try {
    const photos = await Promise.all(chosen.map(async (file) => ({
      name: file.name || 'Photo',
      content: file.size > largest ? null : await readAddress(file),
    })));
    trigger('submit', { photos });
  } catch {
    say('The browser could not read that file. Choose it again, or another one.');
  }
}

find('.hf-choose').addEventListener('click', () => files.click());
files.addEventListener('change', () => { const chosen = [...(files.files ?? [])]; files.value = ''; send(chosen); });
/** @type {NodeListOf<HTMLElement>} */
const examples = element.querySelectorAll('.hf-example');
examples.forEach((button) => button.addEventListener('click', () => {
  say('');
  trigger('submit', { example: Number(button.dataset.example) });
}));

drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('hf-over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('hf-over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('hf-over');
  send([...event.dataTransfer?.files ?? []]);
});
document.addEventListener('paste', (event) => {
  const pasted = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith('image/'));
  if (pasted.length && element.offsetParent !== null) { event.preventDefault(); send(pasted); }
});

/** @type {MediaStream | null} */
let stream = null;
function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  camera.hidden = true;
  drop.hidden = false;
}
find('.hf-camera-open').addEventListener('click', async () => {
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
  camera.hidden = false;
  find('.hf-shoot').focus();
});
find('.hf-camera-close').addEventListener('click', () => { closeCamera(); find('.hf-camera-open').focus(); });
find('.hf-shoot').addEventListener('click', () => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  closeCamera();
  canvas.toBlob((blob) => {
    if (blob) send([new File([blob], 'Camera picture', { type: 'image/jpeg' })]);
  }, 'image/jpeg', 0.95);
});
// A camera must not stay on behind another tab of the app.
new IntersectionObserver(([entry]) => {
  if (stream && !entry.isIntersecting && element.offsetParent === null) closeCamera();
}).observe(camera);
