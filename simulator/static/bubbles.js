// Draws the lines of a conversation: bubbles, grey notes, time separators, links.

import { avatar, button, make } from "./dom.js";

const GAP = 5 * 60 * 1000;
const clock = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("zh-CN", { month: "long", day: "numeric" });
const LINK = /<a\s[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"'，。；：！？、（）《》「」]+|weixin:\/\/bizmsgmenu\?[^\s<>"']+)/gi;

export function shortTime(at) {
  const when = new Date(at);
  return day.format(when) === day.format(new Date()) ? clock.format(when) : day.format(when);
}

function fullTime(at) {
  const when = new Date(at);
  const hour = clock.format(when);
  return day.format(when) === day.format(new Date()) ? hour : `${day.format(when)} ${hour}`;
}

function link(href, label, onOption) {
  if (/^weixin:\/\/bizmsgmenu\?/i.test(href)) {
    const query = new URLSearchParams(href.slice(href.indexOf("?") + 1).replaceAll("&amp;", "&"));
    const text = query.get("msgmenucontent") ?? label;
    const element = button("option", label.startsWith("weixin:") ? text : label);
    element.addEventListener("click", () => onOption(text, query.get("msgmenuid") ?? ""));
    return element;
  }
  if (!/^https?:\/\//i.test(href)) return label;
  const element = make("a", "", label);
  element.href = href;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

function body(text, onOption) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(at, found.index));
    const href = found[1] ?? found[3];
    parts.push(link(href, (found[2] ?? href).replace(/<[^>]*>/g, ""), onOption));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

function note(line) {
  const item = make("li", line.kind === "unavailable" ? "note failed" : "note", make("span", "", line.text));
  item.dataset.number = line.number;
  return item;
}

// A message made from a template: its title, a line for each field, the page that a tap opens.
function card(text) {
  const lines = text.split("\n");
  const url = /^https?:\/\//i.test(lines.at(-1)) ? lines.pop() : "";
  const [title, ...rows] = lines;
  const list = make("dl", "");
  for (const row of rows) {
    const at = row.indexOf("：");
    list.append(make("dt", "", row.slice(0, at)), make("dd", "", row.slice(at + 1)));
  }
  return [make("strong", "", title), list, ...(url ? [link(url, "查看详情")] : [])];
}

export class Conversation {
  constructor(list, accountName, onOption) {
    this.list = list;
    this.accountName = accountName;
    this.onOption = onOption;
  }

  open(person, lines) {
    this.person = person;
    this.last = 0;
    this.newest = 0;
    this.list.replaceChildren();
    const all = document.createDocumentFragment();
    for (const line of lines) this.draw(line, all);
    this.list.append(all);
  }

  add(line) {
    this.draw(line, this.list);
  }

  draw(line, into) {
    if (line.number <= this.newest) return;
    this.newest = line.number;
    const when = Date.parse(line.at);
    if (when - this.last > GAP) into.append(make("li", "time", make("time", "", fullTime(line.at))));
    this.last = when;
    into.append(line.side === "note" ? note(line) : this.bubble(line));
  }

  bubble(line) {
    const mine = line.side === "me";
    const face = mine ? avatar(this.person) : make("span", "avatar account", [...this.accountName][0]);
    face.setAttribute("aria-hidden", "true");
    const words = make("div", "bubble");
    if (mine && line.kind === "voice") {
      const heard = line.text === "[voice]" ? "（没有识别出文字）" : line.text;
      words.classList.add("voice");
      words.append(make("span", "voice-mark", "语音"), heard);
    } else if (line.kind === "card") {
      words.classList.add("form");
      words.append(...card(line.text));
    } else {
      words.append(...(mine ? [line.text] : body(line.text, this.onOption)));
    }
    const who = make("span", "sr-only", mine ? `${this.person.nickname}：` : `${this.accountName}：`);
    const item = make("li", mine ? "line me" : "line account", face, make("div", "said", who, words));
    item.dataset.number = line.number;
    return item;
  }
}
