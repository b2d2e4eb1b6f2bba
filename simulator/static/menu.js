// The account's own menu at the foot of the conversation, with sub-menus that pop up.

import { get } from "./api.js";
import { $, button, make } from "./dom.js";

export class AccountMenu {
  constructor(onTap) {
    this.bar = $("menu");
    this.onTap = onTap;
    for (const leaving of ["click", "focusin"]) {
      document.addEventListener(leaving, (event) => {
        if (!this.bar.contains(event.target)) this.fold();
      });
    }
    this.bar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.bar.querySelector("[aria-expanded=true]")?.focus();
      this.fold();
    });
  }

  async load() {
    const menu = await get("/sim/menu");
    this.bar.replaceChildren(...menu.button.map((item) => this.top(item)));
    this.bar.hidden = menu.button.length === 0;
  }

  fold() {
    for (const open of this.bar.querySelectorAll("[aria-expanded=true]")) {
      open.setAttribute("aria-expanded", "false");
      open.nextElementSibling.hidden = true;
    }
  }

  top(item) {
    const below = item.sub_button ?? [];
    const head = button("menu-button", item.name);
    if (!below.length) {
      head.addEventListener("click", () => this.tap(item));
      return make("div", "menu-cell", head);
    }
    head.prepend(make("span", "lines-mark"));
    head.setAttribute("aria-haspopup", "menu");
    head.setAttribute("aria-expanded", "false");
    const pop = make("div", "pop sub", ...below.map((each) => this.item(each)));
    pop.setAttribute("role", "menu");
    pop.hidden = true;
    head.addEventListener("click", () => {
      const opening = pop.hidden;
      this.fold();
      pop.hidden = !opening;
      head.setAttribute("aria-expanded", String(opening));
    });
    return make("div", "menu-cell", head, pop);
  }

  item(each) {
    const entry = button("", each.name);
    entry.setAttribute("role", "menuitem");
    entry.addEventListener("click", () => this.tap(each));
    return entry;
  }

  tap(item) {
    this.fold();
    this.onTap(item);
  }
}
