// For developers: what went over the wire, sealed and opened, and what the checker says of it.

import { get } from "./api.js";
import { $, make } from "./dom.js";

const lines = (xml) => xml.replace(/(<xml>|<\/[^>]+>)(?=<)/g, "$1\n");

function block(title, text) {
  if (!text) return "";
  const frame = make("pre", "", lines(text));
  frame.tabIndex = 0;
  return make("div", "wire", make("h4", "", title), frame);
}

function outcome(exchange) {
  return exchange.deliveries
    .map((each) => (each.cut ? `切断（${each.seconds} 秒）` : `${each.status} · ${each.seconds} 秒`))
    .join("，");
}

function drawn(exchange, open) {
  const details = make("details", exchange.complaints.length ? "bad" : "");
  details.dataset.number = exchange.number;
  details.open = open;
  details.append(
    make("summary", "", make("strong", "", exchange.title || "原样报文"), make("span", "", outcome(exchange))),
    ...exchange.complaints.map((sentence) => make("p", "complaint", sentence)),
    block("消息明文", exchange.xml),
  );
  exchange.deliveries.forEach((each, index) => {
    const which = exchange.deliveries.length > 1 ? `第 ${index + 1} 次` : "";
    details.append(
      block(`${which}推送（线上原样）`, each.sent),
      block(`${which}回复（线上原样）`, each.body),
      block(`${which}回复明文`, each.opened === each.body ? "" : each.opened),
    );
  });
  return details;
}

export class Drawer {
  constructor() {
    this.body = $("drawer-body");
    this.panel = $("drawer");
    $("drawer-close").addEventListener("click", () => this.close());
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  async open(person) {
    this.panel.hidden = false;
    await this.load(person);
    $("drawer-close").focus();
  }

  close() {
    this.panel.hidden = true;
    $("more-open").focus();
  }

  async load(person) {
    const exchanges = await get(`/sim/people/${person}/exchanges`);
    const opened = new Set([...this.body.querySelectorAll("details[open]")].map((each) => each.dataset.number));
    const found = exchanges.reduce((sum, each) => sum + each.complaints.length, 0);
    const verdict = make("p", found ? "verdict bad" : "verdict", found ? `检查员有 ${found} 条意见` : "检查员没有意见");
    const list = exchanges.reverse().map((each) => drawn(each, opened.has(String(each.number))));
    this.body.replaceChildren(verdict, ...(list.length ? list : [make("p", "none", "还没有往来。")]));
  }
}
