// A whole case as one age file for somebody outside: what was written, its files, and the signed originals to check.
import { utf8 } from "./bytes.js";
import { HANDOVER, SUBMITTER, isSigned } from "./message.js";
import { handlerOf } from "./handlerlist.js";
import { drawPassphrase } from "./keyfile.js";
import { ageFile } from "./seal.js";
import * as words from "./sentences.js";
import { tar } from "./tar.js";
import { Encrypter } from "./vendor/age.min.js";

// one: a case as office.js reads it, its large messages too. plainOf(id): a plaintext. lists: version -> list.
export function packed(one, plainOf, lists) {
  const files = [];
  let letter = words.letterHead(one.matter.desk, one.week);
  let number = 0;
  for (const piece of one.thread ? one.thread.messages : []) {
    number += 1;
    const plain = plainOf(piece.id);
    if (plain) files.push({ name: `signed/${number}-${piece.id.slice(0, 16)}.json`, data: plain });
    if (!piece.doc) continue;
    letter += words.letterPiece(sender(piece, lists), words.doubt(piece.verdict), piece.doc.text);
    if (piece.doc.state && piece.doc.from !== SUBMITTER) letter += `${words.stateLine(piece.doc.state)}\n`;
    for (const [at, file] of piece.doc.files.filter((some) => some.type !== HANDOVER).entries()) {
      const ending = /\.[A-Za-z0-9]{1,5}$/.exec(file.name);
      const name = `files/${number}-${at + 1}${ending ? ending[0].toLowerCase() : ""}`;
      files.push({ name, data: file.data });
      letter += words.letterFile(`${file.name} = ${name}`);
    }
  }
  return tar([{ name: "letter.txt", data: utf8(letter) }, ...files]);
}

export function sender(piece, lists) {
  if (piece.doc.from === SUBMITTER) return words.SUBMITTER;
  const list = isSigned(piece) && lists.get(piece.doc.listVersion);
  const handler = list && handlerOf(list, piece.doc.desk, piece.doc.from);
  return handler ? handler.role : words.UNKNOWN_HANDLER;
}

// Sealed to a recipient (age1…), or to a passphrase drawn here: {file, passphrase or null}. Throws WrongKey.
export async function sealedFor(recipient, plain) {
  if (recipient !== null) return { file: await ageFile(plain, [recipient]), passphrase: null };
  const passphrase = drawPassphrase();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase.replace(/ /g, ""));
  encrypter.setScryptWorkFactor(15);
  return { file: await encrypter.encrypt(plain), passphrase };
}
