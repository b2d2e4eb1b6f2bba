// What the desk's pages need of others, in one file: age, and Ed25519, HKDF and SHA-256 for phones whose browsers lack them.
export { Decrypter, Encrypter } from "age-encryption";
export { ed25519, x25519 } from "@noble/curves/ed25519.js";
export { hkdf } from "@noble/hashes/hkdf.js";
export { sha256 } from "@noble/hashes/sha2.js";
export { bech32 } from "@scure/base";
