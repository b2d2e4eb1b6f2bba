// A desk that is nowhere but in this tab, for a rehearsal: a list, three letters, and nothing is sent.
import { hex, random, toText } from "./bytes.js";
import { drawIdentity } from "./keys.js";
import { chain } from "./letters.js";
import { SUBMITTER } from "./message.js";
import { draw } from "./receipt.js";
import { messageId } from "./seal.js";
import * as words from "./sentences.js";

// {who, identity, api, list, lists} as office.js takes them.
export async function practice(today) {
  const [identity, colleague] = [drawIdentity(), drawIdentity()];
  const handlers = [
    { id: "own-me", role: words.PRACTISING, recipient: identity.recipient, verifyKey: identity.signing().verifyKey },
    { id: "own-other", role: words.UNKNOWN_HANDLER, recipient: colleague.recipient, verifyKey: colleague.signing().verifyKey },
  ];
  const list = { version: 1, expires: today, desks: [{ id: "own", handlers }] };
  const sealed = new Map();
  const cases = [];
  for (const [texts, weeksAgo] of [[[words.practiceReport], 3], [[words.practiceLetter, words.practiceFollowUp], 0]]) {
    cases.push(await letter(texts, monday(today, weeksAgo), handlers, sealed));
  }
  return { who: { id: "own-me", desk: "own", role: words.PRACTISING }, identity, list, lists: new Map([[1, list]]), api: desk(cases, sealed, today) };
}

async function letter(texts, week, handlers, sealed) {
  const receipt = draw();
  const head = { lookup: receipt.lookup, desk: "own", listVersion: 1, from: SUBMITTER };
  const messages = [];
  for (const text of texts) {
    const seen = messages.map((one) => one.id);
    for (const one of await chain(head, { text, files: [], state: null }, receipt.signing, handlers.map((who) => who.recipient), null, seen)) {
      sealed.set(messageId(one), one);
      messages.push({ id: messageId(one), size: one.length });
    }
  }
  return {
    lookup: receipt.lookup, submitter_key: toText(receipt.signing.verifyKey), submitter_recipient: receipt.identity.recipient,
    desk: "own", week, purge_week: null, messages,
  };
}

function desk(cases, sealed, today) {
  const byLookup = new Map(cases.map((one) => [one.lookup, one]));
  return {
    cases: async () => ({ desk: "own", today, cases: JSON.parse(JSON.stringify(cases)) }),
    messages: async (ids) => ({ sealed: ids.map((id) => sealed.get(id)) }),
    challenge: async () => hex(random(32)),
    answer: async (body) => {
      const length = new DataView(body.buffer, body.byteOffset).getUint32(0);
      const head = JSON.parse(new TextDecoder().decode(body.subarray(4, 4 + length)));
      let place = 4 + length;
      for (const { id, size } of head.messages) {
        sealed.set(id, body.slice(place, place + size));
        byLookup.get(head.lookup).messages.push({ id, size });
        place += size;
      }
    },
    close: async (signed) => {
      for (const { lookup } of signed) byLookup.get(lookup).purge_week = monday(today, -26);
    },
  };
}

// The Monday so many weeks ago.
function monday(today, weeksAgo) {
  const day = new Date(`${today}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7) - 7 * weeksAgo);
  return day.toISOString().slice(0, 10);
}

