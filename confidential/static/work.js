// Hashcash: a little work for each submission; twin of sealed/work.py.
import { sha256 } from "./vendor/age.min.js";
import { hex, join, ofHex } from "./bytes.js";

const PIECE = 20; // milliseconds of work before the page may draw and listen again

// The first stamp, 16 hex digits, that is good for this body (bytes) and challenge (hex). `stopped(tries)` is
// asked now and then, and ends it early.
export async function stamp(body, challenge, bits, stopped = () => false) {
  const tried = join(sha256(join(body, ofHex(challenge))), new Uint8Array(8));
  const number = new DataView(tried.buffer, 32);
  let count = 0;
  for (;;) {
    const pause = Date.now() + PIECE;
    while (Date.now() < pause) {
      for (let some = 0; some < 64; some += 1) {
        number.setUint32(0, Math.floor(count / 4294967296));
        number.setUint32(4, count >>> 0);
        if (zeros(sha256(tried)) >= bits) return hex(tried.subarray(32));
        count += 1;
      }
    }
    await new Promise((go) => setTimeout(go));
    if (stopped(count)) return null;
  }
}

// How many zero bits a digest begins with.
function zeros(digest) {
  let found = 0;
  for (const byte of digest) {
    if (byte) return found + Math.clz32(byte) - 24;
    found += 8;
  }
  return found;
}
