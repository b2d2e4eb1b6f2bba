// Bytes and their written forms: hex, base64url without padding, UTF-8.
import { Fault } from "./errors.js";

const DIGITS = "0123456789abcdef";

export const utf8 = (text) => new TextEncoder().encode(text);

// The text of UTF-8 bytes; throws where they are none. A byte order mark is no blank.
export const ofUtf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);

export function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte >> 4] + DIGITS[byte & 15];
  return text;
}

export function ofHex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new Fault("WrongKey");
  return Uint8Array.from({ length: text.length / 2 }, (_, place) => parseInt(text.slice(2 * place, 2 * place + 2), 16));
}

// Standard base64 with padding.
export function base64(bytes) {
  let text = "";
  for (let place = 0; place < bytes.length; place += 24576) {
    text += btoa(String.fromCharCode.apply(null, bytes.subarray(place, place + 24576)));
  }
  return text;
}

export function ofBase64(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let place = 0; place < raw.length; place += 1) bytes[place] = raw.charCodeAt(place);
  return bytes;
}

// base64url without padding, as verify keys and signatures are written.
export const toText = (bytes) => base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// The `length` bytes of base64url; other spellings are refused. Throws WrongKey.
export function ofText(text, length) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Fault("WrongKey");
  const bytes = ofBase64(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
  if (bytes.length !== length || toText(bytes) !== text) throw new Fault("WrongKey");
  return bytes;
}

// Without the blanks a message is filled up with.
export function trimmed(bytes) {
  let end = bytes.length;
  while (end && bytes[end - 1] === 32) end -= 1;
  return bytes.slice(0, end);
}

export const random = (count) => crypto.getRandomValues(new Uint8Array(count));
