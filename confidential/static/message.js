// Messages of a case: written, signed, padded; and a whole case judged; twin of sealed/message.py.
import { base64, join, ofBase64, ofText, ofUtf8, same, toText, trimmed, utf8 } from "./bytes.js";
import { Fault } from "./errors.js";
import { handlerOf } from "./handlerlist.js";
import { recipientBytes, verify } from "./keys.js";
import { lookup } from "./receipt.js";
import { messageId, openWith, pad } from "./seal.js";

export const SUBMITTER = "submitter";
export const HANDOVER = "application/vnd.zhibu.signed+json";
const PREFIX = utf8("zhibu/msg/v1\n");
const HEX = /^[0-9a-f]{64}$/;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/;
const SIGNED = ["authentic", "missing"]; // verdicts that say who wrote it

// The padded plaintext of a message, signed; ready for seal(). doc: {lookup, desk, listVersion, from, seen, text,
// state?, files?: [{name, type, data: bytes}]}. Throws TooLong.
export function write(doc, key) {
  const files = (doc.files || []).map((one) => ({ name: clean(one.name), type: one.type, data: one.data }));
  return pad(outer(exact({ ...doc, text: clean(doc.text), files }), key));
}

// JSON of {doc, sig, key} around an exact doc, as bytes, not padded.
export function outer(doc, key) {
  const sig = toText(key.sign(join(PREFIX, utf8(doc))));
  return utf8(JSON.stringify({ doc, sig, key: toText(key.verifyKey) }));
}

// The one way to write a doc: another spelling of the same is none.
export function exact(doc) {
  const raw = {
    v: 1,
    lookup: doc.lookup,
    desk: doc.desk,
    list_version: doc.listVersion,
    from: doc.from,
    seen: doc.seen,
  };
  if (doc.state !== undefined && doc.state !== null) raw.state = doc.state;
  raw.text = doc.text;
  raw.files = doc.files.map((one) => ({ name: one.name, type: one.type, data: base64(one.data) }));
  return JSON.stringify(raw);
}

// A plaintext taken apart, nothing verified: {exact, signature, key, doc}; throws DocBroken.
export function parse(plain) {
  try {
    const said = ofUtf8(trimmed(plain));
    const { doc, sig, key } = JSON.parse(said);
    if (JSON.stringify({ doc, sig, key }) !== said) throw new Error("outer");
    return { exact: doc, signature: ofText(sig, 64), key: ofText(key, 32), doc: docOf(doc) };
  } catch {
    throw new Fault("DocBroken");
  }
}

// The sealed files of a case as far as this identity opens them: [{id, plain or null}].
export async function opened(identity, sealed) {
  const served = [];
  for (const one of sealed) {
    served.push({ id: messageId(one), plain: await openWith(identity, one).catch(() => null) });
  }
  return served;
}

// Judge a case {lookup, key: bytes, recipient, desk} by all lists signed by the root (Map version -> list). known: ids
// the reader remembers. Gives {messages: [{id, verdict, doc or null, handedOver}], missing, state, answerSaw, whole}.
// Throws FalseCertificate.
export function check(matter, served, lists, known = []) {
  if (!certified(matter)) throw new Fault("FalseCertificate");
  const here = new Set(served.map((one) => one.id));
  const ids = new Set();
  const docs = new Set();
  const judged = [...served].sort(byId).map(({ id, plain }) => {
    const found = readOf(plain);
    const again = ids.has(id) || (found.signed !== null && docs.has(found.signed.exact));
    ids.add(id);
    if (found.signed) docs.add(found.signed.exact);
    return judge(id, again ? { verdict: "repeated", signed: found.signed } : found, matter, lists, here);
  });
  const whole = withHandedOver(judged, matter, lists, here);
  const ordered = inOrder(whole);
  const wanted = new Set(known);
  for (const one of whole) if (isSigned(one)) one.doc.seen.forEach((id) => wanted.add(id));
  const missing = [...wanted].filter((id) => !here.has(id)).sort();
  const answers = ordered.filter((one) => isSigned(one) && one.doc.from !== SUBMITTER).map((one) => one.doc);
  const stated = answers.filter((doc) => doc.state !== null);
  return {
    messages: ordered,
    missing,
    state: stated.length ? stated[stated.length - 1].state : null,
    answerSaw: answers.length ? answers[answers.length - 1].seen.length : null,
    whole: !missing.length && ordered.every((one) => ["authentic", "sealed"].includes(one.verdict)),
  };
}

export const isSigned = (one) => SIGNED.includes(one.verdict);

function certified(matter) {
  try {
    return lookup(matter.key, recipientBytes(matter.recipient)) === matter.lookup;
  } catch {
    return false;
  }
}

function readOf(plain) {
  if (plain === null) return { verdict: "sealed", signed: null };
  try {
    return { verdict: null, signed: parse(plain) };
  } catch {
    return { verdict: "broken", signed: null };
  }
}

function judge(id, found, matter, lists, here) {
  const doc = found.signed ? found.signed.doc : null;
  return { id, verdict: found.verdict || verdictOf(found.signed, matter, lists, here), doc, handedOver: false };
}

// The first rule it breaks.
function verdictOf({ exact: text, signature, key, doc }, matter, lists, here) {
  if (!verify(key, signature, join(PREFIX, utf8(text)))) return "bad_signature";
  if (doc.lookup !== matter.lookup) return "other_case";
  if (doc.desk !== matter.desk) return "other_desk";
  if (doc.from === SUBMITTER) {
    if (!same(key, matter.key)) return "not_submitter";
  } else {
    const list = lists.get(doc.listVersion);
    if (!list) return "unknown_list";
    const handler = handlerOf(list, doc.desk, doc.from);
    if (!handler || !same(handler.verifyKey, key)) return "not_handler";
  }
  if (new Set(doc.seen).size !== doc.seen.length) return "seen_twice";
  return doc.seen.every((id) => here.has(id)) ? "authentic" : "missing";
}

// What this key does not open, read from a handover: signed as of old; that it had this id, a handler vouches.
function withHandedOver(judged, matter, lists, here) {
  const handed = new Map();
  for (const one of judged) {
    if (!isSigned(one) || one.doc.from === SUBMITTER) continue;
    for (const file of one.doc.files) if (file.type === HANDOVER) handed.set(file.name, file.data);
  }
  return judged.map((one) => {
    if (one.verdict !== "sealed" || !handed.has(one.id)) return one;
    return { ...judge(one.id, readOf(handed.get(one.id)), matter, lists, here), handedOver: true };
  });
}

// By how long a chain of seen messages lies before each, then by how many it saw, then by id.
export function inOrder(judged) {
  const saw = new Map(judged.map((one) => [one.id, []]));
  for (const one of judged) if (isSigned(one)) saw.set(one.id, one.doc.seen);
  const depth = depths(saw);
  return [...judged].sort(
    (one, other) =>
      depth.get(one.id) - depth.get(other.id) ||
      saw.get(one.id).length - saw.get(other.id).length ||
      byId(one, other),
  );
}

// Id -> how long the longest chain before it is. Each link is looked at once: a case can be made of very many.
function depths(saw) {
  const depth = new Map([...saw.keys()].map((id) => [id, saw.size])); // stays so in a ring, which only a lie can make
  const waitsFor = new Map();
  const seenBy = new Map([...saw.keys()].map((id) => [id, []]));
  for (const [id, seen] of saw) {
    const before = seen.filter((other) => saw.has(other));
    waitsFor.set(id, before.length);
    for (const other of before) seenBy.get(other).push(id);
  }
  let ready = [...saw.keys()].filter((id) => !waitsFor.get(id));
  for (let length = 0; ready.length; length += 1) {
    const next = [];
    for (const id of ready) {
      depth.set(id, length);
      for (const later of seenBy.get(id)) {
        waitsFor.set(later, waitsFor.get(later) - 1);
        if (!waitsFor.get(later)) next.push(later);
      }
    }
    ready = next;
  }
  return depth;
}

function byId(one, other) {
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}

// Every field of the kind it has to be, and written as we write it; throws.
function docOf(text) {
  if (typeof text !== "string" || LONE.test(text)) throw new Error("doc");
  const raw = JSON.parse(text);
  if (!Array.isArray(raw.seen) || !Array.isArray(raw.files)) throw new Error("doc");
  const doc = {
    lookup: raw.lookup,
    desk: raw.desk,
    listVersion: raw.list_version,
    from: raw.from,
    seen: raw.seen,
    text: raw.text,
    state: raw.state === undefined ? null : raw.state,
    files: raw.files.map((one) => ({ name: one.name, type: one.type, data: ofBase64(one.data) })),
  };
  const words = [doc.desk, doc.from, doc.text, ...doc.files.flatMap((one) => [one.name, one.type])];
  if (doc.state !== null) words.push(doc.state);
  const version = Number.isInteger(doc.listVersion) && doc.listVersion > 0 && doc.listVersion <= 0x7fffffff;
  if (!version || !words.every((one) => typeof one === "string" && !LONE.test(one))) throw new Error("doc");
  if (![doc.lookup, ...doc.seen].every((one) => typeof one === "string" && HEX.test(one))) throw new Error("doc");
  if (exact(doc) !== text) throw new Error("doc");
  return doc;
}

// Half of a surrogate pair has no UTF-8: it becomes the sign for what cannot be shown.
function clean(text) {
  return ofUtf8(utf8(text));
}
