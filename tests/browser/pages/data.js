// Data that the page and the test both make, so that it need not be sent to be compared.
// A classic script: pages and workers load it, and the tests import it.

globalThis.bytesOf = (size, seed = 1) => {
  const bytes = new Uint8Array(size);
  let x = seed;
  for (let i = 0; i < size; i++) {
    x = (Math.imul(x, 1103515245) + 12345) | 0;
    bytes[i] = x >>> 16;
  }
  return bytes;
};

/// Text of `size` bytes in UTF-8: code points of 1 to 4 bytes, so that fragments end within them.
globalThis.textOf = (size, seed = 1) => {
  const some = ["a", "\u00e9", "\u20ac", "\u{1f600}"];
  const parts = [];
  let x = seed;
  let left = size;
  while (left >= 4) {
    x = (Math.imul(x, 1103515245) + 12345) | 0;
    const which = (x >>> 16) & 3;
    parts.push(some[which]);
    left -= which + 1;
  }
  return parts.join("") + "x".repeat(left);
};

globalThis.sameBytes = (a, b) => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};
