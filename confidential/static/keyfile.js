// Key files and their passphrases: age passphrase files, logN 15; twin of sealed/keyfile.py.
import { Decrypter, Encrypter } from "./vendor/age.min.js";
import { ofUtf8, random } from "./bytes.js";
import { Fault } from "./errors.js";
import { identityOfText } from "./keys.js";
import { bare, characters, grouped, listed } from "./wordlist.js";

const LENGTH = 8;
const MOST = 4096; // bytes of a key file
const HEAD =
  /^age-encryption\.org\/v1\n-> scrypt [A-Za-z0-9+/]{22} 15\n[A-Za-z0-9+/]{43}\n--- [A-Za-z0-9+/]{43}\n/;

// 8 characters in 2 groups of 4: 88 bits.
export const drawPassphrase = () => grouped(characters(random(11), LENGTH));

// What was typed, as the key file knows it. Throws WrongLength, NotInList.
export function passphrase(typed) {
  const found = Array.from(bare(typed));
  if (found.length !== LENGTH) throw new Fault("WrongLength", { found: found.length, expected: LENGTH });
  const strange = [...found.keys()].filter((place) => !listed(found[place]));
  if (strange.length) throw new Fault("NotInList", { places: strange.map((place) => place + 1) });
  return found.join("");
}

// An age passphrase file that holds `secret` as one line; resolves to bytes (send them as base64).
export async function make(secret, typed) {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase(typed));
  encrypter.setScryptWorkFactor(15);
  return encrypter.encrypt(`${secret}\n`);
}

// Throws KeyFileFault unless it looks like one of ours: one scrypt stanza, logN 15, short.
export function check(keyFile) {
  const head = String.fromCharCode(...keyFile.subarray(0, 300));
  if (keyFile.length > MOST || !HEAD.test(head)) throw new Fault("KeyFileFault");
}

// The secret inside. Throws KeyFileFault, WrongLength, NotInList, WrongPassphrase.
export async function openFile(keyFile, typed) {
  check(keyFile);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase(typed));
  try {
    return ofUtf8(await decrypter.decrypt(keyFile)).trim();
  } catch {
    throw new Fault("WrongPassphrase");
  }
}

// A handler's identity, which has to be the one of this recipient on the list. Throws KeyFileSwapped as well.
export async function openIdentity(keyFile, typed, recipient) {
  const found = identityOfText(await openFile(keyFile, typed));
  if (found.recipient !== recipient) throw new Fault("KeyFileSwapped");
  return found;
}
