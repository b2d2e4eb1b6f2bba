// The 2048 characters receipts and passphrases are made of, and what sounds like them; twin of sealed/wordlist.py.
import { SOUNDS, WORDS } from "./words.js";

const BITS = 11; // a character carries
const EVERY = Array.from(WORDS);
const PLACES = new Map(EVERY.map((character, place) => [character, place]));
let heard = null;

export const listed = (character) => PLACES.has(character);

// The first count x 11 bits of the bytes as characters.
export function characters(bytes, count) {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return Array.from({ length: count }, (_, at) => EVERY[parseInt(bits.slice(BITS * at, BITS * at + BITS), 2)]).join("");
}

// The bits of characters of the list, as a string of 0 and 1.
export const bits = (text) =>
  Array.from(text, (character) => PLACES.get(character).toString(2).padStart(BITS, "0")).join("");

// In groups of 4 with a blank between.
export const grouped = (text) => text.replace(/(.{4})(?=.)/gu, "$1 ");

// What was typed without blanks, punctuation and signs, full-width and compatibility forms made plain.
export const bare = (text) => text.normalize("NFKC").replace(/[\p{Z}\p{P}\p{C}\p{S}]/gu, "");

// Characters of the list that sound like this one, itself left out; with `tone`, only of the same tone.
export function alike(character, tone) {
  if (heard === null) heard = hear();
  return Array.from(heard[tone ? "tone" : "syllable"].get(character) || []).filter((one) => one !== character);
}

function hear() {
  const rows = SOUNDS.split("\n").filter(Boolean).map((line) => line.split(" "));
  const ours = new Map();
  for (const [sound, same] of rows) {
    const syllable = sound.slice(0, -1);
    ours.set(sound, same);
    ours.set(syllable, (ours.get(syllable) || "") + same);
  }
  const table = { tone: new Map(), syllable: new Map() };
  for (const [sound, same, others] of rows) {
    for (const one of Array.from(same + others.slice(1))) {
      table.tone.set(one, ours.get(sound));
      table.syllable.set(one, ours.get(sound.slice(0, -1)));
    }
  }
  return table;
}
