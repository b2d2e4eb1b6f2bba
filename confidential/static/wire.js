// The desk's API as its two pages ask it; confidential/routes.py says what each request takes and gives.
import { join, ofText, ofUtf8, utf8 } from "./bytes.js";
import { current, history } from "./handlerlist.js";
import { FLOOR, ROOT } from "./root.js";
import { messageId } from "./seal.js";

const LONGEST = 180000; // milliseconds for one request: 8 MB over a slow line
const MOST_IDS = 200;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOST_BYTES = 6 * 1024 * 1024; // of ciphertexts in one answer, for a phone's memory

// The desk says no: `code` and a sentence, and what the answer says beyond them.
export class Refused extends Error {
  constructor(code, sentence, facts) {
    super(code);
    this.code = code;
    this.sentence = sentence;
    this.facts = facts;
  }
}

// No answer came, so nobody knows whether the request arrived.
export class Away extends Error {}

async function ask(path, options) {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), LONGEST);
  let answer;
  let bytes;
  try {
    answer = await fetch(`/report/${path}`, {
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: given.signal,
      ...options,
    });
    bytes = new Uint8Array(await answer.arrayBuffer());
  } catch {
    throw new Away();
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok) return bytes;
  let said;
  try {
    said = JSON.parse(ofUtf8(bytes));
  } catch {
    throw new Away(); // a proxy's word, not the desk's
  }
  throw new Refused(said.code, said.message, said);
}

const json = (bytes) => JSON.parse(ofUtf8(bytes));

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

export const get = async (path) => json(await ask(path, { method: "GET" }));

export async function post(path, asked, { token = null, headers = {}, keepalive = false } = {}) {
  return json(await postBytes(path, utf8(JSON.stringify(asked)), "application/json", token, headers, keepalive));
}

export async function postBundle(path, body, { token = null, headers = {} } = {}) {
  return json(await postBytes(path, body, "application/octet-stream", token, headers));
}

const postBytes = (path, body, kind, token, headers, keepalive = false) =>
  ask(path, { method: "POST", body, headers: { "Content-Type": kind, ...bearer(token), ...headers }, keepalive });

// A bundle's head and its ciphertexts, each of the id it is listed under; throws Away for one that is none.
export async function askBundle(path, asked, token = null) {
  const bytes = await postBytes(path, utf8(JSON.stringify(asked)), "application/json", token, {});
  return unpack(bytes);
}

export function pack(head, sealed) {
  const messages = sealed.map((one) => ({ id: messageId(one), size: one.length }));
  const said = utf8(JSON.stringify({ ...head, messages }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, said.length);
  return join(length, said, ...sealed);
}

function unpack(bytes) {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const head = json(bytes.subarray(4, 4 + length));
    const sealed = [];
    let place = 4 + length;
    for (const { id, size } of head.messages) {
      const one = bytes.subarray(place, place + size);
      if (messageId(one) !== id) throw new Error("id");
      sealed.push(one);
      place += size;
    }
    return { head, sealed };
  } catch {
    throw new Away();
  }
}

// The ciphertexts of these pieces ({id, size}) in answers small enough for a phone; `each(sealed)` takes them as they
// come, and nothing is held.
export async function fetchAll(pieces, askSome, each) {
  let some = [];
  let bytes = 0;
  for (const piece of [...pieces, null]) {
    if (some.length && (piece === null || some.length >= MOST_IDS || bytes + piece.size > MOST_BYTES)) {
      const { sealed } = await askSome(some);
      for (const one of sealed) await each(one);
      some = [];
      bytes = 0;
    }
    if (piece !== null) {
      some.push(piece.id);
      bytes += piece.size;
    }
  }
}

export const conditions = () => get("challenge");

// The list that holds now: {list, lists, today, said}. A phone's clock that is behind does not make an old list new.
// Throws a Fault of handlerlist.js, Refused (closed), Away.
export async function handlers(seen = 0) {
  const said = await conditions();
  const today = [DAY.test(said.today) ? said.today : "", localDay()].sort()[1]; // a server that keeps it to itself too
  const file = await ask("list", { method: "GET" });
  const root = ofText(ROOT, 32);
  return { list: current(file, root, today, FLOOR, seen), lists: history(file, root), today, said };
}

// All lists ever signed by the root, by version, the one that has run out too: to judge old messages by.
export async function pastLists() {
  return history(await ask("list", { method: "GET" }), ofText(ROOT, 32));
}

export function localDay(now = new Date()) {
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
