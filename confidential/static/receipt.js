// The receipt (回执): 128 random bits as 12 characters, and the keys that follow from them; twin of sealed/receipt.py.
import { sha256 } from "./vendor/age.min.js";
import { hex, join, random, utf8 } from "./bytes.js";
import { Fault } from "./errors.js";
import { derive, identity, signingKey } from "./keys.js";
import { alike, bare, bits, characters, grouped, listed } from "./wordlist.js";

const LENGTH = 12;
const SALT = "zhibu/case/v1";
const MOST_READINGS = 20000;

// A receipt by its 16 bytes: {secret, text, identity, signing, lookup}.
export function receipt(secret) {
  const opens = identity(derive(secret, SALT, "age"));
  const signing = signingKey(derive(secret, SALT, "sign"));
  const text = grouped(characters(join(secret, Uint8Array.of(sum(secret) << 4)), LENGTH));
  return { secret, text, identity: opens, signing, lookup: lookup(signing.verifyKey, opens.public) };
}

export const draw = () => receipt(random(16));

// SHA-256 over a tag, the submitter's verify key and recipient (32 bytes each), in hex.
export const lookup = (verifyKey, open) => hex(sha256(join(utf8("zhibu/case/v1/lookup\n"), verifyKey, open)));

// What somebody typed, as a receipt. Throws WrongLength, NotInList, WrongSum.
export function read(typed) {
  const found = Array.from(bare(typed));
  if (found.length !== LENGTH) throw new Fault("WrongLength", { found: found.length, expected: LENGTH });
  const strange = [...found.keys()].filter((place) => !listed(found[place]));
  if (!strange.length) {
    const secret = secretOf(found);
    return secret ? receipt(secret) : decided((tone) => oneChanged(found, tone));
  }
  const hopeless = strange.filter((place) => !alike(found[place], false).length);
  if (hopeless.length) throw new Fault("NotInList", { places: hopeless.map((place) => place + 1) });
  return decided((tone) => filled(found, tone));
}

// The receipt of the first round, with tones and then without, that has exactly one reading with a right checksum.
function decided(readings) {
  for (const tone of [true, false]) {
    const fitting = new Map();
    for (const reading of readings(tone)) {
      const secret = secretOf(reading);
      if (secret) fitting.set(hex(secret), secret);
    }
    if (fitting.size === 1) return receipt([...fitting.values()][0]);
    if (fitting.size) break;
  }
  throw new Fault("WrongSum");
}

function oneChanged(found, tone) {
  return found.flatMap((one, place) =>
    alike(one, tone).map((other) => [...found.slice(0, place), other, ...found.slice(place + 1)]),
  );
}

function filled(found, tone) {
  const choices = found.map((one) => (listed(one) ? [one] : alike(one, tone)));
  if (choices.reduce((product, choice) => product * choice.length, 1) > MOST_READINGS) return [];
  return choices.reduce((made, choice) => made.flatMap((one) => choice.map((next) => [...one, next])), [[]]);
}

function secretOf(reading) {
  const whole = bits(reading.join(""));
  const secret = Uint8Array.from({ length: 16 }, (_, at) => parseInt(whole.slice(8 * at, 8 * at + 8), 2));
  return sum(secret) === parseInt(whole.slice(128), 2) ? secret : null;
}

const sum = (secret) => sha256(secret)[0] >> 4;
