// Behaviour of the photo picker. `element` and `trigger` are what gr.HTML gives to js_on_load; @… is filled in.

const MAX_PHOTOS = @max_photos, MAX_BYTES = @max_bytes;
const find = (selector) => element.querySelector(selector);
const files = find('.hf-files'), drop = find('.hf-drop'), camera = find('.hf-camera'), video = find('video');
const say = (text) => { find('.hf-picker-message').textContent = text; };
const readAddress = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

async function send(chosen) {
  say('');
  if (!chosen.length) return;
  if (chosen.length > MAX_PHOTOS) {
    say(`Choose at most ${MAX_PHOTOS} photos at once; these are ${chosen.length}.`);
    return;
  }
  try {
    const photos = await Promise.all(chosen.map(async (file) => ({
      name: file.name || 'Photo',
      content: file.size > MAX_BYTES ? null : await readAddress(file),
    })));
    trigger('submit', { photos });
  } catch (error) {
    say('The browser could not read that file. Choose it again, or another one.');
  }
}

find('.hf-choose').addEventListener('click', () => files.click());
files.addEventListener('change', () => { const chosen = [...files.files]; files.value = ''; send(chosen); });
element.querySelectorAll('.hf-example').forEach((button) => button.addEventListener('click', () => {
  say('');
  trigger('submit', { example: Number(button.dataset.example) });
}));

drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('hf-over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('hf-over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('hf-over');
  send([...event.dataTransfer.files]);
});
document.addEventListener('paste', (event) => {
  const pasted = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith('image/'));
  if (pasted.length && element.offsetParent !== null) { event.preventDefault(); send(pasted); }
});

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
  } catch (error) {
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
  canvas.getContext('2d').drawImage(video, 0, 0);
  closeCamera();
  canvas.toBlob((blob) => send([new File([blob], 'Camera picture', { type: 'image/jpeg' })]), 'image/jpeg', 0.95);
});
// A camera must not stay on behind another tab of the app.
new IntersectionObserver(([entry]) => {
  if (stream && !entry.isIntersecting && element.offsetParent === null) closeCamera();
}).observe(camera);
