// The handler list: who may read and answer, signed by the offline root; twin of sealed/handlerlist.py.
import { ofText, ofUtf8, toText, utf8, join } from "./bytes.js";
import { Fault } from "./errors.js";
import { fingerprint as keyFingerprint, recipientBytes, verify } from "./keys.js";

export const SUITE = "age-x25519+ed25519/v1";
export const DESKS = ["own", "upper"]; // 本级, 上级
const FEWEST = 2;
const MOST = 7;
const LONGEST = 121; // days: 120, and one where two calendars differ by the time zone
const DAY = 86400000; // milliseconds
const PREFIX = utf8("zhibu/list/v1\n");

// A list to write by today: {version, expires, desks: [{id, handlers: [{id, role, recipient, verifyKey}]}]}.
// file: bytes as served. root: 32 bytes. today: YYYY-MM-DD. floor: built into the page. seen: the newest version this
// reader has met. Throws WrongRoot, WrongSuite, ListBroken, ListRolledBack, ListOlderThanSeen, ListExpired, ListTooLong.
export function current(file, root, today, floor, seen = 0) {
  const found = read(file, root);
  const { version, expires } = found;
  if (version < floor) throw new Fault("ListRolledBack", { version, floor });
  if (version < seen) throw new Fault("ListOlderThanSeen", { version, seen });
  if (expires < today) throw new Fault("ListExpired", { expires });
  if (Date.parse(expires) - Date.parse(today) > LONGEST * DAY) throw new Fault("ListTooLong", { expires });
  return found;
}

// The list itself, whatever its age.
export const read = (file, root) => signed(pieces(file)[0], root);

// The list and all earlier ones, Map version -> list, to judge old messages by; bad earlier ones are left out.
export function history(file, root) {
  const [first, ...earlier] = pieces(file);
  const newest = signed(first, root);
  const found = new Map([[newest.version, newest]]);
  for (const piece of earlier) {
    try {
      const old = signed(piece, root);
      if (!found.has(old.version)) found.set(old.version, old);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
    }
  }
  return found;
}

export const deskOf = (list, id) => list.desks.find((desk) => desk.id === id);

export const isOpen = (desk) => desk !== undefined && desk.handlers.length >= FEWEST;

// Whom to seal to; throws DeskClosed.
export function recipients(list, deskId) {
  const desk = deskOf(list, deskId);
  if (!isOpen(desk)) throw new Fault("DeskClosed", { desk: deskId });
  return desk.handlers.map((handler) => handler.recipient);
}

export function handlerOf(list, deskId, handlerId) {
  const desk = deskOf(list, deskId);
  return desk && desk.handlers.find((handler) => handler.id === handlerId);
}

// What is compared by eye before the root signs: 16 characters over the verify key.
export const fingerprint = (handler) => keyFingerprint(handler.verifyKey);

function pieces(file) {
  try {
    const newest = JSON.parse(ofUtf8(file));
    return [newest, ...newest.earlier];
  } catch {
    throw new Fault("ListBroken", { reason: "json" });
  }
}

function signed(piece, root) {
  if (!piece || typeof piece.doc !== "string" || typeof piece.sig !== "string") {
    throw new Fault("ListBroken", { reason: "json" });
  }
  let signature;
  try {
    signature = ofText(piece.sig, 64);
  } catch {
    throw new Fault("WrongRoot");
  }
  if (!verify(root, signature, join(PREFIX, utf8(piece.doc)))) throw new Fault("WrongRoot");
  return listOf(piece.doc);
}

function listOf(doc) {
  let raw;
  try {
    raw = JSON.parse(doc);
  } catch {
    throw new Fault("ListBroken", { reason: "json" });
  }
  if (!raw || typeof raw.suite !== "string") throw new Fault("ListBroken", { reason: "json" });
  if (raw.suite !== SUITE) throw new Fault("WrongSuite", { suite: raw.suite });
  let found;
  try {
    found = { version: raw.version, expires: day(raw.expires), desks: raw.desks.map(deskFrom) };
  } catch {
    throw new Fault("ListBroken", { reason: "fields" });
  }
  if (exact(found) !== doc) throw new Fault("ListBroken", { reason: "fields" });
  keepsRules(found);
  return found;
}

const deskFrom = (raw) => ({ id: raw.id, handlers: raw.handlers.map(handlerFrom) });

function handlerFrom(raw) {
  if (!/^[a-z0-9-]{1,20}$/.test(raw.id) || raw.id === "submitter" || typeof raw.role !== "string") throw new Error("id");
  recipientBytes(raw.recipient);
  return { id: raw.id, role: raw.role, recipient: raw.recipient, verifyKey: ofText(raw.verify, 32) };
}

function day(text) {
  const found = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (!found || Number.isNaN(found.getTime()) || found.toISOString().slice(0, 10) !== text) throw new Error("day");
  return text;
}

// The one way to write a list: another spelling of the same is none.
export function exact(list) {
  return JSON.stringify({
    suite: SUITE,
    version: list.version,
    expires: list.expires,
    desks: list.desks.map((desk) => ({
      id: desk.id,
      handlers: desk.handlers.map((one) => ({
        id: one.id,
        role: one.role,
        recipient: one.recipient,
        verify: toText(one.verifyKey),
      })),
    })),
  });
}

function keepsRules(found) {
  const refuse = (reason) => {
    throw new Fault("ListBroken", { reason });
  };
  if (!Number.isInteger(found.version) || found.version < 1 || found.version > 0x7fffffff) refuse("fields");
  const desks = found.desks.map((desk) => desk.id);
  if (new Set(desks).size !== desks.length || !desks.every((id) => DESKS.includes(id))) refuse("desks");
  if (found.desks.some((desk) => desk.handlers.length > MOST)) refuse("handlers");
  const everyone = found.desks.reduce((all, desk) => all.concat(desk.handlers), []);
  for (const column of ["id", "recipient", "verifyKey"]) {
    const values = everyone.map((one) => (column === "verifyKey" ? toText(one.verifyKey) : one[column]));
    if (new Set(values).size !== values.length) refuse("twice");
  }
}
