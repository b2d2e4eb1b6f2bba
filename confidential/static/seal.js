// Sealing and opening: age files with exactly 8 stanzas in random order, one size a bucket; twin of sealed/seal.py.
import { Decrypter, Encrypter, sha256 } from "./vendor/age.min.js";
import { hex, random } from "./bytes.js";
import { Fault } from "./errors.js";
import { recipientBytes, recipientText } from "./keys.js";

export const BUCKETS = [16384, 1048576, 4194304]; // bytes: text; pictures and files
export const STANZAS = 8;
const HANDLERS = 7;
const CHUNK = 65536;

// Bytes of a sealed file by bytes of its bucket.
export const SIZES = new Map(
  BUCKETS.map((bucket) => [bucket, 22 + STANZAS * 98 + 48 + 16 + bucket + 16 * Math.ceil(bucket / CHUNK)]),
);

// The plaintext in the smallest bucket that takes it, filled up with blanks; throws TooLong.
export function pad(plain) {
  const bucket = BUCKETS.find((size) => plain.length <= size);
  if (bucket === undefined) throw new Fault("TooLong", { size: plain.length, limit: BUCKETS[BUCKETS.length - 1] });
  const padded = new Uint8Array(bucket).fill(32);
  padded.set(plain);
  return padded;
}

// A padded plaintext, sealed. handlers: the desk's 2 to 7 recipients. submitter: the case's recipient in what handlers
// write, null in what the submitter writes. Keys nobody has fill the rest. Throws WrongKey.
export async function seal(plain, handlers, submitter) {
  const distinct = new Set(handlers).size;
  if (!BUCKETS.includes(plain.length) || distinct !== handlers.length || distinct < 2 || distinct > HANDLERS) {
    throw new Error("seal");
  }
  const places = submitter === null ? [...handlers] : [...handlers, submitter];
  places.forEach(recipientBytes);
  // Any point of the curve's x does: nobody knows a scalar for it.
  while (places.length < STANZAS) places.push(recipientText(random(32)));
  for (let last = STANZAS - 1; last > 0; last -= 1) {
    const other = new DataView(random(4).buffer).getUint32(0) % (last + 1);
    [places[last], places[other]] = [places[other], places[last]];
  }
  const sealed = await ageFile(plain, places);
  if (sealed.length !== SIZES.get(plain.length)) throw new Error("size");
  return sealed;
}

// An ordinary age file for these recipients, any length: what is handed on outside the desk.
export async function ageFile(plain, recipients) {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    recipientBytes(recipient);
    encrypter.addRecipient(recipient);
  }
  return encrypter.encrypt(plain);
}

// The plaintext; throws NotOpened when this identity has no stanza in it, or a byte was changed.
export async function openWith(identity, sealed) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity.text);
  try {
    return await decrypter.decrypt(sealed);
  } catch {
    throw new Fault("NotOpened");
  }
}

// SHA-256 of the sealed file, in hex.
export const messageId = (sealed) => hex(sha256(sealed));
