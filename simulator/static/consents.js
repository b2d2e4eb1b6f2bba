// 订阅通知: which templates this phone may still be sent messages of, and how often; allows one more, or none.

import { get } from "./api.js";
import { $, button, make } from "./dom.js";

export class Consents {
  constructor(onAct) {
    this.dialog = $("consents");
    this.onAct = onAct;
  }

  async open(person) {
    this.person = person;
    await this.load();
    this.dialog.showModal();
  }

  get isOpen() {
    return this.dialog.open;
  }

  async load() {
    const templates = await get(`/sim/people/${this.person}/templates`);
    const rows = templates.map((each) => this.row(each));
    $("consents-list").replaceChildren(...(rows.length ? rows : [make("li", "none", "这个账号没有订阅通知。")]));
  }

  row({ id, title, left }) {
    const allow = button("secondary", "允许一次");
    allow.setAttribute("aria-label", `允许一次${title}`);
    allow.addEventListener("click", () => this.act("accept", id));
    const refuse = button("secondary", "不再接收");
    refuse.setAttribute("aria-label", `不再接收${title}`);
    refuse.disabled = left === 0;
    refuse.addEventListener("click", () => this.act("refuse", id));
    const words = make("div", "words", make("strong", "", title), make("span", "left", `还可以收${left}次`));
    return make("li", "consent", words, allow, refuse);
  }

  async act(name, template) {
    await this.onAct(name, { template });
    await this.load();
  }
}
