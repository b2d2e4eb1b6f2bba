// What a handler who is signed in can do: read the desk's cases, answer, close, hand over. Plaintexts live in this tab.
import { ofText, toText, trimmed } from "./bytes.js";
import { recipients } from "./handlerlist.js";
import { chain } from "./letters.js";
import * as message from "./message.js";
import { ANSWER, CLOSE, writing } from "./requests.js";
import { BUCKETS, SIZES, messageId, openWith, seal } from "./seal.js";
import * as words from "./sentences.js";
import { fetchAll, pack } from "./wire.js";

const SMALL = SIZES.get(BUCKETS[0]);
const LATE = 10; // days
const HANDED_AT_ONCE = 2500000; // bytes of old messages in one handover
const DONE = ["answered", "transferred", "closed"];

// who: {id, desk, role}. identity: the handler's. api: {cases, messages, answer, close, challenge}, the desk's or the
// practice's. list, lists: as handlers() of wire.js gives them.
export function office({ who, identity, api, list, lists }) {
  const plain = new Map(); // id -> plaintext, or null where this key does not open it
  const met = new Map(); // lookup -> all ids it has had in this tab: one that is not served any more is missing
  const key = identity.signing();

  const take = async (one) => plain.set(messageId(one), await openWith(identity, one).catch(() => null));

  // All cases, what waits longest first: [{matter, thread, kind, waits, days, late, large, week, purgeWeek}].
  async function cases(progress = () => undefined) {
    const { cases: found, today } = await api.cases();
    const wanted = found.flatMap((one) => one.messages).filter((one) => one.size === SMALL && !plain.has(one.id));
    let done = 0;
    await fetchAll(wanted, api.messages, async (one) => {
      await take(one);
      done += 1;
      progress(done, wanted.length);
    });
    return found.map((one) => read(one, today)).sort((one, other) => other.rank - one.rank || (one.matter.lookup < other.matter.lookup ? -1 : 1));
  }

  function read(found, today) {
    const matter = { lookup: found.lookup, key: keyOf(found), recipient: found.submitter_recipient, desk: found.desk };
    const served = found.messages.map(({ id }) => ({ id, plain: plain.get(id) || null }));
    const large = found.messages.filter(({ id }) => !plain.has(id));
    let thread = null;
    try {
      thread = message.check(matter, served, lists, met.get(found.lookup));
      met.set(found.lookup, [...new Set([...(met.get(found.lookup) || []), ...ids({ found })])]);
    } catch {
      // shown as not this case's: whatever somebody sends, the others are still read
    }
    const days = Math.max(0, daysBetween(found.week, today) - 6);
    const waits = !found.purge_week && (thread === null || waiting(thread));
    const late = waits && days > LATE;
    const rank = (late ? 100000 : 0) + (waits ? 10000 : 0) + (found.purge_week ? -5000 : 0) + days;
    return { found, matter, thread, large, kind: thread && kindIn(thread), waits, days, late, rank, week: found.week, purgeWeek: found.purge_week, today };
  }

  // The large messages of a case as well.
  async function whole(one) {
    await fetchAll(one.large, api.messages, take);
    return read(one.found, one.today);
  }

  // Sends what was written; content: {text, files, state}. Sealed once: the same again is the same messages.
  async function answer(one, content, kept = null) {
    const sealed = kept || (await chain(head(one), content, key, recipients(list, who.desk), one.matter.recipient, ids(one)));
    const send = async () => {
      const body = pack({ lookup: one.matter.lookup }, sealed);
      const challenge = await api.challenge();
      await api.answer(body, toText(key.sign(writing(ANSWER, one.matter.lookup, body, challenge))));
    };
    return { sealed, send };
  }

  async function close(lookups) {
    const challenge = await api.challenge();
    const signed = (lookup) => ({ lookup, sig: toText(key.sign(writing(CLOSE, lookup, new Uint8Array(0), challenge))) });
    await api.close(lookups.map(signed));
  }

  // The old messages, as they were signed, to those who are on the list now: [sealed].
  async function handover(one) {
    const old = one.found.messages.filter(({ id }) => plain.get(id));
    const sealed = [];
    const before = ids(one);
    let files = [];
    let size = 0;
    for (const piece of [...old, null]) {
      const data = piece && trimmed(plain.get(piece.id));
      if (files.length && (piece === null || size + data.length > HANDED_AT_ONCE)) {
        const doc = { ...head(one), seen: [...before].sort(), text: words.HANDOVER_TEXT, state: null, files };
        const made = await seal(message.write(doc, key), recipients(list, who.desk), null);
        sealed.push(made);
        before.push(messageId(made));
        files = [];
        size = 0;
      }
      if (piece === null) break;
      files.push({ name: piece.id, type: message.HANDOVER, data });
      size += data.length;
    }
    return sealed;
  }

  const head = (one) => ({ lookup: one.matter.lookup, desk: who.desk, listVersion: list.version, from: who.id });

  return { who, list, lists, cases, whole, answer, close, handover, plainOf: (id) => plain.get(id) || null };
}

const ids = (one) => one.found.messages.map(({ id }) => id);

function keyOf(found) {
  try {
    return ofText(found.submitter_key, 32);
  } catch {
    return new Uint8Array(32); // hashes to no lookup: shown as not this case's
  }
}

// Whether something came that no finished answer has seen.
function waiting(thread) {
  const ours = new Set();
  const seen = new Set();
  for (const one of thread.messages) {
    if (!message.isSigned(one) || one.doc.from === message.SUBMITTER) continue;
    ours.add(one.id);
    if (DONE.includes(one.doc.state)) one.doc.seen.forEach((id) => seen.add(id));
  }
  return thread.messages.some((one) => !ours.has(one.id) && !seen.has(one.id));
}

function kindIn(thread) {
  for (const one of thread.messages) {
    if (message.isSigned(one) && one.doc.from === message.SUBMITTER && one.doc.text) return words.kindOf(one.doc.text);
  }
  return null;
}

const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
