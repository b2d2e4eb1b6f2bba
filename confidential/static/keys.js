// Identities that open, keys that sign, and their written forms; twin of sealed/keys.py.
import { bech32, ed25519, hkdf, sha256, x25519 } from "./vendor/age.min.js";
import { join, random, utf8 } from "./bytes.js";
import { Fault } from "./errors.js";
import { characters, grouped } from "./wordlist.js";

// 32 bytes by HKDF-SHA256.
export const derive = (secret, salt, label) => hkdf(sha256, secret, utf8(salt), utf8(label), 32);

// An Ed25519 key that signs: {seed, verifyKey, sign(bytes)}.
export function signingKey(seed) {
  return { seed, verifyKey: ed25519.getPublicKey(seed), sign: (signed) => ed25519.sign(signed, seed) };
}

// Whether the signature is this key's over these bytes; a key that is none says no as well.
export function verify(verifyKey, signature, signed) {
  try {
    return ed25519.verify(signature, signed, verifyKey, { zip215: false });
  } catch {
    return false;
  }
}

// An age X25519 identity by its 32 secret bytes: {scalar, public, recipient, text, signing()}.
export function identity(scalar) {
  const open = x25519.getPublicKey(scalar);
  return {
    scalar,
    public: open,
    recipient: recipientText(open),
    text: bech32.encodeFromBytes("age-secret-key-", scalar).toUpperCase(),
    signing: () => signingKey(derive(scalar, "zhibu/handler/v1", "sign")),
  };
}

export const drawIdentity = () => identity(random(32));

// AGE-SECRET-KEY-1…; throws WrongKey.
export const identityOfText = (text) => identity(thirtyTwo(text.trim(), "age-secret-key-"));

export const recipientText = (open) => bech32.encodeFromBytes("age", open);

// The 32 bytes of age1…; throws WrongKey.
export const recipientBytes = (recipient) => thirtyTwo(recipient, "age");

// 16 characters in 4 groups to compare by eye.
export const fingerprint = (open) => grouped(characters(sha256(join(utf8("zhibu/fingerprint/v1\n"), open)), 16));

function thirtyTwo(text, prefix) {
  let found;
  try {
    found = bech32.decodeToBytes(text);
  } catch {
    throw new Fault("WrongKey");
  }
  if (found.prefix.toLowerCase() !== prefix || found.bytes.length !== 32) throw new Fault("WrongKey");
  return found.bytes;
}
