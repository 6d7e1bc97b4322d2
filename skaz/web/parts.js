// The parts of the page that are no text: packed with gzip, written in base64, each in a <script> that nobody runs.
// So the page needs no second file, which a browser would not give to a page opened from a disk.

export async function unpacked(name) {
  const element = document.getElementById(`part-${name}`);
  const packed = fromBase64(element.textContent);
  element.remove(); // the text takes a third more than the bytes
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) {
    return Uint8Array.fromBase64(text);
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
