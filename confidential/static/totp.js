// The second step of a handler's log-in (RFC 6238): its secret, its code now, its recovery codes; twin of confidential/totp.py.
import { sha256 } from "./vendor/age.min.js";
import { hex, random, utf8 } from "./bytes.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CLEAR = "ABCDEFGHJKMNPQRSTVWXYZ23456789"; // none that look alike on paper
const STEP = 30; // seconds

// 20 random bytes in base32.
export const drawSecret = () => base32(random(20));

export function base32(bytes) {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return bits.match(/.{5}/g).map((five) => LETTERS[parseInt(five, 2)]).join("");
}

// What an authenticator reads from a QR code.
export const address = (secret, handler) => `otpauth://totp/zhibu:${handler}?secret=${secret}&issuer=zhibu`;

// Whether the six digits are of this moment, the one before or the next.
export async function fits(secret, typed, now = Date.now()) {
  const here = Math.floor(now / 1000 / STEP);
  for (const step of [here, here - 1, here + 1]) if ((await code(secret, step)) === typed) return true;
  return false;
}

async function code(secret, step) {
  const bits = Array.from(secret, (one) => LETTERS.indexOf(one).toString(2).padStart(5, "0")).join("");
  const bytes = Uint8Array.from(bits.match(/.{8}/g), (eight) => parseInt(eight, 2));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setUint32(4, step);
  const digest = new DataView(await crypto.subtle.sign("HMAC", key, counter.buffer));
  const number = digest.getUint32(digest.getUint8(19) & 15) & 0x7fffffff;
  return String(number % 1000000).padStart(6, "0");
}

// 12 letters and digits, about 58 bits, for paper.
export function drawRecovery() {
  let text = "";
  while (text.length < 12) {
    const [byte] = random(1);
    if (byte < 240) text += CLEAR[byte % 30];
  }
  return text.replace(/(.{4})(?=.)/g, "$1-");
}

// What the server keeps of a recovery code.
export const digest = (recovery) => hex(sha256(utf8(recovery.replace(/[-\s]/g, "").toUpperCase())));
