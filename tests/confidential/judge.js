// Judges the vectors with the page's own modules, in the browser; what does not agree comes back as a list.
import * as bytes from "/report/files/bytes.js";
import * as enrolment from "/report/files/enrolment.js";
import { Fault } from "/report/files/errors.js";
import * as handlerlist from "/report/files/handlerlist.js";
import * as keyfile from "/report/files/keyfile.js";
import * as keys from "/report/files/keys.js";
import * as message from "/report/files/message.js";
import * as receipt from "/report/files/receipt.js";
import * as requests from "/report/files/requests.js";
import * as seal from "/report/files/seal.js";
import { stamp } from "/report/files/work.js";

async function outcome(work) {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof Fault) return fault.code;
    throw fault;
  }
}

// Everything in vectors.json that the page judges otherwise, and how many questions were asked.
export async function judge(vectors) {
  const unlike = [];
  let asked = 0;
  const expect = (name, found, expected) => {
    asked += 1;
    const [one, other] = [found, expected].map((value) => JSON.stringify(value));
    if (one !== other) unlike.push(`${name}: ${one} instead of ${other}`);
  };
  for (const one of vectors.receipts) {
    const drawn = receipt.receipt(bytes.ofHex(one.secret));
    const made = {
      secret: bytes.hex(drawn.secret),
      text: drawn.text,
      identity: drawn.identity.text,
      recipient: drawn.identity.recipient,
      seed: bytes.hex(drawn.signing.seed),
      verify: bytes.toText(drawn.signing.verifyKey),
      lookup: drawn.lookup,
    };
    expect("receipt", made, one);
  }
  for (const one of vectors.readings) {
    const read = await outcome(() => bytes.hex(receipt.read(one.typed).secret));
    expect(`reading ${one.typed}`, read, one.secret || one.fault);
  }
  for (const one of vectors.handlers) {
    const identity = keys.identityOfText(one.identity);
    const made = {
      scalar: bytes.hex(identity.scalar),
      identity: identity.text,
      recipient: identity.recipient,
      verify: bytes.toText(identity.signing().verifyKey),
      fingerprint: keys.fingerprint(identity.public),
      as_handler: handlerlist.fingerprint({ ...identity, verifyKey: identity.signing().verifyKey }),
    };
    expect("handler", made, one);
  }
  for (const one of vectors.lists) {
    const [file, root] = [bytes.ofBase64(one.file), bytes.ofText(one.root, 32)];
    const used = await outcome(() => handlerlist.current(file, root, one.today, one.floor, one.seen).version);
    expect(`list ${one.name}`, used, one.version || one.fault);
  }
  const { file, root } = vectors.history;
  const lists = handlerlist.history(bytes.ofBase64(file), bytes.ofText(root, 32));
  expect("history", [...lists.keys()].sort(), [1, 2, 3]);
  for (const one of vectors.cases) {
    const matter = { ...one.matter, key: bytes.ofText(one.matter.key, 32) };
    const served = one.served.map(({ id, plain }) => ({ id, plain: plain === null ? null : bytes.utf8(plain) }));
    const judged = await outcome(() => {
      const thread = message.check(matter, served, lists, one.known);
      return {
        messages: thread.messages.map(({ id, verdict, handedOver }) => [id, verdict, handedOver]),
        missing: thread.missing,
        state: thread.state,
        answer_saw: thread.answerSaw,
        whole: thread.whole,
      };
    });
    expect(`case ${one.name}`, judged, one.thread || one.fault);
    for (const { plain } of one.served) {
      if (plain === null) continue;
      const parsed = await outcome(() => message.exact(message.parse(bytes.utf8(plain)).doc));
      if (parsed !== "DocBroken") expect(`doc of ${one.name}`, parsed, JSON.parse(plain).doc);
    }
  }
  for (const one of vectors.sealed) {
    const sealed = bytes.ofBase64(one.file);
    expect("id", seal.messageId(sealed), one.id);
    for (const identity of one.opens) {
      const plain = bytes.ofUtf8(await seal.openWith(keys.identityOfText(identity), sealed));
      expect("opened", [plain.replace(/ +$/, ""), bytes.utf8(plain).length], [one.plain, one.bucket]);
    }
    for (const identity of one.closed) {
      expect("closed", await outcome(() => seal.openWith(keys.identityOfText(identity), sealed)), "NotOpened");
    }
  }
  for (const one of vectors.key_files) {
    const opened = await outcome(async () => {
      const found = await keyfile.openIdentity(bytes.ofBase64(one.file), one.passphrase, one.recipient);
      return found.text;
    });
    expect(`key file ${one.name}`, opened, one.fault || one.identity);
  }
  const { signing } = receipt.receipt(bytes.ofHex(vectors.receipts[0].secret));
  for (const one of vectors.signatures) {
    const [call, ...given] = one.call;
    if (call === "writing") given[2] = bytes.utf8(given[2]);
    const raw = requests[call](...given);
    expect(one.name, [bytes.hex(raw), bytes.toText(signing.sign(raw))], [one.bytes, one.signature]);
    expect(`${one.name} verified`, keys.verify(signing.verifyKey, bytes.ofText(one.signature, 64), raw), true);
  }
  for (const one of vectors.stamps) {
    expect("stamp", await stamp(bytes.utf8(one.body), one.challenge, one.bits), one.stamp);
  }
  return { asked, unlike };
}

// A message by the page with a file of so many bytes, sealed to these handlers, in base64.
export async function sealed(secret, doc, handlers, submitter, data) {
  const { signing, lookup } = receipt.receipt(bytes.ofHex(secret));
  const files = data ? [{ name: "图.jpg", type: "image/jpeg", data: new Uint8Array(data).fill(7) }] : [];
  const plain = message.write({ lookup, ...doc, files }, signing);
  return bytes.base64(await seal.seal(plain, handlers, submitter));
}

export async function opened(identity, file) {
  return bytes.ofUtf8(await seal.openWith(keys.identityOfText(identity), bytes.ofBase64(file)));
}

export const enrolled = (identity, desk, role) => enrolment.write(desk, role, keys.identityOfText(identity));

export const handedOn = async (text, recipients) => bytes.base64(await seal.ageFile(bytes.utf8(text), recipients));

export async function keyFile(identity, typed) {
  return bytes.base64(await keyfile.make(identity, typed));
}

export const passphrases = (count) => Array.from({ length: count }, () => keyfile.drawPassphrase());

// A case of so many messages, each of which saw all before: where the first and the last stand, and milliseconds.
export function ordered(count) {
  const ids = Array.from({ length: count }, (_, at) => String(at).padStart(64, "0"));
  const judged = ids.map((id, at) => ({ id, verdict: "authentic", doc: { seen: ids.slice(0, at) } })).reverse();
  const start = performance.now();
  const found = message.inOrder(judged).map((one) => Number(one.id));
  return [found[0], found[count - 1], performance.now() - start];
}

export const receipts = (count) => Array.from({ length: count }, () => receipt.draw()).map(({ text, lookup }) => [text, lookup]);
