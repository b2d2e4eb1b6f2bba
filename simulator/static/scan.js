// 扫一扫: offers the codes that are alive right now, or takes a pasted link.

import { get } from "./api.js";
import { $, button, make } from "./dom.js";

export class Scanner {
  constructor(onCode) {
    this.dialog = $("scan");
    this.onCode = onCode;
    this.codes = [];
    $("scan-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = $("scan-text");
      this.take(field.value.trim());
      field.value = "";
    });
    this.dialog.addEventListener("close", () => clearInterval(this.ticking));
  }

  async open() {
    await this.load();
    this.dialog.showModal();
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  get isOpen() {
    return this.dialog.open;
  }

  async load() {
    const seen = new Set();
    const alive = await get("/sim/codes");
    // The list is newest first: of each screen's turning codes only the newest is on the wall.
    this.codes = alive.filter((code) => !seen.has(code.prefix) && seen.add(code.prefix));
    this.draw();
  }

  draw() {
    const focused = this.dialog.open && document.activeElement?.closest?.(".code")?.dataset.prefix;
    const drawn = this.codes.map((code) => this.code(code));
    if (!drawn.length) {
      drawn.push(make("p", "none", "现在没有可扫的码。打开大屏页面后，码会出现在这里。"));
    }
    $("codes").replaceChildren(...drawn);
    if (focused) $("codes").querySelector(`[data-prefix="${focused}"]`)?.focus();
    this.tick();
  }

  code(code) {
    const picture = make("img");
    picture.src = `/cgi-bin/showqrcode?ticket=${encodeURIComponent(code.ticket)}`;
    picture.alt = "";
    picture.width = 132;
    picture.height = 132;
    const left = make("span", "left");
    const entry = button("code", picture, make("span", "scene", code.scene), left);
    entry.setAttribute("aria-label", `扫描 ${code.scene}`);
    entry.dataset.prefix = code.prefix;
    // Seconds left by the platform's clock, which may run ahead of the browser's.
    entry.dataset.ends = code.seconds === null ? "" : performance.now() + code.seconds * 1000;
    entry.addEventListener("click", () => this.take(code.url));
    return entry;
  }

  tick() {
    for (const entry of $("codes").querySelectorAll(".code")) {
      const left = entry.querySelector(".left");
      if (!entry.dataset.ends) {
        left.textContent = "长期有效";
        continue;
      }
      const seconds = Math.floor((Number(entry.dataset.ends) - performance.now()) / 1000);
      left.textContent = seconds > 90 ? `${Math.round(seconds / 60)} 分钟内有效` : `还有 ${Math.max(0, seconds)} 秒`;
      if (seconds < 0) this.load();
    }
  }

  take(code) {
    if (!code) return;
    this.dialog.close();
    this.onCode(code);
  }
}
