// A text and its files as a chain of sealed messages: each lists what came before it, so none can go unnoticed.
import { utf8 } from "./bytes.js";
import { write } from "./message.js";
import { messageId, seal } from "./seal.js";

const PIECE = 9000; // bytes of a piece of text as it stands in the message: with the rest it fits into 16 KiB

// head: {lookup, desk, listVersion, from}. content: {text, files, state}. seen: ids the writer had. Gives sealed bytes,
// in order; a state stands in the last piece of text, a file in a message of its own. Throws TooLong, WrongKey.
export async function chain(head, content, key, recipients, submitter, seen) {
  const texts = pieces(content.text);
  const parts = texts.map((text, at) => ({ text, state: at === texts.length - 1 ? content.state : null, files: [] }));
  for (const file of content.files) parts.push({ text: "", state: null, files: [file] });
  const before = [...seen];
  const sealed = [];
  for (const part of parts) {
    const one = await seal(write({ ...head, ...part, seen: [...before].sort() }, key), recipients, submitter);
    before.push(messageId(one));
    sealed.push(one);
  }
  return sealed;
}

// The text cut where it must be, never inside a character.
export function pieces(text) {
  const found = [];
  let piece = "";
  let size = 0;
  for (const character of text) {
    const more = utf8(JSON.stringify(JSON.stringify(character))).length - 6;
    if (size + more > PIECE) {
      found.push(piece);
      piece = "";
      size = 0;
    }
    piece += character;
    size += more;
  }
  return [...found, piece];
}
