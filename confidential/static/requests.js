// What is signed when something is written or somebody logs in; twin of sealed/requests.py.
import { sha256 } from "./vendor/age.min.js";
import { hex, join, ofHex, utf8 } from "./bytes.js";

export const ADD = "add";
export const WITHDRAW = "withdraw";
export const ANSWER = "answer";
export const CLOSE = "close";

// The bytes to sign for a writing request. lookup and challenge in hex, body in bytes.
export const writing = (verb, lookup, body, challenge) =>
  join(utf8(`zhibu/req/v1\n${verb}`), ofHex(lookup), sha256(body), ofHex(challenge));

// The bytes to sign to log in. nonce in hex, origin as location.origin.
export const login = (nonce, origin, listVersion) => utf8(`zhibu/login/v1\n${nonce}\n${origin}\n${listVersion}`);

// The bytes to sign to enrol. keyFile is its text as it is sent, totp the secret in base32.
export const enrol = (nonce, keyFile, totp) => utf8(`zhibu/enrol/v1\n${nonce}\n${hex(sha256(utf8(keyFile)))}\n${totp}`);
