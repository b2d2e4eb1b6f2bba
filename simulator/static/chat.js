// The chat page: one person's phone at a time, kept fresh by the simulator's stream of news.

import { get, post } from "./api.js";
import { Conversation } from "./bubbles.js";
import { Consents } from "./consents.js";
import { $, toast } from "./dom.js";
import { Drawer } from "./drawer.js";
import { AccountMenu } from "./menu.js";
import { drawPeople } from "./people.js";
import { Scanner } from "./scan.js";

const state = { people: [], chosen: "", unread: new Set(), waiting: new Map(), late: null };
const conversation = new Conversation($("lines"), document.body.dataset.account, (text, menuId) =>
  act("say", { text, menu_id: menuId }),
);
const menu = new AccountMenu(tapMenu);
const scanner = new Scanner(scan);
const drawer = new Drawer();
const consents = new Consents((name, fields) => act(name, fields));
let onScanned = null; // set while a menu item waits for a code

const wide = matchMedia("(min-width: 760px)"); // on a phone, focus would raise the keyboard
const chosen = () => state.people.find((person) => person.id === state.chosen);

// ---- people -------------------------------------------------------------------------------

async function loadPeople() {
  state.people = await get("/sim/people");
  if (state.chosen && !chosen()) state.chosen = "";
  drawAll();
}

function drawAll() {
  drawPeople($("people"), state.people, state.chosen, state.unread, choose);
  const person = chosen();
  $("phone").hidden = !person;
  $("welcome").hidden = Boolean(person);
  $("window").dataset.view = person || !state.people.length ? "talk" : "people";
  if (!person) {
    const any = state.people.length > 0;
    $("welcome-title").textContent = any ? "选一位关注者" : "先加一位关注者";
    $("welcome-form").hidden = any;
    $("welcome-words").hidden = any;
    $("choose-words").hidden = !any;
    return;
  }
  $("owner").textContent = person.nickname;
  $("compose").hidden = !person.following;
  $("gate").hidden = person.following;
  $("gate-words").textContent = `${person.nickname}还没有关注这个公众号`;
  $("unfollow-open").hidden = !person.following;
  $("card").hidden = person.following || Boolean(person.last);
}

async function choose(id, { focus = true } = {}) {
  state.chosen = id;
  state.late = []; // lines that arrive while the conversation is being fetched
  const lines = await get(`/sim/people/${id}/messages`);
  if (state.chosen !== id) return;
  state.unread.delete(id);
  history.replaceState(null, "", `#${id}`);
  conversation.open(chosen(), [...lines, ...state.late]);
  state.late = null;
  setVoice(false);
  setExtras(false);
  drawAll();
  showWaiting();
  toEnd();
  if (drawer.isOpen) drawer.load(id);
  if (focus && wide.matches) (chosen().following ? $("text") : $("follow")).focus({ preventScroll: true });
}

async function add(form) {
  const nickname = new FormData(form).get("nickname").trim();
  if (!nickname) return;
  const person = await post("/sim/people", { nickname });
  form.reset();
  await loadPeople();
  await choose(person.id);
}

function back() {
  state.chosen = "";
  history.replaceState(null, "", location.pathname);
  drawer.panel.hidden = true;
  drawAll();
  document.querySelector(".person")?.focus();
}

// ---- acts ---------------------------------------------------------------------------------

async function act(name, fields = {}) {
  const person = state.chosen;
  const timer = setTimeout(showWaiting, 500);
  state.waiting.set(person, (state.waiting.get(person) ?? 0) + 1);
  try {
    return await post(`/sim/people/${person}/${name}`, fields);
  } catch (error) {
    toast(error.message);
    return null;
  } finally {
    clearTimeout(timer);
    state.waiting.set(person, state.waiting.get(person) - 1);
    if (!state.waiting.get(person)) showWaiting();
  }
}

function showWaiting() {
  const near = atEnd();
  $("waiting").hidden = !state.waiting.get(state.chosen);
  if (near) toEnd();
}

function send() {
  const field = $("text");
  const text = field.value.trim();
  const voice = $("voice").getAttribute("aria-pressed") === "true";
  if (!text) return;
  field.value = "";
  grow();
  act(voice ? "speak" : "say", { text });
  field.focus();
}

function scan(code) {
  const use = onScanned;
  onScanned = null;
  if (use) use(code);
  else if (chosen().following) act("scan", { code });
  else offer(code).catch((error) => toast(error.message));
}

// A stranger is asked first, but only a living code leads to the account at all.
async function offer(code) {
  const alive = (await get("/sim/codes")).some((each) => each.url === code || each.ticket === code);
  if (!alive) {
    act("scan", { code });
    return;
  }
  $("offer-follow").onclick = () => {
    $("offer").close();
    act("scan", { code });
  };
  $("offer").showModal();
}

function tapMenu(item) {
  const { key, url, name, pagepath, type = "click" } = item;
  if (type === "view") {
    window.open(url, "_blank", "noopener,noreferrer");
    act("tap", { url });
  } else if (type === "miniprogram") {
    act("tap", { pagepath });
  } else if (type.startsWith("scancode")) {
    onScanned = (scanned) => act("tap", { key, scanned, waiting: type === "scancode_waitmsg" });
    openScanner();
  } else {
    act("tap", { key, name });
  }
}

const openScanner = () => scanner.open().catch((error) => toast(error.message));

// ---- the conversation's scroll and the input's height -----------------------------------------

const atEnd = () => $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 120;
let pinned = true; // the reader is at the end and stays there when the pane shrinks

function toEnd() {
  pinned = true;
  $("scroll").scrollTo({ top: $("scroll").scrollHeight });
}

function grow() {
  const field = $("text");
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 120)}px`;
  $("compose").classList.toggle("filled", Boolean(field.value.trim()));
}

function setVoice(speaking) {
  $("voice").setAttribute("aria-pressed", String(speaking));
  $("voice").setAttribute("aria-label", speaking ? "改用打字" : "改用语音");
  $("text").placeholder = speaking ? "说…（识别出的字）" : "输入消息，如：签到";
}

function setExtras(shown) {
  $("extras").hidden = !shown;
  $("plus").setAttribute("aria-expanded", String(shown));
}

// ---- news ---------------------------------------------------------------------------------

function heard(news) {
  if (news.topic === "line") return heardLine(news.line);
  if (news.topic === "people") return loadPeople();
  if (news.topic === "menu") return menu.load();
  if (news.topic === "templates") return consents.isOpen ? consents.load() : undefined;
  if (news.topic === "codes") return scanner.isOpen ? scanner.load() : undefined;
  if (news.topic === "exchanges" && drawer.isOpen) return drawer.load(state.chosen);
  return undefined;
}

function heardLine(line) {
  const person = state.people.find((each) => each.id === line.person);
  if (!person) return;
  person.last = line;
  if (line.person === state.chosen && state.late) {
    state.late.push(line);
  } else if (line.person === state.chosen) {
    const near = atEnd() || line.side === "me";
    conversation.add(line);
    if (near) toEnd();
  } else if (line.side === "account") {
    state.unread.add(line.person);
  }
  drawAll();
}

function listen() {
  const stream = new EventSource(`/sim/news?after=${document.body.dataset.news}`);
  stream.addEventListener("message", (event) => heard(JSON.parse(event.data)));
  stream.addEventListener("hello", (event) => {
    // The simulator was started anew: its people are others.
    if (JSON.parse(event.data) !== document.body.dataset.world) location.reload();
  });
}

// ---- wiring -------------------------------------------------------------------------------

function wire() {
  const guarded = (work) => (event) => Promise.resolve(work(event)).catch((error) => toast(error.message));
  $("welcome-form").addEventListener("submit", guarded((event) => {
    event.preventDefault();
    return add(event.target);
  }));
  $("add-open").addEventListener("click", () => $("add").showModal());
  $("add-form").addEventListener("submit", guarded((event) => add(event.target)));
  $("back").addEventListener("click", back);
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  $("text").addEventListener("input", grow);
  $("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  $("voice").addEventListener("click", () => {
    setVoice($("voice").getAttribute("aria-pressed") !== "true");
    $("text").focus();
  });
  $("plus").addEventListener("click", () => setExtras($("extras").hidden));
  $("scroll").addEventListener("scroll", () => {
    pinned = atEnd();
  });
  new ResizeObserver(() => pinned && toEnd()).observe($("scroll"));
  $("extras").addEventListener("click", (event) => {
    const name = event.target.closest("[data-act]")?.dataset.act;
    if (name) act(name, name === "location" ? { latitude: 39.9087, longitude: 116.3975 } : {});
  });
  $("follow").addEventListener("click", async () => {
    await act("follow");
    if (wide.matches) $("text").focus();
  });
  for (const id of ["scan-open", "gate-scan"]) {
    $(id).addEventListener("click", () => {
      onScanned = null;
      openScanner();
    });
  }
  $("more-open").addEventListener("click", (event) => {
    event.stopPropagation();
    showMore($("more").hidden);
  });
  document.addEventListener("click", () => showMore(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && showMore(false));
  $("consents-open").addEventListener("click", guarded(() => consents.open(state.chosen)));
  $("drawer-open").addEventListener("click", guarded(() => drawer.open(state.chosen)));
  $("unfollow-open").addEventListener("click", () => $("unfollow").showModal());
  $("unfollow-sure").addEventListener("click", () => {
    $("unfollow").close();
    act("unfollow");
  });
  for (const closing of document.querySelectorAll("[data-close]")) {
    closing.addEventListener("click", () => closing.closest("dialog").close());
  }
}

function showMore(shown) {
  $("more").hidden = !shown;
  $("more-open").setAttribute("aria-expanded", String(shown));
}

async function start() {
  wire();
  await Promise.all([loadPeople(), menu.load()]);
  const wanted = location.hash.slice(1);
  if (state.people.some((person) => person.id === wanted)) await choose(wanted, { focus: false });
  listen();
  document.body.dataset.ready = "yes";
}

start().catch((error) => toast(error.message));
