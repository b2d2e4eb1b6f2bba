// A photograph drawn anew: small enough, upright, and nothing left of what the camera wrote into it.

const LONG_SIDE = 2048; // pixels
const MOST = 740000; // bytes: with base64 and the rest it fits into 1 MiB
const TRIES = [[1, 0.85], [1, 0.7], [1, 0.55], [0.75, 0.6], [0.5, 0.6], [0.35, 0.5]]; // of the long side, quality
// 2 x 1 pixels lying on their side: a browser that turns it by itself shows 1 x 2.
const ON_ITS_SIDE =
  "/9j/4QAiRXhpZgAASUkqAAgAAAABABIBAwABAAAABgAAAAAAAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==";

// Why a picture is not taken: `code` is undecodable, blank or large.
export class NoPicture extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const isPicture = (file) => file.type.startsWith("image/") || /\.(jpe?g|png|webp|gif|bmp|heic|heif)$/i.test(file.name);

// A JPEG of the picture, bytes. Throws NoPicture.
export async function redrawn(file) {
  const turned = (await turnsByItself()) ? 1 : orientation(new Uint8Array(await file.slice(0, 131072).arrayBuffer()));
  const address = URL.createObjectURL(file);
  try {
    const image = await decoded(address);
    for (const [share, quality] of TRIES) {
      const canvas = drawn(image, LONG_SIDE * share, turned);
      if (share === 1 && quality === TRIES[0][1] && isBlank(canvas)) throw new NoPicture("blank");
      const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      canvas.width = canvas.height = 0; // an old phone gives the memory back only then
      if (!made) throw new NoPicture("undecodable");
      if (made.size <= MOST) return new Uint8Array(await made.arrayBuffer());
    }
    throw new NoPicture("large");
  } finally {
    URL.revokeObjectURL(address);
  }
}

function decoded(address) {
  return new Promise((done, refused) => {
    const image = new Image();
    image.onload = () => (image.naturalWidth && image.naturalHeight ? done(image) : refused(new NoPicture("undecodable")));
    image.onerror = () => refused(new NoPicture("undecodable"));
    image.src = address;
  });
}

export function drawn(image, longest, turned) {
  const scale = Math.min(1, longest / Math.max(image.naturalWidth, image.naturalHeight));
  const wide = Math.max(1, Math.round(image.naturalWidth * scale));
  const high = Math.max(1, Math.round(image.naturalHeight * scale));
  const canvas = document.createElement("canvas");
  canvas.width = turned >= 5 ? high : wide;
  canvas.height = turned >= 5 ? wide : high;
  const pen = canvas.getContext("2d");
  if (!pen) throw new NoPicture("undecodable");
  pen.fillStyle = "#fff"; // what was transparent
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const turns = {
    2: [-1, 0, 0, 1, wide, 0],
    3: [-1, 0, 0, -1, wide, high],
    4: [1, 0, 0, -1, 0, high],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, high, 0],
    7: [0, -1, -1, 0, high, wide],
    8: [0, -1, 1, 0, 0, wide],
  };
  if (turns[turned]) pen.setTransform(...turns[turned]);
  pen.drawImage(image, 0, 0, wide, high);
  return canvas;
}

// One colour all over: nothing was drawn, or a browser that guards its canvas gave us nothing.
function isBlank(canvas) {
  const small = document.createElement("canvas");
  small.width = small.height = 48;
  const pen = small.getContext("2d");
  pen.drawImage(canvas, 0, 0, 48, 48);
  const seen = pen.getImageData(0, 0, 48, 48).data;
  for (let channel = 0; channel < 3; channel += 1) {
    for (let place = channel; place < seen.length; place += 4) {
      if (Math.abs(seen[place] - seen[channel]) > 2) return false;
    }
  }
  return true;
}

let itself = null;

async function turnsByItself() {
  if (itself === null) {
    const bytes = Uint8Array.from(atob(ON_ITS_SIDE), (one) => one.charCodeAt(0));
    const address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    itself = await decoded(address).then((image) => image.naturalHeight === 2, () => true);
    URL.revokeObjectURL(address);
  }
  return itself;
}

// How a JPEG says it was held, 1 to 8 (Exif 2.3, tag 0x0112).
export function orientation(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    if (view.getUint16(0) !== 0xffd8) return 1;
    for (let place = 2; view.getUint8(place) === 0xff; place += 2 + view.getUint16(place + 2)) {
      if (view.getUint16(place) !== 0xffe1 || view.getUint32(place + 4) !== 0x45786966) continue;
      const start = place + 10;
      const little = view.getUint16(start) === 0x4949;
      const first = start + view.getUint32(start + 4, little);
      for (let entry = 0; entry < view.getUint16(first, little); entry += 1) {
        const here = first + 2 + 12 * entry;
        if (view.getUint16(here, little) === 0x0112) return view.getUint16(here + 8, little);
      }
    }
  } catch {
    // cut off in the middle: as it lies
  }
  return 1;
}
