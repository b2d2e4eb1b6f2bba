// The page of those who report: one step after another, all of it in this tab's memory and nowhere else.
import { toText, utf8 } from "./bytes.js";
import { composer } from "./composer.js";
import { by, fill, handOut, make, nameOf, once, say, show } from "./dom.js";
import { Fault } from "./errors.js";
import { DESKS, deskOf, handlerOf, isOpen, recipients } from "./handlerlist.js";
import { insideWeChat } from "./inside.js";
import { chain } from "./letters.js";
import * as message from "./message.js";
import { draw, read } from "./receipt.js";
import { ADD, WITHDRAW, writing } from "./requests.js";
import { BUCKETS, SIZES, messageId, openWith } from "./seal.js";
import * as words from "./sentences.js";
import { Away, Refused, askBundle, conditions, fetchAll, handlers, localDay, pack, pastLists, post, postBundle } from "./wire.js";
import { stamp } from "./work.js";

const CASE = 8 * 1024 * 1024; // bytes of a case, counted as its buckets
const SMALL = SIZES.get(BUCKETS[0]);
const STEPS = ["shut", "start", "desk", "receipt", "back", "write", "check", "find"];

// What this tab knows; a reload forgets it.
const now = { known: null, desk: null, receipt: null, places: null, kind: null, prepared: null, sent: false, reading: null };
let write;
let more;

start();

async function start() {
  if (insideWeChat("/report/")) return undefined;
  if (!window.isSecureContext) return show("insecure");
  write = composer(by("write-composer"), () => CASE);
  more = composer(by("more-composer"), () => CASE - used());
  listen();
  return open();
}

async function open() {
  let said = null;
  try {
    now.known = await handlers();
    said = now.known.said;
  } catch (why) {
    if (why instanceof Away) return shutDoor(words.OFFLINE, null);
    said = await conditions().catch(() => null);
    const ahead = said !== null && localDay() > said.today;
    return shutDoor(words.shut(why.code, ahead), said);
  }
  by("branch").textContent = said.branch ? `${said.branch} · ${by("start").querySelector("h1").textContent}` : by("branch").textContent;
  by("public-services").textContent = words.publicServices(said.telephone);
  for (const id of ["start-turn", "desk-turn"]) turnTo(id, said.upper);
  if (!DESKS.some(takesCases)) return shutDoor(words.shut("closed"), said);
  drawDesks();
  drawKinds();
  history.replaceState({ step: "start" }, "");
  return show("start");
}

function shutDoor(sentence, said) {
  by("shut-why").textContent = sentence;
  turnTo("shut-turn", (said && said.upper) || {});
  history.replaceState({ step: "shut" }, "");
  show("shut");
}

const turnTo = (id, upper) => fill(by(id), ...words.turnTo(upper).map((line) => make("p", { text: line })));

const takesCases = (id) => isOpen(deskOf(now.known.list, id)) && now.known.said.open.includes(id);

// A phone's own way back goes one step back here, and does not throw away what was written.
function go(step) {
  history.pushState({ step }, "");
  show(step);
}

const unsent = () => !now.sent && write && (!write.empty() || (more && !more.empty()));

function listen() {
  window.addEventListener("popstate", (event) => {
    const step = event.state && event.state.step;
    if (now.sent || by("check-progress").hidden === false || !STEPS.includes(step)) return;
    if (step === "receipt") drawReceipt();
    show(step);
  });
  // A browser that keeps a page it has left shows it again as it was, to whoever goes back.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (!unsent()) return;
    event.preventDefault();
    event.returnValue = "";
  });
  const click = (id, work) => by(id).addEventListener("click", (event) => once(event.currentTarget, work));
  for (const button of document.querySelectorAll("button.back")) button.addEventListener("click", () => history.back());
  for (const id of ["find-open", "shut-find"]) click(id, () => go("find"));
  click("begin", () => go("desk"));
  click("desk-next", chooseDesk);
  click("receipt-next", askBack);
  click("back-next", checkBack);
  click("write-next", checkText);
  click("send", submit);
  click("look", look);
  click("find-next", find);
  click("more-send", follow);
  click("withdraw", withdraw);
  click("thread-large-get", fetchLarge);
  for (const id of ["leave", "gone-leave"]) click(id, () => location.replace(location.pathname));
  by("find-words").addEventListener("keydown", (event) => event.key === "Enter" && by("find-next").click());
}

function pick(name, value, title, below, open = true) {
  const input = make("input", { type: "radio", name, value, disabled: !open, autocomplete: "off" });
  return make("label", { class: open ? "pick" : "pick shut" }, input, make("span", {}, make("b", { text: title }), below));
}

const chosen = (name) => {
  const found = document.querySelector(`input[name=${name}]:checked`);
  return found && found.value;
};

function drawDesks() {
  for (const old of by("desks").querySelectorAll("label")) old.remove();
  for (const id of DESKS) {
    const open = takesCases(id);
    by("desks").append(pick("desk", id, words.deskLine(id), open ? words.readers(deskOf(now.known.list, id)) : words.deskClosed, open));
  }
}

const drawKinds = () => words.KINDS.forEach((kind) => by("kinds").append(pick("kind", kind.id, kind.words, "")));

function chooseDesk() {
  const id = chosen("desk");
  say("desk-no", id ? "" : words.CHECK_DESK);
  if (!id) return;
  if (now.desk !== id) now.prepared = null;
  now.desk = id;
  now.receipt = now.receipt || draw();
  drawReceipt();
  go("receipt");
}

const drawReceipt = () =>
  now.receipt && fill(by("receipt-words"), ...now.receipt.text.split(" ").map((group) => make("span", { text: group })));

function askBack() {
  const places = new Set();
  while (places.size < 3) places.add(1 + (crypto.getRandomValues(new Uint8Array(1))[0] % 12));
  now.places = [...places].sort((one, other) => one - other);
  by("back-ask").textContent = words.askBack(now.places);
  say("back-no", "");
  fill(
    by("back-fields"),
    ...now.places.map((place) =>
      make("div", { class: "field" },
        make("label", { for: `back-${place}`, text: words.placeLabel(place) }),
        make("input", { id: `back-${place}`, autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false" }))));
  go("back");
}

function checkBack() {
  const characters = Array.from(now.receipt.text.replace(/ /g, ""));
  const right = now.places.every((place) => by(`back-${place}`).value.trim() === characters[place - 1]);
  say("back-no", right ? "" : words.BACK_WRONG);
  if (!right) return;
  fill(by("receipt-words"));
  go("write");
}

function checkText() {
  const kind = words.KINDS.find((one) => one.id === chosen("kind"));
  const no = (write.empty() && words.CHECK_NOTHING) || (!kind && words.CHECK_KIND) || (write.busy() && words.DRAWING) || "";
  say("write-no", no);
  if (no) return;
  now.kind = kind;
  const files = write.files().length;
  by("check-summary").textContent = words.summary(deskOf(now.known.list, now.desk), kind.words, Array.from(write.text()).length, files);
  say("check-no", "");
  go("check");
}

// --- sending -----------------------------------------------------------------------------------------------------

function doing(sentence, share = null) {
  by("check-progress").hidden = !sentence;
  by("check-doing").textContent = sentence;
  if (share === null) by("check-bar").removeAttribute("value");
  else by("check-bar").value = Math.round(100 * share);
  by("check-back").hidden = Boolean(sentence);
}

// What is sent, sealed once: sealed anew it would be another case to the desk.
async function prepare() {
  const text = words.withKind(now.kind.words, write.text());
  const files = [...write.files()];
  const held = now.prepared;
  if (held && held.text === text && held.files.length === files.length && held.files.every((one, at) => one === files[at])) return held;
  doing(words.SEALING);
  const fresh = await handlers();
  if (fresh.list.version !== now.known.list.version) {
    now.known = fresh;
    drawDesks();
    throw new Fault("ListChanged");
  }
  const { lookup, signing, identity } = now.receipt;
  const head = { lookup, desk: now.desk, listVersion: now.known.list.version, from: message.SUBMITTER };
  const sealed = await chain(head, { text, files, state: null }, signing, recipients(now.known.list, now.desk), null, []);
  const asked = { lookup, submitter_key: toText(signing.verifyKey), submitter_recipient: identity.recipient, desk: now.desk };
  now.prepared = { text, files, ids: sealed.map(messageId), body: pack(asked, sealed) };
  return now.prepared;
}

async function submit() {
  say("check-no", "");
  by("look").hidden = true;
  let prepared = null;
  let tried = false;
  try {
    prepared = await prepare();
    let { challenge, bits } = await conditions();
    for (let round = 0; round < 3; round += 1) {
      doing(words.WORKING, 0);
      const made = await stamp(prepared.body, challenge, bits, (count) => {
        doing(words.WORKING, 1 - Math.exp(-(count || 0) / 2 ** bits));
        return false;
      });
      doing(words.SENDING);
      tried = true;
      try {
        await postBundle("case/submit", prepared.body, { headers: { "Report-Stamp": made } });
        return arrived("");
      } catch (why) {
        if (!(why instanceof Refused) || why.code !== "stamp") throw why;
        ({ challenge, bits } = why.facts);
        tried = false;
      }
    }
    say("check-no", words.TROUBLE);
  } catch (why) {
    if (tried) return await whether(prepared, why);
    if (why instanceof Away) say("check-no", words.OFFLINE);
    else if (why instanceof Fault) say("check-no", [words.shut(why.code), ...words.turnTo(now.known.said.upper)].join("\n"));
    else say("check-no", why instanceof Refused ? why.sentence : words.TROUBLE);
  } finally {
    doing("");
  }
  return undefined;
}

// After a connection that broke: the desk is asked what it has. A whole case or none, and the page says which.
async function whether(prepared, why = null) {
  let has;
  try {
    has = await post("case/ids", { lookup: now.receipt.lookup });
  } catch (asked) {
    if (asked instanceof Refused && asked.code === "no_case") {
      return say("check-no", why instanceof Refused ? why.sentence : words.NOT_ARRIVED);
    }
    by("look").hidden = false;
    return say("check-no", words.UNKNOWN);
  }
  const there = new Set(has.messages.map((one) => one.id));
  if (prepared.ids.every((id) => there.has(id))) return arrived("");
  return arrived(words.ARRIVED_BEFORE);
}

async function look() {
  say("check-no", "");
  doing(words.SENDING);
  try {
    await whether(now.prepared);
    by("look").hidden = by("check-no").textContent !== words.UNKNOWN;
  } finally {
    doing("");
  }
}

function arrived(beyond) {
  now.sent = !beyond;
  say("sent-more", beyond);
  by("sent-more").className = "mind";
  if (beyond) by("sent-more").append(make("p", { text: write.text() }));
  else {
    write.clear();
    now.receipt = now.prepared = null;
    for (const id of ["receipt-words", "back-fields", "check-summary"]) fill(by(id));
  }
  show("sent");
}

// --- coming back -------------------------------------------------------------------------------------------------

async function find() {
  say("find-no", "");
  let receipt;
  try {
    receipt = read(by("find-words").value);
  } catch (why) {
    return say("find-no", words.wrongReceipt(why));
  }
  try {
    say("find-doing", words.READING);
    await load(receipt);
    by("find-words").value = "";
    go("thread");
  } catch (why) {
    if (why instanceof Refused && why.code === "no_case") say("find-no", words.NO_CASE);
    else if (why instanceof Fault) say("find-no", words.NOT_ITS_CASE);
    else say("find-no", why instanceof Refused ? why.sentence : words.OFFLINE);
  } finally {
    say("find-doing", "");
  }
  return undefined;
}

// The case as it stands now. Answers are small; what is large is fetched when it is asked for.
async function load(receipt) {
  const before = now.reading && now.reading.receipt.lookup === receipt.lookup ? now.reading : { plain: new Map(), known: [] };
  const has = await post("case/ids", { lookup: receipt.lookup });
  const lists = await pastLists().catch(() => (now.known ? now.known.lists : new Map()));
  const reading = { receipt, has, lists, plain: before.plain, known: [...new Set([...before.known, ...has.messages.map((one) => one.id)])], large: [] };
  const wanted = has.messages.filter((one) => one.size === SMALL && !reading.plain.has(one.id));
  await fetchPieces(reading, wanted);
  reading.large = has.messages.filter((one) => !reading.plain.has(one.id));
  judge(reading, before.known);
  now.reading = reading;
}

const fetchPieces = (reading, wanted) =>
  fetchAll(
    wanted,
    (ids) => askBundle("case/messages", { lookup: reading.receipt.lookup, ids }),
    async (one) => reading.plain.set(messageId(one), await openWith(reading.receipt.identity, one).catch(() => null)));

function judge(reading, known) {
  const { receipt, has } = reading;
  const matter = { lookup: receipt.lookup, key: receipt.signing.verifyKey, recipient: receipt.identity.recipient, desk: has.desk };
  const served = has.messages.map(({ id }) => ({ id, plain: reading.plain.get(id) || null }));
  drawThread(message.check(matter, served, reading.lists, known), reading);
}

function drawThread(thread, reading) {
  by("thread-state").textContent = words.stateLine(thread.state, now.known ? now.known.said.upper.name : "");
  say("thread-doubt", thread.missing.length ? words.notWhole(thread.missing.length) : "");
  const theirs = thread.messages.filter((one) => one.doc !== null || one.verdict !== "sealed");
  const unfetched = new Set(reading.large.map((one) => one.id));
  const own = thread.messages.filter((one) => one.verdict === "sealed" && !unfetched.has(one.id)).length;
  by("thread-own").textContent = words.ownMessages(own);
  const letters = theirs.map((one) => letter(one, reading));
  fill(by("thread-answers"), ...(letters.length ? letters : [make("li", { text: words.NO_ANSWER })]));
  by("thread-large").hidden = !reading.large.length;
  by("thread-large-words").textContent = words.largeOnes(reading.large.length, reading.large.reduce((sum, one) => sum + one.size, 0));
}

function letter(one, { has: { desk }, lists }) {
  const { doc } = one;
  const list = doc && lists.get(doc.listVersion);
  const handler = list && message.isSigned(one) ? handlerOf(list, desk, doc.from) : null;
  const doubt = words.doubt(one.verdict);
  return make(
    "li", { class: doubt ? "letter doubtful" : "letter" },
    make("p", { class: "who", text: words.answerFrom(handler ? handler.role : words.UNKNOWN_HANDLER) }),
    doubt && make("p", { class: "doubt", text: doubt }),
    doc && doc.text && make("p", { class: "text", text: doc.text }),
    doc && doc.state && make("p", { class: "note", text: words.stateLine(doc.state) }),
    ...(doc ? doc.files.map((file) => make("button", { class: "quiet", text: words.save(nameOf(file.name), file.data.length), click: () => handOut(file.name, file.data) })) : []),
    doc && message.isSigned(one) && make("p", { class: "note", text: words.sawLine(doc.seen.length) }));
}

async function fetchLarge() {
  const { reading } = now;
  try {
    await fetchPieces(reading, reading.large);
    reading.large = reading.has.messages.filter((one) => !reading.plain.has(one.id)); // what was not served is not there
    judge(reading, reading.known);
  } catch (why) {
    say("more-no", why instanceof Refused ? why.sentence : words.OFFLINE);
  }
}

const used = () =>
  now.reading ? now.reading.has.messages.reduce((sum, one) => sum + (BUCKETS.find((size) => SIZES.get(size) === one.size) || one.size), 0) : 0;

async function follow() {
  say("more-no", "");
  say("more-said", "");
  const { reading } = now;
  const { receipt, has } = reading;
  const no = (more.empty() && words.CHECK_NOTHING) || (more.busy() && words.DRAWING) || "";
  if (no) return say("more-no", no);
  try {
    now.known = await handlers();
    const content = { text: more.text(), files: more.files(), state: null };
    const kept = now.prepared;
    if (!kept || kept.receipt !== receipt || kept.text !== content.text || kept.files !== content.files.length) {
      say("more-said", words.SEALING);
      const head = { lookup: receipt.lookup, desk: has.desk, listVersion: now.known.list.version, from: message.SUBMITTER };
      const sealed = await chain(head, content, receipt.signing, recipients(now.known.list, has.desk), null, has.messages.map((one) => one.id));
      now.prepared = { receipt, text: content.text, files: content.files.length, body: pack({ lookup: receipt.lookup }, sealed), ids: sealed.map(messageId) };
    }
    say("more-said", words.SENDING);
    const { challenge } = await conditions();
    await postSigned("case/add", ADD, receipt, now.prepared.body, challenge);
    return await added(receipt);
  } catch (why) {
    say("more-said", "");
    if (why instanceof Fault) return say("more-no", words.shut(why.code));
    if (why instanceof Refused) return say("more-no", why.sentence);
    if (!(why instanceof Away)) return say("more-no", words.TROUBLE);
    return await whetherAdded(receipt);
  }
}

function postSigned(path, verb, receipt, body, challenge) {
  const headers = { "Report-Signature": toText(receipt.signing.sign(writing(verb, receipt.lookup, body, challenge))) };
  return postBundle(path, body, { headers });
}

async function whetherAdded(receipt) {
  try {
    const there = new Set((await post("case/ids", { lookup: receipt.lookup })).messages.map((one) => one.id));
    if (now.prepared && now.prepared.ids.every((id) => there.has(id))) return await added(receipt);
    return say("more-no", words.ADD_NOT_ARRIVED);
  } catch {
    return say("more-no", words.UNKNOWN_ADD);
  }
}

async function added(receipt) {
  more.clear();
  now.prepared = null;
  await load(receipt).catch(() => undefined);
  say("more-said", words.ADDED);
}

async function withdraw() {
  const { receipt } = now.reading;
  say("more-no", "");
  try {
    const { challenge } = await conditions();
    const body = utf8(JSON.stringify({ lookup: receipt.lookup }));
    await postSigned("case/withdraw", WITHDRAW, receipt, body, challenge);
  } catch (why) {
    // gone already: an answer to the first try was lost on the way
    if (!(why instanceof Refused && why.code === "no_case")) {
      return say("more-no", why instanceof Refused ? why.sentence : words.WITHDRAW_UNKNOWN);
    }
  }
  more.clear();
  now.reading = null;
  by("gone-words").textContent = words.WITHDRAWN;
  return show("gone");
}
