// The page of those who read and answer: the door, the log-in, the letters; it locks itself.
import { ofBase64, toText } from "./bytes.js";
import { composer, takes } from "./composer.js";
import { by, fill, handOut, make, nameOf, once, say, show } from "./dom.js";
import { enrol } from "./enrol.js";
import { Fault } from "./errors.js";
import { insideWeChat } from "./inside.js";
import { openIdentity } from "./keyfile.js";
import { HANDOVER, SUBMITTER } from "./message.js";
import { office } from "./office.js";
import { practice } from "./practice.js";
import { login as loggingIn } from "./requests.js";
import * as words from "./sentences.js";
import { packed, sealedFor, sender } from "./transfer.js";
import { Away, Refused, askBundle, conditions, handlers, localDay, post, postBundle } from "./wire.js";

const IDLE = 300000; // milliseconds without a touch
const WARNED = 60000; // milliseconds before the lock
const SEEN = "zhibu-list-version"; // the newest list this browser has met: no secret, and older ones are refused
const MANY = 20; // letters waiting from which all can be ticked at once
const ROOM = 4 * 1024 * 1024; // bytes of an answer

const now = { known: null, who: null, keyFile: null, office: null, token: null, cases: [], open: null, kept: null, touched: Date.now() };
let answer;

start();

async function start() {
  if (insideWeChat("/report/handler/")) return undefined;
  if (!window.isSecureContext) return show("insecure");
  answer = composer(by("answer-composer"), () => ROOM);
  listen();
  enrol({ chosen, door });
  try {
    now.known = await handlers(remembered());
    remembered(now.known.list.version);
    drawNames();
    return door("");
  } catch (why) {
    return door(why instanceof Away ? words.OFFLINE : words.handlerShut(why.code));
  }
}

// The newest list this browser has met, which is kept; 0 where it keeps nothing.
function remembered(version = null) {
  try {
    if (version !== null) localStorage.setItem(SEEN, String(version));
    return Number(localStorage.getItem(SEEN)) || 0;
  } catch {
    return 0;
  }
}

function door(sentence) {
  show("door");
  say("door-no", sentence);
}

function drawNames() {
  for (const id of ["open-who", "login-who"]) {
    fill(
      by(id),
      make("option", { value: "", text: words.PICK }),
      ...now.known.list.desks.flatMap((desk) =>
        desk.handlers.map((one) => make("option", { value: `${desk.id}/${one.id}`, text: words.signedInAs(one.role, desk.id) }))));
  }
}

// The handler picked in a select: {id, desk, role, recipient}.
function chosen(id) {
  const [desk, handler] = by(id).value.split("/");
  const found = now.known && now.known.list.desks.find((one) => one.id === desk);
  const who = found && found.handlers.find((one) => one.id === handler);
  return who ? { id: who.id, desk, role: who.role, recipient: who.recipient } : null;
}

function listen() {
  const click = (id, work) => by(id).addEventListener("click", (event) => once(event.currentTarget, work));
  for (const button of document.querySelectorAll(".to-door")) button.addEventListener("click", () => door(""));
  click("to-login", () => show("login"));
  click("to-practice", rehearse);
  click("login-next", askKey);
  click("unlock-next", unlock);
  click("refresh", () => list(true));
  click("lock", lock);
  click("bulk-close", closePicked);
  click("tick-all", () => {
    for (const tick of document.querySelectorAll("#list-waiting input")) tick.checked = true;
    drawBulk();
  });
  click("case-back", () => list(false));
  click("case-large-get", openLarge);
  click("answer-send", send);
  click("transfer", transfer);
  click("handover", handOver);
  for (const kind of ["pointerdown", "keydown", "scroll"]) {
    window.addEventListener(kind, () => (now.touched = Date.now()), { passive: true, capture: true });
  }
  window.addEventListener("pageshow", (event) => event.persisted && lock());
  for (const [field, button] of [["login-code", "login-next"], ["unlock-words", "unlock-next"]]) {
    by(field).addEventListener("keydown", (event) => event.key === "Enter" && by(button).click());
  }
}

// --- in and out --------------------------------------------------------------------------------------------------

async function askKey() {
  say("login-no", "");
  now.who = chosen("login-who");
  if (!now.who) return say("login-no", now.known ? words.PICK_WHO : words.NOT_LISTED);
  try {
    const given = await post("handler/key", { handler: now.who.id, code: by("login-code").value.trim() });
    now.keyFile = ofBase64(given.key_file);
  } catch (why) {
    return say("login-no", why instanceof Refused ? why.sentence : words.OFFLINE);
  }
  by("login-code").value = "";
  show("unlock");
  return by("unlock-words").focus();
}

async function unlock() {
  say("unlock-no", "");
  let identity;
  try {
    identity = await openIdentity(now.keyFile, by("unlock-words").value, now.who.recipient);
  } catch (fault) {
    return say("unlock-no", fault instanceof Fault ? words.wrongPassphrase(fault) : words.TROUBLE);
  }
  by("unlock-words").value = "";
  try {
    const { list } = now.known;
    const { nonce } = await post("handler/nonce", {});
    const sig = toText(identity.signing().sign(loggingIn(nonce, location.origin, list.version)));
    const given = await post("handler/login", { handler: now.who.id, list_version: list.version, nonce, sig });
    now.token = given.token;
  } catch (why) {
    return say("unlock-no", why instanceof Refused ? why.sentence : words.OFFLINE);
  }
  now.keyFile = null;
  return enter(office({ who: now.who, identity, api: api(now.token), list: now.known.list, lists: now.known.lists }));
}

const api = (token) => ({
  cases: () => post("handler/cases", {}, { token }),
  messages: (ids) => askBundle("handler/messages", { ids }, token),
  challenge: async () => (await conditions()).challenge,
  answer: (body, sig) => postBundle("handler/answer", body, { token, headers: { "Report-Signature": sig } }),
  close: (cases) => post("handler/close", { cases }, { token }),
});

async function rehearse() {
  by("practice").hidden = false;
  return enter(office(await practice(localDay())));
}

function enter(made) {
  now.office = made;
  by("who").textContent = words.signedInAs(made.who.role, made.who.desk);
  for (const node of [document.querySelector("main"), document.body]) node.classList.add("wide");
  now.touched = Date.now();
  setInterval(watch, 1000);
  return list(true);
}

function watch() {
  const left = IDLE - (Date.now() - now.touched);
  if (left <= 0) lock();
  else if (left <= WARNED && by("locking").hidden) say("locking", words.LOCKING);
  else if (left > WARNED) say("locking", "");
}

// Everything in memory goes with the page, whether or not the desk hears of it: the request outlives the page.
function lock() {
  const { token } = now;
  now.token = now.office = null;
  document.querySelector("main").hidden = true;
  if (token) post("handler/logout", {}, { token, keepalive: true }).catch(() => undefined);
  location.replace(location.pathname);
}

// A sentence for what went wrong; a log-in that has run out locks the page.
function wrong(why) {
  if (why instanceof Refused && why.code === "unknown_login") {
    setTimeout(lock, 4000);
    return words.LOGIN_AGAIN;
  }
  if (why instanceof Refused) return why.sentence;
  return why instanceof Away ? words.OFFLINE : words.TROUBLE;
}

// --- the letters -------------------------------------------------------------------------------------------------

async function list(fresh) {
  show("list");
  say("list-no", "");
  say("list-said", "");
  if (fresh) {
    by("list-counted").textContent = words.READING;
    for (const id of ["list-waiting", "list-rest"]) fill(by(id)); // as it was before
    try {
      now.cases = await now.office.cases((done, all) => (by("list-counted").textContent = words.readingSome(done, all)));
    } catch (why) {
      by("list-counted").textContent = "";
      return say("list-no", wrong(why));
    }
  }
  return drawList();
}

function drawList() {
  const waiting = now.cases.filter((one) => one.waits);
  const rest = now.cases.filter((one) => !one.waits);
  by("list-counted").textContent = words.counted(waiting.length, waiting.filter((one) => one.late).length);
  fill(by("list-waiting"), ...(waiting.length ? waiting.map(row) : [make("p", { text: words.nothing })]));
  by("tick-all-box").hidden = waiting.length < MANY;
  fill(by("list-rest"), ...rest.map(row));
  by("list-rest-box").hidden = !rest.length;
  by("list-rest-title").textContent = words.restTitle(rest.length);
  drawBulk();
}

function row(one) {
  const name = one.kind ? one.kind.words : words.NO_KIND;
  const tick = make("input", { type: "checkbox", value: one.matter.lookup, "aria-label": words.pickLabel(name), change: drawBulk, autocomplete: "off" });
  const standing = (one.purgeWeek && words.closed(one.purgeWeek)) || (one.waits ? words.WAITING : words.ANSWERED);
  return make(
    "div", { class: "case" },
    !one.purgeWeek && make("label", {}, tick),
    make("button", { type: "button", click: () => open(one) },
      make("span", { class: "first", text: name }),
      make("span", { class: one.late ? "late" : "", text: one.waits ? `${words.waited(one.days)} · ` : "" }),
      make("span", { text: `${standing} · ${words.weekOf(one.week)}` }),
      make("span", { text: firstLine(one) })));
}

function firstLine(one) {
  const found = one.thread && one.thread.messages.find((piece) => piece.doc && piece.doc.from === SUBMITTER && piece.doc.text);
  if (!found) return ` · ${words.UNREADABLE}`;
  const text = found.doc.text.replace(/^【[^】]*】\s*/, "");
  return ` · ${Array.from(text.split("\n")[0]).slice(0, 24).join("")}`;
}

const picked = () => [...document.querySelectorAll("#list .case input:checked")].map((tick) => tick.value);

function drawBulk() {
  const count = picked().length;
  by("bulk").hidden = !count;
  by("bulk-sure").textContent = words.bulkSure(count);
  by("bulk-close").textContent = words.picked(count);
}

async function closePicked() {
  try {
    const lookups = picked();
    for (let at = 0; at < lookups.length; at += 200) await now.office.close(lookups.slice(at, at + 200));
  } catch (why) {
    return say("list-no", wrong(why));
  }
  await list(true);
  return say("list-said", words.BULK_DONE);
}

function open(one) {
  if (!now.open || now.open.matter.lookup !== one.matter.lookup) {
    now.kept = null;
    answer.clear();
  }
  now.open = one;
  for (const id of ["case-said", "case-no", "transfer-no", "transfer-said"]) say(id, "");
  show("case");
  drawCase();
}

function drawCase() {
  const one = now.open;
  const name = one.kind ? one.kind.words : words.NO_KIND;
  by("case-title").textContent = `${name} · ${words.weekOf(one.week)}`;
  by("case-due").textContent = words.due(one.kind && one.kind.id, one.week, now.known ? now.known.said.transfer_within : 3);
  const { thread } = one;
  const doubt = (thread === null && words.NOT_ITS_CASE) || (thread.missing.length && words.notWhole(thread.missing.length)) || "";
  say("case-doubt", doubt);
  fill(by("case-letters"), ...(thread ? thread.messages.map(letter) : []));
  by("case-large").hidden = !one.large.length;
  by("case-large-get").textContent = words.openLarge(one.large.length, one.large.reduce((sum, piece) => sum + piece.size, 0));
  by("handover").disabled = Boolean(one.large.length);
}

function letter(piece) {
  const { doc } = piece;
  const unfetched = now.open.large.some((large) => large.id === piece.id);
  if (!doc) {
    if (unfetched) return null;
    return make("li", { class: "letter doubtful" }, make("p", { text: words.doubt(piece.verdict) || words.UNREADABLE_LONG }));
  }
  const doubt = words.doubt(piece.verdict);
  const kind = doc.from === SUBMITTER ? "letter" : "letter ours";
  const files = doc.files.filter((file) => file.type !== HANDOVER);
  return make(
    "li", { class: doubt ? "letter doubtful" : kind },
    make("p", { class: "who", text: sender(piece, now.office.lists) }),
    doubt && make("p", { class: "doubt", text: doubt }),
    piece.handedOver && make("p", { class: "note", text: words.HANDED_OVER }),
    doc.text && make("p", { class: "text", text: doc.text }),
    doc.state && doc.from !== SUBMITTER && make("p", { class: "note", text: words.stateLine(doc.state) }),
    ...files.map((file) =>
      make("button", { type: "button", class: "quiet", text: words.save(nameOf(file.name), file.data.length), click: () => handOut(file.name, file.data) })),
    files.some((file) => !/\.jpg$/.test(nameOf(file.name))) && make("p", { class: "note", text: words.FILE_CARE }));
}

async function openLarge() {
  try {
    now.open = await now.office.whole(now.open);
    now.cases = now.cases.map((one) => (one.matter.lookup === now.open.matter.lookup ? now.open : one));
    drawCase();
  } catch (why) {
    say("case-no", wrong(why));
  }
}

// --- answering ---------------------------------------------------------------------------------------------------

const STOCK = { working: words.SEEN_TEXT, closed: words.CLOSED_TEXT, transferred: words.TRANSFERRED_TEXT };

async function send() {
  say("case-no", "");
  say("case-said", "");
  const state = by("answer-state").value || null;
  const text = answer.text() || STOCK[state] || "";
  if (!text && !answer.files().length) return say("case-no", words.ANSWER_EMPTY);
  const written = JSON.stringify([text, state, answer.files().map((one) => [one.name, takes(one.data.length), one.data.length])]);
  try {
    say("case-said", words.SENDING);
    const kept = now.kept && now.kept.written === written ? now.kept.sealed : null;
    const made = await now.office.answer(now.open, { text, files: answer.files(), state }, kept);
    now.kept = { written, sealed: made.sealed };
    await made.send();
    if (state === "closed") await now.office.close([now.open.matter.lookup]);
    answer.clear();
    now.kept = null;
    await again();
    say("case-said", words.ANSWER_SENT);
  } catch (why) {
    say("case-said", "");
    say("case-no", why instanceof Away ? words.ANSWER_NOT_SENT : wrong(why));
  }
  return undefined;
}

async function again() {
  now.cases = await now.office.cases();
  now.open = now.cases.find((one) => one.matter.lookup === now.open.matter.lookup) || now.open;
  drawCase();
}

async function transfer() {
  say("transfer-no", "");
  say("transfer-said", "");
  const byKey = document.querySelector("input[name=transfer-by]:checked").value === "key";
  try {
    if (now.open.large.length) await openLarge();
    const plain = packed(now.open, now.office.plainOf, now.office.lists);
    const { file, passphrase } = await sealedFor(byKey ? by("transfer-key").value.trim() : null, plain);
    const name = `case-${now.open.week}-${now.open.matter.lookup.slice(0, 6)}.tar.age`;
    handOut(name, file);
    say("transfer-said", [words.transferDone(name), passphrase ? words.transferPassphrase(passphrase) : ""].join("\n").trim());
  } catch (why) {
    say("transfer-no", why instanceof Fault ? words.TRANSFER_TO : wrong(why));
  }
}

async function handOver() {
  say("case-no", "");
  try {
    for (const sealed of await now.office.handover(now.open)) {
      const { send: sendOne } = await now.office.answer(now.open, null, [sealed]);
      await sendOne();
    }
    await again();
    say("case-said", words.HANDED);
  } catch (why) {
    say("case-no", wrong(why));
  }
}
