// Arrays out of the text that encoded.py makes of them.

/** @param {string} text base64 */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Angles in degrees, told in hundredths. @param {string} text */
function hundredths(text) {
  return Float32Array.from(new Uint16Array(bytesOf(text).buffer), (value) => value / 100);
}

export { bytesOf, hundredths };
